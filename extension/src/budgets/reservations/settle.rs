//! `settle` and `release`: close a reservation, and give back what is left of it.

use pgrx::pg_sys;
use steward_rules::money::Money;

use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::name;
use crate::pg::relation::Lock;
use crate::pg::statement;
use crate::pg::transaction;

use super::super::budget::{Budget, Window, microseconds};
use super::super::charge;
use super::super::choice::Role;
use super::super::draw::{self, Draw, Seen};
use super::super::ledger::{Hold, Ledger};
use super::super::slots::Counters;
use super::asked;

/// `steward.settle(reservation, limits)`.
pub(in super::super) fn settle(arguments: &Arguments) -> Option<Money> {
    close(arguments, "settled")
}

/// `steward.release(reservation, limits)`.
pub(in super::super) fn release(arguments: &Arguments) -> Option<Money> {
    close(arguments, "released")
}

fn close(arguments: &Arguments, state: &str) -> Option<Money> {
    let reservation = arguments.required_text(0, "reservation");
    let limits = arguments
        .optional(1)
        .unwrap_or_else(|| limits_of(&reservation));
    let known = Ledger::known(limits);
    asked::check_may_spend(limits);
    drop(known);
    charge::charge_what_is_noted(limits);
    let ledger = Ledger::locked(limits, Hold::Shared);
    let of_reservation = format!("reservation = {}::uuid", name::literal(&reservation));
    let rows = ledger.query(
        &format!(
            "select state, given_back from {} where {of_reservation} and state <> 'refused' for update",
            ledger.name_of(ledger.reservations)
        ),
        &[(ledger.reservations, Lock::RowShare)],
    );
    let Some(row) = rows.into_iter().next() else {
        no_such(&reservation)
    };
    if row.first().and_then(Option::as_deref) != Some("open") {
        return Money::parse(row.get(1)?.as_deref()?);
    }
    let given_back = give_back(&ledger, &of_reservation);
    ledger.query(
        &format!(
            "update {} set state = '{state}', given_back = {given_back}, closed_at = clock_timestamp() \
             where {of_reservation}",
            ledger.name_of(ledger.reservations)
        ),
        &[(ledger.reservations, Lock::RowExclusive)],
    );
    Some(given_back)
}

/// Removes the holds, and what they still hold from the counters. Returns the most that one of them held.
pub(in super::super) fn give_back(ledger: &Ledger, condition: &str) -> Money {
    let rows = ledger.query(
        &format!(
            "with gone as (delete from {} where {condition} \
                 returning budget, starts_at, ends_at, left_amount) \
             select budget, {}, {}, left_amount from gone order by budget, starts_at",
            ledger.name_of(ledger.holds),
            microseconds("starts_at"),
            microseconds("ends_at")
        ),
        &[(ledger.holds, Lock::RowExclusive)],
    );
    let mut most = Money::ZERO;
    for row in rows {
        let [Some(key), Some(starts_at), Some(ends_at), Some(left)] = row.as_slice() else {
            continue;
        };
        let left = Money::parse(left).unwrap_or_default();
        let time = |text: &str| text.parse().unwrap_or_default();
        give_back_one(ledger, key, time(starts_at), time(ends_at), left);
        most = most.max(left);
    }
    most
}

fn give_back_one(ledger: &Ledger, key: &str, starts_at: i64, ends_at: i64, left: Money) {
    let limits = crate::pg::relation::Relation::open(ledger.limits, Lock::AccessShare);
    let condition = format!(
        "{} = {}::{}",
        name::identifier(ledger.choice.column(Role::Key).unwrap_or_default()),
        name::literal(key),
        ledger.key_type.sql_name()
    );
    let Some(budget) = Budget::read(ledger, &limits, &condition).pop() else {
        return;
    };
    let window = Window::of(&budget.key, starts_at, ends_at);
    let Some(counters) = Counters::open(ledger, false) else {
        return;
    };
    let draw = Draw {
        held: -left,
        seen: Seen {
            held: -left,
            ..Seen::default()
        },
        ..Draw::default()
    };
    draw::draw_from(&counters, &budget, &window, draw, transaction::clock_time());
}

/// The table of limits that a reservation was made in.
fn limits_of(reservation: &str) -> pg_sys::Oid {
    let rows = statement::query(
        "select distinct target::oid from steward.attachments where capability = 'budgets' and arguments[1] = 'counters'",
    );
    let tables = rows
        .into_iter()
        .filter_map(|mut row| row.pop().flatten()?.parse::<u32>().ok());
    tables
        .map(pg_sys::Oid::from)
        .find(|limits| {
            let ledger = Ledger::known(*limits);
            let rows = ledger.query(
                &format!(
                    "select from {} where reservation = {}::uuid",
                    ledger.name_of(ledger.reservations),
                    name::literal(reservation)
                ),
                &[(ledger.reservations, Lock::AccessShare)],
            );
            !rows.is_empty()
        })
        .unwrap_or_else(|| no_such(reservation))
}

fn no_such(reservation: &str) -> ! {
    Report::new(
        SqlState::NO_DATA_FOUND,
        format!("there is no reservation {reservation}"),
    )
    .hint("steward.reserve returns it where the verdict is granted.")
    .raise()
}
