//! Eight sessions that claim tasks, with durable commits.

use postgres::{Client, Statement};

use crate::clock::Clock;
use crate::comparison::{
    Comparison, Durability, Fixture, Goal, Limit, Limited, Scale, Unit, Variant, Work,
};
use crate::sessions::Transaction;

use super::projects::{TRACKED, independent};
use super::ratio;

const SESSIONS: u32 = 8;

const STEWARD: &str = "\
insert into claimed (task)
select task::bigint from steward.claim_task('tasks', $1)";
const FOR_UPDATE: &str = include_str!("../../../baseline/claim_task.sql");
const SKIP_LOCKED: &str = include_str!("../../../baseline/claim_task_skip_locked.sql");
const INDEX: &str = "\
create index on tasks (priority, due_date, id) where status = 'open';";

/// What the claims of a repetition wrote.
const CLAIMED: &str = "\
update tasks set status = 'open' where status = 'claimed';
truncate claimed;";
const RELEASED: &str = "\
select count(steward.release_claim('tasks', task, claim_token)) from tasks_readiness where claimed_until is not null;
truncate claimed;";

pub(super) fn eight_sessions(scale: Scale) -> Comparison {
    let tasks = SESSIONS * scale.rows_of_a_session;
    let variant = |name, rule: &str, sql: &'static str, restore: &str, claimed: &str| Variant {
        name,
        over: None,
        setup: format!("{} {rule}", independent(tasks)),
        work: Work::Sessions {
            sessions: SESSIONS,
            lasting: scale.sessions_last,
            transaction: Box::new(move |session| claim(session, sql)),
        },
        restore: restore.to_owned(),
        // No task twice, and all are claimed that sessions believe to have.
        proof: format!(
            "select count(*) >= {SESSIONS} and count(*) = count(distinct task) \
             and count(*) = (select count(*) from {claimed}) from claimed"
        ),
    };
    let by_hand = "tasks where status = 'claimed'";
    let in_side_table = "tasks_readiness where claimed_until > now()";
    Comparison {
        name: "tasks/claims",
        about: format!(
            "{SESSIONS} sessions, each transaction a claim of the best of {tasks} tasks and a durable commit"
        ),
        durability: Durability::Durable,
        fixture: Fixture::Kept,
        clock: Clock::Wall,
        unit: Unit::Throughput { of: "claim" },
        variants: vec![
            variant("steward", TRACKED, STEWARD, RELEASED, in_side_table),
            variant("for_update", INDEX, FOR_UPDATE, CLAIMED, by_hand),
            variant("skip_locked", INDEX, SKIP_LOCKED, CLAIMED, by_hand),
        ],
        ratios: vec![
            ratio("steward", "for_update", Some(Goal::AtLeast(3.0))),
            ratio("steward", "skip_locked", None),
        ],
        limits: vec![Limit {
            of: "steward",
            on: Limited::Deadlocks(0),
        }],
        skipped: None,
    }
}

/// Each transaction claims a task. Who waited for a row and found it taken tries again.
fn claim(session: u32, sql: &'static str) -> Transaction {
    let who = format!("agent-{session}");
    let mut prepared: Option<Statement> = None;
    Box::new(move |client: &mut Client| {
        let claim = match &prepared {
            Some(claim) => claim.clone(),
            None => prepared.insert(client.prepare(sql)?).clone(),
        };
        while client.execute(&claim, &[&who])? == 0 {}
        Ok(())
    })
}
