use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What a server does with a request that it has read.
#[derive(Clone)]
pub(crate) enum Act {
    /// Says this.
    Say(String),
    /// Says this, and then the same byte without end.
    Flood(String),
    /// Says nothing, and keeps the connection.
    Hang,
    /// Ends the connection.
    HangUp,
}

/// An HTTP server on this machine that does the same with every request.
pub(crate) struct Server {
    port: u16,
    requests: mpsc::Receiver<String>,
}

impl Act {
    pub(crate) fn answer(status: &str) -> Self {
        Self::Say(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"))
    }
}

impl Server {
    pub(crate) fn start(act: Act) -> Self {
        Self::run(act, None)
    }

    /// One that speaks TLS with a certificate that no authority has signed.
    pub(crate) fn with_a_certificate_of_its_own(act: Act) -> Self {
        let of = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let private = PrivateKeyDer::Pkcs8(of.signing_key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![of.cert.der().clone()], private);
        Self::run(act, Some(Arc::new(config.unwrap())))
    }

    fn run(act: Act, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (heard, requests) = mpsc::channel();
        thread::spawn(move || {
            let mut kept = Vec::new();
            for stream in listener.incoming().flatten() {
                kept.extend(match &tls {
                    None => serve(Box::new(stream), &act, &heard),
                    Some(tls) => {
                        let connection = ServerConnection::new(tls.clone()).unwrap();
                        serve(Box::new(StreamOwned::new(connection, stream)), &act, &heard)
                    }
                });
            }
        });
        Self { port, requests }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The next request: head and body.
    pub(crate) fn request(&self) -> (String, String) {
        let request = self.requests.recv_timeout(Duration::from_secs(10)).unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        (head.to_ascii_lowercase(), body.to_owned())
    }

    /// Whether a request came that was not looked at.
    pub(crate) fn was_asked(&self) -> bool {
        self.requests.try_recv().is_ok()
    }
}

trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// Reads a request and does something; gives the stream back where it is to be kept.
fn serve(
    mut stream: Box<dyn Stream>,
    act: &Act,
    heard: &mpsc::Sender<String>,
) -> Option<Box<dyn Stream>> {
    let request = read(&mut *stream)?;
    // A test may be over before its server is.
    let _ = heard.send(request);
    match act {
        Act::Say(text) => stream.write_all(text.as_bytes()).ok()?,
        Act::Flood(text) => {
            stream.write_all(text.as_bytes()).ok()?;
            while stream.write_all(&[b'x'; 1024]).is_ok() {}
        }
        Act::Hang => return Some(stream),
        Act::HangUp => {}
    }
    None
}

fn read(stream: &mut dyn Stream) -> Option<String> {
    let (mut request, mut byte) = (Vec::new(), [0]);
    while !is_whole(&request) {
        stream.read_exact(&mut byte).ok()?;
        request.push(byte[0]);
    }
    String::from_utf8(request).ok()
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |length| length.parse().unwrap());
    request.len() >= head.len() + 4 + length
}
