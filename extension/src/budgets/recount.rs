//! Counting what is already there, when a window is looked at for the first time.
//!
//! A window has no counters until something is charged to it. What its usage rows amount to then, less what the
//! slots have and what this transaction has still to charge, is what was never charged: rows from before
//! the budget was made or changed, or before the table was metered. All is read under one snapshot, in which a
//! row and its charge appear together.
//!
//! Nothing that is under way can be missed: whoever had written rows before the budget was changed has ended, since
//! the change waited for that; and whoever writes now charges a slot.

use pgrx::pg_sys;
use steward_rules::escrow::Slot;
use steward_rules::money::Money;

use crate::pg::key::KeyType;
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};
use crate::pg::statement;

use super::attach::ROW_FUNCTION;
use super::budget::{Budget, GLOBAL, Window, timestamp};
use super::choice::Metering;
use super::draw::Seen;
use super::ledger::Ledger;

/// The first slot of a window, with what was never charged; `seen` is what this transaction has still to charge.
pub(super) fn base(ledger: &Ledger, budget: &Budget, window: &Window, seen: Seen) -> Slot {
    let usage = usage_tables(ledger.limits);
    let of_window = format!("window_id = {}", window_id(window));
    let counters = ledger.name_of(ledger.counters);
    let sum_of = |column: &str| {
        format!("coalesce((select sum({column}) from {counters} where {of_window}), 0)")
    };
    let sql = format!(
        "select round({}, 12) - {}, coalesce((select sum(left_amount) from {} where {of_window}), 0) - {}, {}",
        spent_in(&usage, budget, window),
        sum_of("spent"),
        ledger.name_of(ledger.holds),
        sum_of("held"),
        sum_of("share"),
    );
    let mut tables = vec![
        (ledger.counters, Lock::AccessShare),
        (ledger.holds, Lock::AccessShare),
    ];
    tables.extend(usage.iter().filter_map(|usage| {
        usage
            .condition(budget)
            .map(|_| (usage.table, Lock::AccessShare))
    }));
    let rows = ledger.query(&sql, &tables);
    let amount = |column: usize| {
        rows.first()
            .and_then(|row| Money::parse_sum(row.get(column)?.as_deref()?))
            .unwrap_or_default()
    };
    Slot {
        number: 0,
        spent: amount(0) - seen.spent,
        held: amount(1) - seen.held,
        share: budget.limit - amount(2),
    }
}

/// A usage table, as it is charged.
pub(super) struct Usage {
    pub(super) table: pg_sys::Oid,
    pub(super) name: String,
    pub(super) choice: Metering,
    /// The type of each scope's column.
    types: Vec<Option<KeyType>>,
}

/// The usage tables that are charged to the budgets of a table. Who may create triggers can bind one to these limits that
/// belongs to a table of another owner: that is charged to nothing, and not looked at.
pub(super) fn usage_tables(limits: pg_sys::Oid) -> Vec<Usage> {
    let Some(owner) = Relation::try_open(limits, Lock::AccessShare).map(|limits| limits.owner())
    else {
        return Vec::new();
    };
    let rows = statement::query(&format!(
        "select t.tgrelid from pg_catalog.pg_trigger as t \
         where t.tgconstrrelid = {} and t.tgparentid = 0 and not t.tgisinternal \
             and t.tgfoid = 'steward.{ROW_FUNCTION}()'::pg_catalog.regprocedure order by t.tgrelid",
        limits.to_u32(),
    ));
    let oids = rows
        .into_iter()
        .filter_map(|mut row| row.swap_remove(0)?.parse::<u32>().ok());
    oids.filter_map(|oid| {
        let table = Relation::try_open(pg_sys::Oid::from(oid), Lock::AccessShare)?;
        (table.owner() == owner).then_some(())?;
        let attached = crate::pg::attachment::triggers_of(&table, ROW_FUNCTION)
            .into_iter()
            .find(|attached| attached.bound_table == Some(limits))?;
        let choice = Metering::from_arguments(&attached.arguments)?;
        let types = choice
            .scopes
            .iter()
            .map(|(_, column)| KeyType::of(&table.attribute(column)?))
            .collect();
        Some(Usage {
            table: table.oid(),
            name: table.qualified_name(),
            choice,
            types,
        })
    })
    .collect()
}

impl Usage {
    /// The condition under which its rows fall under a budget; none where no row does.
    pub(super) fn condition(&self, budget: &Budget) -> Option<String> {
        if budget.scope_kind == GLOBAL {
            return Some("true".to_owned());
        }
        let position = self
            .choice
            .scopes
            .iter()
            .position(|(kind, _)| *kind == budget.scope_kind)?;
        let target = budget.scope_target.as_ref()?;
        Some(format!(
            "{} = {}::{}",
            name::identifier(&self.choice.scopes[position].1),
            name::literal(target),
            self.types[position]?.sql_name(),
        ))
    }

    /// True for a cost that is a number. NaN counts as more than infinity.
    pub(super) fn is_finite(&self) -> String {
        let cost = name::identifier(&self.choice.cost);
        format!("{cost}::numeric > '-Infinity' and {cost}::numeric < 'Infinity'")
    }
}

/// What the usage rows of a window amount to, as SQL.
pub(super) fn spent_in(usage: &[Usage], budget: &Budget, window: &Window) -> String {
    let sums = usage.iter().filter_map(|usage| {
        let at = name::identifier(&usage.choice.at);
        Some(format!(
            "coalesce((select sum({}::numeric) from {} where {at} >= {} and {at} < {} and {} and {}), 0)",
            name::identifier(&usage.choice.cost),
            usage.name,
            timestamp(window.starts_at),
            timestamp(window.ends_at),
            usage.condition(budget)?,
            usage.is_finite(),
        ))
    });
    let sums: Vec<_> = sums.collect();
    if sums.is_empty() {
        return "0::numeric".to_owned();
    }
    sums.join(" + ")
}

/// The key of a window's counters, as SQL.
pub(super) fn window_id(window: &Window) -> String {
    format!("{}::uuid", name::literal(&KeyType::Uuid.show(&window.id)))
}
