//! Writing what a statement came to into the side table, each row once.

use std::cell::RefCell;

use crate::pg::key::Key;
use crate::pg::side_table::Writer;
use crate::pg::tuple::Value;

use super::super::statuses::State;
use super::announce;
use super::settle::{Held, Settlement, Standing};
use super::task_columns::Values;
use super::tracker::column;

thread_local! {
    /// The tasks that became ready while a call of `complete_task` runs; none where none does.
    static MADE_READY: RefCell<Option<Vec<Key>>> = const { RefCell::new(None) };
}

/// Runs `work`, and returns the tasks that it made ready.
pub(in crate::tasks) fn made_ready_by(work: impl FnOnce()) -> Vec<Key> {
    /// Puts back what an outer call had, be it after an error.
    struct Restore(Option<Vec<Key>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            MADE_READY.set(self.0.take());
        }
    }
    let _restore = Restore(MADE_READY.replace(Some(Vec::new())));
    work();
    MADE_READY.take().unwrap_or_default()
}

pub(super) fn write(settlement: &Settlement<'_>) {
    let mut made_ready = Vec::new();
    let mut writer = Writer::open(settlement.tables.side.relation());
    for key in settlement.touched() {
        pgrx::check_for_interrupts!();
        let values = settlement.values(key);
        match (settlement.row_of(key), settlement.standing(key)) {
            (None, None) => {}
            (None, Some(standing)) => {
                if let Some(values) = values {
                    insert(settlement, &mut writer, key, standing, values);
                }
            }
            (Some(held), None) => writer.remove(held.row.location()),
            (Some(held), Some(standing)) => {
                replace(settlement, &mut writer, held, standing, values);
                if held.state == State::Open && held.open_blockers > 0 && standing.is_ready() {
                    made_ready.push(key.clone());
                }
            }
        }
    }
    writer.close();
    announce::made_ready(settlement.tracker, &made_ready);
    MADE_READY.with_borrow_mut(|made| {
        if let Some(made) = made {
            made.extend(made_ready);
        }
    });
}

impl Standing {
    fn is_ready(self) -> bool {
        self.state == State::Open && self.open_blockers == 0
    }
}

fn insert(
    settlement: &Settlement<'_>,
    writer: &mut Writer<'_>,
    key: &Key,
    standing: Standing,
    values: &Values,
) {
    let side = &settlement.tracker.side;
    let mut row = vec![
        settlement.tracker.key_type.argument(key),
        Value::smallint(standing.state.number()),
        Value::integer(standing.open_blockers),
        Value::boolean(standing.is_ready()),
        Value::NULL,
        Value::bigint(0),
        Value::NULL,
    ];
    if side.priority.is_some() {
        row.push(values.priority.value());
    }
    if side.due.is_some() {
        row.push(values.due.value());
    }
    writer.insert(&row);
}

fn replace(
    settlement: &Settlement<'_>,
    writer: &mut Writer<'_>,
    held: &Held<'_>,
    standing: Standing,
    values: Option<&Values>,
) {
    let row = held.row.row();
    let mut changed = Vec::new();
    if held.state != standing.state {
        changed.push((column::STATE, Value::smallint(standing.state.number())));
    }
    // A task that is done or cancelled is nobody's any more.
    let was_claimed = !row.value(column::CLAIMED_UNTIL).is_null();
    let is_claimed = was_claimed && standing.state == State::Open;
    if was_claimed && !is_claimed {
        changed.push((column::CLAIMED_BY, Value::NULL));
        changed.push((column::CLAIMED_UNTIL, Value::NULL));
    }
    if held.open_blockers != standing.open_blockers {
        let counter = Value::integer(standing.open_blockers);
        changed.push((column::OPEN_BLOCKERS, counter));
    }
    let is_ready = standing.is_ready() && !is_claimed;
    if row.value(column::IS_READY).as_boolean() != is_ready {
        changed.push((column::IS_READY, Value::boolean(is_ready)));
    }
    let side = &settlement.tracker.side;
    if let Some(values) = values {
        let kept = [(side.priority, &values.priority), (side.due, &values.due)];
        for (kept, value) in kept {
            if let Some(kept) = kept
                && kept.read(row) != *value
            {
                changed.push((kept.number(), value.value()));
            }
        }
    }
    if !changed.is_empty() {
        writer.replace(held.row.location(), row.with_all(&changed));
    }
}
