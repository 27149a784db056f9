//! The triggers of a table of limits: what changes a budget's meaning waits for those who charge it, and counts what
//! is already there.
//!
//! They fire after the row is written, which nobody else sees yet. Then the exclusive lock on the budgets is
//! taken: whoever charged the budget as it was has ended. Whoever comes later has to wait until this transaction
//! has ended, and then hears that the budgets have changed. So every charge is made to the budget either as it was
//! before, and counted by it, or as it is after, and then a window that is looked at again is counted
//! anew from the rows.

use pgrx::pg_sys;

use crate::pg::error::{Report, SqlState};
use crate::pg::key::KeyType;
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};
use crate::pg::trigger::{Event, Firing};
use crate::pg::tuple::Row;

use super::budget::{Action, Budget, scope_columns};
use super::choice::Role;
use super::ledger::{Hold, Ledger, SIDE_TABLES};
use super::meter;

/// What a change of a row means for the counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Meaning {
    Nothing,
    /// The name, or when to tell.
    Words,
    /// The limit: what is spent stays, and is divided anew.
    Limit,
    /// What it is about, or its windows: what is spent is counted again.
    Usage,
}

/// What happens to a row of the limits.
pub(super) fn keep_budgets(firing: &Firing<'_>) {
    // The others are there to bind their side tables.
    if firing.arguments().first().map(String::as_str) != Some(SIDE_TABLES[0]) {
        return;
    }
    let limits = firing.relation();
    let ledger = Ledger::known(limits.oid());
    match firing.event() {
        Event::Insert { new } => changed(&ledger, limits, new, None, Meaning::Usage),
        Event::Update { old, new } => {
            let meaning = meaning(&ledger, limits, old, new);
            changed(&ledger, limits, new, Some(old), meaning);
        }
        Event::Delete { old } => {
            let key = key_of(&ledger, limits, old);
            let ledger = Ledger::locked(limits.oid(), Hold::Exclusive);
            forget(&ledger, &key);
            for table in [ledger.alerts, ledger.holds] {
                delete(&ledger, table, &key);
            }
            limits.announce_change();
        }
        Event::Other => {}
    }
}

/// All budgets go.
pub(super) fn forget_budgets(firing: &Firing<'_>) {
    let limits = firing.relation();
    let ledger = Ledger::locked(limits.oid(), Hold::Exclusive);
    for table in [
        ledger.counters,
        ledger.alerts,
        ledger.holds,
        ledger.reservations,
    ] {
        let sql = format!("delete from {}", ledger.name_of(table));
        ledger.query(&sql, &[(table, Lock::RowExclusive)]);
    }
    limits.announce_change();
}

/// All usage of one table goes: what is left in others is counted again.
pub(super) fn forget_usage(firing: &Firing<'_>) {
    for limits in &meter::charged(firing).limits {
        meter::check_owner(
            firing.relation(),
            &Relation::open(*limits, Lock::AccessShare),
        );
        forget_counters(&Ledger::locked(*limits, Hold::Exclusive));
    }
}

/// Has every window counted again when it is next looked at. The budgets have to be locked exclusively.
pub(super) fn forget_counters(ledger: &Ledger) {
    let sql = format!("delete from {}", ledger.name_of(ledger.counters));
    ledger.query(&sql, &[(ledger.counters, Lock::RowExclusive)]);
}

fn changed(
    ledger: &Ledger,
    limits: &Relation,
    new: Row<'_>,
    old: Option<Row<'_>>,
    meaning: Meaning,
) {
    if meaning == Meaning::Nothing {
        return;
    }
    let key = key_of(ledger, limits, new);
    let before = old.map(|old| key_of(ledger, limits, old));
    if meaning > Meaning::Words {
        drop(Ledger::locked(limits.oid(), Hold::Exclusive));
    }
    limits.announce_change();
    // Also a name is read again: the caches hear of it when the command ends.
    let budget = check(ledger, limits, &key);
    match (meaning, budget) {
        (Meaning::Limit, Some(budget)) => gather_into_one(ledger, &budget, &key),
        (Meaning::Usage, _) => {
            forget(ledger, &key);
            if let Some(before) = before.filter(|before| *before != key) {
                forget(ledger, &before);
            }
        }
        _ => {}
    }
}

