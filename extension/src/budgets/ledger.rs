//! What is known about a table of limits and the tables beside it, and about its budgets, kept for a session.
//!
//! Budgets are read once and kept. That is sound since they change only under the exclusive lock on the limits,
//! together with the relation cache's entry for them: who has the shared lock, and has then heard of
//! what changed, has them as they are until the transaction ends.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use pgrx::pg_sys;

use crate::pg::attachment::{self, Attached};
use crate::pg::error::{Report, SqlState};
use crate::pg::index;
use crate::pg::key::KeyType;
use crate::pg::lock::{Class, Lock as Heavyweight, Mode};
use crate::pg::owner;
use crate::pg::relation::{Lock, Relation};
use crate::pg::requirements::{GIVE_THE_SAME_OWNER, check_same_owner};
use crate::pg::scan::LookUp;
use crate::pg::statement;
use crate::pg::trigger_state;

use super::budget::{Budget, Scope};
use super::choice::{Limits, Role};
use super::kept_slots;
use super::side_tables;

pub(super) const FUNCTION: &str = "keep_budgets";

/// The tables beside the limits, and the triggers by which they are bound, in the order of both.
pub(super) const SIDE_TABLES: [&str; 4] = ["counters", "alerts", "reservations", "holds"];

/// A table of limits.
pub(super) struct Ledger {
    pub(super) limits: pg_sys::Oid,
    pub(super) choice: Limits,
    pub(super) owner: pg_sys::Oid,
    pub(super) key_type: KeyType,
    pub(super) counters: pg_sys::Oid,
    pub(super) alerts: pg_sys::Oid,
    pub(super) reservations: pg_sys::Oid,
    pub(super) holds: pg_sys::Oid,
    pub(super) by_window: LookUp,
    pub(super) alerts_by_window: LookUp,
    budgets: RefCell<Known>,
}

/// So many scopes are looked up one by one: then all budgets are read, which most usage that comes falls under none of.
const MOST_READ_ONE_BY_ONE: usize = 64;
const MOST_READ_AT_ONCE: i64 = 200_000;
const MOST_KEPT: usize = 10_000;

/// The budgets that were read.
#[derive(Default)]
struct Known {
    by_scope: HashMap<Scope, Rc<[Rc<Budget>]>>,
    are_all: bool,
}

impl Known {
    fn all(budgets: Vec<(Scope, Rc<Budget>)>) -> Self {
        let mut by_scope: HashMap<Scope, Vec<Rc<Budget>>> = HashMap::new();
        for (scope, budget) in budgets {
            by_scope.entry(scope).or_default().push(budget);
        }
        Self {
            by_scope: by_scope
                .into_iter()
                .map(|(scope, budgets)| (scope, budgets.into()))
                .collect(),
            are_all: true,
        }
    }

    /// None where they have not been read.
    fn of(&self, scope: &Scope) -> Option<Rc<[Rc<Budget>]>> {
        let known = self.by_scope.get(scope).map(Rc::clone);
        known.or_else(|| self.are_all.then(Rc::default))
    }
}

/// How what budgets mean is locked, to the end of the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// They stay as they are.
    Shared,
    /// Nobody else charges any.
    Exclusive,
}

impl Hold {
    const fn mode(self) -> Mode {
        match self {
            Self::Shared => Mode::Shared,
            Self::Exclusive => Mode::Exclusive,
        }
    }
}

/// The lock on what the budgets of a table mean.
pub(super) fn lock(limits: pg_sys::Oid) -> Heavyweight {
    Heavyweight::on(Class::Budgets, limits, b"")
}

impl Ledger {
    /// Locks the budgets of a table, and returns them as they then are.
    pub(super) fn locked(limits: pg_sys::Oid, hold: Hold) -> Rc<Self> {
        lock(limits).acquire(hold.mode());
        if hold == Hold::Exclusive {
            kept_slots::forget();
        }
        loop {
            let ledger = Self::known(limits);
            // Opening waits for whoever is altering the tables, and hears of it.
            drop(Relation::try_open(ledger.counters, Lock::RowExclusive));
            if trigger_state::is_current(limits, &ledger) {
                return ledger;
            }
        }
    }

    /// As it was when this session last looked: for questions, which lock nothing.
    pub(super) fn known(limits: pg_sys::Oid) -> Rc<Self> {
        // Kept under the table's oid: no trigger's state is of this type.
        trigger_state::of_trigger(limits, || {
            let table = Relation::open(limits, Lock::AccessShare);
            let ledger = Self::of(&table);
            let relations = vec![
                limits,
                ledger.counters,
                ledger.alerts,
                ledger.reservations,
                ledger.holds,
            ];
            (ledger, relations)
        })
    }

