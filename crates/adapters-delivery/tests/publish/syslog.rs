use std::io::{ErrorKind, Read as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use adapters_delivery::{CheckpointSyslog, SyslogTarget};
use domain::audit::Publisher as _;
use syslog_rfc5424::{SyslogFacility, SyslogMessage, SyslogSeverity, parse_message};

use crate::support::{SHORT, nobody, over, refusal, store};

fn to(target: &str) -> CheckpointSyslog {
    CheckpointSyslog::new(SyslogTarget::parse(target).unwrap())
}

async fn publish(target: &str) {
    to(target).publish(store(), &over(42)).await.unwrap();
}

/// A message as another program reads it.
fn read(line: &str) -> SyslogMessage {
    assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line:?}");
    // The least that every receiver takes by UDP (RFC 5426 §3.2).
    assert!(line.len() <= 480, "{}", line.len());
    parse_message(line).unwrap()
}

fn assert_is_the_checkpoint(line: &str) {
    let message = read(line);
    assert_eq!(message.facility, SyslogFacility::LOG_AUDIT);
    assert_eq!(message.severity, SyslogSeverity::SEV_NOTICE);
    assert_eq!(message.version, 1);
    assert_eq!(message.timestamp, Some(1_795_359_600));
    assert_eq!(message.timestamp_nanos, Some(250_000));
    assert_eq!(message.appname.as_deref(), Some("userstore"));
    assert_eq!(message.msgid.as_deref(), Some("checkpoint"));
    assert!(message.hostname.is_some_and(|host| !host.is_empty()));
    assert!(message.procid.is_some() && message.sd.is_empty());
    let json: serde_json::Value = serde_json::from_str(&message.msg).unwrap();
    assert_eq!(json, serde_json::json!({ "checkpoint": over(42).note }));
}

#[tokio::test]
async fn a_checkpoint_is_one_datagram_by_udp() {
    for host in ["127.0.0.1", "localhost"] {
        let socket = UdpSocket::bind(format!("{host}:0")).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        publish(&format!("udp://{host}:{}", socket.local_addr().unwrap().port())).await;
        let mut buffer = [0; 4096];
        let length = socket.recv(&mut buffer).unwrap();
        assert_is_the_checkpoint(str::from_utf8(&buffer[..length]).unwrap());
    }
}

#[tokio::test]
async fn a_checkpoint_is_one_datagram_to_a_socket_of_this_machine() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("log");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    publish(&format!("unix://{}", path.display())).await;
    let mut buffer = [0; 4096];
    let length = socket.recv(&mut buffer).unwrap();
    assert_is_the_checkpoint(str::from_utf8(&buffer[..length]).unwrap());
}

/// A server that does this with the one connection that it accepts.
fn server<T: Send + 'static>(
    act: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (String, JoinHandle<T>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let target = format!("tcp://localhost:{}", listener.local_addr().unwrap().port());
    (target, thread::spawn(move || act(listener.accept().unwrap().0)))
}

fn read_to_end(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[tokio::test]
async fn a_checkpoint_has_its_length_before_it_by_tcp() {
    let (target, server) = server(read_to_end);
    publish(&target).await;
    let text = server.join().unwrap();
    let (length, message) = text.split_once(' ').unwrap();
    assert_eq!(length.parse::<usize>().unwrap(), message.len());
    assert_is_the_checkpoint(message);
}

#[tokio::test]
async fn a_server_that_does_not_read_is_given_up() {
    // It accepts connections, by its kernel, and nothing more.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let target = format!("tcp://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let why = refusal(&to(&target).with_patience(SHORT)).await;
    let who = format!("the log server at {target}");
    assert_eq!(why, format!("{who} has not taken the checkpoint within 0.3 s"));
}

#[tokio::test]
async fn a_server_that_ends_the_connection_before_it_has_read_is_told() {
    let (target, server) = server(|stream| {
        // What has come and was not read makes the end a reset.
        stream.peek(&mut [0]).unwrap();
    });
    let why = refusal(&to(&target)).await;
    server.join().unwrap();
    assert!(why.starts_with(&format!("the log server at {target} cannot be reached: ")), "{why}");
}

#[tokio::test]
async fn nobody_there_is_told() {
    let target = format!("tcp://127.0.0.1:{}", nobody());
    let why = refusal(&to(&target)).await;
    assert!(why.starts_with(&format!("the log server at {target} cannot be reached: ")), "{why}");
    assert!(why.contains("refused"), "{why}");
    let home = tempfile::tempdir().unwrap();
    let target = format!("unix://{}/log", home.path().display());
    let why = refusal(&to(&target)).await;
    assert!(why.starts_with(&format!("the log server at {target} cannot be reached: ")), "{why}");
}

#[tokio::test]
async fn nobody_on_this_machine_is_told_by_udp() {
    let (target, start) = (format!("udp://127.0.0.1:{}", nobody()), Instant::now());
    // A busy system may be too late with telling it.
    while to(&target).publish(store(), &over(42)).await.is_ok() {
        assert!(start.elapsed() < Duration::from_secs(10), "a datagram for nobody is taken");
    }
}

#[tokio::test]
async fn a_host_that_has_no_address_is_told() {
    for scheme in ["udp", "tcp"] {
        let target = format!("{scheme}://nobody.invalid:514");
        let why = refusal(&to(&target)).await;
        assert!(why.starts_with(&format!("the log server at {target} ")), "{why}");
    }
}

#[tokio::test]
async fn a_socket_that_is_full_is_given_up() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("log");
    let _never_reads = UnixDatagram::bind(&path).unwrap();
    let filler = UnixDatagram::unbound().unwrap();
    filler.set_nonblocking(true).unwrap();
    let full = loop {
        if let Err(error) = filler.send_to(b"full", &path) {
            break error;
        }
    };
    assert_eq!(full.kind(), ErrorKind::WouldBlock);
    let target = format!("unix://{}", path.display());
    let why = refusal(&to(&target).with_patience(SHORT)).await;
    let who = format!("the log server at {target}");
    assert_eq!(why, format!("{who} has not taken the checkpoint within 0.3 s"));
}

#[test]
fn targets_are_read_and_printed() {
    for text in [
        "udp://logs.example.com:514",
        "udp://10.0.0.1:1",
        "tcp://[2001:db8::1]:601",
        "tcp://log_1:65535",
        "unix:///dev/log",
        "unix:///run/systemd/journal/dev-log",
    ] {
        assert_eq!(SyslogTarget::parse(text).unwrap().to_string(), text);
    }
}

#[test]
fn what_is_no_target_is_refused_by_a_rule() {
    let long = format!("unix:///{}", "x".repeat(107));
    for text in [
        "",
        "logs.example.com:514",
        "udp:logs.example.com:514",
        "udp://",
        "udp://logs.example.com",
        "udp://logs.example.com:",
        "udp://logs.example.com:0",
        "udp://logs.example.com:+514",
        "udp://logs.example.com:65536",
        "udp://logs.example.com:514/",
        "udp://user@logs.example.com:514",
        "udp://:514",
        "udp://a b:514",
        "tcp://2001:db8::1:514",
        "tcp://[2001:db8::1]",
        "tcp://[example]:514",
        "tls://logs.example.com:6514",
        "UDP://logs.example.com:514",
        "unix://dev/log",
        "unix:///",
        "unix:///dev/log/",
        "unix:///dev/\0log",
        &long,
    ] {
        let error = SyslogTarget::parse(text).expect_err(text);
        assert!(error.to_string().starts_with("must be "), "{text}");
    }
}
