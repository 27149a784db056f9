//! Completing a task that ten others wait for, against the same by hand: the row and the counters.

use crate::clock::Clock;
use crate::comparison::{Comparison, Durability, Fixture, Goal, Scale, Unit, Variant, Work};

use super::projects::{TRACKED, unblocking};
use super::ratio;

const BY_HAND: &str = include_str!("../../../baseline/complete_task.sql");
const UPDATE: &str = "\
prepare complete (bigint) as update tasks set status = 'done' where id = $1;";
const COMPLETE_TASK: &str = "\
prepare complete (bigint) as select count(*) from steward.complete_task('tasks', $1);";

pub(super) fn ten_dependents(scale: Scale) -> Comparison {
    let tasks = scale.single_rows / 10;
    let variant = |name, rule: String| Variant {
        name,
        over: None,
        setup: format!("{} {rule}", unblocking(tasks)),
        work: Work::transactions(
            &(1..=tasks)
                .map(|task| format!("execute complete ({task})"))
                .collect::<Vec<_>>(),
            1,
        ),
        restore: String::new(),
        proof: format!(
            "select count(*) = {tasks} and bool_and(id <= {tasks} and completed_at is not null) \
             from tasks where status = 'done'"
        ),
    };
    let tracked = |prepare: &str| format!("{TRACKED} deallocate all; {prepare}");
    let twice = Some(Goal::AtMost(2.0));
    Comparison {
        name: "tasks/completion",
        about: format!(
            "{tasks} tasks completed, a transaction each; ten others wait for each of them, half of which it makes ready"
        ),
        durability: Durability::Relaxed,
        fixture: Fixture::Fresh,
        clock: Clock::Processor,
        unit: Unit::Time { of: "completion" },
        variants: vec![
            variant("steward", tracked(UPDATE)),
            variant("steward_complete_task", tracked(COMPLETE_TASK)),
            variant("by_hand", format!("deallocate all; {BY_HAND}")),
        ],
        ratios: vec![
            ratio("steward", "by_hand", twice),
            ratio("steward_complete_task", "by_hand", None),
        ],
        limits: Vec::new(),
        skipped: None,
    }
}
