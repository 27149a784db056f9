//! The blueprint Agent Hub: its document's requirements, and its rules at work.

use steward_tests::{Database, Role, Session, Test};

use crate::blueprints::Sample;

mod budgets;
mod columns;
mod deletions;
mod memory;
mod participants;
mod requirements;
mod rules;
mod scopes;
mod seeds;
mod sums;
mod totals;
mod usage;
mod webhook_queue;
mod webhooks;
mod workers;
mod world;

/// Every test of the blueprint.
pub(crate) fn all() -> Vec<Test> {
    [
        requirements::tests(),
        rules::tests(),
        seeds::tests(),
        deletions::tests(),
        usage::tests(),
        totals::tests(),
        sums::tests(),
        scopes::tests(),
        budgets::tests(),
        memory::tests(),
        participants::tests(),
        webhooks::tests(),
        webhook_queue::tests(),
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
         grant select, insert, update, delete on all tables in schema hub to writer;
         revoke insert, update, delete on hub.tasks_readiness, hub.budget_limits_counters, hub.budget_limits_alerts,
             hub.budget_limits_reservations, hub.budget_limits_holds, hub.audit_log from writer",
    );
    another_application(database)
}

/// One more session of that role.
fn another_application(database: &Database) -> Session {
    let mut writer = database.session(Role::Writer);
    writer.run("set search_path = hub");
    writer
}

/// The levels at which sessions work, for sessions that do so at the same time.
const LEVELS: [&str; 3] = ["read committed", "repeatable read", "serializable"];
