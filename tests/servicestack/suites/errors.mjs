// Refusals as typed errors: code, message, fields.

import assert from 'node:assert/strict'
import { check, refused } from '../checks.mjs'
import { PASSWORD, administrator, anonymous, signedIn } from '../clients.mjs'
import * as dtos from '../dtos.mjs'

export async function errors() {
  await check('every broken rule is told by its field', async () => {
    const details = { UserName: '', Email: 'nowhere', FirstName: 'x'.repeat(300), Locked: 'perhaps' }
    const result = await administrator().api(new dtos.AddUser({ UserDetails: details }))
    assert.ok(result.failed)
    assert.equal(result.errorCode, 'ValidationError')
    const fields = result.errors.map((error) => error.fieldName.split('.').at(-1))
    for (const field of ['UserName', 'Email', 'FirstName', 'Locked']) {
      assert.ok(fields.includes(field), `${field} in ${fields}`)
    }
  })
  await check('a duplicate, an unknown user and a missing permission have codes', async () => {
    const user = new dtos.AddUser({ UserDetails: { UserName: 'plain' }, Password: PASSWORD })
    await administrator().post(user)
    await refused(administrator().api(user), 'AlreadyExists')
    await refused(administrator().api(new dtos.GetUser({ UserName: 'nobody' })), 'NotFound')
    const { client } = await signedIn('plain')
    await refused(client.api(new dtos.GetUserList()), 'Forbidden')
    await refused(client.api(new dtos.DeleteUser({ UserName: 'plain' })), 'Forbidden')
    await refused(anonymous().api(new dtos.GetUserList()), 'Unauthorized')
    await refused(administrator().api(new dtos.GetUser({ UserName: 'plain' }), { format: 'xml' }), 'NotAcceptable')
  })
  await check('a thrown error is of the type that clients expect', async () => {
    const thrown = await administrator().post(new dtos.DeleteUser({ UserName: 'nobody' })).then(
      () => assert.fail('deleted'),
      (error) => error,
    )
    assert.equal(thrown.responseStatus.errorCode, 'NotFound')
    assert.ok(thrown.responseStatus.message)
  })
}
