//! The server dies under load: what was committed is in the log, and nothing else.

use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use steward_tests::{Database, Role, Server, Session, tests};
use steward_toolkit::cluster::ClusterOptions;

use super::{AUDIT, LOG, count};

tests![
    every_committed_change_is_in_the_log_after_a_crash,
    the_control_that_is_not_logged_loses_entries,
];

const WRITERS: i32 = 4;
/// How often the server dies: `STEWARD_CRASHES`, or what the issue asks for.
const CRASHES: usize = 20;
const PATIENCE: Duration = Duration::from_secs(30);

const TASKS: &str = "
    create table tasks (id integer primary key, n integer not null default 0);
    insert into tasks select generate_series(1, 4);
    create table own (action text, entity_id integer, changes jsonb)";

fn a_durable_database() -> Database {
    let options = ClusterOptions {
        durable: true,
        settings: vec![("max_prepared_transactions".to_owned(), "20".to_owned())],
        ..ClusterOptions::default()
    };
    let server = Arc::new(Server::start_with(&options).expect("a server"));
    let database = Database::create(server).expect("a database");
    assert_eq!(database.owner().value("show fsync"), "on");
    database
}

/// Writes until the server is gone, and says how many commits it has confirmed.
fn write(mut session: Session, number: i32) -> usize {
    let statements = [
        format!("update tasks set n = n + 1 where id = {number}"),
        format!(
            "begin; update tasks set n = n + 1 where id = {number}; savepoint s; update tasks set n = n + 100 where id = {number}; rollback to s; update tasks set n = n + 1 where id = {number}; commit"
        ),
        format!("begin; update tasks set n = n + 1 where id = {number}; rollback"),
    ];
    let confirmed = [1, 2, 0];
    let mut changes = 0;
    for turn in 0.. {
        if session
            .client()
            .batch_execute(&statements[turn % 3])
            .is_err()
        {
            break;
        }
        changes += confirmed[turn % 3];
    }
    changes
}

/// Kills one of the writers while all of them write. The postmaster then ends all at once, and recovers.
fn crash_under_load(database: &Database, round: usize) -> usize {
    let sessions: Vec<_> = (0..WRITERS).map(|_| database.owner()).collect();
    let victim = sessions[round % sessions.len()].process();
    let writers: Vec<_> = sessions
        .into_iter()
        .zip(1..)
        .map(|(session, number)| thread::spawn(move || write(session, number)))
        .collect();
    thread::sleep(Duration::from_millis(100 + 37 * (round as u64 % 7)));
    let killed = Command::new("sh")
        .args(["-c", &format!("kill -KILL {victim}")])
        .status()
        .expect("a shell");
    assert!(killed.success());
    let confirmed = writers
        .into_iter()
        .map(|writer| writer.join().expect("a writer"))
        .sum();
    let deadline = Instant::now() + PATIENCE;
    while database
        .server()
        .cluster()
        .client(database.name(), Role::Owner.name())
        .is_err()
    {
        assert!(Instant::now() < deadline, "the server never came back");
        thread::sleep(Duration::from_millis(10));
    }
    confirmed
}

fn changes(session: &mut Session) -> usize {
    session
        .value("select sum(n) from tasks")
        .parse()
        .expect("a number")
}

fn every_committed_change_is_in_the_log_after_a_crash(_: &Database) {
    let database = a_durable_database();
    let mut owner = database.owner();
    owner.run(LOG);
    owner.run(TASKS);
    owner.run("select steward.audit('tasks', 'own')");
    owner.run(AUDIT);
    let crashes = std::env::var("STEWARD_CRASHES")
        .ok()
        .and_then(|crashes| crashes.parse().ok())
        .unwrap_or(CRASHES);
    let mut confirmed = 0;
    for round in 0..crashes {
        confirmed += crash_under_load(&database, round);
        let mut owner = database.owner();
        let changes = changes(&mut owner);
        assert_eq!(changes, count(&mut owner, "audit.log"), "round {round}");
        assert_eq!(changes, count(&mut owner, "own"), "round {round}");
        // A commit may be done though nobody was told.
        let unconfirmed = changes
            .checked_sub(confirmed)
            .expect("a confirmed commit is never lost");
        assert!(
            unconfirmed <= 2 * (round + 1) * 4,
            "{unconfirmed} changes more than were confirmed"
        );
        // The indexes agree with the table, and no number was given twice.
        owner.run("set enable_seqscan = off");
        assert_eq!(
            changes,
            count(&mut owner, "audit.log where actor = 'owner'")
        );
        assert_eq!(
            changes,
            count(&mut owner, "(select distinct sequence from audit.log) as s")
        );
    }
    assert!(confirmed > crashes * 10, "only {confirmed} changes");
}

/// A log without write-ahead log is what a crash empties.
fn the_control_that_is_not_logged_loses_entries(_: &Database) {
    let database = a_durable_database();
    let mut owner = database.owner();
    owner.run(TASKS);
    owner.run("alter table own set unlogged; select steward.audit('tasks', 'own')");
    crash_under_load(&database, 0);
    let mut owner = database.owner();
    assert!(changes(&mut owner) > 0);
    assert_ne!(changes(&mut owner), count(&mut owner, "own"));
}
