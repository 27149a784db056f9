//! What is told when no connection comes about for want of a server, a name or a database.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use steward_toolkit::exit::Exit;

use crate::servers::without_tls;
use crate::{assert_told, connect, refused};

/// A port of the loopback interface that nobody listens at.
fn unused_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .expect("a port")
        .port()
}

#[test]
fn nobody_listens() {
    let port = unused_port();
    let error = refused(&format!("host=127.0.0.1 port={port} dbname=d user=u"));
    let message = format!(
        "could not connect to database \"d\" on host \"127.0.0.1\", port {port}, as user \"u\": \
         the connection was refused"
    );
    assert_eq!(error.message(), message);
    assert_told(&error, &["steward demo"]);

    let folder = tempfile::tempdir().expect("a folder");
    let error = refused(&format!("host={}", folder.path().display()));
    assert_told(
        &error,
        &["there is no socket .s.PGSQL.5432", "steward demo"],
    );
}

#[test]
fn an_unknown_host_is_named() {
    let error = refused("host=no-such-host.invalid");
    assert_told(&error, &["no-such-host.invalid", "could not be looked up"]);
}

#[test]
fn an_unknown_database_and_an_unknown_role() {
    let Some(cluster) = without_tls() else { return };
    let error = refused(&cluster.connection_string("nowhere", "postgres"));
    assert_eq!(error.sqlstate(), Some("3D000"));
    assert_told(&error, &["database \"nowhere\" does not exist", "createdb"]);
    let error = refused(&cluster.connection_string("postgres", "stranger"));
    assert_eq!(error.sqlstate(), Some("28000"));
}

#[test]
fn a_server_that_says_nothing_does_not_hold_the_command_up() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let before = Instant::now();
    let error = refused(&format!("host=127.0.0.1 port={port} connect_timeout=2"));
    assert_told(&error, &["no answer within 2 seconds"]);
    assert!(before.elapsed() < Duration::from_secs(20));
}

#[test]
fn the_next_server_is_asked_unless_one_refuses() {
    let Some(cluster) = without_tls() else { return };
    let (closed, open) = (unused_port(), cluster.port());
    let text = |first: u16, second: u16, password: &str| {
        format!(
            "host=127.0.0.1,localhost port={first},{second} dbname=postgres user=plain \
             password={password}"
        )
    };
    connect(&text(closed, open, "secret")).expect("the second server");
    let error = refused(&text(open, closed, "wrong"));
    assert_eq!(error.sqlstate(), Some("28P01"));
    assert!(!error.to_string().contains("was refused"), "{error}");
    let error = refused(&text(closed, open, "wrong"));
    assert_eq!(error.sqlstate(), Some("28P01"));
    assert_told(&error, &["127.0.0.1", "the connection was refused"]);
}

#[test]
fn a_port_that_speaks_something_else_is_told() {
    use std::io::Write;

    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let error = refused(&format!("host=127.0.0.1 port={port} sslmode=disable"));
    assert_eq!(error.exit(), Exit::Connection);
}
