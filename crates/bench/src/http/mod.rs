//! A load generator for HTTP/1.1: small enough that it never is what is measured.
//!
//! It shares the machine with the server, so each request must cost it little: the bytes of a
//! request are written by hand and sent by one system call, and of an answer no more is read than
//! status and length. A full client costs about as much per request as the server that it drives.

mod connection;
mod load;
mod pace;

pub(crate) use connection::Connection;
pub(crate) use load::{Requests, drive};
pub(crate) use pace::{Paced, pace};

use serde_json::Value;

/// The bytes of a GET, with the credential that it shows.
pub(crate) fn get(request: &mut Vec<u8>, path: &str, key: &str) {
    let head = format!("GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {key}\r\n\r\n");
    request.extend_from_slice(head.as_bytes());
}

/// The same, after which the server is to close the connection.
pub(crate) fn get_and_close(request: &mut Vec<u8>, path: &str, key: &str) {
    get(request, path, key);
    request.truncate(request.len().saturating_sub(2));
    request.extend_from_slice(b"connection: close\r\n\r\n");
}

/// The bytes of a POST of JSON, with the credential that it shows.
pub(crate) fn post(request: &mut Vec<u8>, path: &str, key: &str, body: &Value) {
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    request.extend_from_slice(head.as_bytes());
    request.extend_from_slice(body.as_bytes());
}
