//! Charging what a statement's rows have cost: each budget once, those that are about everything first, then in the
//! order of their keys and windows.
//!
//! `draw` argues why no more is spent than a limit allows; here is the way there. What the rows of the outermost
//! statement noted is netted, so that a row that is moved or corrected costs the difference. Under the shared
//! lock on the budgets, they are as they are until the transaction ends. Budgets and windows are charged in
//! order, so that two statements never wait for each other crosswise; two transactions of several statements
//! can, and then one of them ends with 40P01, to be retried.

use std::collections::BTreeMap;
use std::rc::Rc;

use pgrx::pg_sys;
use steward_rules::money::Money;

use crate::pg::key::Key;
use crate::pg::lock::Mode;
use crate::pg::pending::Ending;
use crate::pg::transaction;
use crate::pg::trigger::Firing;

use super::alerts;
use super::budget::{Budget, GLOBAL, Window};
use super::draw;
use super::ledger::{self, Hold, Ledger};
use super::meter::{self, About, Change};
use super::reservations::consume;
use super::slots::Counters;

/// With more windows than this, all others are kept from charging: so many locks on slots would fill the server's
/// table of locks.
const MOST_WINDOWS: usize = 256;

/// What is charged to one window of one budget.
pub(super) struct Charge {
    pub(super) budget: Rc<Budget>,
    pub(super) window: Rc<Window>,
    pub(super) amount: Money,
    /// What of it names a reservation.
    pub(super) reserved: BTreeMap<Key, Money>,
    /// What of it is taken out of what is held.
    pub(super) consumed: Money,
}

/// In the order in which they are charged.
pub(super) type Charges = BTreeMap<Place, Charge>;

/// A budget and the beginning of its window, in the order in which they are locked. Those that everybody needs come
/// first: who waits for one of them then holds nothing that others wait for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    is_of_some: bool,
    budget: Key,
    starts_at: i64,
}

impl Place {
    pub(super) fn of(budget: &Budget, window: &Window) -> Self {
        Self {
            is_of_some: budget.scope_kind != GLOBAL,
            budget: budget.key.clone(),
            starts_at: window.starts_at,
        }
    }
}

/// The statement triggers of a usage table.
pub(super) fn charge_usage(firing: &Firing<'_>) {
    for limits in &meter::charged(firing).limits {
        let changes = meter::with_pending(|pending| {
            if firing.is_before() {
                pending.begin_statement(*limits, firing.occasion());
                return Vec::new();
            }
            if pending.end_statement(*limits, firing.occasion()) != Ending::Inner {
                return pending.take(*limits);
            }
            Vec::new()
        });
        charge_all(*limits, &changes);
    }
}

/// The deferred row trigger of a partitioned usage table: what came straight into a partition has met no
/// statement trigger.
pub(super) fn charge_usage_at_commit(firing: &Firing<'_>) {
    if let Some(limits) = firing.bound_table() {
        charge_what_is_noted(limits);
    }
}

/// Charges what is noted, unless a statement is under way at whose end it will be. Returns false then.
pub(super) fn charge_what_is_noted(limits: pg_sys::Oid) -> bool {
    let noted = meter::with_pending(|pending| {
        (!pending.is_in_statement(limits)).then(|| pending.take(limits))
    });
    let Some(changes) = noted else {
        return false;
    };
    charge_all(limits, &changes);
    true
}

fn charge_all(limits: pg_sys::Oid, changes: &[Change]) {
    if changes.is_empty() {
        return;
    }
    let mut ledger = Ledger::locked(limits, Hold::Shared);
    let mut due = net(&ledger, changes);
    let alone = due.len() > MOST_WINDOWS;
    if alone {
        // Two that kept the shared lock would wait for each other.
        ledger::lock(limits).release(Mode::Shared);
        ledger = Ledger::locked(limits, Hold::Exclusive);
        due = net(&ledger, changes);
    }
    consume::take_out_of_holds(&ledger, &mut due);
    let Some(counters) = Counters::open(&ledger, alone) else {
        return;
    };
    let now = transaction::clock_time();
    for charge in due.values() {
        let slots = draw::charge(&counters, charge, now);
        alerts::look(&ledger, charge, &slots, now);
    }
}

/// The changes by budget and window.
fn net(ledger: &Ledger, changes: &[Change]) -> Charges {
    let mut sums = Charges::new();
    let mut last: Option<(&Rc<About>, Vec<Rc<Budget>>)> = None;
    for change in changes {
        let is_same = last
            .as_ref()
            .is_some_and(|(about, _)| Rc::ptr_eq(about, &change.about));
        if !is_same {
            let budgets = change.about.scopes.iter();
            let budgets = budgets.flat_map(|scope| ledger.budgets(scope).to_vec());
            last = Some((&change.about, budgets.collect()));
        }
        for budget in last.iter().flat_map(|(_, budgets)| budgets) {
            add(ledger, &mut sums, budget, change);
        }
    }
    sums.retain(|_, charge| !charge.amount.is_zero() || !charge.reserved.is_empty());
    sums
}

fn add(ledger: &Ledger, sums: &mut Charges, budget: &Rc<Budget>, change: &Change) {
    let window = budget.window(ledger, change.at);
    let due = sums
        .entry(Place::of(budget, &window))
        .or_insert_with(|| Charge {
            budget: Rc::clone(budget),
            window,
            amount: Money::ZERO,
            reserved: BTreeMap::new(),
            consumed: Money::ZERO,
        });
    due.amount += change.amount;
    if let Some(reservation) = &change.about.reservation {
        *due.reserved.entry(reservation.clone()).or_default() += change.amount;
    }
}
