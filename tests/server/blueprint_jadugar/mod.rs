//! The blueprint Jadugar: its document's requirements, and its rules at work.

use steward_tests::{Database, Session, Test};

use crate::blueprints::Sample;

mod requirements;
mod rules;

/// Every test of the blueprint.
pub(crate) fn all() -> Vec<Test> {
    [requirements::tests(), rules::tests()]
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
