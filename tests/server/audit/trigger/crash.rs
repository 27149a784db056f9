//! The server dies under load: what was committed is in the log, and nothing else.

use steward_tests::crash::{self, durable_database};
use steward_tests::{Database, Session, tests};

use super::{AUDIT, LOG, count};

tests![
    every_committed_change_is_in_the_log_after_a_crash,
    the_control_that_is_not_logged_loses_entries,
];

const TASKS: &str = "
    create table tasks (id integer primary key, n integer not null default 0);
    insert into tasks select generate_series(1, 4);
    create table own (action text, entity_id integer, changes jsonb)";

/// Writes until the server is gone, and says how many commits it has confirmed.
fn write(mut session: Session, number: usize) -> usize {
    let number = number + 1;
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

fn changes(session: &mut Session) -> usize {
    session
        .value("select sum(n) from tasks")
        .parse()
        .expect("a number")
}

fn every_committed_change_is_in_the_log_after_a_crash(_: &Database) {
    let database = durable_database();
    let mut owner = database.owner();
    owner.run(LOG);
    owner.run(TASKS);
    owner.run("select steward.audit('tasks', 'own')");
    owner.run(AUDIT);
    let crashes = crash::rounds();
    let mut confirmed = 0;
    for round in 0..crashes {
        confirmed += crash::under_load(&database, round, write);
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
    let database = durable_database();
    let mut owner = database.owner();
    owner.run(TASKS);
    owner.run("alter table own set unlogged; select steward.audit('tasks', 'own')");
    crash::under_load(&database, 0, write);
    let mut owner = database.owner();
    assert!(changes(&mut owner) > 0);
    assert_ne!(changes(&mut owner), count(&mut owner, "own"));
}
