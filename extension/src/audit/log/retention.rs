//! Dropping what is old.
//!
//! Rows go by whole partitions. Where the log is sealed, only what is sealed goes, and the chain records
//! up to when: the seals of rows that are gone stay, so the chain is whole, and nobody misses the rows.

use pgrx::pg_sys;

use crate::audit::seal::{self, Seals};
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};
use crate::pg::rows::Rows;
use crate::pg::statement;

use super::Log;
use super::partitions::{self, LOWER, MOVABLE, UPPER};

/// `steward.trim_audit_log(log, before)`.
pub(super) fn trim_audit_log(arguments: &Arguments) -> Rows {
    let log: pg_sys::Oid = arguments.required(0, "log");
    let before = arguments.required_text(1, "before");
    refuse_future(&before);
    seal::lock(log);
    super::maintained(log, |log| trim(log, &before))
}

fn trim(log: &Log, before: &str) -> Rows {
    let Some(cut) = cut_at_or_before(log, before) else {
        return Rows::default();
    };
    let partitions = partitions_before(log, &cut);
    let seals = Seals::of(log);
    let sealed = seals.sealed();
    if !sealed.is_empty() {
        let condition = seal::sealed_condition(log, &sealed);
        for partition in &partitions {
            check_is_sealed(log, partition, &condition);
        }
    }
    // From here on writers wait; it is not long.
    statement::run(&format!(
        "lock table only {} in access exclusive mode",
        log.qualified_name()
    ));
    check_default_partition(log, &cut);
    for partition in &partitions {
        statement::run(&format!("drop table {partition}"));
    }
    if !sealed.is_empty() {
        seal::cut(log, &seals, &cut);
    }
    Rows(
        partitions
            .into_iter()
            .map(|name| vec![Some(name)])
            .collect(),
    )
}

/// What is written from now on would go to where everything was dropped, and could not be told from what
/// somebody has put there.
fn refuse_future(before: &str) {
    let is_past = statement::query(&format!(
        "select where {}::timestamptz <= clock_timestamp()",
        name::literal(before)
    ));
    if is_past.is_empty() {
        Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("argument \"before\" is in the future: {before}"),
        )
        .detail("The partition that is written now, and those made ahead, cannot be dropped.")
        .hint("To keep a year: before => now() - interval '1 year'.")
        .raise()
    }
}

/// The end of the last partition that can go: the start of a period, across which no partition lies.
fn cut_at_or_before(log: &Log, before: &str) -> Option<String> {
    let rows = statement::query(&format!(
        "with partition (from_time, to_time) as (
             select {LOWER}, {UPPER} from pg_inherits as i join pg_class as c on c.oid = i.inhrelid
             where i.inhparent = {root} and pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT'
         )
         select max(to_time) from partition as p
         where to_time <= {before} and to_time = {start} and not exists (
             select from partition as other
             where (other.from_time < p.to_time or other.from_time is null)
                 and (other.to_time > p.to_time or other.to_time is null)
         )",
        root = log.oid.to_u32(),
        before = name::literal(before),
        start = log.period.start_of("to_time"),
    ));
    rows.into_iter().next()?.pop().flatten()
}

/// The names of the partitions before the cut, as SQL.
fn partitions_before(log: &Log, cut: &str) -> Vec<String> {
    let rows = statement::query(&format!(
        "select c.oid from pg_inherits as i join pg_class as c on c.oid = i.inhrelid
         where i.inhparent = {root} and {UPPER} <= {cut} order by {UPPER}",
        root = log.oid.to_u32(),
        cut = name::literal(cut),
    ));
    rows.into_iter()
        .filter_map(|mut row| row.pop().flatten()?.parse::<u32>().ok())
        .filter_map(|oid| Relation::try_open(pg_sys::Oid::from(oid), Lock::AccessShare))
        .map(|partition| partition.qualified_name())
        .collect()
}

/// Waits for who writes the partition (nobody does any more, as a rule) and looks for rows without a seal.
fn check_is_sealed(log: &Log, partition: &str, condition: &str) {
    statement::run(&format!("lock table only {partition} in share mode"));
    let found = statement::query(&format!(
        "select sequence from only {partition} where not {condition} limit 1"
    ));
    let Some(Some(sequence)) = found.into_iter().next().and_then(|mut row| row.pop()) else {
        return;
    };
    let table = Relation::open(log.oid, Lock::AccessShare);
    Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("partition {partition} holds rows that are not sealed"),
    )
    .detail(format!("One of them has the sequence number {sequence}. Once a log is sealed, only what is sealed is dropped."))
    .hint(format!(
        "select steward.seal_audit({}); and try again. It leaves out what a transaction that is still running may have written.",
        name::literal(&log.qualified_name()),
    ))
    .table(&table)
    .raise()
}

fn check_default_partition(log: &Log, cut: &str) {
    let Some(default) = partitions::default_partition(log) else {
        return;
    };
    let default = Relation::open(default, Lock::AccessShare).qualified_name();
    let found = statement::query(&format!(
        "select from only {default} where {MOVABLE} and logged_at < {} limit 1",
        name::literal(cut),
    ));
    if found.is_empty() {
        return;
    }
    let table = Relation::open(log.oid, Lock::AccessShare);
    Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("the default partition {default} holds rows from before {cut}"),
    )
    .hint(format!(
        "Give them partitions of their own, in a transaction before this one: select * from steward.extend_audit_log({});",
        name::literal(&log.qualified_name()),
    ))
    .table(&table)
    .raise()
}
