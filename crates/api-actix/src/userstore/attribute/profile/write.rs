use domain::attribute::Profile;

use super::{KeyPath, OwnerPath};
use crate::userstore::StorePath;
use crate::userstore::attribute::ProfileInput;
use crate::userstore::attribute::view::ProfileView;
use crate::userstore::resource::documented::{Tuple, TupleBatchPatch};
use crate::userstore::resource::operations::resource;

resource! {
    Profile, tag: "UserProfile", one: "profile", many: "profiles",
    shown: ProfileView, sent: ProfileInput, named: Tuple, patched: TupleBatchPatch,
    place: [StorePath, OwnerPath], target: KeyPath;

    create_or_update_all: create_or_update_user_profiles "CreateOrUpdateUserProfiles" "/administration/user/{userId}/UserProfile/createorupdate/batch";
    create_or_update: create_or_update_user_profile "CreateOrUpdateUserProfile" "/administration/user/{userId}/UserProfile/createorupdate";
    remove_all_by_post: delete_user_profiles_by_post "DeleteUserProfilesByPost" "/administration/user/{userId}/UserProfile/batch/delete";
    create_all: create_user_profiles "CreateUserProfiles" "/administration/user/{userId}/UserProfile/batch";
    update_all: update_user_profiles "UpdateUserProfiles" "/administration/user/{userId}/UserProfile/batch";
    patch_all: patch_user_profiles "PatchUserProfiles" "/administration/user/{userId}/UserProfile/batch";
    remove_all: delete_user_profiles "DeleteUserProfiles" "/administration/user/{userId}/UserProfile/batch";
    create: create_user_profile "CreateUserProfile" "/administration/user/{userId}/UserProfile";
    update: update_user_profile "UpdateUserProfile" "/administration/user/{userId}/UserProfile/{key}";
    patch: patch_user_profile "PatchUserProfile" "/administration/user/{userId}/UserProfile/{key}";
    remove: delete_user_profile "DeleteUserProfile" "/administration/user/{userId}/UserProfile/{key}" by single::remove::<Profile>[];
}
