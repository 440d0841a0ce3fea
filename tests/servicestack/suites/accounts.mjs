// Users: added, read, changed, listed and deleted, by each kind of route and from each base.

import assert from 'node:assert/strict'
import { answered, check, refused } from '../checks.mjs'
import { BASES, PASSWORD, STYLES, administrator, anonymous } from '../clients.mjs'
import * as dtos from '../dtos.mjs'

export async function accounts() {
  for (const base of BASES) {
    for (const style of STYLES) {
      await byRequestType(base, style)
    }
    await byRoute(base)
  }
  await list()
}

function names(base, style) {
  return `user of ${base.name} by ${style.name}`
}

async function byRequestType(base, style) {
  const where = `${style.name} from ${base.name}`
  const name = names(base, style)
  const admin = () => style.apply(administrator(base))

  await check(`a user is added by ${where}`, async () => {
    const details = {
      UserName: name,
      FirstName: 'Ada',
      SecondName: 'King, Countess of "Lovelace"',
      Email: `${style.name.length}.${base.name.length}@example.com`,
      Roles: ['UserManager'],
      Groups: ['staff', 'night shift'],
      TimeZoneId: 'Europe/London',
      DateFormats: { Name: 'ISO', LongDateTimeFormatJs: 'YYYY-MM-DD, HH:mm' },
    }
    const added = answered(
      await admin().api(new dtos.AddUser({ UserDetails: details, Password: PASSWORD })),
    )
    for (const member of ['UserName', 'FirstName', 'SecondName', 'Email', 'TimeZoneId']) {
      assert.equal(added[member], details[member])
    }
    assert.deepEqual(added.Roles, details.Roles)
    assert.deepEqual([...added.Groups].sort(), [...details.Groups].sort())
    assert.equal(added.DateFormats.LongDateTimeFormatJs, details.DateFormats.LongDateTimeFormatJs)
    assert.equal(added.GeneratedPassword, undefined)
    assert.equal(added.Locked, false)
  })

  for (const method of ['GET', 'POST']) {
    await check(`a user is read by ${method} ${where}`, async () => {
      const shown = answered(await admin().api(new dtos.GetUser({ UserName: name }), null, method))
      assert.equal(shown.UserName, name)
    })
    await check(`a user is changed by ${method} ${where}`, async () => {
      // In an address a client writes what is nested as the text that it is given.
      const changed = { UserName: name, FirstName: `by ${method}` }
      const nested = method === 'GET' ? `{UserName:${name},FirstName:by GET}` : changed
      const request = new dtos.UpdateUser({ UserDetails: nested })
      answered(await admin().apiVoid(request, null, method))
      const shown = await admin().get(new dtos.GetUser({ UserName: name }))
      assert.equal(shown.FirstName, `by ${method}`)
      assert.equal(shown.TimeZoneId, 'Europe/London')
    })
    await check(`a user is reset by ${method} ${where}`, async () => {
      answered(await admin().apiVoid(new dtos.ResetUser({ UserName: name }), null, method))
    })
    await check(`a password is validated by ${method} ${where}`, async () => {
      const request = new dtos.ValidateUserPassword({ UserName: name, CurrentPassword: PASSWORD })
      const nobody = style.apply(anonymous(base))
      answered(await nobody.apiVoid(request, null, method))
    })
    await check(`roles and permissions are read by ${method} ${where}`, async () => {
      const request = new dtos.GetUserRolesPermissions({ UserName: name })
      const held = answered(await admin().api(request, null, method))
      assert.deepEqual(held.Roles, ['UserManager'])
      assert.deepEqual([...held.Permissions].sort(), ['UserManage', 'UserRead'])
      const all = answered(await admin().api(new dtos.GetUserRoles(), null, method))
      assert.equal(all.Returned, all.Roles.length)
      assert.ok(all.Total >= all.Returned)
      const permissions = answered(await admin().api(new dtos.GetPermissions(), null, method))
      assert.ok(permissions.includes('UserManage'))
    })
  }

  await check(`a user is deleted by ${where}`, async () => {
    const request = new dtos.AddUser({ UserDetails: { UserName: `${name} to go` } })
    const added = await admin().post(request)
    assert.ok(added.GeneratedPassword.length >= 15, 'generated where none is given')
    assert.match(added.ChangePasswordByUtc, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/)
    const gone = new dtos.DeleteUser({ UserName: `${name} to go` })
    assert.equal(await admin().post(gone), undefined, 'nothing is answered')
    await refused(admin().api(new dtos.GetUser({ UserName: `${name} to go` })), 'NotFound')
  })
}

async function byRoute(base) {
  const name = `routes${BASES.indexOf(base)}`
  const route = base.rest

  await check(`REST routes are reached from ${base.name}`, async () => {
    const admin = administrator(base)
    const user = { UserDetails: { UserName: name, Email: `${name}@example.com` }, Password: PASSWORD }
    const added = await admin.postToUrl(route('/users/add/'), new dtos.AddUser(user))
    assert.equal(added.UserName, name)
    assert.equal((await admin.get(route(`/users/${name}`))).UserName, name)
    assert.equal((await admin.get(route(`/users/${name}.json`))).UserName, name)
    assert.equal((await admin.get(route('/users/'), { format: 'json' })).length > 0, true)
    const details = `{"UserName":"${name}","FirstName":"Ada, the first"}`
    await admin.get(route('/users/update/'), { UserDetails: details })
    assert.equal((await admin.get(route(`/users/${name}`))).FirstName, 'Ada, the first')
    await admin.get(route('/users/reset'), { UserName: name })
    await admin.postToUrl(route('/users/reset2fa/'), new dtos.ResetUser2fa({ UserName: name }))
    assert.ok(Array.isArray(await admin.get(route('/permissions/'))))
    assert.ok(Array.isArray((await admin.get(route('/userRoles'))).Roles))
    const held = await admin.get(route('/userRolesPermissions'), { UserName: name })
    assert.equal(held.UserName, name)
    await admin.get(route('/users/delete/'), { UserName: name })
    await refused(admin.get(route(`/users/${name}`)), 'NotFound')
  })
}

async function list() {
  for (const method of ['GET', 'POST']) {
    await check(`users are listed by ${method}`, async () => {
      const users = answered(await administrator().api(new dtos.GetUserList(), null, method))
      assert.ok(Array.isArray(users) && users.length >= 4)
      assert.ok(users.every((user) => typeof user.UserName === 'string' && user.IsInternal))
    })
  }
  await check('the list comes as a file', async () => {
    const csv = await administrator().get(new dtos.ExportUserList({ ExportFormat: 'csv' }))
    assert.match(csv.split('\n')[0], /UserName/)
    assert.ok(csv.includes('"King, Countess of ""Lovelace"""'))
    const json = await administrator().get(new dtos.GetUserList({ ExportFormat: 'json' }))
    assert.ok(Array.isArray(json) && json.length >= 4)
  })
}
