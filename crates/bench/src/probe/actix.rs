//! A bare actix-web server that answers every request with the JSON of a user: no database, no
//! authentication, no routing.

use std::io::{Read as _, Write as _};
use std::net::Ipv4Addr;
use std::process::{Command, Stdio};

use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::Value;

use crate::Outcome;
use crate::server::{Server, free_address};

/// Serves on `port` what the standard input holds, until the process is ended.
pub(crate) fn serve(port: u16) -> Outcome<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let user: Value = serde_json::from_str(&text)?;
    let user = web::Data::new(user);
    let app = move || {
        let answer =
            |user: web::Data<Value>| async move { HttpResponse::Ok().json(user.get_ref()) };
        App::new().app_data(user.clone()).default_service(web::to(answer))
    };
    let server = HttpServer::new(app).bind((Ipv4Addr::LOCALHOST, port))?.run();
    Ok(actix_web::rt::System::new().block_on(server)?)
}

/// Starts this program as that server, which answers with `user`.
pub(crate) async fn start(user: &[u8]) -> Outcome<Server> {
    let address = free_address()?;
    let mut body = tempfile::tempfile()?;
    body.write_all(user)?;
    std::io::Seek::rewind(&mut body)?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["probe-actix", &address.port().to_string()])
        .stdin(Stdio::from(body))
        .stdout(Stdio::null());
    Server::start(&mut command, address, "/").await
}
