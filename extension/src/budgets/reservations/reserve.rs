//! `reserve`: holds an amount in every budget that it falls under, in all of them or in none.

use std::collections::BTreeMap;
use std::rc::Rc;

use pgrx::pg_sys;
use steward_rules::money::Money;

use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::lock::{Class, Lock as Heavyweight, Mode};
use crate::pg::name;
use crate::pg::owner;
use crate::pg::relation::{Lock, Relation};
use crate::pg::rows::Rows;
use crate::pg::transaction;

use super::super::attach::microseconds_of;
use super::super::budget::{Budget, Scope, Window, microseconds, shown_timestamp, timestamp};
use super::super::charge;
use super::super::draw::{self, Draw, Drawn};
use super::super::ledger::{Hold, Ledger};
use super::super::recount::window_id;
use super::super::slots::Counters;
use super::asked;

/// The answers.
const GRANTED: &str = "granted";
const NOT_NOW: &str = "does not fit now";
const NEVER: &str = "can never fit";

/// Budgets and their windows of this moment, in the order in which they are locked.
type Places = BTreeMap<charge::Place, (Rc<Budget>, Rc<Window>)>;

/// What somebody wants to hold.
struct Wish {
    scopes: Vec<Scope>,
    amount: Money,
    /// In microseconds.
    ttl: i64,
    key: Option<String>,
    /// All of it but the key, as SQL.
    asked: String,
}

/// `steward.reserve(limits, scopes, amount, ttl, idempotency_key)`.
pub(in super::super) fn reserve(arguments: &Arguments) -> Rows {
    let limits: pg_sys::Oid = arguments.required(0, "limits");
    let scopes = arguments.required_text(1, "scopes");
    let amount = asked::amount(&arguments.required_text(2, "amount"));
    let ttl = microseconds_of(&arguments.required_text(3, "ttl"), "ttl");
    let key = arguments.optional(4).map(asked::key);
    let known = Ledger::known(limits);
    asked::check_may_spend(limits);
    // The time as a number: how an interval is shown depends on a setting.
    let asked = format!(
        "jsonb_build_object('scopes', {}::jsonb, 'amount', {amount}, 'ttl', {ttl} / 1000000.0)",
        name::literal(&scopes)
    );
    let wish = Wish {
        scopes: asked::scopes(&known, &scopes),
        amount,
        ttl,
        key,
        asked,
    };
    owner::run_from_call(known.owner, || Rows(vec![answer(limits, &known, &wish)]))
}

fn answer(limits: pg_sys::Oid, known: &Ledger, wish: &Wish) -> Vec<Option<String>> {
    if let Some(key) = &wish.key {
        Heavyweight::on(Class::Reservation, limits, key.as_bytes()).acquire(Mode::Exclusive);
        if let Some(answer) = answered_before(known, key, &wish.asked) {
            return answer;
        }
    }
    if !charge::charge_what_is_noted(limits) {
        called_while_writing(limits);
    }
    let ledger = Ledger::locked(limits, Hold::Shared);
    let places = places(&ledger, &wish.scopes);
    let refused = hold(&ledger, &places, wish.amount);
    record(&ledger, &places, wish, refused)
}

/// The answer that was given under the same key.
fn answered_before(ledger: &Ledger, key: &str, asked: &str) -> Option<Vec<Option<String>>> {
    let rows = ledger.query(
        &format!(
            "select asked = {asked}, verdict, case when verdict = '{GRANTED}' then reservation end, {}, refused_by \
             from {} where idempotency_key = {}",
            microseconds("expires_at"),
            ledger.name_of(ledger.reservations),
            name::literal(key),
        ),
        &[(ledger.reservations, Lock::AccessShare)],
    );
    let mut row = rows.into_iter().next()?;
    if row.remove(0).as_deref() == Some("t") {
        return Some(shown(row));
    }
    Report::new(
        SqlState::INVALID_PARAMETER_VALUE,
        format!(
            "idempotency key {} was used for another reservation",
            name::literal(key)
        ),
    )
    .hint("Repeat the call with the same arguments, or use a new key.")
    .raise()
}

/// An answer as it is read from the table, with its time as PostgreSQL reads it, whatever the session's settings.
fn shown(mut answer: Vec<Option<String>>) -> Vec<Option<String>> {
    if let Some(expires_at) = answer.get_mut(2) {
        *expires_at = expires_at
            .as_deref()
            .and_then(|microseconds| Some(shown_timestamp(microseconds.parse().ok()?)));
    }
    answer
}

