//! The trigger behind `audit`: what it records, of whom, and that nothing forges, alters or silences it.

use steward_tests::{Database, Session, Test};

mod attaching;
mod attacks;
mod changes;
mod columns;
mod concurrency;
mod crash;
mod forging;
mod large;
mod layouts;
mod memory;
mod own_table;
mod own_table_users;
mod owned_code;
mod partitions;
mod replaced;
mod rights;
mod schema_changes;
mod statements;
mod truncate;
mod values;

pub(crate) fn all() -> Vec<Test> {
    [
        changes::tests(),
        columns::tests(),
        statements::tests(),
        values::tests(),
        large::tests(),
        layouts::tests(),
        partitions::tests(),
        truncate::tests(),
        attaching::tests(),
        schema_changes::tests(),
        rights::tests(),
        replaced::tests(),
        forging::tests(),
        attacks::tests(),
        own_table::tests(),
        own_table_users::tests(),
        owned_code::tests(),
        concurrency::tests(),
        memory::tests(),
        crash::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

const LOG: &str = "select steward.create_audit_log('audit.log')";
const AUDIT: &str = "select steward.audit('tasks', 'audit.log')";

fn owner_with_log(database: &Database) -> Session {
    let mut owner = database.owner();
    owner.run(LOG);
    owner
}

/// The entries of the log in order: `action|key|before|after`.
fn entries(session: &mut Session) -> Vec<String> {
    session.rows("select action, key, before, after from audit.log order by sequence")
}

/// The same of those that came since the last call.
fn new_entries(session: &mut Session, seen: &mut usize) -> Vec<String> {
    let all = entries(session);
    let new = all[*seen..].to_vec();
    *seen = all.len();
    new
}

fn count(session: &mut Session, rows: &str) -> usize {
    let count = session.value(&format!("select count(*) from {rows}"));
    count.parse().expect("a number")
}

/// Everything that the log holds, as one text.
fn whole_log(session: &mut Session) -> String {
    session
        .rows("select to_jsonb(l) from audit.log as l")
        .join("\n")
}
