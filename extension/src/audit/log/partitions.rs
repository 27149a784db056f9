//! The partitions of a log, made ahead of time.
//!
//! A partition is made as a table of its own, filled with what the default partition holds for it, and
//! attached: attaching lets others write all partitions but the default one, which creating a partition
//! in place would not.

use pgrx::pg_sys;

use crate::pg::attachment;
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};
use crate::pg::role;
use crate::pg::rows::Rows;
use crate::pg::statement;

use super::Log;
use super::guard::{self, Door};

/// Rows of the default partition that can be given a partition of their own: those at a time that
/// PostgreSQL can still count a period from.
pub(super) const MOVABLE: &str =
    "logged_at >= '0001-01-08 00:00:00+00' and logged_at < '9999-01-01 00:00:00+00'";

/// `steward.extend_audit_log(log, ahead)`.
pub(super) fn extend_audit_log(arguments: &Arguments) -> Rows {
    let log: pg_sys::Oid = arguments.required(0, "log");
    let ahead = Ahead::checked(arguments.required(1, "ahead"));
    // With nothing to do nobody waits, and nothing is written.
    if super::looked_at(log, |log| is_complete(log, ahead)) {
        return Rows::default();
    }
    let made = super::maintained(log, |log| extend(log, ahead));
    Rows(made.into_iter().map(|name| vec![Some(name)]).collect())
}

/// How many partitions are made after the current one.
#[derive(Clone, Copy)]
pub(super) struct Ahead(i32);

impl Ahead {
    pub(super) fn checked(ahead: i32) -> Self {
        const MOST: i32 = 1000;
        if !(0..=MOST).contains(&ahead) {
            Report::new(
                SqlState::INVALID_PARAMETER_VALUE,
                format!("cannot make {ahead} partitions ahead"),
            )
            .hint(format!("Choose a number from 0 to {MOST}."))
            .raise()
        }
        Self(ahead)
    }
}

/// A partition that is missing.
struct Missing {
    from: String,
    to: String,
    /// What its name ends in.
    suffix: String,
}

fn is_complete(log: &Log, ahead: Ahead) -> bool {
    default_partition(log).is_some() && missing(log, ahead).is_empty()
}

/// Makes the partitions that are missing and returns their names, as SQL.
pub(super) fn extend(log: &Log, ahead: Ahead) -> Vec<String> {
    if is_complete(log, ahead) {
        return Vec::new();
    }
    // One session at a time; writers are not in the way, nor is it in theirs.
    statement::run(&format!(
        "lock table only {} in share update exclusive mode",
        log.qualified_name()
    ));
    let mut made = Vec::new();
    if default_partition(log).is_none() {
        made.push(make(log, "default", "default", |_| {}));
    }
    if let Some(default) = default_partition(log) {
        let default = Relation::open(default, Lock::AccessShare).qualified_name();
        statement::run(&format!(
            "lock table only {default} in access exclusive mode"
        ));
        for partition in missing(log, ahead) {
            made.push(make_period(log, &default, &partition));
        }
    }
    made
}

pub(super) fn default_partition(log: &Log) -> Option<pg_sys::Oid> {
    let rows = statement::query(&format!(
        "select partdefid from pg_catalog.pg_partitioned_table where partrelid = {} and partdefid <> 0",
        log.oid.to_u32(),
    ));
    let oid: u32 = rows.first()?.first()?.as_deref()?.parse().ok()?;
    Some(pg_sys::Oid::from(oid))
}

/// The bounds of the partition `c`, as SQL; NULL for a side without an end.
pub(super) const LOWER: &str =
    r"substring(pg_get_expr(c.relpartbound, c.oid) from $$FROM \('([^']*)'\)$$)::timestamptz";
/// See [`LOWER`].
pub(super) const UPPER: &str =
    r"substring(pg_get_expr(c.relpartbound, c.oid) from $$TO \('([^']*)'\)$$)::timestamptz";

