//! What detaching budgets takes beyond dropping triggers: those that usage is charged to are needed, and what is not
//! charged any more does not count any more.

use pgrx::pg_sys;

use crate::pg::attachment;
use crate::pg::error::{Report, SqlState};
use crate::pg::name;
use crate::pg::relation::Relation;
use crate::pg::statement;
use crate::pg::subtransaction::attempt;

/// Refuses to detach a table of limits to which usage is charged.
pub(super) fn check_are_not_needed(table: &Relation) {
    if attachment::triggers_of(table, "keep_budgets").is_empty() {
        return;
    }
    let rows = statement::query(&format!(
        "select distinct target::text from steward.attachments where capability = 'budgets' and bound_table = {}::oid",
        table.oid().to_u32()
    ));
    let Some(Some(usage)) = rows.into_iter().next().and_then(|mut row| row.pop()) else {
        return;
    };
    Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!(
            "usage in {usage} is charged to the budgets in {}",
            table.qualified_name()
        ),
    )
    .hint(format!(
        "First: select steward.detach({}, 'budgets');",
        name::literal(&usage)
    ))
    .table(table)
    .raise()
}

/// The tables of limits to which a table is charged.
pub(super) fn charged(table: &Relation) -> Vec<pg_sys::Oid> {
    attachment::triggers_of(table, "note_usage")
        .into_iter()
        .filter_map(|attached| attached.bound_table)
        .collect()
}

/// Has the budgets counted again, without what was charged by a table that is charged no more. Where the limits, or the
/// tables beside them, are not as they were made, nothing can be counted: then detaching is the way out, and goes on.
pub(super) fn count_again(limits: pg_sys::Oid) {
    let oid = limits.to_u32();
    let is_of_changed_tables =
        |state| state == SqlState::WRONG_OBJECT_TYPE || state == SqlState::UNDEFINED_COLUMN;
    let counted = attempt(is_of_changed_tables, || {
        statement::query(&format!(
            "select steward.rebuild_budgets({oid}::oid::regclass) where exists ( \
                 select from steward.attachments where target = {oid}::oid and capability = 'budgets' and arguments[1] = 'counters')",
        ))
    });
    if let Err(refused) = counted {
        refused
            .warning("the budgets are not counted again")
            .warning();
    }
}
