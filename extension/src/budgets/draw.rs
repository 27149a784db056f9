//! Taking a charge out of a window's slots.
//!
//! Why never more is spent than a blocking limit: the shares of a window's slots together are the limit. What a slot
//! has spent and holds grows only under its lock, and only within its share; shares move only between slots
//! that are both locked, and every reader of a slot has its lock and reads what is committed now. A rollback
//! takes back what was drawn and what was moved, and gives the locks back afterwards.
//!
//! Why nothing is refused that fits: a refusal follows only after all slots of the window were locked, so that nobody
//! was under way who could have given something back, and after what reservations held too long was taken
//! back.
//!
//! Who finds a slot that is free and can pay waits for nobody. Who has to wait for one holds no other of the window that
//! it has not written, and divides it afterwards, so
//! that there soon are as many slots as are used at the same time, and no more. Who needs what is left in the slots
//! of others gives back what it has not written before it waits for all of them in order: so of two who do
//! that, one waits for the other.
//!
//! Near the limit, where what is left is spread too thinly, whoever has all slots puts them into one.
//!
//! A budget that warns, and a window that is over, make nobody wait: a slot that is free is used, or made.

use steward_rules::escrow::{self, Slot};
use steward_rules::money::Money;

use super::budget::{Action, Budget, Window};
use super::charge::Charge;
use super::chosen::Chosen;
use super::kept_slots;
use super::recount;
use super::refusal;
use super::reservations::expire;
use super::slots::{Counters, Locks, MOST, MOST_DIVIDED, Slots};

/// What is to be done to a window.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Draw {
    pub(super) spent: Money,
    pub(super) held: Money,
    /// How many refusals are counted.
    pub(super) refused: i64,
    /// What of the two is already to be seen in the usage rows and the holds, as this transaction has left them.
    pub(super) seen: Seen,
    pub(super) uncounted: Uncounted,
}

/// What becomes of a window that has not been counted yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Uncounted {
    /// It is counted now.
    #[default]
    Counted,
    /// It is left to whoever looks at it next, who will count what is true then.
    Left,
}

/// What is done in the tables that counters follow from, and not yet in the counters.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub(super) spent: Money,
    pub(super) held: Money,
}

impl Draw {
    /// How much more it takes of what is left.
    pub(super) fn needed(&self) -> Money {
        self.spent + self.held
    }
}

/// What came of it.
pub(super) enum Drawn {
    /// The slots as they now are.
    Done(Slots),
    /// It does not fit: nothing was written, and all slots are locked.
    Refused(Slots),
}

/// Charges usage: returns the slots as they then are, or refuses the statement.
pub(super) fn charge(counters: &Counters<'_>, charge: &Charge, now: i64) -> Slots {
    let draw = Draw {
        spent: charge.amount,
        held: -charge.consumed,
        seen: Seen {
            spent: charge.amount,
            held: -charge.consumed,
        },
        ..Draw::default()
    };
    match draw_from(counters, &charge.budget, &charge.window, draw, now) {
        Drawn::Done(slots) => slots,
        Drawn::Refused(slots) => refusal::refuse(
            counters.ledger,
            &charge.budget,
            &charge.window,
            &slots,
            draw.needed(),
        ),
    }
}

/// True where more than the limit is refused.
pub(super) fn is_blocking(budget: &Budget, window: &Window, now: i64) -> bool {
    budget.action == Action::Block && window.ends_at > now
}

pub(super) fn draw_from(
    counters: &Counters<'_>,
    budget: &Budget,
    window: &Window,
    draw: Draw,
    now: i64,
) -> Drawn {
    let drawing = Drawing {
        counters,
        budget,
        window,
        draw,
    };
    let blocking = is_blocking(budget, window, now);
    if let Some(slots) = drawing.charge_again(blocking) {
        return Drawn::Done(slots);
    }
    if blocking {
        drawing.within_limit()
    } else {
        Drawn::Done(drawing.past_limit())
    }
}

struct Drawing<'all> {
    counters: &'all Counters<'all>,
    budget: &'all Budget,
    window: &'all Window,
    draw: Draw,
}

