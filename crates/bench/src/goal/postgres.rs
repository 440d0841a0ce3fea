use std::path::{Path, PathBuf};

use tempfile::TempDir;
use testkit::postgres::{Options, PrivateServer, TestDatabase};
use tokio::runtime::Runtime;
use tokio_postgres::NoTls;

use super::at_the_port::Port;
use super::{Findings, Target};
use crate::plan::Plan;
use crate::probe::pgbench::{Pgbench, Script};
use crate::probe::statements;
use crate::spread::ratios;
use crate::talk::say;
use crate::{Outcome, machine};

/// Connections to the server, of either side.
const CONNECTIONS: usize = 8;

/// P10: reads and creates at the port, against pgbench on the same server: the same TCP transport
/// to the same machine, the same number of connections.
pub(crate) fn measure(plan: &Plan) -> Outcome<Findings> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(machine::cores())
        .enable_all()
        .build()?;
    say(format_args!("starting PostgreSQL"));
    let settings = vec![("shared_buffers".to_owned(), "256MB".to_owned())];
    let server = PrivateServer::start(&Options { durable: true, tls: None, settings })?;
    let database = runtime.block_on(TestDatabase::create_on(server.server()))?;
    let url = database.url();
    // Not inside of the runtime: opening blocks.
    let port = Port::open(&url, CONNECTIONS)?;
    say(format_args!("making {} users at the port", plan.postgres_users));
    runtime.block_on(port.seed(plan.postgres_users))?;
    let bench = runtime.block_on(Bench::prepare(&url, &port, plan))?;
    let findings = bench.measure(plan, &runtime, &port);
    port.close();
    findings
}

/// pgbench with the files of its scripts.
struct Bench {
    pgbench: Pgbench,
    finds: PathBuf,
    creates: PathBuf,
    /// Holds the files.
    _directory: TempDir,
}

impl Bench {
    async fn prepare(url: &str, port: &Port, plan: &Plan) -> Outcome<Self> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        // pgbench of the very installation that the server is of.
        let binaries = "SELECT setting FROM pg_config WHERE name = 'BINDIR'";
        let binaries: String = client.query_one(binaries, &[]).await?.get(0);
        let pgbench = Pgbench::new(&binaries, url.to_owned(), CONNECTIONS);
        pgbench.initialise()?;
        client.batch_execute("VACUUM ANALYZE").await?;

        let directory = tempfile::tempdir()?;
        let write = |name: &str, text: String| -> Outcome<PathBuf> {
            let path = Path::join(directory.path(), name);
            std::fs::write(&path, text)?;
            Ok(path)
        };
        let finds = write("finds.sql", statements::find(port.store(), plan.postgres_users))?;
        let creates = write("creates.sql", statements::create(&client, port.store()).await?)?;
        Ok(Self { pgbench, finds, creates, _directory: directory })
    }

    fn measure(&self, plan: &Plan, runtime: &Runtime, port: &Port) -> Outcome<Findings> {
        let mut rounds = Rounds::default();
        let (finds, creates) = (Script::File(&self.finds), Script::File(&self.creates));
        for round in 1..=plan.rounds {
            say(format_args!("P10: PostgreSQL, round {round} of {}", plan.rounds));
            rounds.finds.push(runtime.block_on(port.finds(plan.postgres_users, plan.window))?);
            rounds.select_only.push(self.pgbench.rate(&Script::SelectOnly, plan.window)?);
            rounds.pgbench_finds.push(self.pgbench.rate(&finds, plan.window)?);
            rounds.creates.push(runtime.block_on(port.creates(plan.window))?);
            rounds.pgbench_creates.push(self.pgbench.rate(&creates, plan.window)?);
        }
        Ok(rounds.findings())
    }
}

#[derive(Default)]
struct Rounds {
    finds: Vec<f64>,
    select_only: Vec<f64>,
    pgbench_finds: Vec<f64>,
    creates: Vec<f64>,
    pgbench_creates: Vec<f64>,
}

impl Rounds {
    fn findings(self) -> Findings {
        let (half, most) = (Some(Target::AtLeast(0.5)), Some(Target::AtLeast(0.7)));
        let mut findings = Findings::default();
        let figure = "point read at the port ÷ pgbench -S -M prepared";
        findings.goal("P10", figure, half, ratios(&self.finds, &self.select_only));
        let figure = "point read at the port ÷ pgbench -M prepared reading the same rows";
        findings.goal("P10", figure, half, ratios(&self.finds, &self.pgbench_finds));
        let figure = "durable create at the port ÷ pgbench -M prepared running our statements";
        findings.goal("P10", figure, most, ratios(&self.creates, &self.pgbench_creates));
        findings.raw("point read at the port, PostgreSQL", "/s", &self.finds);
        findings.raw("pgbench -S -M prepared", "/s", &self.select_only);
        findings.raw("pgbench reading the same rows", "/s", &self.pgbench_finds);
        findings.raw("durable create at the port, PostgreSQL", "/s", &self.creates);
        findings.raw("pgbench running our statements", "/s", &self.pgbench_creates);
        findings
    }
}
