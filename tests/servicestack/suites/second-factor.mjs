// The second factor: offered, proved, asked for, used once, recovered from, reset.

import assert from 'node:assert/strict'
import { codeOf, step } from '../authenticator.mjs'
import { answered, check, refused } from '../checks.mjs'
import { PASSWORD, administrator, anonymous, signedIn, twoFactorStatus } from '../clients.mjs'
import * as dtos from '../dtos.mjs'

const NAME = 'careful'
const own = new dtos.GetUser({ UserName: NAME })

const elevate = (client, code, method) =>
  client.api(new dtos.ElevateUserTwoFactorStatus({ OneTimePassword: code }), null, method)

export async function secondFactor() {
  let setup
  let recovery
  let used

  await check('a seed is offered with a picture, the same one until it is proved', async () => {
    const details = { UserName: NAME, TwoFactorRequired: true }
    await administrator().post(new dtos.AddUser({ UserDetails: details, Password: PASSWORD }))
    const status = await twoFactorStatus(NAME)
    assert.equal(status.TwoFactorRequired, true)
    assert.equal(status.TwoFactorRegistration, 'NotRegistered')
    assert.match(status.SetupCode, /^[A-Z2-7]{32,}$/)
    assert.match(status.SetupImageUrl, /^data:image\/png;base64,iVBOR/)
    setup = status.SetupCode
    assert.equal((await twoFactorStatus(NAME)).SetupCode, setup)
    const posted = new dtos.GetUserTwoFactorStatus({ UserName: NAME, Password: PASSWORD })
    assert.equal((await anonymous().postToUrl('/api/users/twoFactorStatus', posted)).SetupCode, setup)
  })
  await check('before it is proved nothing else may be done', async () => {
    const { client, answer } = await signedIn(NAME)
    assert.equal(answer.RefreshToken, undefined)
    await refused(client.api(own), 'TwoFactorRequired')
    await refused(client.api(new dtos.GetPermissions()), 'TwoFactorRequired')
    await refused(elevate(client, '12345'), 'ValidationError', 'OneTimePassword')
  })
  await check('the first proof gives recovery codes and another session', async () => {
    const { client, answer } = await signedIn(NAME)
    used = step()
    const elevated = answered(await elevate(client, codeOf(setup, used)))
    recovery = elevated.Meta.RecoveryCodes.split(',')
    assert.equal(recovery.length, 10)
    assert.notEqual(elevated.BearerToken, answer.BearerToken)
    await refused(client.api(own), 'Unauthorized')
    client.bearerToken = elevated.BearerToken
    client.refreshToken = elevated.RefreshToken
    assert.equal((await client.get(own)).TwoFactorRequired, true)
    client.bearerToken = 'expired'
    assert.equal((await client.get(own)).UserName, NAME)
    const held = await client.get(new dtos.GetUserRolesPermissions({ UserName: NAME }))
    assert.equal(held.TwoFactorEnabled, true)
  })
  await check('a code is taken once', async () => {
    const { client } = await signedIn(NAME)
    await refused(elevate(client, codeOf(setup, used)), 'InvalidOneTimePassword')
    const elevated = answered(await elevate(client, ` ${codeOf(setup, used + 1)} `))
    assert.equal(elevated.Meta?.RecoveryCodes, undefined)
    const status = await twoFactorStatus(NAME)
    assert.equal(status.TwoFactorRegistration, 'Registered')
    assert.equal(status.SetupCode, undefined)
  })
  await check('a recovery code is taken once', async () => {
    const { client } = await signedIn(NAME)
    answered(await elevate(client, recovery[0]))
    const again = await signedIn(NAME)
    await refused(elevate(again.client, recovery[0]), 'InvalidOneTimePassword')
    const byRoute = { OneTimePassword: recovery[1].toLowerCase() }
    const url = '/api/users/elevateTwoFactorStatus'
    const elevated = await again.client.postToUrl(url, new dtos.ElevateUserTwoFactorStatus(byRoute))
    assert.ok(elevated.BearerToken)
  })
  await check('one resets the own second factor by password and code', async () => {
    const { client } = await signedIn(NAME)
    client.bearerToken = answered(await elevate(client, recovery[2])).BearerToken
    const reset = (fields) => client.apiVoid(new dtos.ResetUser2fa({ UserName: NAME, ...fields }))
    await refused(reset({}), 'ValidationError', 'CurrentPassword')
    answered(await reset({ CurrentPassword: PASSWORD, OneTimePassword: recovery[3] }))
    const status = await twoFactorStatus(NAME)
    assert.equal(status.TwoFactorRegistration, 'NotRegistered')
    assert.notEqual(status.SetupCode, setup)
  })
  await check('an administrator resets it for others', async () => {
    for (const method of ['GET', 'POST']) {
      const request = new dtos.ResetUser2fa({ UserName: NAME })
      answered(await administrator().apiVoid(request, null, method))
    }
  })
}
