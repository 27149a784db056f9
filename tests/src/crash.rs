//! A server that dies: one of its processes is killed, so that no handler runs. The postmaster then ends all
//! others at once, throws its shared memory away, and recovers from its log, as it does when it is started after
//! it was killed itself.

use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use steward_toolkit::cluster::ClusterOptions;

use crate::server::{Database, Role, Server};
use crate::session::Session;

const WRITERS: usize = 4;
/// How often a server dies, unless `STEWARD_CRASHES` says otherwise.
const ROUNDS: usize = 20;
const PATIENCE: Duration = Duration::from_secs(30);

/// A database on a server of its own that keeps what it has committed.
///
/// # Panics
/// When the server cannot be started.
#[must_use]
pub fn durable_database() -> Database {
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

/// How often a server is to die.
#[must_use]
pub fn rounds() -> usize {
    std::env::var("STEWARD_CRASHES")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(ROUNDS)
}

/// Kills the session's process, and waits until the server takes connections again.
///
/// # Panics
/// When it does not.
pub fn kill(database: &Database, mut session: Session) {
    kill_process(session.process());
    let deadline = Instant::now() + PATIENCE;
    while session.client().batch_execute("select 1").is_ok() {
        assert!(Instant::now() < deadline, "the session lives");
        thread::sleep(Duration::from_millis(5));
    }
    wait_for(database);
}

/// Kills one of the writers while all of them write, each with its number; waits until the server takes connections
/// again, and returns the sum of what they returned when the server was gone.
///
/// # Panics
/// When a writer does, or the server never comes back.
pub fn under_load(
    database: &Database,
    round: usize,
    write: impl Fn(Session, usize) -> usize + Copy + Send + 'static,
) -> usize {
    let sessions: Vec<_> = (0..WRITERS).map(|_| database.owner()).collect();
    let victim = sessions[round % sessions.len()].process();
    let writers: Vec<_> = sessions
        .into_iter()
        .enumerate()
        .map(|(number, session)| thread::spawn(move || write(session, number)))
        .collect();
    thread::sleep(Duration::from_millis(100 + 37 * (round as u64 % 7)));
    kill_process(victim);
    let written = writers
        .into_iter()
        .map(|writer| writer.join().expect("a writer"))
        .sum();
    wait_for(database);
    written
}

fn kill_process(process: i32) {
    let killed = Command::new("sh")
        .args(["-c", &format!("kill -KILL {process}")])
        .status()
        .expect("a shell");
    assert!(killed.success());
}

fn wait_for(database: &Database) {
    let deadline = Instant::now() + PATIENCE;
    let cluster = database.server().cluster();
    while cluster.client(database.name(), Role::Owner.name()).is_err() {
        assert!(Instant::now() < deadline, "the server never came back");
        thread::sleep(Duration::from_millis(10));
    }
}