impl Drawing<'_> {
    /// Out of the slot that this transaction has charged before, if it can pay.
    fn charge_again(&self, blocking: bool) -> Option<Slots> {
        let counters = self.counters.ledger.counters.to_u32();
        let (slots, charges) = kept_slots::take(counters, &self.window.id)?;
        let stored = slots.get(&self.window.home.get())?;
        let (mut own, refused) = (stored.slot, stored.refused);
        let needed = self.draw.needed();
        let pays = !blocking || !needed.is_positive() || own.left() >= needed;
        let locks = Locks::new(self.counters, self.window);
        if !pays || !slots.contains_key(&0) || !locks.are_held_on(own.number) {
            return None;
        }
        self.take(&mut own);
        Some(self.finish(slots, [(own, refused + self.draw.refused)], charges + 1))
    }

    /// Without a look at the limit.
    fn past_limit(&self) -> Slots {
        let mut locks = Locks::new(self.counters, self.window);
        let home = self.window.home.get();
        let number = std::iter::once(home)
            .chain(0..MOST)
            .find(|number| locks.try_take(*number))
            .unwrap_or_else(|| {
                locks.wait_for(home);
                home
            });
        let mut slots = self.counters.read(self.window);
        // The first slot may be in the making. Then this one stands by itself until it is there.
        if !slots.contains_key(&0) && locks.try_take(0) {
            slots = self.counters.read(self.window);
            if !slots.contains_key(&0) {
                if self.draw.uncounted == Uncounted::Left {
                    return slots;
                }
                self.make_base(&mut slots);
            }
        }
        let mut own = slots.get(&number).map_or_else(
            || (Slot::empty(number), 0),
            |stored| (stored.slot, stored.refused),
        );
        self.take(&mut own.0);
        own.1 += self.draw.refused;
        self.finish(slots, [own], 0)
    }

    /// Within the limit, or not at all.
    fn within_limit(&self) -> Drawn {
        let mut locks = Locks::new(self.counters, self.window);
        let mut made = None;
        let mut slots = self.first_look(&mut locks);
        if !slots.contains_key(&0) {
            locks.give_back_except(None);
            locks.wait_for(0);
            slots = self.counters.read(self.window);
            if !slots.contains_key(&0) {
                if self.draw.uncounted == Uncounted::Left {
                    return Drawn::Done(slots);
                }
                self.make_base(&mut slots);
                made = Some(0);
            }
        }
        let (number, waited) = self.one_slot(&mut locks, &mut slots);
        let needed = self.draw.needed();
        let mut chosen = Chosen::of(&slots, &locks, number);
        let mut merged = Vec::new();
        if needed.is_positive() && chosen.own.left() < needed {
            for other in slots.keys().copied().collect::<Vec<_>>() {
                locks.try_take(other);
            }
            slots = self.counters.read(self.window);
            chosen = Chosen::of(&slots, &locks, number);
            if !escrow::gather(needed, &mut chosen.own, &mut chosen.others) {
                locks.give_back_except(made);
                slots = self.all_slots(&mut locks);
                // The first one, which says that the window has been counted, is the one that stays.
                chosen = Chosen::of(&slots, &locks, 0);
                if !self.gather_all(&mut chosen, &mut slots) {
                    return Drawn::Refused(self.counters.read(self.window));
                }
                merged = chosen.merge(&slots);
            }
        }
        self.take(&mut chosen.own);
        let mut after = vec![(chosen.own, chosen.refused + self.draw.refused)];
        if waited && needed.is_positive() && merged.is_empty() {
            self.divide(&mut locks, &slots, &mut after);
        }
        after.extend(chosen.others.iter().map(|slot| {
            (
                *slot,
                slots.get(&slot.number).map_or(0, |stored| stored.refused),
            )
        }));
        self.counters.remove(&mut slots, &merged);
        Drawn::Done(self.finish(slots, after, 0))
    }

    fn first_look(&self, locks: &mut Locks<'_>) -> Slots {
        locks.try_take(self.window.home.get());
        self.counters.read(self.window)
    }

    /// Locks one slot that is there: a free one, or after waiting, which it says.
    fn one_slot(&self, locks: &mut Locks<'_>, slots: &mut Slots) -> (u16, bool) {
        let home = self.window.home.get();
        let mut waited = false;
        loop {
            let found = std::iter::once(home)
                .chain(slots.keys().copied())
                .find(|number| locks.has(*number) && slots.contains_key(number));
            if let Some(number) = found {
                return (number, waited);
            }
            let numbers: Vec<u16> = slots.keys().copied().collect();
            let first = crate::pg::session::process() % numbers.len().max(1);
            let (before, after) = numbers.split_at(first.min(numbers.len()));
            let mut in_turn = after.iter().chain(before).copied();
            if !in_turn.any(|number| locks.try_take(number)) {
                // One that this session used is gone, and its lock is still asked for by who wants all: who waits
                // must not hold it.
                locks.give_back_except(None);
                locks.wait_for(numbers.get(first).copied().unwrap_or(0));
                waited = true;
            }
            // It may have been merged into another meanwhile.
            *slots = self.counters.read(self.window);
        }
    }

    /// Locks all slots, in order, until none has come to be that is not.
    fn all_slots(&self, locks: &mut Locks<'_>) -> Slots {
        loop {
            let numbers = self.counters.numbers(self.window);
            for number in &numbers {
                locks.wait_for(*number);
            }
            let again = self.counters.numbers(self.window);
            if again.is_subset(&numbers) {
                return self.counters.read(self.window);
            }
        }
    }

    fn gather_all(&self, chosen: &mut Chosen, slots: &mut Slots) -> bool {
        let needed = self.draw.needed();
        if escrow::gather_all(needed, &mut chosen.own, &mut chosen.others) {
            return true;
        }
        if !slots
            .values()
            .map(|stored| stored.slot.held)
            .sum::<Money>()
            .is_positive()
        {
            return false;
        }
        let reclaimed = expire::reclaim(self.counters.ledger, self.window);
        chosen.own.held -= reclaimed;
        let fits = escrow::gather_all(needed, &mut chosen.own, &mut chosen.others);
        if !fits && !reclaimed.is_zero() {
            // It is gone from the holds: without this the figures of the refusal would be wrong, and with a
            // verdict in the place of an error, the counters.
            let own = (chosen.own, chosen.refused);
            self.counters.write(self.budget, self.window, slots, [own]);
        }
        fits
    }

    /// Divides a slot that was waited for.
    fn divide(&self, locks: &mut Locks<'_>, slots: &Slots, after: &mut Vec<(Slot, i64)>) {
        let present = u16::try_from(slots.len()).unwrap_or(MOST_DIVIDED);
        let wanted = present.min(MOST_DIVIDED.saturating_sub(present));
        let known = self.counters.numbers(self.window);
        let free: Vec<u16> = (0..MOST)
            .filter(|number| !known.contains(number))
            .take(usize::from(wanted))
            .filter(|number| locks.try_take(*number))
            .collect();
        let count = u16::try_from(free.len()).unwrap_or_default();
        // Someone else may have made one of these since, and have committed it.
        let there = self.counters.numbers(self.window);
        let own = &mut after[0].0;
        let shares = escrow::split(own, count, self.draw.needed());
        let mut free = free.into_iter().filter(|number| !there.contains(number));
        for share in shares {
            match free.next() {
                Some(number) => {
                    let slot = Slot {
                        share,
                        ..Slot::empty(number)
                    };
                    after.push((slot, 0));
                }
                None => after[0].0.share += share,
            }
        }
    }

    /// Makes the first slot, whose lock is held.
    fn make_base(&self, slots: &mut Slots) {
        let base = recount::base(
            self.counters.ledger,
            self.budget,
            self.window,
            self.draw.seen,
        );
        self.counters
            .write(self.budget, self.window, slots, [(base, 0)]);
    }

    fn take(&self, slot: &mut Slot) {
        slot.spent += self.draw.spent;
        slot.held += self.draw.held;
        self.window.home.set(slot.number);
    }

    /// Writes what has changed, and remembers it.
    fn finish(
        &self,
        mut slots: Slots,
        after: impl IntoIterator<Item = (Slot, i64)>,
        charges: u16,
    ) -> Slots {
        self.counters
            .write(self.budget, self.window, &mut slots, after);
        let counters = self.counters.ledger.counters.to_u32();
        kept_slots::put(counters, &self.window.id, &slots, charges);
        slots
    }
}
