//! `budget_status`: what is spent, held and left of each budget, and what it will come to.

use pgrx::pg_sys;
use steward_rules::money::Money;

use crate::pg::function::Arguments;
use crate::pg::rows::Rows;
use crate::pg::transaction;

use super::super::budget::{Action, Budget, Window, if_active, shown_timestamp};
use super::super::ledger::Ledger;
use super::super::refusal::Figures;
use super::figures;

/// `steward.budget_status(limits, at)`.
pub(in super::super) fn budget_status(arguments: &Arguments) -> Rows {
    let limits: pg_sys::Oid = arguments.required(0, "limits");
    let now = transaction::clock_time();
    let at: i64 = arguments.optional(1).unwrap_or(now);
    let ledger = Ledger::known(limits);
    let condition = format!("true{}", if_active(&ledger, " and "));
    let budgets = figures::budgets(&ledger, &condition);
    let rows = budgets.into_iter().map(|budget| {
        let window = budget.window(&ledger, at);
        let figures = figures::figures(&ledger, &budget, &window);
        row(&ledger, &budget, &window, figures, now)
    });
    Rows(rows.collect())
}

fn row(
    ledger: &Ledger,
    budget: &Budget,
    window: &Window,
    figures: Figures,
    now: i64,
) -> Vec<Option<String>> {
    let percent = figures.spent.percent_of(budget.limit);
    vec![
        Some(ledger.key_type.show(&budget.key)),
        Some(budget.name.clone()),
        Some(budget.scope_kind.clone()),
        budget.scope_target.clone(),
        Some(shown_timestamp(window.starts_at)),
        Some(shown_timestamp(window.ends_at)),
        Some(budget.limit.to_string()),
        Some(figures.spent.to_string()),
        Some(figures.held.to_string()),
        Some((budget.limit - figures.spent - figures.held).to_string()),
        percent.map(|percent| percent.to_string()),
        Some(state(budget, figures).to_owned()),
        projected(window, figures.spent, now).map(|amount| amount.to_string()),
    ]
}

fn state(budget: &Budget, figures: Figures) -> &'static str {
    let threshold = budget.alert_threshold.map(|part| budget.limit.times(part));
    if figures.spent > budget.limit {
        "exceeded"
    } else if budget.action == Action::Block && figures.spent + figures.held >= budget.limit {
        "exhausted"
    } else if threshold.is_some_and(|threshold| figures.spent >= threshold) {
        "alert"
    } else {
        "ok"
    }
}

/// What will be spent by the end of the window if it goes on as before.
fn projected(window: &Window, spent: Money, now: i64) -> Option<Money> {
    const SECOND: i64 = 1_000_000;
    let elapsed = (now.min(window.ends_at) - window.starts_at) / SECOND;
    let length = (window.ends_at - window.starts_at) / SECOND;
    (elapsed > 0).then(|| spent.in_proportion(length, elapsed))
}
