//! Finding counters that do not agree with the usage rows, and mending them.

use pgrx::pg_sys;
use steward_rules::money::Money;

use crate::pg::attachment::open_target;
use crate::pg::function::Arguments;
use crate::pg::name;
use crate::pg::owner;
use crate::pg::rows::Rows;
use crate::pg::statement;

use super::budget::{Action, Budget, GLOBAL, if_active, microseconds, shown_timestamp};
use super::ledger::{Hold, Ledger};
use super::limits;
use super::questions::figures;
use super::recount::{Usage, usage_tables};

/// `steward.verify_budgets(limits)`.
pub(super) fn verify_budgets(arguments: &Arguments) -> Rows {
    let limits = open_target(arguments.required(0, "limits"));
    Rows(problems(&Ledger::known(limits.oid())))
}

/// `steward.rebuild_budgets(limits)`.
pub(super) fn rebuild_budgets(arguments: &Arguments) -> i64 {
    let limits: pg_sys::Oid = arguments.required(0, "limits");
    let owner = open_target(limits).owner();
    owner::run_from_call(owner, || rebuild(limits))
}

fn rebuild(limits: pg_sys::Oid) -> i64 {
    let ledger = Ledger::locked(limits, Hold::Exclusive);
    let limits = open_target(limits);
    let found = problems(&ledger).len();
    limits::forget_counters(&ledger);
    // Also what sessions know of budgets that were changed past the triggers is forgotten.
    limits.announce_change();
    i64::try_from(found).unwrap_or(i64::MAX)
}

/// Counters and rows are read by the statement that asks, under one snapshot, in which they agree: so nothing has to be
/// locked.
fn problems(ledger: &Ledger) -> Vec<Vec<Option<String>>> {
    let usage = usage_tables(ledger.limits);
    let condition = format!("true{}", if_active(ledger, " and "));
    let mut problems = Vec::new();
    for budget in figures::budgets(ledger, &condition) {
        if let Some(detail) = why_never_charged(&usage, &budget) {
            problems.push(problem(
                ledger,
                &budget,
                "unknown scope",
                None,
                Some(detail),
            ));
        }
        compare(ledger, &usage, &budget, &mut problems);
    }
    problems
}

/// Why no usage falls under a budget, whatever it is.
fn why_never_charged(usage: &[Usage], budget: &Budget) -> Option<String> {
    if budget.scope_kind == GLOBAL {
        return None;
    }
    let kind = name::literal(&budget.scope_kind);
    let is_known = usage
        .iter()
        .any(|usage| usage.choice.column_of(&budget.scope_kind).is_some());
    match &budget.scope_target {
        _ if !is_known => Some(format!("no usage has a scope {kind}")),
        None => Some(format!("it does not say which {kind} it is about")),
        Some(_) => None,
    }
}

fn problem(
    ledger: &Ledger,
    budget: &Budget,
    what: &str,
    starts_at: Option<String>,
    detail: Option<String>,
) -> Vec<Option<String>> {
    vec![
        Some(what.to_owned()),
        Some(ledger.key_type.show(&budget.key)),
        starts_at,
        detail,
    ]
}

/// Every window of a budget that has been counted.
fn compare(
    ledger: &Ledger,
    usage: &[Usage],
    budget: &Budget,
    problems: &mut Vec<Vec<Option<String>>>,
) {
    let share = match budget.action {
        Action::Block => format!("sum(share) <> {}", budget.limit),
        Action::Warn => "false".to_owned(),
    };
    let sql = format!(
        "select {}, spent::text, rows::text, held::text, holds::text, wrong_share \
         from ( \
             select c.starts_at, c.spent, c.held, c.wrong_share, \
                 round({}, 12) as rows, \
                 coalesce((select sum(left_amount) from {} as h where h.window_id = c.window_id), 0) as holds \
             from ( \
                 select window_id, starts_at, ends_at, sum(spent) as spent, sum(held) as held, coalesce({share}, false) as wrong_share \
                 from {} where budget = {}::{} group by window_id, starts_at, ends_at having min(slot) = 0 \
             ) as c \
         ) as compared \
         where spent <> rows or held <> holds or wrong_share order by starts_at",
        microseconds("starts_at"),
        spent_in_window(usage, budget),
        ledger.name_of(ledger.holds),
        ledger.name_of(ledger.counters),
        name::literal(&ledger.key_type.show(&budget.key)),
        ledger.key_type.sql_name(),
    );
    owner::run_as(ledger.owner, || {
        statement::for_each_row(&sql, |row| {
            let values = row.values();
            let text = |position: usize| values[position].as_text().unwrap_or_default();
            let mut add = |what: &str, detail: String| {
                let starts_at = shown_timestamp(values[0].as_bigint());
                problems.push(problem(ledger, budget, what, Some(starts_at), Some(detail)));
            };
            if !same(&text(1), &text(2)) {
                add(
                    "spent",
                    format!("counted {}, in the rows {}", text(1), text(2)),
                );
            }
            if !same(&text(3), &text(4)) {
                add(
                    "held",
                    format!("counted {}, in the holds {}", text(3), text(4)),
                );
            }
            if values[5].is_true() {
                add(
                    "shares",
                    format!("they are not the limit of {}", budget.limit),
                );
            }
        });
    });
}

fn same(one: &str, other: &str) -> bool {
    Money::parse_sum(one) == Money::parse_sum(other)
}

/// What the rows of a window `c` amount to.
fn spent_in_window(usage: &[Usage], budget: &Budget) -> String {
    let sums: Vec<_> = usage
        .iter()
        .filter_map(|usage| {
            let at = name::identifier(&usage.choice.at);
            Some(format!(
                "coalesce((select sum({}::numeric) from {} where {at} >= c.starts_at and {at} < c.ends_at and {} and {}), 0)",
                name::identifier(&usage.choice.cost),
                usage.name,
                usage.condition(budget)?,
                usage.is_finite(),
            ))
        })
        .collect();
    if sums.is_empty() {
        return "0::numeric".to_owned();
    }
    sums.join(" + ")
}
