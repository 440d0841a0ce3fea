// Checks: one line of JSON each, and an end at the first that fails.

import assert from 'node:assert/strict'

const operationsOf = new Set()

/** Notes that a client asks for an operation in the present check. */
export function drives(name) {
  operationsOf.add(name)
}

/** Runs a check that is named by a statement. */
export async function check(name, test) {
  operationsOf.clear()
  try {
    await test()
  } catch (error) {
    print({ ok: false, name, error: String(error?.stack ?? JSON.stringify(error)) })
    process.exit(1)
  }
  print({ ok: true, name, operations: [...operationsOf] })
}

function print(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

/** The error of an ApiResult, or what a promise was rejected with: a typed one, with this code. */
export async function refused(promise, code, field) {
  const result = await promise.then(
    (answer) => answer,
    (thrown) => ({ error: thrown.responseStatus ?? assert.fail(`no status: ${thrown}`) }),
  )
  const told = result?.error
  assert.ok(told, `refused with ${code}: ${JSON.stringify(result)}`)
  assert.equal(told.errorCode, code, JSON.stringify(told))
  assert.ok(told.message?.length > 0, 'a message')
  assert.equal(told.stackTrace, undefined)
  if (field !== undefined) {
    const names = (told.errors ?? []).map((error) => error.fieldName)
    assert.ok(names.includes(field), `${field} in ${JSON.stringify(told)}`)
    assert.ok(told.errors.every((error) => error.errorCode && error.message))
  }
  return told
}

/** The answer of an ApiResult that succeeded. */
export function answered(result) {
  assert.equal(result.error, undefined, JSON.stringify(result.error))
  assert.ok(result.succeeded, JSON.stringify(result))
  return result.response
}
