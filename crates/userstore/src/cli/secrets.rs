use clap::Subcommand;

/// What to do with the keys that secrets in the database are made with.
#[derive(Debug, Subcommand)]
pub(crate) enum SecretsCommand {
    /// Put a new key into secrets.key; the former ones stay and still open what they sealed
    ///
    /// Copy the file to every node then, and restart them one after the other: each uses the new key
    /// from its start on, and none starts any more without it.
    Rotate,
}
