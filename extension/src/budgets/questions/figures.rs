//! What is spent and held of a budget in a window, as it is to be seen by the statement that asks.

use steward_rules::money::Money;

use crate::pg::owner;
use crate::pg::relation::{Lock, Relation};
use crate::pg::statement;
use crate::pg::tuple::Value;

use super::super::budget::{Budget, Window, columns};
use super::super::ledger::Ledger;
use super::super::recount::{self, window_id};
use super::super::refusal::Figures;

/// Reads the budgets for which a condition holds, with the rights of whoever asks.
pub(in super::super) fn budgets(ledger: &Ledger, condition: &str) -> Vec<Budget> {
    let limits = Relation::open(ledger.limits, Lock::AccessShare);
    let mut budgets = Vec::new();
    let sql = format!(
        "select {} from {} where {condition} order by 1",
        columns(ledger, &limits),
        limits.qualified_name()
    );
    crate::pg::search_path::pinned(|| {
        statement::for_each_row(&sql, |row| {
            let texts = row.values().into_iter().map(Value::as_text);
            budgets.push(Budget::of_row(ledger, &limits, texts.collect()));
        });
    });
    budgets
}

/// The figures of one window; where nothing has been charged to it yet, its usage is counted.
pub(in super::super) fn figures(ledger: &Ledger, budget: &Budget, window: &Window) -> Figures {
    let of_window = format!("window_id = {}", window_id(window));
    let counters = ledger.name_of(ledger.counters);
    let sql = format!(
        "select (case when exists (select from {counters} where {of_window} and slot = 0) \
             then (select sum(spent) from {counters} where {of_window}) else round({}, 12) end)::text, \
         (select coalesce(sum(left_amount), 0) from {} where {of_window} and expires_at > clock_timestamp())::text",
        recount::spent_in(&recount::usage_tables(ledger.limits), budget, window),
        ledger.name_of(ledger.holds),
    );
    let mut figures = Figures {
        spent: Money::ZERO,
        held: Money::ZERO,
    };
    owner::run_as(ledger.owner, || {
        statement::for_each_row(&sql, |row| {
            let amount = |column| {
                row.value(column)
                    .as_text()
                    .and_then(|text| Money::parse_sum(&text))
                    .unwrap_or_default()
            };
            figures = Figures {
                spent: amount(1),
                held: amount(2),
            };
        });
    });
    figures
}
