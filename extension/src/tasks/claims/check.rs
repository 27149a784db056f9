//! Who may complete a task that is claimed: whoever shows the token of the claim.
//!
//! The token is shown with `complete_task(..., token)`, for that task alone, or for a transaction in the
//! setting `steward.claim_token`. A token that is shown for a task has to be that of its last claim,
//! whether or not that has expired: so a holder who comes too late is refused however the one who took the
//! task over has ended since. Without a token a task can be completed that nobody holds at the moment.
//!
//! To be asked under the exclusive lock of the task's row in the side table, about its newest version.

use std::cell::RefCell;
use std::ffi::CStr;
use std::ops::ControlFlow;

use pgrx::pg_sys;

use crate::pg::error::{Report, SqlState};
use crate::pg::key::Key;
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};
use crate::pg::scan::{Indexed, View};
use crate::pg::session;
use crate::pg::transaction;
use crate::pg::tuple::Value;

use super::super::queue::columns::Lease;
use super::super::readiness::tracker::Tracker;

/// The setting by which a transaction shows a token.
const CLAIM_TOKEN: &CStr = c"steward.claim_token";

thread_local! {
    /// The token that is shown for one task, while `complete_task` runs.
    static SHOWN: RefCell<Option<(pg_sys::Oid, Key, i64)>> = const { RefCell::new(None) };
}

/// Runs `work` while the token is shown for that task; triggers find it in the setting.
pub(in super::super) fn showing<T>(
    side_table: pg_sys::Oid,
    task: &Key,
    token: Option<i64>,
    work: impl FnOnce() -> T,
) -> T {
    let Some(token) = token else { return work() };
    let shown = (side_table, task.clone(), token);
    let _restored = Restored(SHOWN.replace(Some(shown)));
    session::with_setting(CLAIM_TOKEN, &token.to_string(), work)
}

/// Puts back what was shown before, be it after an error.
struct Restored(Option<(pg_sys::Oid, Key, i64)>);

impl Drop for Restored {
    fn drop(&mut self) {
        SHOWN.set(self.0.take());
    }
}

/// Refuses that a task enters a done status while another holds it, or with a token that is out of date.
pub(super) fn check_completion(tracker: &Tracker, task: &Key, lease: &Lease) {
    let for_task = SHOWN.with_borrow(|shown| match shown {
        Some((side_table, key, token)) if *side_table == tracker.side.table && key == task => {
            Some(*token)
        }
        _ => None,
    });
    let tasks = || Relation::open(tracker.tasks, Lock::AccessShare);
    let shown_task = || tracker.key_type.show(task);
    match for_task {
        Some(token) if token == lease.token => {}
        Some(token) => refuse_late(&tasks(), &shown_task(), token, lease),
        None if !lease.is_held_at(transaction::clock_time()) => {}
        None if of_the_transaction() == Some(lease.token) => {}
        None => refuse_held(&tasks(), &shown_task(), lease),
    }
}

/// Refuses a token that is not that of the last claim on a task, whatever has become of the task since. A task
/// that is not kept has no claims.
pub(in super::super) fn check_token(tracker: &Tracker, task: &Key, token: i64) {
    let mut last = None;
    if let Some(side) = Indexed::try_open(tracker.side.table, Lock::AccessShare) {
        side.rows_with(&tracker.side.by_task, task, View::Dirty, |row| {
            last = Some(Lease::of(row));
            ControlFlow::Break(())
        });
    }
    if let Some(lease) = last.filter(|lease| lease.token != token) {
        let tasks = Relation::open(tracker.tasks, Lock::AccessShare);
        refuse_late(&tasks, &tracker.key_type.show(task), token, &lease);
    }
}

fn of_the_transaction() -> Option<i64> {
    let token = session::setting(CLAIM_TOKEN)?;
    token.to_str().ok()?.trim().parse().ok()
}

fn refuse_held(tasks: &Relation, task: &str, lease: &Lease) -> ! {
    let table = tasks.qualified_name();
    Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("task {task} of {table} is claimed"),
    )
    .detail(holder(lease))
    .hint(format!(
        "Whoever holds it completes it with the claim's token: select * from steward.complete_task({}, {}, token => ...); \
         or set steward.claim_token for the transaction.",
        name::literal(&table),
        name::literal(task),
    ))
    .table(tasks)
    .constraint(constraint_of(tasks))
    .raise()
}

/// Refuses a token that is not that of the last claim, or of a claim that was given back.
pub(super) fn refuse_late(tasks: &Relation, task: &str, token: i64, lease: &Lease) -> ! {
    Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!(
            "token {token} is no claim on task {task} of {} any more",
            tasks.qualified_name()
        ),
    )
    .detail(if lease.until.is_some() {
        holder(lease)
    } else {
        "Nobody holds it: it was completed, cancelled or released, or never claimed.".to_owned()
    })
    .hint("What was done under that claim may have been done by another since: claim a task again.")
    .table(tasks)
    .constraint(constraint_of(tasks))
    .raise()
}

fn holder(lease: &Lease) -> String {
    let until = lease.until.map_or_else(String::new, |until| {
        let shown = Value::bigint(until).shown_as(pg_sys::TIMESTAMPTZOID);
        format!(" until {}", name::from_server(shown.to_bytes()))
    });
    format!(
        "{} holds it{until}.",
        name::literal(lease.holder.as_deref().unwrap_or_default())
    )
}

fn constraint_of(tasks: &Relation) -> String {
    format!("{}_claimed", tasks.name())
}
