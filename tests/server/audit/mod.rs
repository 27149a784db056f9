//! Audit: its trigger, the log, its guard, its partitions, its seals, and what one can ask of it.

use steward_tests::{Database, Session, Test};

use crate::hostile;

mod as_of;
mod forged_seals;
mod guard;
mod history;
mod history_found;
mod log;
mod partitions;
mod restored;
mod seals;
mod tampering;
mod trigger;
mod trimming;
mod undo;
mod undo_refused;

/// Every test of the capability.
pub(crate) fn all() -> Vec<Test> {
    [
        log::tests(),
        partitions::tests(),
        forged_seals::tests(),
        guard::tests(),
        seals::tests(),
        tampering::tests(),
        trimming::tests(),
        restored::tests(),
        history::tests(),
        history_found::tests(),
        as_of::tests(),
        undo::tests(),
        undo_refused::tests(),
        trigger::all(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A session of the log's owner, and one of the superuser, who can write the log as a test needs it.
fn log_and_superuser(database: &Database) -> (Session, Session) {
    let mut owner = database.owner();
    owner.run("select steward.create_audit_log('audit.log')");
    (owner, database.superuser())
}

/// An entry that was logged at `time`, an expression in SQL.
fn entry_at(time: &str) -> String {
    entry_into("audit.log", time)
}

/// The same in another log.
fn entry_into(log: &str, time: &str) -> String {
    let name = hostile::literal(log);
    format!(
        "insert into {log} (logged_at, transaction, transaction_at, key_hash, incarnation, table_oid, root_oid, action, \
             schema_name, table_name, key, before, after, actor, actor_source, session_role, invoking_role, application_name) \
         select {time}, pg_current_xact_id(), now(), 1, steward.audit_incarnation({name}), 'pg_class'::regclass, 'pg_class'::regclass, 'UPDATE', 's', 't', \
             '{{\"id\": 1}}', '{{\"a\": 1}}', '{{\"a\": null}}', 'u', 'role', 'r', 'r', null"
    )
}

/// Entries of the present, each of a transaction of its own.
fn write_entries(superuser: &mut Session, count: usize) {
    for _ in 0..count {
        superuser.run(&entry_at("clock_timestamp()"));
    }
}

fn seal(owner: &mut Session) -> String {
    owner.value("select steward.seal_audit('audit.log')")
}

/// What `verify_audit` finds: `problem|seal|sequence`.
fn problems(session: &mut Session) -> Vec<String> {
    session.rows("select problem, seal, sequence from steward.verify_audit('audit.log')")
}

/// The same, held against an anchor.
fn problems_with(session: &mut Session, anchor: &str) -> Vec<String> {
    session.rows(&format!(
        "select problem, seal, sequence from steward.verify_audit('audit.log', '{anchor}')"
    ))
}

/// A table with something to ignore and something to hide, audited in a log.
const TASKS: &str = "
    select steward.create_audit_log('audit.log');
    create table tasks (
        id integer primary key, title text, state text default 'new', secret text, touched integer default 0
    );
    select steward.audit('tasks', 'audit.log', ignore => '{touched}', redact => '{secret}')";

fn owner_of_audited_tasks(database: &Database) -> Session {
    let mut owner = database.owner();
    owner.run(TASKS);
    owner
}

/// What `history` says of one row: action, before and after.
#[track_caller]
fn history(session: &mut Session, arguments: &str) -> Vec<String> {
    session.rows(&format!(
        "select action, before, after from steward.history({arguments})"
    ))
}

/// The number of the entry that stands at that place in the history of a row of `tasks`, from 1.
#[track_caller]
fn entry(session: &mut Session, key: &str, place: usize) -> String {
    session.value(&format!(
        "select sequence from steward.history('tasks', {key}) offset {} limit 1",
        place - 1
    ))
}