/// What is being written is in the table and not charged yet: counting it now would count it twice.
fn called_while_writing(limits: pg_sys::Oid) -> ! {
    let limits = Relation::open(limits, Lock::AccessShare);
    Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        "nothing can be reserved in the middle of a statement that writes usage",
    )
    .hint("Reserve before the statement, not in a trigger of the usage table.")
    .table(&limits)
    .raise()
}

fn places(ledger: &Ledger, scopes: &[Scope]) -> Places {
    let now = transaction::clock_time();
    scopes
        .iter()
        .flat_map(|scope| ledger.budgets(scope).to_vec())
        .map(|budget| {
            let window = budget.window(ledger, now);
            (charge::Place::of(&budget, &window), (budget, window))
        })
        .collect()
}

/// Holds the amount in all of them, or returns the one that it does not fit into, and the verdict.
fn hold(ledger: &Ledger, places: &Places, amount: Money) -> Option<(Rc<Budget>, &'static str)> {
    let now = transaction::clock_time();
    let counters = Counters::open(ledger, false)?;
    let draw = |(budget, window): &(Rc<Budget>, Rc<Window>), held: Money, refused: i64| {
        let draw = Draw {
            held,
            refused,
            ..Draw::default()
        };
        draw::draw_from(&counters, budget, window, draw, now)
    };
    let refuse = |place: &(Rc<Budget>, Rc<Window>), verdict: &'static str| {
        draw(place, Money::ZERO, 1);
        Some((Rc::clone(&place.0), verdict))
    };
    let blocks =
        |(budget, window): &(Rc<Budget>, Rc<Window>)| draw::is_blocking(budget, window, now);
    if let Some(place) = places
        .values()
        .find(|place| blocks(place) && place.0.limit < amount)
    {
        return refuse(place, NEVER);
    }
    for (position, place) in places.values().enumerate() {
        if let Drawn::Refused(_) = draw(place, amount, 0) {
            for held in places.values().take(position) {
                draw(held, -amount, 0);
            }
            return refuse(place, NOT_NOW);
        }
    }
    None
}

/// Writes down what was answered, and what is held.
fn record(
    ledger: &Ledger,
    places: &Places,
    wish: &Wish,
    refused: Option<(Rc<Budget>, &'static str)>,
) -> Vec<Option<String>> {
    let (verdict, refused_by, state) = match &refused {
        None => (GRANTED, "null".to_owned(), "open"),
        Some((budget, verdict)) => (*verdict, name::literal(&budget.name), "refused"),
    };
    let is_granted = refused.is_none();
    if !is_granted && wish.key.is_none() {
        let refused_by = refused.map(|(budget, _)| budget.name.clone());
        return vec![Some(verdict.to_owned()), None, None, refused_by];
    }
    let rows = ledger.query(
        &format!(
            "insert into {} (idempotency_key, asked, verdict, refused_by, state, reserved_at, expires_at) \
             values ({}, {}, '{verdict}', {refused_by}, '{state}', clock_timestamp(), \
                 case when {is_granted} then clock_timestamp() + {} * interval '1 microsecond' end) \
             returning verdict, case when {is_granted} then reservation end, {}, refused_by",
            ledger.name_of(ledger.reservations),
            wish.key
                .as_deref()
                .map_or_else(|| "null".to_owned(), name::literal),
            wish.asked,
            wish.ttl,
            microseconds("expires_at"),
        ),
        &[(ledger.reservations, Lock::RowExclusive)],
    );
    let answer = rows.into_iter().next().unwrap_or_default();
    if let [_, Some(reservation), Some(expires_at), _] = answer.as_slice() {
        let expires_at = timestamp(expires_at.parse().unwrap_or_default());
        for (budget, window) in places.values() {
            let sql = format!(
                "insert into {} (reservation, budget, window_id, starts_at, ends_at, amount, left_amount, expires_at) \
                 values ({}, {}::{}, {}, {}, {}, {amount}, {amount}, {expires_at})",
                ledger.name_of(ledger.holds),
                name::literal(reservation),
                name::literal(&ledger.key_type.show(&budget.key)),
                ledger.key_type.sql_name(),
                window_id(window),
                timestamp(window.starts_at),
                timestamp(window.ends_at),
                amount = wish.amount,
            );
            ledger.query(&sql, &[(ledger.holds, Lock::RowExclusive)]);
        }
    }
    shown(answer)
}