/// The periods from now on, and those of the rows in the default partition, less what is covered by
/// partitions that are there: somebody may have made some by hand, with other bounds.
fn missing(log: &Log, ahead: Ahead) -> Vec<Missing> {
    let of_default_rows = default_partition(log).map_or_else(String::new, |default| {
        let default = Relation::open(default, Lock::AccessShare).qualified_name();
        format!(
            "union select {} from only {default} where {MOVABLE}",
            log.period.start_of("logged_at"),
        )
    });
    let rows = statement::query(&format!(
        "with present as (
             select coalesce(range_agg(tstzrange({LOWER}, {UPPER})), '{{}}') as covered
             from pg_inherits as i join pg_class as c on c.oid = i.inhrelid
             where i.inhparent = {root} and pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT'
         ), wanted as (
             select {now} + n * {length} as start from generate_series(0, {ahead}) as n
             {of_default_rows}
         )
         select lower(gap), upper(gap), to_char(lower(gap), '{format}')
         from wanted cross join present
         cross join unnest(tstzmultirange(tstzrange(start, start + {length})) - covered) as gap
         order by lower(gap)",
        root = log.oid.to_u32(),
        now = log.period.start_of("clock_timestamp()"),
        length = log.period.length(),
        ahead = ahead.0,
        format = log.period.format(),
    ));
    rows.into_iter()
        .filter_map(|row| {
            let [from, to, suffix] = row.try_into().ok()?;
            Some(Missing {
                from: from?,
                to: to?,
                suffix: suffix?,
            })
        })
        .collect()
}

fn make_period(log: &Log, default: &str, partition: &Missing) -> String {
    let (from, to) = (name::literal(&partition.from), name::literal(&partition.to));
    let bounds = format!("for values from ({from}) to ({to})");
    make(log, &partition.suffix, &bounds, |name| {
        let columns = columns(log);
        guard::writing(log.oid, Door::Move, || {
            statement::run(&format!(
                "with moved as (
                     delete from only {default} where logged_at >= {from} and logged_at < {to} returning {columns}
                 )
                 insert into {name} ({columns}) select {columns} from moved",
            ));
        });
    })
}

fn columns(log: &Log) -> String {
    let table = Relation::open(log.oid, Lock::AccessShare);
    let columns: Vec<String> = table
        .attributes()
        .filter(|attribute| !attribute.generated)
        .map(|attribute| name::identifier(&attribute.name))
        .collect();
    columns.join(", ")
}

/// Makes one partition, lets `fill` put its rows into it, and attaches it.
fn make(log: &Log, suffix: &str, bounds: &str, fill: impl FnOnce(&str)) -> String {
    let partition = name::qualified(&log.schema, &free_name(log, suffix));
    let root = log.qualified_name();
    statement::run(&format!(
        "create table {partition} (like {root} including all excluding indexes excluding statistics)"
    ));
    fill(&partition);
    statement::run(&format!(
        "alter table {root} attach partition {partition} {bounds}"
    ));
    guard_against_truncate(log, &partition);
    give_to_owner_of(log, &partition);
    partition
}

/// TRUNCATE triggers are not inherited.
pub(super) fn guard_against_truncate(log: &Log, table: &str) {
    statement::run(&format!(
        "create trigger steward_guard_truncate before truncate on {table} \
         for each statement execute function steward.{}({})",
        guard::FUNCTION,
        name::literal(log.period.name()),
    ));
}

/// A member of the owning role may have called.
fn give_to_owner_of(log: &Log, partition: &str) {
    let owner = Relation::open(log.oid, Lock::AccessShare).owner();
    if owner == role::current() {
        return;
    }
    let owner = role::name_of(owner).unwrap_or_default();
    statement::run(&format!(
        "alter table {partition} owner to {}",
        name::identifier(&owner)
    ));
}

/// A name that is not taken: the log's, cut where it is too long, and the suffix.
pub(super) fn free_name(log: &Log, suffix: &str) -> String {
    let table = Relation::open(log.oid, Lock::AccessShare);
    let first = attachment::cut(&log.name, &format!("_{suffix}"));
    if table.neighbour(&first).is_none() {
        return first;
    }
    (2..=u16::MAX)
        .map(|number| attachment::cut(&log.name, &format!("_{suffix}_{number}")))
        .find(|candidate| table.neighbour(candidate).is_none())
        .unwrap_or(first)
}
