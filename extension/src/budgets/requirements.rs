//! What `meter_usage` demands of its arguments before it makes anything.

use pgrx::pg_sys;

use crate::pg::amount::AmountType;
use crate::pg::attachment::{self, required_column};
use crate::pg::error::{Report, SqlState};
use crate::pg::index;
use crate::pg::key::KeyType;
use crate::pg::name;
use crate::pg::relation::{Attribute, Relation};
use crate::pg::statement;

use super::attach::labels;
use super::budget::{Budget, GLOBAL, if_active};
use super::choice::{Limits, Metering, Role};
use super::ledger::Ledger;
use super::meter;

pub(super) fn check_usage(
    usage: &Relation,
    limits: &Relation,
    choice: &Limits,
    metering: &Metering,
) {
    for column in metering.columns() {
        required_column(usage, column);
    }
    attachment::check_no_inheritance_children(usage);
    attachment::check_no_inheritance_children(limits);
    check_tables(usage, limits);
    meter::check_owner(usage, limits);
    check_cost(usage, &required_column(usage, &metering.cost));
    check_time(usage, &required_column(usage, &metering.at));
    for (kind, column) in &metering.scopes {
        check_scope(usage, limits, choice, kind, &required_column(usage, column));
    }
    if let Some(column) = &metering.reservation {
        let column = required_column(usage, column);
        if KeyType::of(&column) != Some(KeyType::Uuid) {
            wrong_type(
                usage,
                &column,
                "uuid, which is what reservations are named by",
            );
        }
    }
}

fn check_tables(usage: &Relation, limits: &Relation) {
    let wrong = |message: String, hint: &str| -> ! {
        Report::new(SqlState::WRONG_OBJECT_TYPE, message)
            .hint(hint)
            .table(limits)
            .raise()
    };
    if usage.oid() == limits.oid() {
        wrong(
            format!(
                "table {} cannot hold its own limits",
                usage.qualified_name()
            ),
            "Name another table with limits => '...'.",
        );
    }
    if limits.is_partitioned() || limits.is_partition() || !limits.is_heap_table() {
        wrong(
            format!(
                "the limits in {} are not an ordinary table",
                limits.qualified_name()
            ),
            "Keep budgets in an ordinary table.",
        );
    }
    if limits.is_temporary() != usage.is_temporary() {
        wrong(
            format!(
                "one of the tables {} and {} is temporary, and the other is not",
                usage.qualified_name(),
                limits.qualified_name()
            ),
            "Name two ordinary tables.",
        );
    }
    if limits.is_unlogged() && !usage.is_unlogged() {
        wrong(
            format!(
                "the limits in {} are lost in a crash, and the usage is not",
                limits.qualified_name()
            ),
            "alter table ... set logged;",
        );
    }
}

fn wrong_type(table: &Relation, column: &Attribute, wanted: &str) -> ! {
    Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!(
            "column {} of table {} has type {}",
            name::identifier(&column.name),
            table.qualified_name(),
            column.type_name(),
        ),
    )
    .detail(format!("It has to be {wanted}."))
    .table(table)
    .column(&column.name)
    .raise()
}

fn check_cost(usage: &Relation, cost: &Attribute) {
    if AmountType::of(cost).is_none() {
        wrong_type(
            usage,
            cost,
            "numeric or an integer: floating point numbers round",
        );
    }
}

/// Windows are counted by the index: without one, the first look at a window reads the whole table.
fn check_time(usage: &Relation, at: &Attribute) {
    if !meter::is_time(at) {
        wrong_type(
            usage,
            at,
            "timestamptz: another type is no moment by itself",
        );
    }
    if index::has_one_starting_with(usage, at.number) {
        return;
    }
    let column = name::identifier(&at.name);
    Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!(
            "table {} has no index that starts with column {column}",
            usage.qualified_name()
        ),
    )
    .detail("When a window is looked at for the first time, the usage in it is counted.")
    .hint(format!(
        "create index on {} ({column});",
        usage.qualified_name()
    ))
    .table(usage)
    .column(&at.name)
    .raise()
}

