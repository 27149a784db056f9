//! Telling that a budget's threshold is reached, or its limit exceeded: once for each budget and window.
//!
//! After every charge the slots of its window are added up. The sum is what is committed, and this charge; others that
//! are under way do not count, so a crossing that several make together is seen by the next charge, or by
//! `sweep_budgets`. What is seen is told in the same transaction, together with the row of the alerts that says so:
//! both are there or neither is, so an alert is never lost and never told twice. Who finds another one telling
//! does not wait: if that one is rolled back, the next charge finds the alert missing.

use std::ops::ControlFlow;

use steward_rules::money::Money;

use crate::pg::lock::{Class, Lock as Heavyweight, Mode};
use crate::pg::name;
use crate::pg::relation::Lock;
use crate::pg::scan::{Indexed, View};

use super::budget::{Budget, Window, timestamp};
use super::charge::Charge;
use super::draw;
use super::ledger::Ledger;
use super::recount::window_id;
use super::refusal::Figures;
use super::slots::Slots;

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alert {
    ThresholdReached,
    LimitExceeded,
}

impl Alert {
    const ALL: [Self; 2] = [Self::ThresholdReached, Self::LimitExceeded];

    const fn bit(self) -> u8 {
        match self {
            Self::ThresholdReached => 1,
            Self::LimitExceeded => 2,
        }
    }

    const fn severity(self) -> &'static str {
        match self {
            Self::ThresholdReached => "warning",
            Self::LimitExceeded => "critical",
        }
    }

    /// True where it is to be told of a budget that has spent so much. What blocks exceeds nothing while its window
    /// is open: that is refused, and the error says so.
    fn is_due(self, budget: &Budget, window: &Window, spent: Money, now: i64) -> bool {
        match self {
            Self::ThresholdReached => budget.alert_threshold.is_some_and(|threshold| {
                spent.is_positive() && spent >= budget.limit.times(threshold)
            }),
            Self::LimitExceeded => spent > budget.limit && !draw::is_blocking(budget, window, now),
        }
    }
}

/// Looks whether there is anything to tell after a charge.
pub(super) fn look(ledger: &Ledger, charge: &Charge, slots: &Slots, now: i64) {
    if charge.amount.is_positive() {
        tell_what_is_due(ledger, &charge.budget, &charge.window, slots, now);
    }
}

/// True where something would have to be told of a window in which so much is spent.
pub(super) fn is_any_due(budget: &Budget, window: &Window, spent: Money, now: i64) -> bool {
    Alert::ALL
        .into_iter()
        .any(|alert| alert.is_due(budget, window, spent, now))
}

/// Tells what is due and has not been told. Returns how much that was.
pub(super) fn tell_what_is_due(
    ledger: &Ledger,
    budget: &Budget,
    window: &Window,
    slots: &Slots,
    now: i64,
) -> i64 {
    let spent = Figures::of(slots).spent;
    let due = |spent: Money| {
        Alert::ALL
            .into_iter()
            .filter(move |alert| alert.is_due(budget, window, spent, now))
    };
    let missing = |spent: Money| due(spent).any(|alert| window.told.get() & alert.bit() == 0);
    if !missing(spent) || !slots.contains_key(&0) {
        return 0;
    }
    let told = told(ledger, window);
    if due(spent).all(|alert| told & alert.bit() != 0) {
        return 0;
    }
    let lock = Heavyweight::on(Class::BudgetAlert, ledger.alerts, &window.id.bytes());
    if !lock.acquire_at_once(Mode::Exclusive) {
        return 0;
    }
    // As they are now that nobody else can be telling; and the exact sum, under one snapshot.
    let told = self::told(ledger, window);
    let spent = exact_sum(ledger, window);
    let mut count = 0;
    for alert in due(spent).filter(|alert| told & alert.bit() == 0) {
        tell(ledger, budget, window, alert, spent);
        count += 1;
    }
    count
}

/// What has been told about a window, as bits.
fn told(ledger: &Ledger, window: &Window) -> u8 {
    let Some(alerts) = Indexed::try_open(ledger.alerts, Lock::AccessShare) else {
        return 0;
    };
    let mut told = 0;
    alerts.rows_with(&ledger.alerts_by_window, &window.id, View::Settled, |row| {
        let severity = row.value(2).as_text();
        let alert = Alert::ALL
            .into_iter()
            .find(|alert| severity.as_deref() == Some(alert.severity()));
        let bit = alert.map_or(0, Alert::bit);
        told |= bit;
        // This transaction's own may yet be rolled back.
        if !row.is_of_this_transaction() {
            window.told.set(window.told.get() | bit);
        }
        ControlFlow::Continue(())
    });
    told
}

fn exact_sum(ledger: &Ledger, window: &Window) -> Money {
    let rows = ledger.query(
        &format!(
            "select sum(spent) from {} where window_id = {}",
            ledger.name_of(ledger.counters),
            window_id(window)
        ),
        &[(ledger.counters, Lock::AccessShare)],
    );
    rows.first()
        .and_then(|row| Money::parse_sum(row.first()?.as_deref()?))
        .unwrap_or_default()
}

fn tell(ledger: &Ledger, budget: &Budget, window: &Window, alert: Alert, spent: Money) {
    ledger.query(
        &format!(
            "insert into {} (window_id, severity, budget, starts_at, ends_at, spent, budget_limit) \
             values ({}, {}, {}::{}, {}, {}, {spent}, {})",
            ledger.name_of(ledger.alerts),
            window_id(window),
            name::literal(alert.severity()),
            name::literal(&ledger.key_type.show(&budget.key)),
            ledger.key_type.sql_name(),
            timestamp(window.starts_at),
            timestamp(window.ends_at),
            budget.limit,
        ),
        &[(ledger.alerts, Lock::RowExclusive)],
    );
    if let Some(function) = &ledger.choice.notify {
        ledger.query(&call(ledger, budget, window, alert, spent, function), &[]);
    }
}

/// The call of the user's function.
fn call(
    ledger: &Ledger,
    budget: &Budget,
    window: &Window,
    alert: Alert,
    spent: Money,
    function: &str,
) -> String {
    let percent = spent.percent_of(budget.limit);
    let title = match alert {
        Alert::ThresholdReached => format!(
            "Budget {} has used {} %",
            budget.name,
            percent.unwrap_or(100)
        ),
        Alert::LimitExceeded => format!("Budget {} is exceeded", budget.name),
    };
    let message = format!(
        "{spent} of {} spent in the window {}.",
        budget.limit,
        budget.described_window(window)
    );
    let target = budget
        .scope_target
        .as_deref()
        .map_or_else(|| "null".to_owned(), name::literal);
    format!(
        "select {function}({}::text, {}::text, {}::text, {}::text, jsonb_build_object('budget', {}, 'name', {}, 'scope_type', {}, 'scope', {target}, \
         'starts_at', {}, 'ends_at', {}, 'spent', {spent}, 'limit', {}, 'percent', {}))",
        name::literal(&ledger.key_type.show(&budget.key)),
        name::literal(alert.severity()),
        name::literal(&title),
        name::literal(&message),
        name::literal(&ledger.key_type.show(&budget.key)),
        name::literal(&budget.name),
        name::literal(&budget.scope_kind),
        timestamp(window.starts_at),
        timestamp(window.ends_at),
        budget.limit,
        percent.map_or_else(|| "null".to_owned(), |percent| percent.to_string()),
    )
}
