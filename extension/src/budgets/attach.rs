//! `meter_usage`: checks the arguments against the catalog, makes the tables beside the limits, and creates the
//! triggers of both tables.

use pgrx::pg_sys;

use crate::pg::attachment::{self, Attached, drop_trigger, free_trigger_name, open_target};
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::name;
use crate::pg::owner;
use crate::pg::relation::{Lock, Relation};
use crate::pg::statement;

use super::choice::{Limits, Metering, Role};
use super::ledger::{self, Hold, Ledger, SIDE_TABLES};
use super::limits;
use super::requirements;
use super::side_tables;

/// The row trigger of a usage table.
pub(super) const ROW_FUNCTION: &str = "note_usage";
/// The deferred row trigger of a partitioned usage table.
const COMMIT_FUNCTION: &str = "charge_usage_at_commit";
const DEFAULT_LIMITS: &str = "budget_limits";
const TRIGGER: &str = "steward_usage";

/// `steward.meter_usage(usage, limits, cost, at, scopes, reservation, max_clock_skew, refunds, columns, time_zone,
/// notify)`.
pub(super) fn meter_usage(arguments: &Arguments) {
    let usage = open_target(arguments.required(0, "usage"));
    let limits = open_limits(&usage, arguments.optional(1));
    let metering = Metering {
        cost: arguments.required(2, "cost"),
        at: arguments.required(3, "at"),
        scopes: pairs(&arguments.required_text(4, "scopes"), "scopes"),
        reservation: arguments.optional(5),
        max_clock_skew: arguments
            .optional_text(6)
            .map(|skew| microseconds_of(&skew, "max_clock_skew")),
        refunds: arguments.required(7, "refunds"),
    };
    let choice = limits_choice(&limits, arguments);
    requirements::check_usage(&usage, &limits, &choice, &metering);
    let limits_oid = limits.oid();
    drop(limits);
    attachment::attach_unless(
        usage,
        |usage| is_attached(usage, limits_oid, &metering, &choice),
        |usage| attach(usage, limits_oid, &metering, &choice),
    );
}

fn open_limits(usage: &Relation, limits: Option<pg_sys::Oid>) -> Relation {
    let oid = limits
        .or_else(|| usage.neighbour(DEFAULT_LIMITS))
        .unwrap_or_else(|| {
            let expected = name::qualified(&usage.schema(), DEFAULT_LIMITS);
            Report::new(
                SqlState::UNDEFINED_OBJECT,
                format!("table {expected} does not exist"),
            )
            .hint("Create it, or name another table with limits => '...'.")
            .raise()
        });
    open_target(oid)
}

