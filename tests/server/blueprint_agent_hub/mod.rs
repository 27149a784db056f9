//! The blueprint Agent Hub: its rules at work.

use steward_tests::{Database, Role, Session, Test};

use crate::blueprints::Sample;

mod memory;
mod participants;
mod webhooks;
mod workers;

/// Every test of the blueprint.
pub(crate) fn all() -> Vec<Test> {
    [
        memory::tests(),
        participants::tests(),
        webhooks::tests(),
        workers::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn sample() -> Sample {
    Sample::new("agent_hub", "hub")
}

/// The blueprint in the schema `hub`.
fn migrated(database: &Database) -> Session {
    sample().migrated(database)
}

/// A session of a role that may read and write the blueprint's rows, but not what the rules write.
fn application(database: &Database) -> Session {
    database.owner().run(
        "grant usage on schema hub to writer;
         grant select, insert, update, delete on all tables in schema hub to writer",
    );
    let mut writer = database.session(Role::Writer);
    writer.run("set search_path = hub");
    writer
}
