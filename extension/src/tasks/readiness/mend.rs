//! Finding what got past the triggers, and mending it.

use pgrx::pg_sys;

use crate::pg::attachment::{self, open_target};
use crate::pg::function::Arguments;
use crate::pg::owner;
use crate::pg::relation::{Lock, Relation};
use crate::pg::rows::Rows;
use crate::pg::statement;
use crate::pg::trigger::Firing;

use super::expected::{Sources, fill};
use super::note::{TASK_FUNCTION, groups_of};
use super::tracker::Tracker;

/// `steward.rebuild_tasks(tasks)`.
pub(in crate::tasks) fn rebuild_tasks(arguments: &Arguments) -> i64 {
    let tasks: pg_sys::Oid = arguments.required(0, "tasks");
    let tasks = open_target(tasks);
    let tracker = Tracker::of_tasks(&tasks);
    let changed = rebuild(&tracker);
    let trigger = attachment::triggers_of(&tasks, TASK_FUNCTION)
        .into_iter()
        .find(|attached| attached.bound_table == Some(tracker.side.table));
    if let Some(trigger) = trigger {
        attachment::bind_side_table(&tasks, &trigger.name, tracker.side.table);
    }
    changed
}

fn rebuild(tracker: &Tracker) -> i64 {
    let tasks = Relation::open(tracker.tasks, Lock::AccessShare);
    owner::run_as(tasks.owner(), || {
        tasks.lock_against_writers();
        let sources = sources(tracker, &tasks);
        if let Some((edges, _)) = &sources.edges {
            edges.lock_against_writers();
        }
        fill(&sources, tracker.side.table)
    })
}

fn sources<'open>(tracker: &'open Tracker, tasks: &'open Relation) -> Sources<'open> {
    Sources {
        tasks,
        choice: &tracker.choice,
        edges: tracker.edges.as_ref().map(|edges| {
            (
                Relation::open(edges.table, Lock::AccessShare),
                edges.choice.clone(),
            )
        }),
    }
}

/// The trigger for TRUNCATE, of tasks, of edges or of one of their partitions: what is left is counted again.
pub(in crate::tasks) fn recount_tasks(firing: &Firing<'_>) {
    for group in groups_of(firing.relation()) {
        rebuild(&Tracker::of(group));
    }
}

/// `steward.verify_tasks(tasks)`.
///
/// Tasks, edges and side table are read under one snapshot, and what is committed at one moment always agrees: so
/// nothing has to be locked.
pub(in crate::tasks) fn verify_tasks(arguments: &Arguments) -> Rows {
    let tasks: pg_sys::Oid = arguments.required(0, "tasks");
    let tasks = open_target(tasks);
    let tracker = Tracker::of_tasks(&tasks);
    let side = Relation::open(tracker.side.table, Lock::AccessShare).qualified_name();
    let kept = |chosen: bool, column: &str| {
        if chosen {
            format!(
                " union all select 'other {column}', task, '' from compared \
                 where has_row and is_there and {column} is distinct from kept_{column}"
            )
        } else {
            String::new()
        }
    };
    let has = (tracker.side.priority.is_some(), tracker.side.due.is_some());
    let listed = |prefix: &str, name: &str| -> String {
        [(has.0, "priority"), (has.1, "due")]
            .iter()
            .filter(|(chosen, _)| *chosen)
            .map(|(_, column)| format!(", {prefix}.{column} as {name}{column}"))
            .collect::<Vec<_>>()
            .concat()
    };
    let query = format!(
        "with expected as ({}), compared as ( \
             select coalesce(e.task, s.task)::pg_catalog.text as task, e.task is not null as is_there, s.task is not null as has_row, \
                 e.state, s.state as kept_state, e.open_blockers, s.open_blockers as kept_blockers, s.is_ready, s.claimed_until{}{} \
             from expected as e full join {side} as s on s.task = e.task) \
         select 'not counted', task, null from compared where not has_row \
         union all select 'no such task', task, null from compared where not is_there \
         union all select 'other state', task, 'state ' || kept_state || ', by its status ' || state \
             from compared where has_row and is_there and state <> kept_state \
         union all select 'other counter', task, kept_blockers || ' open blockers, by its dependencies ' || open_blockers \
             from compared where has_row and is_there and open_blockers <> kept_blockers \
         union all select 'other readiness', task, null from compared \
             where has_row and is_ready is distinct from (kept_state = 0 and kept_blockers = 0 and claimed_until is null){}{}",
        sources(&tracker, &tasks).expected(),
        listed("e", ""),
        listed("s", "kept_"),
        kept(has.0, "priority"),
        kept(has.1, "due"),
    );
    let mut problems = Vec::new();
    owner::run_as(tasks.owner(), || {
        statement::for_each_row(&query, |row| {
            problems.push((1..=3).map(|column| row.value(column).as_text()).collect());
        });
    });
    Rows(problems)
}
