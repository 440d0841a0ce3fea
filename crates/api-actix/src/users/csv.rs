//! The list of users as CSV (RFC 4180).
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return for a
//! formula and runs it. Names are what anybody typed, so such a cell gets an apostrophe in front,
//! which spreadsheets do not show.

use std::borrow::Cow;
use std::io;

use csv::WriterBuilder;
use domain::access::RoleName;
use domain::account::Account;
use domain::group::GroupName;
use domain::time::Instant;
use domain::user::{EmailAddress, PersonName};

use super::view::{change_password_by, time_zone, utc};

/// The columns, and what stands in each for a user.
const COLUMNS: [(&str, Cell); 17] = [
    ("Id", |it| it.user.number.to_string().into()),
    ("UserName", |it| it.user.login_name.as_str().into()),
    ("FirstName", |it| {
        it.user.first_name.as_ref().map(PersonName::as_str).unwrap_or_default().into()
    }),
    ("SecondName", |it| {
        it.user.last_name.as_ref().map(PersonName::as_str).unwrap_or_default().into()
    }),
    ("Email", |it| it.user.email.as_ref().map(EmailAddress::as_str).unwrap_or_default().into()),
    ("Locked", |it| it.user.locked.to_string().into()),
    ("Roles", |it| joined(it.roles.iter().map(RoleName::as_str))),
    ("Permissions", |it| joined(it.permissions.iter().map(|permission| permission.to_string()))),
    ("Groups", |it| joined(it.groups.iter().map(GroupName::as_str))),
    ("TimeZoneId", |it| time_zone(it).unwrap_or_default().into()),
    ("TwoFactorRequired", |it| it.user.two_factor_required.to_string().into()),
    ("LastLogonAttemptUtc", |it| date(it.user.last_attempt)),
    ("ChangePasswordByUtc", |it| date(change_password_by(&it.user))),
    ("IsInternal", |_| "true".into()),
    ("IsADUser", |_| "false".into()),
    ("IsOAuthUser", |_| "false".into()),
    ("IsSSOUser", |_| "false".into()),
];

type Cell = fn(&Account) -> Cow<'_, str>;

/// Appends the names of the columns.
pub(crate) fn write_head(text: &mut Vec<u8>) {
    append(text, COLUMNS.iter().map(|(name, _)| Cow::Borrowed(*name)));
}

/// Appends the row of a user.
pub(crate) fn write(account: &Account, text: &mut Vec<u8>) {
    append(text, COLUMNS.iter().map(|(_, cell)| guarded(cell(account))));
}

fn append<'a>(text: &mut Vec<u8>, cells: impl Iterator<Item = Cow<'a, str>>) {
    let terminator = csv::Terminator::CRLF;
    let writer: &mut dyn io::Write = text;
    let mut writer =
        WriterBuilder::new().terminator(terminator).buffer_capacity(1024).from_writer(writer);
    // A `Vec` takes whatever is written; the writer hands over the rest when it is dropped.
    let _ = writer.write_record(cells.map(|cell| cell.into_owned().into_bytes()));
}

/// A cell that no spreadsheet runs.
fn guarded(cell: Cow<'_, str>) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        return Cow::Owned(format!("'{cell}"));
    }
    cell
}

fn joined<'a>(names: impl Iterator<Item = impl AsRef<str>>) -> Cow<'a, str> {
    let names: Vec<_> = names.map(|name| name.as_ref().to_owned()).collect();
    names.join(",").into()
}

fn date<'a>(at: Option<Instant>) -> Cow<'a, str> {
    at.map(utc).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::access::{Permission, PermissionSet};
    use domain::id::UserId;
    use domain::store::Settings;
    use domain::user::{LoginName, UserDraft};
    use uuid::Uuid;

    fn account(first_name: &str, groups: &[&str]) -> Account {
        let mut draft = UserDraft::new(LoginName::parse("ada").expect("a name"));
        draft.first_name = PersonName::parse(first_name).ok();
        draft.email = EmailAddress::parse("ada@example.com").ok();
        let (id, now) =
            (UserId::new(Uuid::from_u128(7)), Instant::from_micros(0).expect("in range"));
        let user = draft.create(id, now, &Settings::default()).expect("a user");
        Account {
            user,
            groups: groups.iter().map(|name| GroupName::parse(*name).expect("a name")).collect(),
            profiles: Vec::new(),
            roles: vec![RoleName::USER_MANAGER],
            permissions: PermissionSet::of(&[Permission::UserRead, Permission::UserManage]),
        }
    }

    fn row(account: &Account) -> String {
        let mut text = Vec::new();
        write(account, &mut text);
        String::from_utf8(text).expect("UTF-8")
    }

    #[test]
    fn a_row_has_a_cell_for_every_column() {
        let mut text = Vec::new();
        write_head(&mut text);
        let head = String::from_utf8(text).expect("UTF-8");
        assert!(head.starts_with("Id,UserName,FirstName,") && head.ends_with(",IsSSOUser\r\n"));
        assert_eq!(
            row(&account("Ada", &["a, b", "c"])),
            "0,ada,Ada,,ada@example.com,false,UserManager,\"UserRead,UserManage\",\"a, b,c\",,false,,,\
             true,false,false,false\r\n"
        );
    }

    #[test]
    fn no_cell_is_a_formula() {
        for name in ["=1+1", "+1", "-1", "@SUM(A1)"] {
            let row = row(&account(name, &[]));
            assert!(row.starts_with(&format!("0,ada,'{name},")), "{row}");
        }
        for cell in ["\tx", "\rx"] {
            assert_eq!(guarded(cell.into()), format!("'{cell}"));
        }
        for cell in ["", "a=b", "'x", " =1"] {
            assert_eq!(guarded(cell.into()), cell);
        }
    }

    #[test]
    fn quotes_and_commas_stay_in_their_cell() {
        let row = row(&account("A \"B\", C", &[]));
        assert!(row.starts_with("0,ada,\"A \"\"B\"\", C\","), "{row}");
    }
}
