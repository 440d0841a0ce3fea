use std::io::{self, Write as _};

use adapters_crypto::KeyFile;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::audit::{KeyRotation, PublicKeyInfo, Signer as _};
use domain::error::UseCaseError;
use domain::id::StoreId;

use super::{caller, printed};
use crate::audit_key::{NEXT, PRESENT};
use crate::cli::AuditKeyCommand;
use crate::failure::Failure;
use crate::table;
use crate::wire::Node;

/// Logs that are looked at at once.
const PAGE: u32 = 500;

pub(super) async fn run(node: &Node, command: &AuditKeyCommand) -> Result<(), Failure> {
    match command {
        AuditKeyCommand::List => list(node).await,
        AuditKeyCommand::Prepare => prepare(node),
        AuditKeyCommand::Rotate => rotate(node).await,
    }
}

async fn list(node: &Node) -> Result<(), Failure> {
    let mut keys = KeyRotation::new(node.gate()).keys(&caller()).await?;
    let here = Here::look(node)?;
    let signing = keys.len();
    // One that is prepared was never to sign.
    keys.extend(here.next.filter(|next| !keys.contains(next)));
    let row = |(number, key): (usize, &PublicKeyInfo)| {
        let state = match (number + 1).cmp(&signing) {
            std::cmp::Ordering::Less => "retired",
            std::cmp::Ordering::Equal => "signs",
            std::cmp::Ordering::Greater => "prepared",
        };
        [shown(key), state.into(), here.file_of(key).unwrap_or("-").into()]
    };
    let rows: Vec<_> = keys.iter().enumerate().map(row).collect();
    printed(table::write(&mut io::stdout().lock(), ["KEY", "STATE", "FILE"], &rows))
}

/// The keys in the files of this node.
struct Here {
    present: Option<PublicKeyInfo>,
    next: Option<PublicKeyInfo>,
}

impl Here {
    fn look(node: &Node) -> Result<Self, Failure> {
        let load = |name| -> Result<Option<PublicKeyInfo>, Failure> {
            let signer = KeyFile::new(node.keys_directory.join(name)).load();
            let signer = signer.map_err(|error| Failure::Keyring(error.into()))?;
            Ok(signer.map(|signer| signer.public_key()))
        };
        Ok(Self { present: load(PRESENT)?, next: load(NEXT)? })
    }

    fn file_of(&self, key: &PublicKeyInfo) -> Option<&'static str> {
        let is_it = |held: &Option<PublicKeyInfo>| held.as_ref() == Some(key);
        match (is_it(&self.present), is_it(&self.next)) {
            (true, _) => Some(PRESENT),
            (false, true) => Some(NEXT),
            (false, false) => None,
        }
    }
}

/// Prints the public key alone on standard output.
fn prepare(node: &Node) -> Result<(), Failure> {
    let key = node.keyring.prepare(&*node.ports.random)?;
    let path = node.keys_directory.join(NEXT);
    let told = writeln!(
        io::stderr(),
        "the next key is in {}: copy that file, with mode 0600, to the same place on every other \
         node, and then run `userstore audit key rotate` on one of them; this is its public key:",
        path.display()
    );
    printed(told)?;
    printed(writeln!(io::stdout(), "{}", shown(&key)))
}

/// Prints the public key that signs now alone on standard output.
async fn rotate(node: &Node) -> Result<(), Failure> {
    let key = rotated(node).await?;
    let path = node.keys_directory.join(PRESENT);
    let told = writeln!(
        io::stderr(),
        "every audit log is handed over, and the key that signs now is in {}; the former one is \
         deleted here. On every other node put the file {NEXT} in the place of {PRESENT}; running \
         servers go on meanwhile. This is the public key that signs now:",
        path.display()
    );
    printed(told)?;
    printed(writeln!(io::stdout(), "{}", shown(&key)))
}

async fn rotated(node: &Node) -> Result<PublicKeyInfo, Failure> {
    let rotation = Rotation::prepare(node)?;
    rotation.register().await?;
    rotation.hand_over_all().await?;
    rotation.promote()?;
    Ok(rotation.next)
}

/// What became of the logs of other keys.
#[derive(Default)]
struct HandedOver {
    /// Whether any was handed over.
    some: bool,
    /// Why the last of those was not that could not be.
    failed: Option<Failure>,
}

/// The steps by which another key comes to sign. Each may be taken again: what was broken off is
/// finished by taking them all.
struct Rotation<'a> {
    node: &'a Node,
    logs: KeyRotation,
    next: PublicKeyInfo,
}

impl<'a> Rotation<'a> {
    /// The next key is the one that is there, else one that is made now.
    fn prepare(node: &'a Node) -> Result<Self, Failure> {
        let next = node.keyring.prepare(&*node.ports.random)?;
        Ok(Self { node, logs: KeyRotation::new(node.gate()), next })
    }

    async fn register(&self) -> Result<(), Failure> {
        let registered = self.logs.register(&caller(), self.next).await;
        registered.map_err(|error| match error {
            UseCaseError::RetiredKey => {
                let path = self.node.keys_directory.join(NEXT);
                let path = path.display();
                Failure::Argument(format!("the key in {path} has retired: remove that file"))
            }
            other => other.into(),
        })
    }

    /// Hands logs over until there is none of another key: one that was begun meanwhile may have it
    /// still. What one of them is prevented by does not keep the others, only the rotation from its
    /// end.
    async fn hand_over_all(&self) -> Result<(), Failure> {
        loop {
            let HandedOver { some, failed } = self.hand_over_each().await?;
            match failed {
                None if !some => return Ok(()),
                Some(failure) if !some => return Err(failure),
                _ => (),
            }
        }
    }

    /// Looks at every log.
    async fn hand_over_each(&self) -> Result<HandedOver, Failure> {
        let (mut handed_over, mut after) = (HandedOver::default(), None);
        loop {
            let page = self.logs.logs(&caller(), after, PAGE).await?;
            for head in page.items.iter().filter(|head| head.key != self.next) {
                match self.hand_over(head.store).await {
                    Ok(()) => handed_over.some = true,
                    Err(failure) => handed_over.failed = Some(failure),
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(handed_over);
            }
        }
    }

    async fn hand_over(&self, store: StoreId) -> Result<(), Failure> {
        let handed_over = self.logs.hand_over(&caller(), store, self.next).await;
        handed_over.map_err(|error| Failure::NotHandedOver { store, error })
    }

    /// Deletes the former key: only when nothing has to be signed with it any more.
    fn promote(&self) -> Result<(), Failure> {
        Ok(self.node.keyring.promote(&self.next)?)
    }
}

/// A public key as the audit trail prints it.
fn shown(key: &PublicKeyInfo) -> String {
    STANDARD.encode(key.0)
}

#[cfg(test)]
mod tests;
