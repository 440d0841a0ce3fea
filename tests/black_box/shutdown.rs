//! SIGTERM: what is under way is finished, then the process ends with 0.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{ADMIN_KEY, Server, on_both_databases};

on_both_databases![sigterm_ends_an_idle_node_with_0, sigterm_lets_a_request_under_way_finish];

async fn sigterm_ends_an_idle_node_with_0(mut server: Server) {
    server.admin().new_user("ada").await;
    server.node.terminate();
    let status = server.node.ended().await;
    assert_eq!(status.code(), Some(0), "{}", server.node.log());
    let again = server.installation.start().await;
    again.api(Some(ADMIN_KEY)).get_user_by_login_name("ada").await.expect(200);
}

async fn sigterm_lets_a_request_under_way_finish(mut server: Server) {
    let body = json!({ "loginName": "ada" }).to_string();
    let mut connection =
        TcpStream::connect(server.node.address().expect("it listens")).await.expect("a connection");
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ADMIN_KEY}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        server.admin().path("User"),
        body.len()
    );
    connection.write_all(head.as_bytes()).await.expect("the head is sent");
    // Asked for the body, the request is under way.
    let mut asked = vec![0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
    connection.read_exact(&mut asked).await.expect("the node asks for the body");
    assert!(asked.starts_with(b"HTTP/1.1 100 "));

    server.node.terminate();
    connection.write_all(body.as_bytes()).await.expect("the body is sent");
    let mut answer = vec![];
    connection.read_to_end(&mut answer).await.expect("the answer comes whole");
    let answer = String::from_utf8(answer).expect("UTF-8");
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert!(answer.contains(r#""loginName":"ada""#), "{answer}");

    assert_eq!(server.node.ended().await.code(), Some(0), "{}", server.node.log());
    let again = server.installation.start().await;
    again.api(Some(ADMIN_KEY)).get_user_by_login_name("ada").await.expect(200);
}
