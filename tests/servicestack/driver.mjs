// Drives every operation of the users API by @servicestack/client, unchanged. Prints a line of JSON
// for each check and ends with 1 at the first that fails.
//
// USERSTORE_ORIGINS: scheme, host and port of the nodes, separated by a space.
// USERSTORE_KEY: the API key of an administrator.
// The groups `staff` and `night shift` are there.

import { accounts } from './suites/accounts.mjs'
import { carriers } from './suites/carriers.mjs'
import { errors } from './suites/errors.mjs'
import { passwords } from './suites/passwords.mjs'
import { sessions } from './suites/sessions.mjs'
import { secondFactor } from './suites/second-factor.mjs'

for (const suite of [accounts, carriers, passwords, sessions, secondFactor, errors]) {
  await suite()
}
