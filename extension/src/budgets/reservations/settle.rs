//! `settle` and `release`: close a reservation, and give back what is left of it.

use std::collections::BTreeMap;
use std::rc::Rc;

use pgrx::pg_sys;
use steward_rules::money::Money;

use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::key::KeyType;
use crate::pg::name;
use crate::pg::owner;
use crate::pg::relation::{Lock, Relation};
use crate::pg::statement;
use crate::pg::transaction;

use super::super::budget::{Budget, Window, microseconds};
use super::super::charge;
use super::super::choice::Role;
use super::super::draw::{self, Draw, Seen, Uncounted};
use super::super::ledger::{self, Hold, Ledger};
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
    let owner = Ledger::known(limits).owner;
    asked::check_may_spend(limits);
    owner::run_from_call(owner, || close_in(limits, &reservation, state))
}

fn close_in(limits: pg_sys::Oid, reservation: &str, state: &str) -> Option<Money> {
    charge::charge_what_is_noted(limits);
    let ledger = Ledger::locked(limits, Hold::Shared);
    let of_reservation = format!("reservation = {}::uuid", name::literal(reservation));
    let rows = ledger.query(
        &format!(
            "select state, given_back from {} where {of_reservation} and state <> 'refused' for update",
            ledger.name_of(ledger.reservations)
        ),
        &[(ledger.reservations, Lock::RowShare)],
    );
    let Some(row) = rows.into_iter().next() else {
        no_such(reservation)
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

/// What was held in one window.
struct Given {
    budget: Rc<Budget>,
    window: Rc<Window>,
    left: Money,
}

/// Removes the holds, and what they still hold from the counters. Returns the most that one of them held.
pub(in super::super) fn give_back(ledger: &Ledger, condition: &str) -> Money {
    let rows = ledger.query(
        &format!(
            "with gone as (delete from {} where {condition} \
                 returning budget, window_id, starts_at, left_amount) \
             select budget, window_id, {}, sum(left_amount), max(left_amount) from gone group by budget, window_id, starts_at",
            ledger.name_of(ledger.holds),
            microseconds("starts_at"),
        ),
        &[(ledger.holds, Lock::RowExclusive)],
    );
    let mut most = Money::ZERO;
    // In the order in which they are locked: two that gave back in another order would wait for each other.
    let mut given = BTreeMap::new();
    for row in rows {
        let [
            Some(key),
            Some(window),
            Some(starts_at),
            Some(left),
            Some(largest),
        ] = row.as_slice()
        else {
            continue;
        };
        most = most.max(Money::parse(largest).unwrap_or_default());
        let Some(budget) = budget_with(ledger, key) else {
            continue;
        };
        let now = budget.window(ledger, starts_at.parse().unwrap_or_default());
        // Another period, or another time zone: the windows from before are counted no more.
        if KeyType::Uuid.show(&now.id) == *window {
            let place = charge::Place::of(&budget, &now);
            let left = Money::parse_sum(left).unwrap_or_default();
            given.insert(
                place,
                Given {
                    budget,
                    window: now,
                    left,
                },
            );
        }
    }
    if let Some(counters) = Counters::open(ledger, false) {
        for given in given.values() {
            given.draw(&counters);
        }
    }
    most
}

fn budget_with(ledger: &Ledger, key: &str) -> Option<Rc<Budget>> {
    let limits = Relation::open(ledger.limits, Lock::AccessShare);
    let condition = format!(
        "{} = {}::{}",
        name::identifier(ledger.choice.column(Role::Key).unwrap_or_default()),
        name::literal(key),
        ledger.key_type.sql_name()
    );
    Budget::read(ledger, &limits, &condition).pop().map(Rc::new)
}

impl Given {
    /// A window that is not counted is left so: to count it here, in the middle of a statement that writes usage, would
    /// be to count twice what that statement has still to charge.
    fn draw(&self, counters: &Counters<'_>) {
        let draw = Draw {
            held: -self.left,
            seen: Seen {
                held: -self.left,
                ..Seen::default()
            },
            uncounted: Uncounted::Left,
            ..Draw::default()
        };
        draw::draw_from(
            counters,
            &self.budget,
            &self.window,
            draw,
            transaction::clock_time(),
        );
    }
}

/// The table of limits that a reservation was made in. Others of the database may be anybody's, and in any state: none of
/// them is in the way.
fn limits_of(reservation: &str) -> pg_sys::Oid {
    let rows = statement::query(
        "select distinct target::oid from steward.attachments where capability = 'budgets' and arguments[1] = 'counters'",
    );
    let tables = rows
        .into_iter()
        .filter_map(|mut row| row.pop().flatten()?.parse::<u32>().ok());
    tables
        .map(pg_sys::Oid::from)
        .find(|limits| is_of(*limits, reservation).unwrap_or(false))
        .unwrap_or_else(|| no_such(reservation))
}

/// None where the tables are not those that reservations are made in.
fn is_of(limits: pg_sys::Oid, reservation: &str) -> Option<bool> {
    let limits = Relation::try_open(limits, Lock::AccessShare)?;
    let [_, _, bound, _] = ledger::triggers(&limits)?;
    let table = Relation::try_open(bound.bound_table?, Lock::AccessShare)?;
    let is_uuid = KeyType::of(&table.attribute("reservation")?) == Some(KeyType::Uuid);
    (table.owner() == limits.owner() && table.is_heap_table() && is_uuid).then_some(())?;
    let sql = format!(
        "select from {} where reservation = {}::uuid",
        table.qualified_name(),
        name::literal(reservation)
    );
    let rows = owner::run_as(table.owner(), || {
        statement::query_on(&sql, &[(table.oid(), Lock::AccessShare)])
    });
    Some(!rows.is_empty())
}

fn no_such(reservation: &str) -> ! {
    Report::new(
        SqlState::NO_DATA_FOUND,
        format!("there is no reservation {reservation}"),
    )
    .hint("steward.reserve returns it where the verdict is granted.")
    .raise()
}
