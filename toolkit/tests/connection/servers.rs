//! The servers that the tests connect to.

use std::sync::OnceLock;

use steward_toolkit::cluster::{Cluster, ClusterOptions};
use steward_toolkit::exit::Exit;

use crate::certificates::{Authority, Identity};

/// A server with TLS, with the authority that has issued its certificate.
pub(crate) struct TlsServer {
    pub(crate) cluster: Cluster,
    pub(crate) authority: Authority,
}

impl TlsServer {
    /// A connection string to the loopback interface, with `rest` behind it.
    pub(crate) fn over_tcp(&self, rest: &str) -> String {
        over_tcp(&self.cluster, rest)
    }
}

/// The beginning of a connection string to the loopback interface.
pub(crate) fn over_tcp(cluster: &Cluster, rest: &str) -> String {
    format!(
        "dbname=postgres host=127.0.0.1 port={} {rest}",
        cluster.port()
    )
}

const ROLES: &str = "\
    create role alice login password 'alice''s password';\
    create role encrypted login password 'secret';\
    create role plain login password 'secret';\
    create role certified login";

const HOST_BASED_AUTHENTICATION: [&str; 6] = [
    "local all alice scram-sha-256",
    "hostssl all certified 127.0.0.1/32 cert",
    "hostssl all encrypted 127.0.0.1/32 scram-sha-256",
    "hostnossl all plain 127.0.0.1/32 scram-sha-256",
    "host all encrypted,plain,certified all reject",
    "host all all 127.0.0.1/32 scram-sha-256",
];

/// Starts a server, or says that none is installed.
pub(crate) fn start(options: &ClusterOptions) -> Option<Cluster> {
    let cluster = match Cluster::start(options) {
        Ok(cluster) => cluster,
        Err(error) if error.exit() == Exit::ToolMissing => {
            eprintln!("skipped: {error}");
            return None;
        }
        Err(error) => panic!("{error}"),
    };
    let mut client = cluster.client("postgres", "postgres").expect("a client");
    client.batch_execute(ROLES).expect("roles");
    Some(cluster)
}

fn options() -> ClusterOptions {
    ClusterOptions {
        listen_on_loopback: true,
        host_based_authentication: HOST_BASED_AUTHENTICATION.map(str::to_owned).to_vec(),
        ..ClusterOptions::default()
    }
}

/// A server with TLS whose certificate is `identity`.
pub(crate) fn start_with(authority: &Authority, identity: &Identity) -> Option<Cluster> {
    let mut options = options();
    options.settings = vec![
        ("ssl".into(), "on".into()),
        ("ssl_ca_file".into(), "root.crt".into()),
    ];
    options.files = vec![
        (
            "server.crt".into(),
            identity.certificate.clone().into_bytes(),
        ),
        ("server.key".into(), identity.key.clone().into_bytes()),
        ("root.crt".into(), authority.certificate().into_bytes()),
    ];
    start(&options)
}

/// The server that most tests share; its certificate is for `localhost` and 127.0.0.1.
pub(crate) fn with_tls() -> Option<&'static TlsServer> {
    static SERVER: OnceLock<Option<TlsServer>> = OnceLock::new();
    SERVER
        .get_or_init(|| {
            let authority = Authority::new("Test Authority");
            let identity = authority.issue(&["localhost", "127.0.0.1"], "server");
            let cluster = start_with(&authority, &identity)?;
            Some(TlsServer { cluster, authority })
        })
        .as_ref()
}

/// A server that has no TLS.
pub(crate) fn without_tls() -> Option<&'static Cluster> {
    static SERVER: OnceLock<Option<Cluster>> = OnceLock::new();
    SERVER.get_or_init(|| start(&options())).as_ref()
}
