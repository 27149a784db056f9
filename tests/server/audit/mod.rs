//! The audit: who changed what, and what one can ask of it.

use steward_tests::{Database, Session, Test};

mod as_of;
mod history;
mod history_found;
mod undo;
mod undo_refused;

/// Every test of the capability.
pub(crate) fn all() -> Vec<Test> {
    [
        history::tests(),
        history_found::tests(),
        as_of::tests(),
        undo::tests(),
        undo_refused::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
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
