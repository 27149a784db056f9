//! Every `sslmode`, against servers whose certificate is good, expired, or not there.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use steward_toolkit::connection::Environment;

use crate::certificates::Authority;
use crate::servers::{TlsServer, over_tcp, start_with, with_tls, without_tls};
use crate::{assert_told, connect, connect_in, refused, refused_in};

const PASSWORD: &str = r"user=alice password='alice\'s password'";

fn is_encrypted(client: &mut postgres::Client) -> bool {
    client
        .query_one(
            "select ssl from pg_stat_ssl where pid = pg_backend_pid()",
            &[],
        )
        .expect("a row")
        .get(0)
}

fn encrypted(text: &str) -> bool {
    let mut client = connect(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    is_encrypted(&mut client)
}

/// The server's name and address in one connection string, so that the name need not be known.
fn named(server: &TlsServer, name: &str, rest: &str) -> String {
    format!(
        "dbname=postgres host={name} hostaddr=127.0.0.1 port={} {PASSWORD} {rest}",
        server.cluster.port()
    )
}

#[test]
fn each_mode_encrypts_as_it_says() {
    let (Some(server), Some(bare)) = (with_tls(), without_tls()) else {
        return;
    };
    for (mode, with, without) in [
        ("disable", Some(false), Some(false)),
        ("allow", Some(false), Some(false)),
        ("prefer", Some(true), Some(false)),
        ("require", Some(true), None),
    ] {
        let rest = format!("{PASSWORD} sslmode={mode}");
        assert_eq!(Some(encrypted(&server.over_tcp(&rest))), with, "{mode}");
        let text = over_tcp(bare, &rest);
        match without {
            Some(expected) => assert_eq!(encrypted(&text), expected, "{mode}"),
            None => assert_told(&refused(&text), &["server does not support TLS", "sslmode"]),
        }
    }
}

#[test]
fn the_second_attempt_of_prefer_and_allow() {
    let Some(server) = with_tls() else { return };
    let try_as = |user: &str, mode: &str| {
        encrypted(&server.over_tcp(&format!("user={user} password=secret sslmode={mode}")))
    };
    // These roles are let in with TLS only, or without it only.
    assert!(try_as("encrypted", "allow"));
    assert!(!try_as("plain", "prefer"));
    for (user, mode) in [("encrypted", "disable"), ("plain", "require")] {
        refused(&server.over_tcp(&format!("user={user} password=secret sslmode={mode}")));
    }
    // The attempt that could have succeeded is the one that is told of.
    for (user, mode) in [("encrypted", "allow"), ("encrypted", "prefer")] {
        let text = server.over_tcp(&format!("user={user} password=wrong sslmode={mode}"));
        assert_eq!(refused(&text).sqlstate(), Some("28P01"), "{user} {mode}");
    }
}

#[test]
fn a_socket_is_never_encrypted() {
    let Some(server) = with_tls() else { return };
    let url = server.cluster.connection_string("postgres", "postgres");
    let nowhere = "sslrootcert=/nowhere/root.crt";
    assert!(!encrypted(&format!("{url}&sslmode=require")));
    assert!(!encrypted(&format!("{url}&sslmode=verify-full&{nowhere}")));
}

#[test]
fn verification_of_the_chain_and_of_the_name() {
    let Some(server) = with_tls() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let root = server.authority.write(folder.path());
    let trust = format!("sslrootcert={}", root.display());
    for (name, mode, accepted) in [
        ("localhost", "verify-full", true),
        ("127.0.0.1", "verify-full", true),
        ("other.example.com", "verify-full", false),
        ("other.example.com", "verify-ca", true),
        ("other.example.com", "require", true),
    ] {
        let text = named(server, name, &format!("sslmode={mode} {trust}"));
        if accepted {
            assert!(encrypted(&text), "{name} {mode}");
        } else {
            let words = ["another host name", "localhost", name, "subjectAltName"];
            assert_told(&refused(&text), &words);
        }
    }
}

#[test]
fn an_unknown_authority_is_refused_wherever_roots_are_given() {
    let Some(server) = with_tls() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let stranger = Authority::new("Stranger").write(folder.path());
    let trust = format!("sslrootcert={}", stranger.display());
    for mode in ["require", "verify-ca", "verify-full"] {
        let text = named(server, "localhost", &format!("sslmode={mode} {trust}"));
        assert_told(&refused(&text), &["unknown authority", "sslrootcert"]);
    }
    // As in libpq, the second attempt of prefer goes without TLS.
    assert!(!encrypted(&named(
        server,
        "localhost",
        &format!("sslmode=prefer {trust}")
    )));
}

#[test]
fn the_root_file_in_the_home_folder_makes_require_verify() {
    let Some(server) = with_tls() else { return };
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join(".postgresql");
    fs::create_dir(&folder).expect("a folder");
    let environment = Environment::default().home(home.path());
    let text = named(server, "localhost", "sslmode=require");

    connect_in(&environment, &text).expect("no roots, no verification");
    Authority::new("Stranger").write(&folder);
    assert_told(&refused_in(&environment, &text), &["unknown authority"]);
    server.authority.write(&folder);
    connect_in(&environment, &text).expect("the right root");
    connect_in(
        &environment,
        &named(server, "localhost", "sslmode=verify-full"),
    )
    .expect("the right root and name");
}

#[test]
fn an_expired_certificate_is_refused_where_it_is_verified() {
    let authority = Authority::new("Test Authority");
    let identity = authority.issue_expired(&["localhost"]);
    let Some(cluster) = start_with(&authority, &identity) else {
        return;
    };
    let server = TlsServer { cluster, authority };
    let folder = tempfile::tempdir().expect("a folder");
    let root = server.authority.write(folder.path());
    for mode in ["verify-ca", "verify-full"] {
        let rest = format!("sslmode={mode} sslrootcert={}", root.display());
        let error = refused(&named(&server, "localhost", &rest));
        assert_told(&error, &["has expired"]);
    }
    assert!(encrypted(&named(&server, "localhost", "sslmode=require")));
}

#[test]
fn the_systems_roots_do_not_know_a_private_authority() {
    let Some(server) = with_tls() else { return };
    let error = refused(&named(server, "localhost", "sslrootcert=system"));
    let told = error.to_string();
    assert!(
        told.contains("unknown authority") || told.contains("no root certificates"),
        "{told}"
    );
}

#[test]
fn protocol_versions_are_kept_to() {
    let Some(server) = with_tls() else { return };
    for version in ["TLSv1.2", "TLSv1.3"] {
        let range = format!(
            "sslmode=require ssl_min_protocol_version={version} ssl_max_protocol_version={version}"
        );
        let mut client = connect(&named(server, "localhost", &range)).expect(version);
        let row = client
            .query_one(
                "select version from pg_stat_ssl where pid = pg_backend_pid()",
                &[],
            )
            .expect("a row");
        assert_eq!(row.get::<_, &str>(0), version);
    }
}

#[test]
fn a_client_certificate_lets_its_role_in() {
    let Some(server) = with_tls() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let (certificate, key) = server
        .authority
        .issue(&[], "certified")
        .write(folder.path());
    let text = server.over_tcp("user=certified sslmode=require");
    let with_files = format!(
        "{text} sslcert={} sslkey={}",
        certificate.display(),
        key.display()
    );
    assert!(encrypted(&with_files));

    assert_told(&refused(&text), &["client certificate"]);

    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("permissions");
    assert_told(&refused(&with_files), &["client.key", "0600"]);
}
