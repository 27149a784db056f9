//! The row trigger of a usage table: notes what every row costs, and refuses what is no cost or no time.

use std::cell::RefCell;
use std::rc::Rc;

use pgrx::pg_sys;
use steward_rules::money::Money;

use crate::pg::amount::{Amount, AmountType};
use crate::pg::attachment;
use crate::pg::error::{Report, SqlState};
use crate::pg::key::{Key, KeyType};
use crate::pg::name;
use crate::pg::pending::Pending;
use crate::pg::relation::{Attribute, Lock, Relation};
use crate::pg::requirements::{GIVE_THE_SAME_OWNER, check_same_owner};
use crate::pg::session;
use crate::pg::transaction;
use crate::pg::trigger::{Event, Firing};
use crate::pg::trigger_state;
use crate::pg::tuple::Row;

use super::budget::{GLOBAL, Scope};
use super::choice::Metering;
use super::ledger::Ledger;
use super::moved;

/// The setting in which a transaction names its reservation.
const RESERVATION: &std::ffi::CStr = c"steward.reservation";

thread_local! {
    static PENDING: Pending<Change> = Pending::new();
    static SCOPE_GLOBAL: Rc<str> = Rc::from(GLOBAL);
}

/// Lets `work` look at what is noted and not charged.
pub(super) fn with_pending<T>(work: impl FnOnce(&Pending<Change>) -> T) -> T {
    PENDING.with(work)
}

/// What one row adds to what is spent, or takes away.
#[derive(Clone)]
pub(super) struct Change {
    pub(super) at: i64,
    pub(super) amount: Money,
    pub(super) about: Rc<About>,
}

/// What a row falls under: many rows share one.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct About {
    pub(super) scopes: Vec<Scope>,
    pub(super) reservation: Option<Key>,
}

/// What is known about a usage table, or one partition of it.
struct Meter {
    limits: pg_sys::Oid,
    choice: Metering,
    /// Rows can move to and from a partition.
    is_partition: bool,
    cost: (i16, AmountType),
    at: i16,
    reservation: Option<i16>,
    scopes: Vec<(Rc<str>, i16, KeyType)>,
    /// What the last row fell under.
    last: RefCell<Rc<About>>,
}

/// Notes what happened to a row.
pub(super) fn note_usage(firing: &Firing<'_>) {
    let meter = trigger_state::of_trigger(firing.trigger_oid(), || {
        let meter = Meter::of_firing(firing);
        let relations = vec![firing.relation().oid(), meter.limits];
        (meter, relations)
    });
    match firing.event() {
        Event::Insert { new } => meter.note_new(firing, new, true),
        Event::Delete { old } => {
            meter.note_old(old);
            if meter.is_partition {
                let at = old.value(meter.at);
                moved::was_deleted(firing, meter.limits, at.as_bigint());
            }
        }
        Event::Update { old, new } if meter.changed(old, new) => {
            meter.note_old(old);
            meter.note_new(firing, new, !old.agrees_in(new, meter.at));
        }
        Event::Update { .. } | Event::Other => {}
    }
}

impl Meter {
    fn of_firing(firing: &Firing<'_>) -> Self {
        let wrong = |what: &str| -> ! {
            firing
                .created_wrongly(what, "Create it with select steward.meter_usage(...).")
                .raise()
        };
        let Some(choice) = Metering::from_arguments(&firing.arguments()) else {
            wrong("has arguments that steward.note_usage() does not take")
        };
        let Some(limits) = firing.bound_table() else {
            wrong("is not bound to a table of limits")
        };
        let usage = firing.relation();
        if let Some(column) = choice
            .columns()
            .find(|column| usage.attribute(column).is_none())
        {
            firing
                .column_is_gone(usage, column, &choice.attach_call(usage))
                .raise()
        }
        let table = Relation::open(limits, Lock::AccessShare);
        check_owner(usage, &table);
        let meter = Self::of(usage, limits, choice);
        meter
            .filter(|meter| meter.agrees_with(&table))
            .unwrap_or_else(|| wrong("was created for columns of other types"))
    }

