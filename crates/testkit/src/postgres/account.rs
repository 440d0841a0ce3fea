use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use super::HarnessError;

/// The account of the operating system under which the server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Account {
    /// That of this process.
    Ours,
    /// Another one, since PostgreSQL refuses to run as root.
    Other { uid: u32, gid: u32 },
}

impl Account {
    /// An account that may own `home`, which this process has just made.
    pub(super) fn for_owner_of(home: &Path) -> Result<Self, HarnessError> {
        let made = std::fs::metadata(home).map_err(|error| {
            HarnessError::because(format!("{} cannot be read", home.display()), error)
        })?;
        if made.uid() != 0 {
            return Ok(Self::Ours);
        }
        let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        ["postgres", "nobody"].iter().find_map(|name| entry(&accounts, name)).ok_or_else(|| {
            HarnessError::new(
                "PostgreSQL does not run as root, and neither the account postgres nor nobody exists.",
            )
        })
    }

    /// Gives `path` to the account.
    pub(super) fn own(self, path: &Path) -> Result<(), HarnessError> {
        let Self::Other { uid, gid } = self else { return Ok(()) };
        std::os::unix::fs::chown(path, Some(uid), Some(gid)).map_err(|error| {
            HarnessError::because(format!("{} cannot change its owner", path.display()), error)
        })
    }

    /// Lets `command` run under the account; the standard library drops the supplementary groups.
    pub(super) fn run(self, command: &mut Command) -> &mut Command {
        match self {
            Self::Ours => command,
            Self::Other { uid, gid } => command.uid(uid).gid(gid),
        }
    }
}

/// The line of `name` in the format of passwd(5).
fn entry(accounts: &str, name: &str) -> Option<Account> {
    let mut fields = accounts
        .lines()
        .map(|line| line.split(':'))
        .find_map(|mut fields| (fields.next() == Some(name)).then_some(fields))?
        .skip(1);
    let uid = fields.next()?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some(Account::Other { uid, gid })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let accounts =
            "root:x:0:0:root:/root:/bin/sh\npostgres2:x:1:1::/:\npostgres:x:101:104:a:/b:/c\n";
        assert_eq!(entry(accounts, "postgres"), Some(Account::Other { uid: 101, gid: 104 }));
        assert_eq!(entry(accounts, "nobody"), None);
        assert_eq!(entry("postgres:x:broken", "postgres"), None);
    }
}
