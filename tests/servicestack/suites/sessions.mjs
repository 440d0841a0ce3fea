// Sign-in, cookies, refresh by the client itself, sign-out.

import assert from 'node:assert/strict'
import { answered, check, refused } from '../checks.mjs'
import { BASES, ORIGINS, PASSWORD, STYLES, WRONG_PASSWORD, administrator, anonymous, signedIn } from '../clients.mjs'
import * as dtos from '../dtos.mjs'

const NAME = 'sessions'
const own = new dtos.GetUser({ UserName: NAME })

export async function sessions() {
  await administrator().post(
    new dtos.AddUser({ UserDetails: { UserName: NAME, FirstName: 'Ada' }, Password: PASSWORD }),
  )
  for (const base of BASES) {
    for (const style of STYLES) {
      await refresh(base, style)
    }
  }
  await signIn()
  await cookies()
  await signOut()
}

async function signIn() {
  for (const method of ['GET', 'POST']) {
    for (const fields of [{ provider: 'credentials' }, {}]) {
      await check(`a user signs in by ${method} with ${JSON.stringify(fields)}`, async () => {
        const request = { ...fields, UserName: NAME, Password: PASSWORD, RememberMe: true }
        const answer = answered(await anonymous().api(new dtos.Authenticate(request), null, method))
        assert.equal(answer.UserName, NAME)
        assert.equal(answer.SessionId, answer.BearerToken)
        assert.match(answer.UserId, /^[0-9a-f]{8}-[0-9a-f]{4}-/)
        assert.match(answer.RefreshTokenExpiry, /\.\d{7}Z$/)
        assert.ok(answer.RefreshToken.length >= 43)
        assert.deepEqual([answer.Roles, answer.Permissions], [[], []])
        assert.equal(typeof answer.DisplayName, 'string')
      })
    }
  }
  await check('who is signed in is told', async () => {
    const { client } = await signedIn(NAME)
    assert.equal((await client.post(new dtos.Authenticate())).UserName, NAME)
    assert.equal((await client.get('/api/auth')).UserName, NAME)
    await refused(anonymous().api(new dtos.Authenticate()), 'Unauthorized')
  })
  await check('a header carries a session', async () => {
    const { answer } = await signedIn(NAME)
    const made = anonymous()
    made.headers.set('X-ss-id', answer.SessionId)
    assert.equal((await made.get(own)).UserName, NAME)
  })
  await check('what is wrong is told alike', async () => {
    const request = (UserName, Password) => new dtos.Authenticate({ provider: 'credentials', UserName, Password })
    const wrong = await refused(anonymous().api(request(NAME, WRONG_PASSWORD)), 'Unauthorized')
    const unknown = await refused(anonymous().api(request('nobody', PASSWORD)), 'Unauthorized')
    assert.deepEqual(wrong, unknown)
  })
}

async function cookies() {
  await check('a client that keeps cookies stays signed in', async () => {
    const made = anonymous()
    const request = { provider: 'credentials', UserName: NAME, Password: PASSWORD, RememberMe: true }
    await made.post(new dtos.Authenticate(request))
    assert.ok(Object.keys(made.cookies).length > 0, 'cookies were set')
    assert.equal(made.bearerToken, undefined)
    assert.equal((await made.get(own)).UserName, NAME)
    // Without an origin nobody can tell that it is not another site that asks.
    const change = new dtos.UpdateUser({ UserDetails: { UserName: NAME, FirstName: 'Eve' } })
    await refused(made.apiVoid(change), 'Forbidden')
    made.headers.set('Origin', ORIGINS[0])
    answered(await made.apiVoid(change))
    await refused(made.apiVoid(new dtos.ResetUser({ UserName: NAME }), null, 'GET'), 'Forbidden')
  })
}

async function refresh(base, style) {
  const where = `${style.name} from ${base.name}`
  await check(`an expired token is renewed by the client by ${where}`, async () => {
    const { client } = await signedIn(NAME, PASSWORD, base)
    style.apply(client)
    const expired = 'usr_session_' + 'A'.repeat(43)
    client.bearerToken = expired
    assert.equal((await client.get(own)).UserName, NAME)
    assert.notEqual(client.bearerToken, expired)
    client.bearerToken = expired
    const changed = new dtos.UpdateUser({ UserDetails: { UserName: NAME, FirstName: 'Ada' } })
    answered(await client.apiVoid(changed))
  })
  await check(`several requests renew at once by ${where}`, async () => {
    const { client } = await signedIn(NAME, PASSWORD, base)
    style.apply(client)
    client.bearerToken = 'expired'
    const answers = await Promise.all(Array.from({ length: 8 }, () => client.get(own)))
    assert.ok(answers.every((answer) => answer.UserName === NAME))
    assert.equal((await client.get(own)).UserName, NAME)
  })
  await check(`a token is asked for by ${where}`, async () => {
    const { answer } = await signedIn(NAME, PASSWORD, base)
    for (const method of ['GET', 'POST']) {
      const made = style.apply(anonymous(base, ORIGINS.at(-1)))
      const request = new dtos.GetAccessToken({ RefreshToken: answer.RefreshToken })
      const token = answered(await made.api(request, null, method))
      assert.equal(token.AccessToken, token.accessToken)
      made.bearerToken = token.accessToken
      assert.equal((await made.get(own)).UserName, NAME)
    }
  })
}

async function signOut() {
  await check('who signed out is nobody, and nothing renews that', async () => {
    for (const out of [
      (client) => client.post(new dtos.Authenticate({ provider: 'logout' })),
      (client) => client.postToUrl('/api/auth/logout', {}),
      (client) => client.get('/api/auth/logout'),
    ]) {
      const { client } = await signedIn(NAME)
      const answer = await out(client)
      assert.equal(answer.SessionId, undefined)
      await refused(client.api(own), 'Unauthorized')
      const request = new dtos.GetAccessToken({ RefreshToken: client.refreshToken })
      await refused(anonymous().api(request), 'Unauthorized')
    }
  })
}
