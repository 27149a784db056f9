//! Saying no: a task that is done before its blockers, and one that is reopened under what was done after it.

use std::collections::HashMap;

use crate::pg::error::{Report, SqlState};
use crate::pg::key::Key;
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};
use crate::pg::statement::KeyQuery;

use super::super::claims;
use super::super::completion::choice::{Enforcement, OnReopen};
use super::super::statuses::State;
use super::settle::Settlement;
use super::tracker::Tracker;

/// The most tasks that an error names.
const SHOWN: usize = 10;

/// Refuses what a statement came to, where it breaks a rule.
pub(super) fn check(settlement: &Settlement<'_>) {
    for key in settlement.completed() {
        if let Some(held) = settlement.row_of(key) {
            claims::check_lease(settlement.tracker, key, held.row.row());
        }
    }
    check_blockers(settlement);
    if settlement.tracker.choice.on_reopen == OnReopen::Block {
        check_reopened(settlement);
    }
}

fn check_blockers(settlement: &Settlement<'_>) {
    let mut blocked = settlement.completed().filter(|key| {
        settlement
            .standing(key)
            .is_some_and(|standing| standing.open_blockers > 0)
    });
    let Some(first) = blocked.next() else {
        return;
    };
    let others = blocked.count();
    let tracker = settlement.tracker;
    let tasks = Relation::open(tracker.tasks, Lock::AccessShare);
    let task = tracker.key_type.show(first);
    let and_others = match others {
        0 => String::new(),
        1 => ", nor can another one".to_owned(),
        _ => format!(", nor can {others} others"),
    };
    let mut report = Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!(
            "task {task} of {} cannot be done before its blockers{and_others}",
            tasks.qualified_name()
        ),
    )
    .hint(format!(
        "Complete its blockers first, or remove the dependencies. select * from steward.blockers({}, {}) lists them.",
        name::literal(&tasks.qualified_name()),
        name::literal(&task),
    ))
    .table(&tasks)
    .column(&tracker.choice.status)
    .constraint(format!("{}_unblocked", tasks.name()));
    if may_name_rows(tracker, &tasks) {
        let mut blockers: Vec<Key> = settlement.blockers(first);
        blockers.sort_unstable();
        blockers.dedup();
        blockers.retain(|blocker| settlement.blocks(state_of(settlement, blocker)));
        report = report.detail(format!(
            "It waits for {}.",
            listed(tracker, &tasks, &blockers)
        ));
    }
    if tracker.choice.enforcement == Enforcement::Warn {
        return report.warning();
    }
    report.raise()
}

/// The state of a task whose row need not be locked.
fn state_of(settlement: &Settlement<'_>, key: &Key) -> Option<State> {
    settlement
        .state_after(key)
        .or_else(|| settlement.stored_state(key))
}

/// A task that was done stays so only on what is done.
fn check_reopened(settlement: &Settlement<'_>) {
    let is_done = |task: &Key| {
        settlement.was_done(task)
            && settlement.standing(task).map(|one| one.state) == Some(State::Done)
    };
    let blocks = |blocker: &Key| settlement.blocks(settlement.state_after(blocker));
    let reopened = settlement
        .reopened
        .iter()
        .map(|(blocker, task)| (task, blocker));
    let broken = settlement
        .new_links()
        .chain(reopened)
        .filter(|(task, blocker)| is_done(task) && blocks(blocker));
    let Some((task, blocker)) = broken.min() else {
        return;
    };
    let tracker = settlement.tracker;
    let tasks = Relation::open(tracker.tasks, Lock::AccessShare);
    let table = tasks.qualified_name();
    let mut report = Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("a task of {table} is done, and what it waits for would be open again"),
    )
    .hint(format!(
        "Reopen what waits for it first: select steward.reopen_task({}, ...).",
        name::literal(&table)
    ))
    .table(&tasks)
    .column(&tracker.choice.status)
    .constraint(format!("{}_unblocked", tasks.name()));
    if may_name_rows(tracker, &tasks) {
        report = report.detail(format!(
            "Done is {}; it waits for {}.",
            listed(tracker, &tasks, std::slice::from_ref(task)),
            listed(tracker, &tasks, std::slice::from_ref(blocker)),
        ));
    }
    report.raise()
}

/// False where an error would tell the writer of rows that he cannot see: row level security hides some from him,
/// or he may not read the columns.
fn may_name_rows(tracker: &Tracker, tasks: &Relation) -> bool {
    let choice = &tracker.choice;
    let columns: Vec<String> = [&choice.key, &choice.status]
        .into_iter()
        .chain(&choice.title)
        .cloned()
        .collect();
    let may_see = |table: &Relation, columns: &[String]| {
        table.is_readable_by_current_user(columns) && !table.hides_rows_from_current_user()
    };
    may_see(tasks, &columns)
        && tracker.edges.as_ref().is_none_or(|edges| {
            let columns: Vec<String> = edges.choice.columns().cloned().collect();
            may_see(&Relation::open(edges.table, Lock::AccessShare), &columns)
        })
}

/// Tasks with their titles.
fn listed(tracker: &Tracker, tasks: &Relation, keys: &[Key]) -> String {
    let shown = &keys[..keys.len().min(SHOWN)];
    let titles = titles(tracker, tasks, shown);
    let mut list: Vec<String> = shown
        .iter()
        .map(|key| {
            let shown = tracker.key_type.show(key);
            match titles.get(key) {
                Some(title) => format!("{shown} ({title})"),
                None => shown,
            }
        })
        .collect();
    if keys.len() > shown.len() {
        list.push(format!("and {} more", keys.len() - shown.len()));
    }
    list.join(", ")
}

/// With the rights of whoever writes.
fn titles(tracker: &Tracker, tasks: &Relation, keys: &[Key]) -> HashMap<Key, String> {
    let mut titles = HashMap::new();
    let Some(title) = tracker
        .choice
        .title
        .as_ref()
        .filter(|title| tasks.attribute(title).is_some())
    else {
        return titles;
    };
    let key = name::identifier(&tracker.choice.key);
    let query = KeyQuery::prepare(
        &format!(
            "select {key}, {}::pg_catalog.text from {} where {key} operator(pg_catalog.=) any ($1)",
            name::identifier(title),
            tasks.qualified_name(),
        ),
        tracker.key_type,
    );
    query.run(keys, |row| {
        let key = tracker.key_type.read(row.value(1));
        if let (Some(key), Some(title)) = (key, row.value(2).as_text()) {
            titles.insert(key, title);
        }
    });
    query.close();
    titles
}
