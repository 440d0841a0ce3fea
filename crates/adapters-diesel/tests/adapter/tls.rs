//! TLS to a server with a certificate.

use std::path::PathBuf;

use adapters_diesel::{Database, OpenError};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use testkit::postgres::{Options, PrivateServer, Tls};

use crate::places::settings;

/// An authority of our own.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self { issuer: CertifiedIssuer::self_signed(params, key).unwrap() }
    }

    /// A certificate for a host, with its key.
    fn issue(&self, host: &str) -> Tls {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Tls { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    fn write(&self, directory: &tempfile::TempDir, name: &str) -> PathBuf {
        let path = directory.path().join(name);
        std::fs::write(&path, self.issuer.pem()).unwrap();
        path
    }
}

/// A server whose certificate names `localhost`.
struct Place {
    server: PrivateServer,
    directory: tempfile::TempDir,
    authority: Authority,
}

impl Place {
    fn new() -> Self {
        let authority = Authority::new();
        let tls = Some(authority.issue("localhost"));
        let server = PrivateServer::start(&Options { tls, ..Options::default() }).unwrap();
        Self { server, directory: tempfile::tempdir().unwrap(), authority }
    }

    fn open(&self, host: &str, parameters: &str) -> Result<Database, OpenError> {
        let url = format!("{}?{parameters}", self.server.url()).replace("127.0.0.1", host);
        Database::open(&settings(&url))
    }

    fn verified(&self, host: &str, root: &Authority) -> Result<Database, OpenError> {
        let root = root.write(&self.directory, "root.pem");
        self.open(host, &format!("sslmode=verify-full&sslrootcert={}", root.display()))
    }
}

fn refusal(opened: Result<Database, OpenError>) -> String {
    opened.map(drop).unwrap_err().to_string()
}

#[test]
fn who_can_be_verified_is_talked_to_and_nobody_else() {
    testkit::block_on(async {
        let place = Place::new();
        let database = place.verified("localhost", &place.authority).unwrap();
        database.migrate().unwrap();
        assert_eq!(database.ping().await, Ok(()));
        database.close();

        let stranger = refusal(place.verified("localhost", &Authority::new()));
        assert!(stranger.contains("invalid peer certificate"), "{stranger}");
        let elsewhere = refusal(place.verified("127.0.0.1", &place.authority));
        assert!(elsewhere.contains("not valid for name"), "{elsewhere}");
    });
}

#[test]
fn the_line_is_encrypted_unless_that_is_declined() {
    testkit::block_on(async {
        let place = Place::new();
        // The server takes nobody in the clear.
        for parameters in ["sslmode=require", "sslmode=prefer", ""] {
            let database = place.open("127.0.0.1", parameters).unwrap();
            database.migrate().unwrap();
            assert_eq!(database.ping().await, Ok(()), "{parameters}");
            database.close();
        }
        let refused = refusal(place.open("127.0.0.1", "sslmode=disable"));
        assert!(refused.contains("no encryption"), "{refused}");
    });
}

#[test]
fn a_server_without_tls_is_refused_where_tls_is_required() {
    testkit::block_on(async {
        let server = PrivateServer::start(&Options::default()).unwrap();
        let open =
            |mode: &str| Database::open(&settings(&format!("{}?sslmode={mode}", server.url())));
        assert!(refusal(open("require")).contains("TLS"));
        open("prefer").unwrap().close();
        open("disable").unwrap().close();
    });
}

#[test]
fn a_root_certificate_that_is_not_there_is_named() {
    let parameters = "sslmode=verify-full&sslrootcert=missing.pem";
    let url = format!("postgres://nobody@127.0.0.1:1/nothing?{parameters}");
    let refused = refusal(Database::open(&settings(&url)));
    assert!(refused.contains("missing.pem"), "{refused}");
}