/// The members of a JSON object, whose values are texts.
pub(super) fn pairs(object: &str, argument: &str) -> Vec<(String, String)> {
    let rows = statement::query(&format!(
        "select pg_catalog.jsonb_typeof(object) = 'object', key, value from (select {}::jsonb as object) as given \
         left join lateral pg_catalog.jsonb_each_text(case pg_catalog.jsonb_typeof(object) when 'object' then object end) on true \
         order by key",
        name::literal(object)
    ));
    let mut pairs = Vec::new();
    for row in rows {
        match row.as_slice() {
            [Some(is_object), None, None] if is_object == "t" => {}
            [_, Some(key), Some(value)] => pairs.push((key.clone(), value.clone())),
            _ => Report::new(
                SqlState::INVALID_PARAMETER_VALUE,
                format!("argument \"{argument}\" must be an object of names of columns"),
            )
            .hint(r#"As in '{"project": "project_id"}'."#)
            .raise(),
        }
    }
    pairs
}

pub(super) fn microseconds_of(interval: &str, argument: &str) -> i64 {
    let rows = statement::query(&format!(
        "select least(extract(epoch from {}::interval) * 1000000, 9e18)::bigint",
        name::literal(interval)
    ));
    let microseconds: Option<i64> = rows
        .first()
        .and_then(|row| row.first()?.as_deref()?.parse().ok());
    microseconds
        .filter(|microseconds| *microseconds >= 0)
        .unwrap_or_else(|| {
            Report::new(
                SqlState::INVALID_PARAMETER_VALUE,
                format!("argument \"{argument}\" must not be negative"),
            )
            .raise()
        })
}

/// What the call says of the limits; where it says nothing, what was said before.
fn limits_choice(limits: &Relation, arguments: &Arguments) -> Limits {
    let before = ledger::triggers(limits)
        .and_then(|triggers| ledger::choice_of(&triggers[0]))
        .unwrap_or_default();
    let columns = match arguments.optional_text(8) {
        None if !before.columns.is_empty() => before.columns,
        named => requirements::limits_columns(
            limits,
            &named.map_or_else(Vec::new, |named| pairs(&named, "columns")),
        ),
    };
    let time_zone = arguments
        .optional(9)
        .or_else(|| Some(before.time_zone).filter(|zone| !zone.is_empty()))
        .unwrap_or_else(|| "UTC".to_owned());
    // 22023 where there is no such time zone.
    statement::query(&format!(
        "select pg_catalog.timezone({}, pg_catalog.now())",
        name::literal(&time_zone)
    ));
    let notify: Option<pg_sys::Oid> = arguments.optional(10);
    Limits {
        columns,
        time_zone,
        notify: notify
            .map(requirements::function_to_notify)
            .or(before.notify),
    }
}

/// The trigger by which usage is charged to these limits, if there is one.
fn of_limits(usage: &Relation, limits: pg_sys::Oid) -> Option<Attached> {
    attachment::triggers_of(usage, ROW_FUNCTION)
        .into_iter()
        .find(|attached| attached.bound_table == Some(limits))
}

fn is_attached(
    usage: &Relation,
    limits: pg_sys::Oid,
    metering: &Metering,
    choice: &Limits,
) -> bool {
    let charged =
        of_limits(usage, limits).and_then(|attached| Metering::from_arguments(&attached.arguments));
    let limits = Relation::open(limits, Lock::AccessShare);
    let kept = ledger::triggers(&limits).and_then(|triggers| ledger::choice_of(&triggers[0]));
    charged.as_ref() == Some(metering) && kept.as_ref() == Some(choice)
}

fn attach(usage: &Relation, limits_oid: pg_sys::Oid, metering: &Metering, choice: &Limits) {
    if usage.is_partition() {
        requirements::refuse_partition(usage);
    }
    usage.lock_against_writers();
    if let Some(attached) = of_limits(usage, limits_oid) {
        drop_trigger(usage, &attached.name);
    }
    {
        let limits = Relation::open(limits_oid, Lock::ShareRowExclusive);
        side_tables::keep(&limits, choice);
    }
    create_triggers(usage, limits_oid, metering);
    // Rows that are there already are counted with the next look at their window; budgets are checked now.
    let limits = Relation::open(limits_oid, Lock::AccessShare);
    let ledger = Ledger::locked(limits_oid, Hold::Exclusive);
    owner::run_from_call(ledger.owner, || limits::forget_counters(&ledger));
    limits.announce_change();
    requirements::check_budgets(&ledger, &limits);
}

fn create_triggers(usage: &Relation, limits_oid: pg_sys::Oid, metering: &Metering) {
    let table = usage.qualified_name();
    let limits = Relation::open(limits_oid, Lock::AccessShare).qualified_name();
    statement::run(&format!(
        "create constraint trigger {} after insert or update or delete on {table} from {limits} \
         for each row execute function steward.{ROW_FUNCTION}({})",
        name::identifier(&free_trigger_name(usage, TRIGGER)),
        metering.arguments(),
    ));
    for (suffix, function, when) in [
        (
            "_begin",
            "charge_usage",
            "before insert or update or delete",
        ),
        (
            "_charge",
            "charge_usage",
            "after insert or update or delete",
        ),
        ("_truncate", "forget_usage", "after truncate"),
    ] {
        let trigger = format!("{TRIGGER}{suffix}");
        let present = attachment::triggers_of(usage, function);
        if present.iter().any(|attached| attached.name == trigger) {
            continue;
        }
        statement::run(&format!(
            "create trigger {} {when} on {table} for each statement execute function steward.{function}()",
            name::identifier(&trigger),
        ));
    }
    if usage.is_partitioned() {
        create_trigger_at_commit(usage, limits_oid, &limits);
    }
}

/// What comes straight into a partition meets no statement trigger. Each table of limits has a trigger of its own for
/// that, whose firing knows which one it is.
fn create_trigger_at_commit(usage: &Relation, limits: pg_sys::Oid, limits_name: &str) {
    let present = attachment::triggers_of(usage, COMMIT_FUNCTION);
    if present
        .iter()
        .any(|attached| attached.bound_table == Some(limits))
    {
        return;
    }
    let trigger = free_trigger_name(usage, &format!("{TRIGGER}_commit"));
    statement::run(&format!(
        "create constraint trigger {} after insert or update or delete on {} from {limits_name} \
         deferrable initially deferred for each row execute function steward.{COMMIT_FUNCTION}()",
        name::identifier(&trigger),
        usage.qualified_name(),
    ));
}

/// The names of the side tables that are wanted, in their order.
pub(super) fn side_table_names(limits: &Relation) -> [String; 4] {
    SIDE_TABLES.map(|side_table| {
        attachment::free_relation_name(
            limits,
            &attachment::cut(&limits.name(), &format!("_{side_table}")),
        )
    })
}

/// The required columns of the limits, for a message.
pub(super) fn labels() -> String {
    Role::ALL.map(Role::label).join(", ")
}
