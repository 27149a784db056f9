//! The blueprint New Fuse: its document's requirements, and its rules at work.

use steward_tests::{Database, Role, Session, Test};

use crate::blueprints::Sample;

mod requirements;
mod rules;
mod tasks;

/// Every test of the blueprint.
pub(crate) fn all() -> Vec<Test> {
    [requirements::tests(), rules::tests(), tasks::tests()]
        .into_iter()
        .flatten()
        .collect()
}

fn sample() -> Sample {
    Sample::new("new_fuse", "fuse")
}

/// The blueprint in the schema `fuse`.
fn migrated(database: &Database) -> Session {
    sample().migrated(database)
}

/// The same with the development data.
fn seeded(database: &Database) -> Session {
    sample().seeded(database)
}

/// A session of a role that may read and write the blueprint's rows, but not its history.
fn application(database: &Database) -> Session {
    let mut owner = migrated(database);
    owner.run(
        "grant usage on schema fuse to writer;
         grant select, insert, update, delete on all tables in schema fuse to writer;
         revoke insert, update, delete on stage_transitions, feature_dependencies_rank, tasks_readiness, tasks_progress
             from writer",
    );
    let mut writer = database.session(Role::Writer);
    writer.run("set search_path = fuse");
    writer
}
