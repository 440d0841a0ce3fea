use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tokio::sync::watch;

/// A server of keys on this machine, which answers whatever it is asked as it was told to.
pub(crate) struct Server {
    address: SocketAddr,
    state: Arc<State>,
    asked: watch::Receiver<usize>,
}

#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: &'static str,
    pub(crate) headers: String,
    pub(crate) body: String,
}

struct State {
    answer: Mutex<Answer>,
    open: Mutex<bool>,
    opened: Condvar,
    asked: watch::Sender<usize>,
}

impl Answer {
    pub(crate) fn keys(set: &str) -> Self {
        Self { status: "200 OK", headers: String::new(), body: set.to_owned() }
    }

    pub(crate) fn failure() -> Self {
        Self { status: "503 Service Unavailable", headers: String::new(), body: "{}".into() }
    }
}

impl Server {
    pub(crate) fn start(answer: Answer) -> Self {
        Self::run(answer, None)
    }

    /// One that speaks TLS with a certificate that no authority has signed.
    pub(crate) fn with_a_certificate_of_its_own(answer: Answer) -> Self {
        let of = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let private = PrivateKeyDer::Pkcs8(of.signing_key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![of.cert.der().clone()], private);
        Self::run(answer, Some(Arc::new(config.unwrap())))
    }

    fn run(answer: Answer, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, asked) = watch::channel(0);
        let state = Arc::new(State {
            answer: Mutex::new(answer),
            open: Mutex::new(true),
            opened: Condvar::new(),
            asked: sender,
        });
        let served = state.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                match &tls {
                    None => served.serve(stream),
                    Some(tls) => {
                        let connection = ServerConnection::new(tls.clone()).unwrap();
                        served.serve(StreamOwned::new(connection, stream));
                    }
                }
            }
        });
        Self { address, state, asked }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/jwks", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn answer(&self, answer: Answer) {
        *self.state.answer.lock().unwrap() = answer;
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        *self.asked.borrow()
    }

    /// Waits until it was asked so often.
    pub(crate) async fn is_asked(&self, times: usize) {
        let mut asked = self.asked.clone();
        let enough = asked.wait_for(|asked| *asked >= times);
        tokio::time::timeout(Duration::from_secs(10), enough).await.unwrap().unwrap();
    }

    /// Keeps answers back until [`Server::open`].
    pub(crate) fn shut(&self) {
        *self.state.open.lock().unwrap() = false;
    }

    pub(crate) fn open(&self) {
        *self.state.open.lock().unwrap() = true;
        self.state.opened.notify_all();
    }
}

impl State {
    fn serve(&self, mut stream: impl Read + Write) {
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") {
            match stream.read(&mut byte) {
                Ok(1) => request.push(byte[0]),
                _ => return,
            }
        }
        self.asked.send_modify(|asked| *asked += 1);
        drop(self.opened.wait_while(self.open.lock().unwrap(), |open| !*open).unwrap());
        let Answer { status, headers, body } = self.answer.lock().unwrap().clone();
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n");
        // Whoever has enough hangs up.
        let _ = write!(stream, "{head}Connection: close\r\n\r\n{body}");
    }
}
