use std::io::{self, ErrorKind, Write as _};
use std::path::Path;
use std::sync::Arc;

use domain::access::{Gate, Ports};
use domain::audit::bundle::{Export, Exporter};
use domain::random::Random;

use super::{caller, printed, store_of, tell_waiting};
use crate::apart::piped;
use crate::cli::NewBundle;
use crate::failure::Failure;
use crate::new_file::NewFile;

pub(super) async fn run(ports: Ports, new: NewBundle) -> Result<(), Failure> {
    let random = Arc::clone(&ports.random);
    let gate = Gate::new(ports);
    let store = store_of(&gate, &new.store).await?;
    let export = Exporter::new(gate).begin(&caller(), store, new.size).await?;
    if let Some(why) = export.refused() {
        tell_waiting(store, why)?;
    }
    if new.output.as_os_str() == "-" {
        return to_standard_output(export).await;
    }
    let bytes = to_file(export, &new.output, &random).await?;
    let told = writeln!(io::stderr(), "{}: {bytes} bytes", new.output.display());
    printed(told)
}

/// Who reads may have seen enough before the end.
async fn to_standard_output(export: Export) -> Result<(), Failure> {
    let write = |mut bundle| {
        let mut out = io::stdout().lock();
        io::copy(&mut bundle, &mut out)?;
        out.flush()
    };
    match piped(export, write).await? {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => printed(written),
    }
}

/// The file is there as a whole or not at all. Gives its length.
async fn to_file(export: Export, path: &Path, random: &Arc<dyn Random>) -> Result<u64, Failure> {
    let what = format!("the bundle {} cannot be written", path.display());
    let (path, random) = (path.to_owned(), Arc::clone(random));
    let write = move |mut bundle| -> io::Result<u64> {
        let mut file = NewFile::create(&path, &*random)?;
        let bytes = io::copy(&mut bundle, &mut file)?;
        file.keep()?;
        Ok(bytes)
    };
    piped(export, write).await?.map_err(Failure::io(what))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use adapters_crypto::StrictKeys;
    use testkit::World;

    use super::*;
    use crate::bundle;

    async fn export(world: &World) -> Export {
        let store = world.make_store("shop").await.id;
        Exporter::new(world.gate()).begin(&caller(), store, None).await.unwrap()
    }

    #[tokio::test]
    async fn a_bundle_is_written_as_a_whole_and_verifies() {
        let (world, directory) = (World::new(), tempfile::tempdir().unwrap());
        let path = directory.path().join("bundle.jsonl");
        let random = world.ports().random;
        let bytes = to_file(export(&world).await, &path, &random).await.unwrap();
        assert_eq!(bytes, fs::metadata(&path).unwrap().len());
        let (file, keys) = (File::open(&path).unwrap(), Arc::new(StrictKeys));
        let report = bundle::verify(file, keys, None, |_, _| ()).unwrap();
        assert!(report.is_valid() && report.entries == 1, "{report:?}");
    }

    #[tokio::test]
    async fn a_directory_that_is_not_there_is_told() {
        let world = World::new();
        let random = world.ports().random;
        let path = Path::new("no/such/bundle.jsonl");
        let refused = to_file(export(&world).await, path, &random).await.unwrap_err().to_string();
        assert!(refused.starts_with("the bundle no/such/bundle.jsonl cannot be"), "{refused}");
    }
}
