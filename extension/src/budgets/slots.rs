//! The rows of the counters: the slots of one window of one budget.
//!
//! A slot is written by who has its lock, which is held to the end of the transaction. So its row is read as it
//! is committed at that moment, at every isolation level, without a snapshot and without predicate locks. What
//! is read of slots that are not locked may be out of date as soon as it is read: it decides nothing that
//! has to be right.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use steward_rules::escrow::Slot;

use crate::pg::amount;
use crate::pg::key::{Key, KeyType};
use crate::pg::lock::{Class, Lock as Heavyweight, Mode};
use crate::pg::relation::Lock;
use crate::pg::scan::{Indexed, View};
use crate::pg::side_table::{Location, Writer};
use crate::pg::tuple::{Row, Value};

use super::budget::{Action, Budget, Window};
use super::ledger::Ledger;

/// How many columns the counters have.
pub(super) const WIDTH: usize = 9;

/// The most slots that a blocking budget is divided into.
pub(super) const MOST_DIVIDED: u16 = 32;
/// The most slots that there can be.
pub(super) const MOST: u16 = 1024;

/// The counters, open.
pub(super) struct Counters<'ledger> {
    pub(super) ledger: &'ledger Ledger,
    table: Indexed,
    /// True where nobody else charges anything, so that slots need no locks.
    pub(super) alone: bool,
}

/// A slot as it is stored.
#[derive(Clone, Copy)]
pub(super) struct Stored {
    pub(super) slot: Slot,
    pub(super) refused: i64,
    location: Location,
}

/// All slots of a window, by number.
pub(super) type Slots = BTreeMap<u16, Stored>;

impl<'ledger> Counters<'ledger> {
    pub(super) fn open(ledger: &'ledger Ledger, alone: bool) -> Option<Self> {
        Some(Self {
            ledger,
            table: Indexed::try_open(ledger.counters, Lock::RowExclusive)?,
            alone,
        })
    }

    /// The slots of a window, as committed now and as this transaction left them. Right for those that are
    /// locked; another may be missing, or be out of date.
    pub(super) fn read(&self, window: &Window) -> Slots {
        let mut slots = Slots::new();
        self.each(window, View::Settled, |row| {
            if let Some(stored) = Stored::of(row) {
                slots.insert(stored.slot.number, stored);
            }
        });
        slots
    }

    /// The numbers of all slots of a window, of those too that others are making, or have taken back.
    pub(super) fn numbers(&self, window: &Window) -> BTreeSet<u16> {
        let mut numbers = BTreeSet::new();
        self.each(window, View::Any, |row| {
            numbers.extend(Stored::of(row).map(|stored| stored.slot.number));
        });
        numbers
    }

    fn each(&self, window: &Window, view: View, mut each: impl FnMut(Row<'_>)) {
        self.table
            .rows_with(&self.ledger.by_window, &window.id, view, |row| {
                each(row);
                ControlFlow::Continue(())
            });
    }

    /// Writes slots of a window: those that `slots` has are replaced where they have changed, the others are new. Afterwards
    /// `slots` has them as they are.
    pub(super) fn write(
        &self,
        budget: &Budget,
        window: &Window,
        slots: &mut Slots,
        after: impl IntoIterator<Item = (Slot, i64)>,
    ) {
        let mut writer = Writer::open(self.table.relation());
        for (slot, refused) in after {
            let present = slots.get(&slot.number);
            if present.is_some_and(|stored| stored.slot == slot && stored.refused == refused) {
                continue;
            }
            let values = self.values(budget, window, &slot, refused);
            let location = match present {
                Some(stored) => writer.replace_values(stored.location, &values),
                None => writer.insert(&values),
            };
            let stored = Stored {
                slot,
                refused,
                location,
            };
            slots.insert(slot.number, stored);
        }
        writer.close();
    }

    /// Removes slots, whose locks are held.
    pub(super) fn remove(&self, slots: &mut Slots, numbers: &[u16]) {
        if numbers.is_empty() {
            return;
        }
        let mut writer = Writer::open(self.table.relation());
        for number in numbers {
            if let Some(stored) = slots.remove(number) {
                writer.remove(stored.location);
            }
        }
        writer.close();
    }

    fn values<'value>(
        &'value self,
        budget: &'value Budget,
        window: &'value Window,
        slot: &Slot,
        refused: i64,
    ) -> [Value<'value>; WIDTH] {
        [
            KeyType::Uuid.argument(&window.id),
            Value::integer(i32::from(slot.number)),
            self.ledger.key_type.argument(&budget.key),
            Value::bigint(window.starts_at),
            Value::bigint(window.ends_at),
            amount::numeric(slot.spent),
            amount::numeric(slot.held),
            match budget.action {
                Action::Block => amount::numeric(slot.share),
                Action::Warn => Value::NULL,
            },
            Value::bigint(refused),
        ]
    }
}

impl Stored {
    fn of(row: Row<'_>) -> Option<Self> {
        let values = row.values();
        let money = |position: usize| amount::read_sum(values[position]);
        Some(Self {
            slot: Slot {
                number: u16::try_from(values[1].as_integer()).ok()?,
                spent: money(5),
                held: money(6),
                share: money(7),
            },
            refused: values[8].as_bigint(),
            location: Location::of(row),
        })
    }
}

/// The locks on slots of one window that were taken in one go. What is not written can be given back.
pub(super) struct Locks<'counters> {
    counters: &'counters Counters<'counters>,
    window: &'counters Key,
    taken: BTreeSet<u16>,
}

impl<'counters> Locks<'counters> {
    pub(super) const fn new(
        counters: &'counters Counters<'counters>,
        window: &'counters Window,
    ) -> Self {
        Self {
            counters,
            window: &window.id,
            taken: BTreeSet::new(),
        }
    }

    /// True where this transaction has locked a slot, now or before.
    pub(super) fn are_held_on(&self, number: u16) -> bool {
        self.lock(number).is_held(Mode::Exclusive)
    }

    pub(super) fn has(&self, number: u16) -> bool {
        self.counters.alone || self.taken.contains(&number)
    }

    /// Locks a slot if nobody is in the way.
    pub(super) fn try_take(&mut self, number: u16) -> bool {
        if self.has(number) {
            return true;
        }
        let free = self.lock(number).acquire_at_once(Mode::Exclusive);
        if free {
            self.taken.insert(number);
        }
        free
    }

    /// Waits for a slot.
    pub(super) fn wait_for(&mut self, number: u16) {
        if !self.has(number) {
            self.lock(number).acquire(Mode::Exclusive);
            self.taken.insert(number);
        }
    }

    /// Gives back all but those that are kept. What this transaction locked before, it has still.
    pub(super) fn give_back_except(&mut self, kept: Option<u16>) {
        for number in std::mem::take(&mut self.taken) {
            if Some(number) == kept {
                self.taken.insert(number);
            } else {
                self.lock(number).release(Mode::Exclusive);
            }
        }
    }

    fn lock(&self, number: u16) -> Heavyweight {
        let mut what = self.window.bytes().into_owned();
        what.extend(number.to_be_bytes());
        Heavyweight::on(Class::BudgetSlot, self.counters.ledger.counters, &what)
    }
}
