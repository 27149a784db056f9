//! The triggers that see to it that what row triggers note is worked off once for a statement.
//!
//! Beside a row trigger stand one that says that a statement begins, and one that works off what was noted
//! when the outermost has ended. Rows that come straight into a partition fire neither of the partitioned
//! table's; there a deferred row trigger, which its partitions have from it, works off what is left.

use crate::pg::attachment::{self, drop_trigger};
use crate::pg::name;
use crate::pg::pending::Pending;
use crate::pg::relation::Relation;
use crate::pg::statement;
use crate::pg::trigger::Firing;

const BEGIN: &str = "_begin";
const FLUSH: &str = "_flush";
const REST: &str = "_rest";
/// The longest of the names that belong to a row trigger's.
const LONGEST: &str = "_truncate";

/// A name for a row trigger, short enough for those that belong to it.
pub(super) fn trigger_name(wanted: &str) -> String {
    let mut name = attachment::cut(wanted, LONGEST);
    name.truncate(name.len() - LONGEST.len());
    name
}

/// Creates the triggers that belong to the row trigger of that name.
pub(super) fn create(table: &Relation, name: &str, function: &str) {
    let (target, named) = (table.qualified_name(), |suffix: &str| {
        name::identifier(&format!("{name}{suffix}"))
    });
    for (suffix, time) in [(BEGIN, "before"), (FLUSH, "after")] {
        statement::run(&format!(
            "create trigger {} {time} insert or update or delete on {target} \
             for each statement execute function steward.{function}()",
            named(suffix),
        ));
    }
    if table.is_partitioned() {
        statement::run(&format!(
            "create constraint trigger {} after insert or update or delete on {target} \
             deferrable initially deferred for each row execute function steward.{function}()",
            named(REST),
        ));
    }
}

/// Drops them, as far as they are there.
pub(super) fn drop(table: &Relation, name: &str, function: &str) {
    let present = attachment::triggers_of(table, function);
    for suffix in [BEGIN, FLUSH, REST] {
        let belonging = format!("{name}{suffix}");
        if present.iter().any(|trigger| trigger.name == belonging) {
            drop_trigger(table, &belonging);
        }
    }
}

/// True where those are there that have to be.
pub(super) fn are_there(table: &Relation, name: &str, function: &str) -> bool {
    let present = attachment::triggers_of(table, function);
    let is_there = |suffix| {
        let belonging = format!("{name}{suffix}");
        present.iter().any(|trigger| trigger.name == belonging)
    };
    is_there(BEGIN) && is_there(FLUSH) && (is_there(REST) || !table.is_partitioned())
}

/// What such a trigger does. The group of what is noted is the table that the user sees.
pub(super) fn settle<T: Clone>(
    firing: &Firing<'_>,
    pending: &Pending<T>,
    work_off: impl FnOnce(Vec<T>),
) {
    let group = firing.relation().root();
    let is_time = if firing.is_row_level() {
        !pending.is_in_statement(group)
    } else if firing.is_before() {
        pending.begin_statement(group);
        false
    } else {
        pending.end_statement(group)
    };
    if !is_time {
        return;
    }
    let noted = pending.take(group);
    if !noted.is_empty() {
        work_off(noted);
    }
}
