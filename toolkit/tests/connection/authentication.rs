//! Passwords, from everywhere that they can come from, and what a session gets.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use steward_toolkit::connection::{Environment, Settings};

use crate::servers::{over_tcp, with_tls, without_tls};
use crate::{assert_told, connect, connect_in, refused, refused_in};

const PASSWORD: &str = r"password='alice\'s password'";

fn current_user(client: &mut postgres::Client) -> String {
    client
        .query_one("select current_user::text", &[])
        .expect("a row")
        .get(0)
}

#[test]
fn over_the_socket_by_url_and_by_variables() {
    let Some(cluster) = without_tls() else { return };
    let mut client = connect(&cluster.connection_string("postgres", "postgres")).expect("a URL");
    assert_eq!(current_user(&mut client), "postgres");

    let environment = Environment::default()
        .variable("PGHOST", cluster.socket_directory())
        .variable("PGPORT", cluster.port().to_string())
        .variable("PGUSER", "plain")
        .variable("PGDATABASE", "postgres");
    let settings = Settings::resolve(None, &environment).expect("settings");
    let mut client = settings.connect(drop).expect("a client");
    assert_eq!(current_user(&mut client), "plain");
}

#[test]
fn passwords_are_checked_over_tcp_and_the_socket() {
    let Some(cluster) = without_tls() else { return };
    let socket = format!(
        "dbname=postgres user=alice host={} port={}",
        cluster.socket_directory().display(),
        cluster.port()
    );
    for place in [over_tcp(cluster, "user=alice"), socket] {
        connect(&format!("{place} {PASSWORD}")).expect("a client");
        let error = refused(&format!("{place} password=hunter2"));
        assert_eq!(error.sqlstate(), Some("28P01"));
        assert_told(&error, &["as user \"alice\"", "PGPASSWORD"]);
        assert!(!error.to_string().contains("hunter2"));
        let error = refused(&place);
        assert_told(
            &error,
            &["asks for a password, and none is given", "PGPASSWORD"],
        );
    }
}

fn write_password_file(home: &Path, port: u16, mode: u32) {
    let file = home.join(".pgpass");
    let line = format!("127.0.0.1:{port}:postgres:alice:alice's password\n");
    fs::write(&file, line).expect("a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("permissions");
}

#[test]
fn a_password_file_is_used_only_if_nobody_else_may_read_it() {
    let Some(cluster) = without_tls() else { return };
    let home = tempfile::tempdir().expect("a folder");
    let environment = Environment::default().home(home.path());
    let text = over_tcp(cluster, "user=alice");

    write_password_file(home.path(), cluster.port(), 0o600);
    connect_in(&environment, &text).expect("a client");

    write_password_file(home.path(), cluster.port() ^ 1, 0o600);
    refused_in(&environment, &text);

    write_password_file(home.path(), cluster.port(), 0o644);
    let error = refused_in(&environment, &text);
    assert_told(&error, &[".pgpass", "0600"]);
}

#[test]
fn a_service_names_the_server() {
    let Some(cluster) = without_tls() else { return };
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join("services");
    let service = format!(
        "[trial]\nhost=127.0.0.1\nport={}\ndbname=postgres\nuser=alice\npassword=alice's password\n",
        cluster.port()
    );
    fs::write(&file, service).expect("a file");
    let environment = Environment::default().variable("PGSERVICEFILE", &file);
    let mut client = connect_in(&environment, "service=trial").expect("a client");
    assert_eq!(current_user(&mut client), "alice");
    let mut client =
        connect_in(&environment, "postgresql://plain:secret@/?service=trial").expect("a client");
    assert_eq!(current_user(&mut client), "plain");
}

#[test]
fn a_session_gets_its_name_and_options() {
    let Some(cluster) = without_tls() else { return };
    let url = cluster.connection_string("postgres", "postgres");
    let shown = |url: &str, setting: &str| -> String {
        connect(url)
            .expect("a client")
            .query_one("select current_setting($1)", &[&setting])
            .expect("a row")
            .get(0)
    };
    assert_eq!(shown(&url, "application_name"), "steward");
    let url = format!("{url}&application_name=trial&options=-c%20work_mem%3D7MB");
    assert_eq!(shown(&url, "application_name"), "trial");
    assert_eq!(shown(&url, "work_mem"), "7MB");
}

#[test]
fn notices_reach_the_caller() {
    let Some(cluster) = without_tls() else { return };
    let url = cluster.connection_string("postgres", "postgres");
    let settings = Settings::resolve(Some(&url), &Environment::default()).expect("settings");
    let heard = Arc::new(Mutex::new(Vec::new()));
    let notices = Arc::clone(&heard);
    let mut client = settings
        .connect(move |notice| {
            let message = notice.message().to_owned();
            notices.lock().expect("no panic").push(message);
        })
        .expect("a client");
    client
        .batch_execute("do $$ begin raise notice 'first'; raise warning 'second'; end $$")
        .expect("a block");
    assert_eq!(*heard.lock().expect("no panic"), ["first", "second"]);
}

#[test]
fn a_session_is_taken_only_with_the_attributes_asked_for() {
    let Some(cluster) = without_tls() else { return };
    let url = cluster.connection_string("postgres", "postgres");
    let read_only = "&options=-c%20default_transaction_read_only%3Don";
    let asking =
        |attributes: &str, rest: &str| format!("{url}&target_session_attrs={attributes}{rest}");
    for attributes in ["any", "read-write", "primary", "prefer-standby"] {
        connect(&asking(attributes, "")).expect(attributes);
    }
    connect(&asking("read-only", read_only)).expect("a read-only session");
    let error = refused(&asking("read-write", read_only));
    assert_told(&error, &["the session is read-only"]);
    let error = refused(&asking("standby", ""));
    assert_told(&error, &["not in hot standby mode"]);
}

#[test]
fn channel_binding_works_over_tls() {
    let Some(server) = with_tls() else { return };
    let text = server.over_tcp(&format!("user=alice {PASSWORD} channel_binding=require"));
    connect(&format!("{text} sslmode=require")).expect("a client");
    refused(&format!("{text} sslmode=disable"));
}
