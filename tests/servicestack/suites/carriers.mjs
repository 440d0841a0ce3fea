// How the client carries fields: lists, flags, null, forms, and objects in an address.

import assert from 'node:assert/strict'
import { check, refused } from '../checks.mjs'
import { PASSWORD, administrator, anonymous, client } from '../clients.mjs'
import { ORIGINS } from '../clients.mjs'
import * as dtos from '../dtos.mjs'

export async function carriers() {
  await check('a list in an address is joined by commas', async () => {
    // Inside of a nested text, too: `toString` of the object is what the client writes.
    const details = {
      UserName: 'listed',
      Roles: ['UserManager', 'AuditTrailReader'],
      toString() {
        return `{UserName:listed,Roles:[${this.Roles}],Locked:False}`
      },
    }
    const request = new dtos.AddUser({ UserDetails: details, Password: PASSWORD, SkipCheck: true })
    const added = await administrator().get(request)
    assert.deepEqual([...added.Roles].sort(), ['AuditTrailReader', 'UserManager'])
    const joined = '{UserName:listed,Roles:"UserManager,AuditTrailReader"}'
    await administrator().get(new dtos.UpdateUser({ UserDetails: joined }))
    const again = await administrator().get(new dtos.GetUser({ UserName: 'listed' }))
    assert.deepEqual(again.Roles, added.Roles)
  })
  await check('an object in an address is told to be none', async () => {
    // What the client makes of an object there: [object Object].
    const request = new dtos.AddUser({ UserDetails: { UserName: 'lost' }, Password: PASSWORD })
    const result = await administrator().api(request, null, 'GET')
    const fields = result.errors.map((error) => error.fieldName)
    assert.ok(fields.includes('UserDetails'), JSON.stringify(result.error))
  })
  await check('null and undefined are as nothing', async () => {
    const read = { UserName: 'listed', Version: null, Shoe: undefined }
    assert.equal((await administrator().get(new dtos.GetUser(read))).UserName, 'listed')
    const reset = { UserName: 'listed', NewPassword: null, PreviewToken: null }
    for (const method of ['GET', 'POST']) {
      const made = await administrator().api(new dtos.ResetUserPassword(reset), null, method)
      assert.ok(made.response?.Password, JSON.stringify(made.error))
    }
    await administrator().post(
      new dtos.UpdateUser({ UserDetails: { UserName: 'listed', Email: null, Version: 1 } }),
    )
  })
  await check('a form is taken as JSON is', async () => {
    const made = administrator()
    made.headers.set('Content-Type', 'application/x-www-form-urlencoded')
    const form = new URLSearchParams({ UserDetails: '{UserName:formed,Groups:[staff]}', Password: PASSWORD })
    const added = await made.postBody(new dtos.AddUser(), form.toString())
    assert.deepEqual(added.Groups, ['staff'])
  })
  await check('fields of an address and of a body come together', async () => {
    const made = administrator()
    const body = { UserDetails: { UserName: 'mixed' } }
    const added = await made.postBody(new dtos.AddUser({ Password: PASSWORD }), body)
    assert.equal(added.UserName, 'mixed')
    assert.equal(added.GeneratedPassword, undefined)
  })
  await check('names of fields match whatever their case', async () => {
    const request = new dtos.GetUser({ userName: 'mixed', VERSION: 1 })
    assert.equal((await administrator().get(request)).UserName, 'mixed')
  })
  await check('what every client says it accepts is accepted', async () => {
    const made = anonymous()
    made.headers.set('Accept', 'application/json')
    const request = { UserName: 'mixed', CurrentPassword: PASSWORD }
    await made.post(new dtos.ValidateUserPassword(request))
  })
  await check('a list of requests at once is refused by a typed error', async () => {
    const both = ['listed', 'mixed'].map((UserName) => new dtos.GetUser({ UserName }))
    await refused(administrator().sendAll(both), 'NotFound')
    await refused(client(ORIGINS[0]).get('/api/nothing-of-that-name'), 'NotFound')
  })
}
