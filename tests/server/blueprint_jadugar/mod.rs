//! The blueprint Jadugar: its document's requirements, and its rules at work.

use steward_tests::{Database, Role, Session, Test};

use crate::blueprints::Sample;

mod audit;
mod requirements;
mod rules;
mod tasks;

/// Every test of the blueprint.
pub(crate) fn all() -> Vec<Test> {
    [
        audit::tests(),
        requirements::tests(),
        rules::tests(),
        tasks::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn sample() -> Sample {
    Sample::new("jadugar", "jadugar")
}

/// The blueprint in the schema `jadugar`.
fn migrated(database: &Database) -> Session {
    sample().migrated(database)
}

/// The same with the development data.
fn seeded(database: &Database) -> Session {
    sample().seeded(database)
}

/// A session of a role that may read and write the blueprint's rows, but not what the rules write.
fn application(database: &Database) -> Session {
    database.owner().run(
        "grant usage on schema jadugar to writer;
         grant select, insert, update, delete on all tables in schema jadugar to writer;
         revoke insert, update, delete on jadugar.task_dependencies_rank, jadugar.tasks_readiness,
             jadugar.tasks_progress, jadugar.audit_logs from writer",
    );
    let mut writer = database.session(Role::Writer);
    writer.run("set search_path = jadugar");
    writer
}
