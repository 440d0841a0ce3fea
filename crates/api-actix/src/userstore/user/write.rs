use domain::user::User;

use super::UserPath;
use super::erase::{self, EraseQuery};
use super::request::UserRequest;
use super::view::UserView;
use crate::userstore::StorePath;
use crate::userstore::resource::documented::BatchPatch;
use crate::userstore::resource::operations::resource;

resource! {
    User, tag: "User", one: "user", many: "users",
    shown: UserView, sent: UserRequest, named: Uuid, patched: BatchPatch,
    place: [StorePath], target: UserPath;

    create_or_update_all: create_or_update_users "CreateOrUpdateUsers" "/administration/User/createorupdate/batch";
    create_or_update: create_or_update_user "CreateOrUpdateUser" "/administration/User/createorupdate";
    remove_all_by_post: delete_users_by_post "DeleteUsersByPost" "/administration/User/batch/delete";
    create_all: create_users "CreateUsers" "/administration/User/batch";
    update_all: update_users "UpdateUsers" "/administration/User/batch";
    patch_all: patch_users "PatchUsers" "/administration/User/batch";
    remove_all: delete_users "DeleteUsers" "/administration/User/batch";
    create: create_user "CreateUser" "/administration/User";
    update: update_user "UpdateUser" "/administration/User/{id}";
    patch: patch_user "PatchUser" "/administration/User/{id}";
    remove: delete_user "DeleteUser" "/administration/User/{id}" by erase::remove[EraseQuery];
}
