// Passwords: validated, changed, reset, previewed.

import assert from 'node:assert/strict'
import { answered, check, refused } from '../checks.mjs'
import { NEW_PASSWORD, PASSWORD, WRONG_PASSWORD, administrator, anonymous, signedIn } from '../clients.mjs'
import * as dtos from '../dtos.mjs'

async function added(name) {
  const user = { UserDetails: { UserName: name }, Password: PASSWORD }
  await administrator().post(new dtos.AddUser(user))
}

export async function passwords() {
  await check('a password is validated, and one to take its place', async () => {
    await added('validated')
    const of = (fields) => new dtos.ValidateUserPassword({ UserName: 'validated', ...fields })
    answered(await anonymous().apiVoid(of({ Password: PASSWORD })))
    answered(await anonymous().apiVoid(of({ CurrentPassword: PASSWORD, Password: NEW_PASSWORD })))
    const weak = anonymous().apiVoid(of({ CurrentPassword: PASSWORD, Password: 'password' }))
    const told = (await weak).error
    assert.ok(told.errors.every((error) => error.fieldName === 'Password'), JSON.stringify(told))
    assert.ok(told.errors.length >= 1)
    await refused(anonymous().apiVoid(of({ CurrentPassword: WRONG_PASSWORD })), 'Unauthorized')
  })
  for (const method of ['GET', 'POST']) {
    await check(`one's own password is changed by ${method}`, async () => {
      const name = `changed by ${method}`
      await added(name)
      const { client } = await signedIn(name)
      const fields = { UserName: name, CurrentPassword: PASSWORD, Password: NEW_PASSWORD }
      const wrong = { ...fields, CurrentPassword: WRONG_PASSWORD }
      const change = (of) => client.apiVoid(new dtos.UpdateUserPassword(of), null, method)
      await refused(change(wrong), 'InvalidCurrentPassword')
      answered(await change(fields))
      assert.equal((await client.get(new dtos.GetUser({ UserName: name }))).UserName, name)
      await refused(anonymous().api(new dtos.Authenticate({ UserName: name, Password: PASSWORD })), 'Unauthorized')
      await signedIn(name, NEW_PASSWORD)
    })
    await check(`a password is reset by ${method}`, async () => {
      const name = `reset by ${method}`
      await added(name)
      const reset = (fields) =>
        administrator().api(new dtos.ResetUserPassword({ UserName: name, ...fields }), null, method)
      const generated = answered(await reset({}))
      assert.match(generated.ChangeByDateUtc, /\.\d{7}Z$/)
      const { client } = await signedIn(name, generated.Password)
      await refused(client.api(new dtos.GetUser({ UserName: name })), 'PasswordChangeRequired')
      assert.equal(answered(await reset({ NewPassword: NEW_PASSWORD })).Password, NEW_PASSWORD)
      await signedIn(name, NEW_PASSWORD)
    })
    await check(`a password that is due is changed by ${method}`, async () => {
      const name = `due by ${method}`
      const user = await administrator().post(new dtos.AddUser({ UserDetails: { UserName: name } }))
      const { client } = await signedIn(name, user.GeneratedPassword)
      const change = { UserName: name, CurrentPassword: user.GeneratedPassword, Password: PASSWORD }
      answered(await client.apiVoid(new dtos.UpdateUserPassword(change), null, method))
      assert.equal((await client.get(new dtos.GetUser({ UserName: name }))).ChangePasswordByUtc, undefined)
      assert.equal(await client.get(new dtos.GetUserHasChangedPassword()), true)
    })
  }
  await check('a previewed password is set by its token, once', async () => {
    await added('previewed')
    const named = { UserName: 'previewed' }
    const preview = await administrator().post(new dtos.PreviewResetUserPassword(named))
    assert.ok(preview.Password.length >= 15 && preview.PreviewToken.length >= 32)
    await signedIn('previewed')
    const redeem = new dtos.ResetUserPassword({ ...named, PreviewToken: preview.PreviewToken })
    assert.equal((await administrator().post(redeem)).Password, preview.Password)
    await signedIn('previewed', preview.Password)
    await refused(administrator().api(redeem), 'InvalidToken')
    const both = { ...named, PreviewToken: 'x', NewPassword: NEW_PASSWORD }
    const result = await administrator().api(new dtos.ResetUserPassword(both))
    assert.ok(result.hasFieldError('PreviewToken') || result.hasFieldError('NewPassword'))
  })
}
