//! `check_budget`: would an amount fit, by budget.

use pgrx::pg_sys;

use crate::pg::function::Arguments;
use crate::pg::rows::Rows;
use crate::pg::transaction;

use super::super::budget::{Budget, Scope, if_active};
use super::super::draw;
use super::super::ledger::Ledger;
use super::super::reservations::asked;
use super::figures;

/// `steward.check_budget(limits, scopes, amount)`.
pub(in super::super) fn check_budget(arguments: &Arguments) -> Rows {
    let limits: pg_sys::Oid = arguments.required(0, "limits");
    let scopes = arguments.required_text(1, "scopes");
    let amount = asked::amount(&arguments.required_text(2, "amount"));
    let ledger = Ledger::known(limits);
    let scopes = asked::scopes(&ledger, &scopes);
    let now = transaction::clock_time();
    let condition = format!("true{}", if_active(&ledger, " and "));
    let budgets = figures::budgets(&ledger, &condition);
    let rows = budgets
        .into_iter()
        .filter(|budget| {
            scopes
                .iter()
                .any(|scope| falls_under(&ledger, budget, scope))
        })
        .map(|budget| {
            let window = budget.window(&ledger, now);
            let figures = figures::figures(&ledger, &budget, &window);
            let left = budget.limit - figures.spent - figures.held;
            let fits = left >= amount;
            let is_allowed = fits || amount.is_zero() || !draw::is_blocking(&budget, &window, now);
            vec![
                Some(ledger.key_type.show(&budget.key)),
                Some(budget.name),
                Some(fits.to_string()),
                Some(is_allowed.to_string()),
                Some(budget.limit.to_string()),
                Some(figures.spent.to_string()),
                Some(figures.held.to_string()),
                Some(left.to_string()),
            ]
        });
    Rows(rows.collect())
}

fn falls_under(ledger: &Ledger, budget: &Budget, scope: &Scope) -> bool {
    if *scope.kind != *budget.scope_kind {
        return false;
    }
    match (&scope.target, &budget.scope_target) {
        (None, _) => true,
        (Some(target), Some(of_budget)) => {
            asked::target(ledger, &scope.kind, of_budget).as_ref() == Some(target)
        }
        (Some(_), None) => false,
    }
}