fn meaning(ledger: &Ledger, limits: &Relation, old: Row<'_>, new: Row<'_>) -> Meaning {
    let differs = |column: &str| {
        limits
            .attribute(column)
            .is_some_and(|attribute| !old.agrees_in(new, attribute.number))
    };
    let any = |roles: &[Role]| {
        roles
            .iter()
            .filter_map(|role| ledger.choice.column(*role))
            .any(differs)
    };
    let scope = || {
        scope_columns(ledger, limits)
            .iter()
            .any(|column| differs(column))
    };
    if any(&[
        Role::Key,
        Role::ScopeType,
        Role::Period,
        Role::Active,
        Role::TimeZone,
    ]) || scope()
    {
        Meaning::Usage
    } else if any(&[Role::Amount, Role::Action]) {
        Meaning::Limit
    } else if any(&[Role::Name, Role::AlertThreshold]) {
        Meaning::Words
    } else {
        Meaning::Nothing
    }
}

fn key_of(ledger: &Ledger, limits: &Relation, row: Row<'_>) -> String {
    let column = ledger.choice.column(Role::Key).unwrap_or_default();
    let key = limits
        .attribute(column)
        .and_then(|attribute| KeyType::of(&attribute)?.read(row.value(attribute.number)));
    let Some(key) = key else {
        Report::new(
            SqlState::NOT_NULL_VIOLATION,
            format!("a budget in {} needs a key", limits.qualified_name()),
        )
        .table(limits)
        .column(column)
        .raise()
    };
    ledger.key_type.show(&key)
}

/// Reads the budget again, and works out its window: an error now is better than one at every charge. None where
/// it is gone again.
fn check(ledger: &Ledger, limits: &Relation, key: &str) -> Option<Budget> {
    let condition = format!(
        "{} = {}::{}",
        name::identifier(ledger.choice.column(Role::Key).unwrap_or_default()),
        name::literal(key),
        ledger.key_type.sql_name()
    );
    let budget = Budget::read(ledger, limits, &condition).pop()?;
    budget.window(ledger, crate::pg::transaction::clock_time());
    Some(budget)
}

fn forget(ledger: &Ledger, key: &str) {
    delete(ledger, ledger.counters, key);
}

fn delete(ledger: &Ledger, table: pg_sys::Oid, key: &str) {
    let sql = format!(
        "delete from {} where budget = {}::{}",
        ledger.name_of(table),
        name::literal(key),
        ledger.key_type.sql_name()
    );
    ledger.query(&sql, &[(table, Lock::RowExclusive)]);
}

/// Puts what the slots of every window have into the first, which has all of the limit then. Windows that have not been
/// counted are forgotten.
fn gather_into_one(ledger: &Ledger, budget: &Budget, key: &str) {
    let share = match budget.action {
        Action::Block => budget.limit.to_string(),
        Action::Warn => "null::numeric".to_owned(),
    };
    let sql = format!(
        "with gone as ( \
             delete from {counters} where budget = {}::{} returning * \
         ) \
         insert into {counters} (window_id, slot, budget, starts_at, ends_at, spent, held, share, refused) \
         select window_id, 0, budget, starts_at, ends_at, sum(spent), sum(held), {share}, sum(refused) \
         from gone group by window_id, budget, starts_at, ends_at having min(slot) = 0",
        name::literal(key),
        ledger.key_type.sql_name(),
        counters = ledger.name_of(ledger.counters),
    );
    ledger.query(&sql, &[(ledger.counters, Lock::RowExclusive)]);
}