    /// None where a column has a type that does not serve.
    fn of(usage: &Relation, limits: pg_sys::Oid, choice: Metering) -> Option<Self> {
        let cost = usage.attribute(&choice.cost)?;
        let at = usage.attribute(&choice.at)?;
        let scopes = choice.scopes.iter().map(|(kind, column)| {
            let column = usage.attribute(column)?;
            Some((
                Rc::from(kind.as_str()),
                column.number,
                KeyType::of(&column)?,
            ))
        });
        let reservation = match &choice.reservation {
            None => None,
            Some(column) => {
                let column = usage.attribute(column)?;
                let is_uuid = KeyType::of(&column) == Some(KeyType::Uuid);
                Some(is_uuid.then_some(column.number)?)
            }
        };
        Some(Self {
            limits,
            is_partition: usage.is_partition(),
            cost: (cost.number, AmountType::of(&cost)?),
            at: is_time(&at).then_some(at.number)?,
            reservation,
            scopes: scopes.collect::<Option<Vec<_>>>()?,
            choice,
            last: RefCell::new(Rc::new(About {
                scopes: Vec::new(),
                reservation: None,
            })),
        })
    }

    /// True where what a row is about can be compared with what budgets are about.
    fn agrees_with(&self, limits: &Relation) -> bool {
        let ledger = Ledger::known(limits.oid());
        self.scopes.iter().all(|(kind, _, key_type)| {
            let column = ledger.choice.scope_column(limits, kind);
            let of_limits = limits.attribute(&column).and_then(|one| KeyType::of(&one));
            of_limits == Some(*key_type)
        })
    }

    /// True where anything is not as it was that says what a row costs, and whom.
    fn changed(&self, old: Row<'_>, new: Row<'_>) -> bool {
        let scopes = self.scopes.iter().map(|(_, column, _)| *column);
        [self.cost.0, self.at]
            .into_iter()
            .chain(scopes)
            .any(|column| !old.agrees_in(new, column))
    }

    /// What was there has been charged, if it was an amount.
    fn note_old(&self, row: Row<'_>) {
        let at = row.value(self.at);
        if let Amount::Exact(amount) = self.cost.1.read(row.value(self.cost.0))
            && !at.is_null()
        {
            self.note(row, at.as_bigint(), -amount);
        }
    }

    fn note_new(&self, firing: &Firing<'_>, row: Row<'_>, time_is_new: bool) {
        let amount = match self.cost.1.read(row.value(self.cost.0)) {
            Amount::Exact(amount) if self.choice.refunds || !amount.is_negative() => amount,
            other => self.refuse_cost(firing, other),
        };
        let at = row.value(self.at);
        if at.is_null() {
            refuse_null(firing, &self.choice.at);
        }
        let at = at.as_bigint();
        if time_is_new && !(self.is_partition && moved::has_moved(firing, self.limits, at)) {
            self.check_time(firing, at);
        }
        self.note(row, at, amount);
    }

    fn note(&self, row: Row<'_>, at: i64, amount: Money) {
        if amount.is_zero() {
            return;
        }
        let about = self.about(row);
        PENDING.with(|pending| pending.note(self.limits, Change { at, amount, about }));
    }

    fn about(&self, row: Row<'_>) -> Rc<About> {
        let mut scopes = Vec::with_capacity(self.scopes.len() + 1);
        scopes.push(Scope {
            kind: SCOPE_GLOBAL.with(Rc::clone),
            target: None,
        });
        for (kind, column, key_type) in &self.scopes {
            if let Some(target) = key_type.read(row.value(*column)) {
                scopes.push(Scope {
                    kind: Rc::clone(kind),
                    target: Some(target),
                });
            }
        }
        let reservation = self
            .reservation
            .and_then(|column| KeyType::Uuid.read(row.value(column)))
            .or_else(named_by_transaction);
        let about = About {
            scopes,
            reservation,
        };
        let mut last = self.last.borrow_mut();
        if **last != about {
            *last = Rc::new(about);
        }
        Rc::clone(&last)
    }