fn check_scope(
    usage: &Relation,
    limits: &Relation,
    choice: &Limits,
    kind: &str,
    column: &Attribute,
) {
    if kind == GLOBAL {
        Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            "scope \"global\" has no column: every usage falls under it",
        )
        .hint("Leave it out.")
        .raise()
    }
    let Some(key_type) = KeyType::of(column) else {
        wrong_type(
            usage,
            column,
            "uuid, integer, bigint, text or an enum, with an equality of bytes",
        )
    };
    let target = required_column(limits, &choice.scope_column(limits, kind));
    if KeyType::of(&target) == Some(key_type) {
        return;
    }
    Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!(
            "column {} of table {} has another type than column {} of table {}",
            name::identifier(&column.name),
            usage.qualified_name(),
            name::identifier(&target.name),
            limits.qualified_name(),
        ),
    )
    .detail(format!("Both say which {kind} a budget is about."))
    .hint(format!(
        "Give both the same type, or the limits a column {} of that type.",
        name::identifier(&format!("scope_{kind}"))
    ))
    .table(limits)
    .column(&target.name)
    .raise()
}

/// The columns of the limits, by what they are for: as named, or by the default names.
pub(super) fn limits_columns(limits: &Relation, named: &[(String, String)]) -> Vec<(Role, String)> {
    for (label, _) in named {
        if !Role::ALL.iter().any(|role| role.label() == label) {
            Report::new(
                SqlState::INVALID_PARAMETER_VALUE,
                format!(
                    "argument \"columns\" names {}, which a budget does not have",
                    name::literal(label)
                ),
            )
            .hint(format!("It can name: {}.", labels()))
            .raise()
        }
    }
    let mut columns = Vec::new();
    for role in Role::ALL {
        let chosen = named.iter().find(|(label, _)| label == role.label());
        let column = chosen.map_or(role.default_column(), |(_, column)| column);
        if chosen.is_some() || role.is_required() {
            required_column(limits, column);
        } else if limits.attribute(column).is_none() {
            continue;
        }
        columns.push((role, column.to_owned()));
    }
    let check = |role: Role, fits: fn(&Attribute) -> bool, wanted: &str| {
        let column = columns.iter().find(|(known, _)| *known == role);
        if let Some((_, column)) = column {
            let column = required_column(limits, column);
            if !fits(&column) {
                wrong_type(limits, &column, wanted);
            }
        }
    };
    check(
        Role::Key,
        |column| {
            matches!(
                KeyType::of(column),
                Some(KeyType::Int4 | KeyType::Int8 | KeyType::Uuid | KeyType::Text)
            )
        },
        "uuid, integer, bigint or text",
    );
    let is_amount = |column: &Attribute| AmountType::of(column).is_some();
    check(Role::Amount, is_amount, "numeric or an integer");
    check(Role::AlertThreshold, is_amount, "numeric");
    check(
        Role::Active,
        |column| column.base_type() == pg_sys::BOOLOID,
        "boolean",
    );
    columns
}

/// The function that is told, as a name for a statement.
pub(super) fn function_to_notify(function: pg_sys::Oid) -> String {
    let rows = statement::query(&format!(
        "select pg_catalog.format('%I.%I', n.nspname, p.proname), \
             pg_catalog.oidvectortypes(p.proargtypes) = 'text, text, text, text, jsonb' \
         from pg_catalog.pg_proc as p join pg_catalog.pg_namespace as n on n.oid = p.pronamespace where p.oid = {}",
        function.to_u32()
    ));
    let row = rows.into_iter().next().unwrap_or_default();
    match row.as_slice() {
        [Some(name), Some(fits)] if fits == "t" => name.clone(),
        [Some(name), _] => Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("function {name} does not take what is told about a budget"),
        )
        .hint("Declare it with (budget text, severity text, title text, message text, details jsonb).")
        .raise(),
        _ => Report::new(
            SqlState::UNDEFINED_OBJECT,
            format!("there is no function with oid {function}"),
        )
        .raise(),
    }
}

pub(super) fn refuse_partition(usage: &Relation) -> ! {
    Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!("table {} is a partition", usage.qualified_name()),
    )
    .detail("Its usage is part of the usage of the partitioned table.")
    .hint("Meter the partitioned table; its partitions follow.")
    .table(usage)
    .raise()
}

/// Reads all active budgets: what none can have is an error now, and not with the first usage.
pub(super) fn check_budgets(ledger: &Ledger, limits: &Relation) {
    let condition = format!("true{}", if_active(ledger, " and "));
    let now = crate::pg::transaction::clock_time();
    for budget in Budget::read(ledger, limits, &condition) {
        budget.window(ledger, now);
    }
}