    fn of(limits: &Relation) -> Self {
        let triggers = triggers(limits).unwrap_or_else(|| {
            Report::new(
                SqlState::UNDEFINED_OBJECT,
                format!("no usage is charged to the budgets in {}", limits.qualified_name()),
            )
            .hint("Attach a usage table first: select steward.meter_usage('token_usage', limits => ...);")
            .table(limits)
            .raise()
        });
        let choice = choice_of(&triggers[0]).unwrap_or_else(|| out_of_date(limits));
        for (_, column) in &choice.columns {
            if limits.attribute(column).is_none() {
                attachment::missing_column(limits, column)
                    .hint("A column was renamed or dropped. Attach again: select steward.meter_usage(..., columns => '{...}');")
                    .raise()
            }
        }
        let key = attachment::required_column(limits, choice.column(Role::Key).unwrap_or_default());
        let key_type = KeyType::of(&key).unwrap_or_else(|| out_of_date(limits));
        let side = |position: usize| {
            let oid = triggers[position].bound_table.unwrap_or(pg_sys::InvalidOid);
            let Some(table) = Relation::try_open(oid, Lock::AccessShare) else {
                out_of_date(limits)
            };
            check_side_table(limits, &table);
            if !side_tables::is_as_made(position, &table, key_type) {
                out_of_date(&table);
            }
            table
        };
        let (counters, alerts) = (side(0), side(1));
        let by_window = |table: &Relation| {
            let look_up = LookUp {
                index: index::starting_with(table, 1, KeyType::Uuid, pg_sys::InvalidOid),
                column: 1,
                key_type: KeyType::Uuid,
                collation: pg_sys::InvalidOid,
            };
            if look_up.index.is_none() {
                out_of_date(table);
            }
            look_up
        };
        if counters.width() != super::slots::WIDTH || !index::all_are_plain(&counters) {
            out_of_date(&counters);
        }
        Self {
            limits: limits.oid(),
            owner: limits.owner(),
            key_type,
            by_window: by_window(&counters),
            alerts_by_window: by_window(&alerts),
            counters: counters.oid(),
            alerts: alerts.oid(),
            reservations: side(2).oid(),
            holds: side(3).oid(),
            choice,
            budgets: RefCell::default(),
        }
    }

    /// The active budgets of a scope.
    pub(super) fn budgets(&self, scope: &Scope) -> Rc<[Rc<Budget>]> {
        if let Some(budgets) = self.budgets.borrow().of(scope) {
            return budgets;
        }
        // No borrow is held while they are read.
        let is_worth_all = self.budgets.borrow().by_scope.len() >= MOST_READ_ONE_BY_ONE;
        if is_worth_all && self.budget_rows() <= MOST_READ_AT_ONCE {
            *self.budgets.borrow_mut() = Known::all(Budget::all_active(self));
            return self.budgets.borrow().of(scope).unwrap_or_default();
        }
        let budgets: Rc<[Rc<Budget>]> = Budget::active(self, scope).into();
        let mut known = self.budgets.borrow_mut();
        if known.by_scope.len() >= MOST_KEPT {
            known.by_scope.clear();
        }
        known.by_scope.insert(scope.clone(), Rc::clone(&budgets));
        budgets
    }

    fn budget_rows(&self) -> i64 {
        Relation::open(self.limits, Lock::AccessShare).planned_rows()
    }

    /// Runs a statement about these tables as their owner, under the latest snapshot.
    pub(super) fn query(
        &self,
        sql: &str,
        tables: &[(pg_sys::Oid, Lock)],
    ) -> Vec<Vec<Option<String>>> {
        owner::run_as(self.owner, || statement::query_on(sql, tables))
    }

    /// The name of one of its tables, for a statement.
    pub(super) fn name_of(&self, table: pg_sys::Oid) -> String {
        let Some(table) = Relation::try_open(table, Lock::AccessShare) else {
            out_of_date(&Relation::open(self.limits, Lock::AccessShare))
        };
        table.qualified_name()
    }
}

/// The triggers of a table of limits, one for each side table.
pub(super) fn triggers(limits: &Relation) -> Option<[Attached; 4]> {
    let all = attachment::triggers_of(limits, FUNCTION);
    let of = |role: &str| {
        all.iter()
            .find(|attached| {
                attached
                    .arguments
                    .first()
                    .is_some_and(|first| first == role)
            })
            .cloned()
    };
    let [counters, alerts, reservations, holds] = SIDE_TABLES;
    Some([of(counters)?, of(alerts)?, of(reservations)?, of(holds)?])
}

/// What stands in the arguments of the first of them.
pub(super) fn choice_of(trigger: &Attached) -> Option<Limits> {
    Limits::from_arguments(trigger.arguments.get(1..)?)
}

/// A table's owner can write any trigger by hand. So only what that owner could write himself is written.
fn check_side_table(limits: &Relation, table: &Relation) {
    check_same_owner(
        limits,
        table,
        "The counters of budgets belong to the owner of the limits.",
        GIVE_THE_SAME_OWNER,
    );
    if !table.is_heap_table() {
        out_of_date(table);
    }
}

pub(super) fn out_of_date(table: &Relation) -> ! {
    Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!(
            "table {} has changed since usage was metered",
            table.qualified_name()
        ),
    )
    .hint("Detach the budgets from the table of limits, and attach again with select steward.meter_usage(...).")
    .table(table)
    .raise()
}
