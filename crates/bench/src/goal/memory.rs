use super::{Findings, Target};
use crate::Outcome;
use crate::http::{Connection, get};
use crate::installation::{Installation, KEY, USERS};
use crate::plan::Plan;
use crate::server::Server;
use crate::spread::Spread;
use crate::talk::say;

/// P13, idle: what the server holds after its start and a first request, on an empty database.
pub(crate) async fn idle(plan: &Plan, installation: &Installation) -> Outcome<Findings> {
    say(format_args!("P13: memory of the idle server"));
    let mut megabytes = Vec::new();
    for _ in 0..plan.rounds {
        let server = installation.start().await?;
        let mut request = Vec::new();
        get(&mut request, &format!("{USERS}/loginname/nobody"), KEY);
        let status = Connection::open(server.address).await?.exchange(&request).await?.status;
        if status != 404 {
            return Err(format!("a user that is not there is answered {status}").into());
        }
        megabytes.push(server.process.resident_megabytes()?);
        server.stop()?;
    }
    let mut findings = Findings::default();
    let measured = megabytes.into_iter().collect();
    let figure = "memory of the idle server after a first request, in MB (PocketBase 27, lldap 17)";
    findings.goal("P13", figure, Some(Target::AtMost(20.0)), measured);
    Ok(findings)
}

/// P13, in use: what the server holds after the reads of P5.
pub(crate) fn after_reads(plan: &Plan, server: &Server) -> Outcome<Findings> {
    let mut findings = Findings::default();
    let figure = format!("memory with {} users after the reads of P5, in MB", plan.users);
    let measured = Spread::from_iter([server.process.resident_megabytes()?]);
    findings.goal("P13", figure, Some(Target::AtMost(50.0)), measured);
    Ok(findings)
}
