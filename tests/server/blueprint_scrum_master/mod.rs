//! The blueprint Scrum Master: its document's requirements, its queries, its rules at work, and who may do what.

use steward_tests::{Database, Role, Session, Test};

use crate::blueprints::Sample;

mod access;
mod chat;
mod queries;
mod references;
mod requirements;
mod rules;
mod tasks;
mod triage;

/// Every test of the blueprint.
pub(crate) fn all() -> Vec<Test> {
    [
        access::all(),
        chat::tests(),
        queries::tests(),
        references::tests(),
        requirements::tests(),
        rules::tests(),
        tasks::tests(),
        triage::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The tables that have policies.
const TABLES: [&str; 6] = [
    "chat_message_edits",
    "chat_messages",
    "notifications",
    "tasks",
    "triage_items",
    "users",
];

fn sample() -> Sample {
    Sample::new("scrum_master", "scrum")
}

/// The blueprint in the schema `scrum`.
fn migrated(database: &Database) -> Session {
    sample().migrated(database)
}

/// The same with the development data.
fn seeded(database: &Database) -> Session {
    sample().seeded(database)
}

/// A session of a role that may read and write the blueprint's rows, but not what the rules write. It is let through by
/// policies of its own: what the blueprint's policies do is another question than what its rules do.
fn application(database: &Database) -> Session {
    let mut owner = database.owner();
    for table in TABLES {
        owner.run(&format!(
            "create policy writer on scrum.{table} for all to writer using (true)"
        ));
    }
    owner.run(
        "grant usage on schema scrum to writer;
         grant select, insert, update, delete on all tables in schema scrum to writer;
         grant usage, select on all sequences in schema scrum to writer;
         revoke insert, update, delete on
             scrum.chat_message_edits, scrum.tasks_readiness, scrum.triage_items_readiness from writer",
    );
    let mut writer = database.session(Role::Writer);
    writer.run("set search_path = scrum");
    writer
}
