// Clients of every kind that JsonServiceClient can be, unchanged.

import { JsonServiceClient } from '@servicestack/client'
import { drives } from './checks.mjs'
import { GetUserTwoFactorStatus, Authenticate } from './dtos.mjs'

export const ORIGINS = process.env.USERSTORE_ORIGINS.split(' ')
export const KEY = process.env.USERSTORE_KEY
export const PASSWORD = 'correct horse battery staple'
export const NEW_PASSWORD = 'another horse battery staple'
export const WRONG_PASSWORD = 'wrong horse battery staple'

/** A client for a base, with a bearer token where there is one. */
export function client(base, bearerToken) {
  const made = new JsonServiceClient(base)
  if (bearerToken !== undefined) {
    made.bearerToken = bearerToken
  }
  return watched(made)
}

/** Tells which operations the client asks for, by what it calls: nothing of a request is changed. */
function watched(made) {
  const type = /\/(?:api|json\/reply)\/([A-Z][A-Za-z0-9]+)(?:\?|$)/
  made.urlFilter = (url) => {
    const found = type.exec(url)
    if (found) {
      drives(found[1])
    }
  }
  return made
}

/** For each base that a client may be made with: how to reach a REST route from there. */
export const BASES = [
  { name: 'the host', of: (origin) => origin, rest: (path) => `/api${path}` },
  { name: 'the host and /api', of: (origin) => `${origin}/api`, rest: (path) => path },
]

/** Routes of request types that a client of one base can use. */
export const STYLES = [
  { name: '/api', apply: (made) => made },
  {
    name: '/json/reply',
    apply: (made) => {
      made.basePath = ''
      return made
    },
  },
]

export function administrator(base = BASES[0], origin = ORIGINS[0]) {
  return client(base.of(origin), KEY)
}

export function anonymous(base = BASES[0], origin = ORIGINS[0]) {
  return client(base.of(origin))
}

/** Signs in as a page would: the client takes over what the answer holds. */
export async function signedIn(userName, password = PASSWORD, base = BASES[0], origin = ORIGINS[0]) {
  const made = anonymous(base, origin)
  const answer = await made.post(
    new Authenticate({ provider: 'credentials', UserName: userName, Password: password }),
  )
  made.bearerToken = answer.BearerToken
  made.refreshToken = answer.RefreshToken
  return { client: made, answer }
}

export async function twoFactorStatus(userName, password = PASSWORD) {
  return anonymous().post(new GetUserTwoFactorStatus({ UserName: userName, Password: password }))
}
