//! `sweep_budgets`: tells what several transactions made together and none of them saw, and gives back what was held
//! too long. Nothing depends on its being called; it makes both timely.

use pgrx::pg_sys;

use crate::pg::attachment::open_target;
use crate::pg::function::Arguments;
use crate::pg::name;
use crate::pg::owner;
use crate::pg::relation::{Lock, Relation};
use crate::pg::transaction;

use super::alerts;
use super::budget::{Budget, if_active, microseconds};
use super::charge;
use super::draw::{self, Draw};
use super::ledger::{Hold, Ledger};
use super::questions::figures;
use super::reservations::settle;
use super::slots::Counters;

/// `steward.sweep_budgets(limits)`.
pub(super) fn sweep_budgets(arguments: &Arguments) -> i64 {
    let limits: pg_sys::Oid = arguments.required(0, "limits");
    let owner = open_target(limits).owner();
    owner::run_from_call(owner, || sweep(limits))
}

fn sweep(limits: pg_sys::Oid) -> i64 {
    // In the middle of a statement, what is in the tables may not be charged yet.
    let can_count = charge::charge_what_is_noted(limits);
    let ledger = Ledger::locked(limits, Hold::Shared);
    let now = transaction::clock_time();
    let Some(counters) = Counters::open(&ledger, false) else {
        return 0;
    };
    let mut told = 0;
    let condition = format!("true{}", if_active(&ledger, " and "));
    let limits = Relation::open(limits, Lock::AccessShare);
    for budget in Budget::read(&ledger, &limits, &condition) {
        if can_count {
            count_if_due(&counters, &budget, now);
        }
        for at in windows_to_look_at(&ledger, &budget) {
            let window = budget.window(&ledger, at);
            let slots = counters.read(&window);
            told += alerts::tell_what_is_due(&ledger, &budget, &window, &slots, now);
        }
    }
    let holds = ledger.name_of(ledger.holds);
    settle::give_back(
        &ledger,
        &format!(
            "ctid = any (array(select ctid from {holds} where expires_at <= clock_timestamp() for update skip locked))"
        ),
    );
    told
}

/// Counts the window of this moment if it has not been, and something in it may be due: a budget can be made, or changed,
/// when its threshold is long reached.
fn count_if_due(counters: &Counters<'_>, budget: &Budget, now: i64) {
    let ledger = counters.ledger;
    let window = budget.window(ledger, now);
    if counters.read(&window).contains_key(&0) {
        return;
    }
    let spent = figures::figures(ledger, budget, &window).spent;
    if alerts::is_any_due(budget, &window, spent, now) {
        draw::draw_from(counters, budget, &window, Draw::default(), now);
    }
}

/// The beginnings of the windows in which something may be due that has not been told.
fn windows_to_look_at(ledger: &Ledger, budget: &Budget) -> Vec<i64> {
    let threshold = budget
        .alert_threshold
        .map_or(budget.limit, |part| budget.limit.times(part));
    let rows = ledger.query(
        &format!(
            "select {} from ( \
                 select c.window_id, c.starts_at from {} as c where c.budget = {}::{} \
                 group by c.window_id, c.starts_at having sum(c.spent) >= {threshold} or sum(c.spent) > {} \
             ) as w \
             where (select count(*) from {} as a where a.window_id = w.window_id) < 2",
            microseconds("starts_at"),
            ledger.name_of(ledger.counters),
            name::literal(&ledger.key_type.show(&budget.key)),
            ledger.key_type.sql_name(),
            budget.limit,
            ledger.name_of(ledger.alerts),
        ),
        &[
            (ledger.counters, Lock::AccessShare),
            (ledger.alerts, Lock::AccessShare),
        ],
    );
    rows.into_iter()
        .filter_map(|mut row| row.pop().flatten()?.parse().ok())
        .collect()
}
