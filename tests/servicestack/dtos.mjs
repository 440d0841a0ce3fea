// The request types of the users API as the generator of ServiceStack writes them for JavaScript:
// a class each, with the name of its type, its usual method, and what its answer begins as.

function dto(name, method, createResponse) {
  const type = class {
    constructor(init) {
      Object.assign(this, init)
    }
    getTypeName() {
      return name
    }
    getMethod() {
      return method
    }
    createResponse() {
      return createResponse()
    }
  }
  Object.defineProperty(type, 'name', { value: name })
  return type
}

const object = () => ({})
const list = () => []
const nothing = () => undefined

export const AddUser = dto('AddUser', 'POST', object)
export const GetUserTwoFactorStatus = dto('GetUserTwoFactorStatus', 'POST', object)
export const ElevateUserTwoFactorStatus = dto('ElevateUserTwoFactorStatus', 'POST', object)
export const ValidateUserPassword = dto('ValidateUserPassword', 'POST', nothing)
export const DeleteUser = dto('DeleteUser', 'POST', nothing)
export const GetUser = dto('GetUser', 'GET', object)
export const UpdateUser = dto('UpdateUser', 'POST', nothing)
export const UpdateUserPassword = dto('UpdateUserPassword', 'POST', nothing)
export const ResetUser = dto('ResetUser', 'POST', nothing)
export const ResetUserPassword = dto('ResetUserPassword', 'POST', object)
export const PreviewResetUserPassword = dto('PreviewResetUserPassword', 'POST', object)
export const ResetUser2fa = dto('ResetUser2fa', 'POST', nothing)
export const GetUserList = dto('GetUserList', 'GET', list)
export const Authenticate = dto('Authenticate', 'POST', object)
export const GetAccessToken = dto('GetAccessToken', 'POST', object)
export const GetUserRoles = dto('GetUserRoles', 'GET', object)
export const GetPermissions = dto('GetPermissions', 'GET', list)
export const GetUserRolesPermissions = dto('GetUserRolesPermissions', 'GET', object)
export const GetUserHasChangedPassword = dto('GetUserHasChangedPassword', 'GET', () => false)
/** The list as a file: its answer is text. */
export const ExportUserList = dto('GetUserList', 'GET', () => '')