    /// A false time would dodge a limit.
    fn check_time(&self, firing: &Firing<'_>, at: i64) {
        let is_infinite = at == i64::MIN || at == i64::MAX;
        let off = i128::from(at) - i128::from(transaction::clock_time());
        let is_off = self
            .choice
            .max_clock_skew
            .is_some_and(|most| off.abs() > i128::from(most));
        if !is_infinite && !is_off {
            return;
        }
        let usage = Relation::open(firing.relation().root(), Lock::AccessShare);
        let what = if is_infinite {
            "is infinite"
        } else if off > 0 {
            "lies too far in the future"
        } else {
            "lies too far in the past"
        };
        let mut report = Report::new(
            SqlState::CHECK_VIOLATION,
            format!("the time of usage in {} {what}", usage.qualified_name()),
        )
        .hint("Send the time at which the usage happened, or leave it to the column's default.");
        if let Some(most) = self.choice.max_clock_skew.filter(|_| !is_infinite) {
            report = report.detail(format!(
                "It is {} seconds off, and may be {} (max_clock_skew): another time is another window of the budgets.",
                off.abs() / 1_000_000,
                most / 1_000_000
            ));
        }
        report
            .table(&usage)
            .column(&self.choice.at)
            .constraint(format!("{}_clock_skew", usage.name()))
            .raise()
    }

    fn refuse_cost(&self, firing: &Firing<'_>, amount: Amount) -> ! {
        let column = &self.choice.cost;
        let (state, what, hint) = match amount {
            Amount::Null => refuse_null(firing, column),
            Amount::NotFinite => (
                SqlState::CHECK_VIOLATION,
                "is not a finite number",
                "Charge a number; NaN and infinities cannot be added up.",
            ),
            Amount::DoesNotFit => (
                SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
                "has more than 12 places or is too large",
                "Round it: round(cost, 12).",
            ),
            Amount::Exact(_) => (
                SqlState::CHECK_VIOLATION,
                "is negative",
                "To book refunds, attach again with refunds => true.",
            ),
        };
        let usage = Relation::open(firing.relation().root(), Lock::AccessShare);
        Report::new(
            state,
            format!("the cost of usage in {} {what}", usage.qualified_name()),
        )
        .hint(hint)
        .table(&usage)
        .column(column)
        .constraint(format!("{}_{column}_valid", usage.name()))
        .raise()
    }
}

fn refuse_null(firing: &Firing<'_>, column: &str) -> ! {
    let usage = Relation::open(firing.relation().root(), Lock::AccessShare);
    Report::new(
        SqlState::NOT_NULL_VIOLATION,
        format!(
            "usage in {} needs a value in column {}",
            usage.qualified_name(),
            name::identifier(column)
        ),
    )
    .detail("A row without it would be charged to no budget.")
    .table(&usage)
    .column(column)
    .raise()
}

/// The reservation that the transaction has named.
fn named_by_transaction() -> Option<Key> {
    let text = session::setting(RESERVATION)?;
    Some(KeyType::Uuid.parse(&name::from_server(text.to_bytes())))
}

/// A moment: a timestamp without a time zone is one only together with a session's settings.
pub(super) fn is_time(column: &Attribute) -> bool {
    column.base_type() == pg_sys::TIMESTAMPTZOID
}

/// A table's owner can write any trigger by hand. So only budgets are charged that the owner could change.
pub(super) fn check_owner(usage: &Relation, limits: &Relation) {
    check_same_owner(
        usage,
        limits,
        "Usage is charged to budgets that belong to the owner of the usage.",
        GIVE_THE_SAME_OWNER,
    );
}

/// The tables of limits to which a usage table is charged.
pub(super) struct Charged {
    pub(super) limits: Vec<pg_sys::Oid>,
}

/// Those of the table that fires, kept for the trigger.
pub(super) fn charged(firing: &Firing<'_>) -> Rc<Charged> {
    trigger_state::of_trigger(firing.trigger_oid(), || {
        let usage = firing.relation();
        let mut limits: Vec<_> = attachment::triggers_of(usage, super::attach::ROW_FUNCTION)
            .into_iter()
            .filter_map(|attached| attached.bound_table)
            .collect();
        limits.sort_unstable_by_key(|oid| oid.to_u32());
        limits.dedup();
        (Charged { limits }, vec![usage.oid()])
    })
}
