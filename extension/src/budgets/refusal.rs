//! The error for a row by which more would be spent than a budget allows.

use steward_rules::money::Money;

use crate::pg::error::{Report, SqlState};
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};

use super::budget::{Budget, Window};
use super::choice::Role;
use super::ledger::Ledger;
use super::slots::Slots;

/// What all slots of a window amount to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figures {
    pub(super) spent: Money,
    pub(super) held: Money,
}

impl Figures {
    pub(super) fn of(slots: &Slots) -> Self {
        Self {
            spent: slots.values().map(|stored| stored.slot.spent).sum(),
            held: slots.values().map(|stored| stored.slot.held).sum(),
        }
    }
}

/// Ends the statement.
pub(super) fn refuse(
    ledger: &Ledger,
    budget: &Budget,
    window: &Window,
    slots: &Slots,
    asked: Money,
) -> ! {
    let limits = Relation::open(ledger.limits, Lock::AccessShare);
    let figures = Figures::of(slots);
    let message = format!("budget {} would be exceeded", name::literal(&budget.name));
    let mut report = Report::new(SqlState::CHECK_VIOLATION, message)
        .table(&limits)
        .constraint(budget.name.clone())
        .hint("Wait for the next window, free what is reserved, or raise the limit.");
    if may_see_figures(ledger, &limits) {
        report = report.detail(format!(
            "Window {}: limit {}, spent {}, held {}, asked {}.",
            budget.described_window(window),
            budget.limit,
            figures.spent,
            figures.held,
            asked,
        ));
    }
    report.raise()
}

/// What others have spent is not for everybody: only for who may read the limits, all of them.
fn may_see_figures(ledger: &Ledger, limits: &Relation) -> bool {
    let columns = [Role::Name, Role::Amount]
        .into_iter()
        .filter_map(|role| ledger.choice.column(role).map(str::to_owned))
        .collect::<Vec<_>>();
    !limits.hides_rows_from_current_user() && limits.is_readable_by_current_user(&columns)
}
