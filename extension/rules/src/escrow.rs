//! What is left of a budget, divided among slots, so that writers need not meet (O'Neil 1986).
//!
//! Every slot has a *share* of the limit; the shares together are the limit. A slot takes no more than its
//! share allows, so all of them together stay within the limit whoever else is writing; and while only
//! one slot is looked at, what is found there can be spent. Shares move between slots that are both
//! locked, which changes no sum. A refusal is certain only where all slots are looked at.
//!
//! One slot's share can be below what it has spent (a limit was lowered, a late row was charged): it has
//! less than nothing left, which counts against the others once all are looked at together.

use crate::money::Money;

/// A part of one budget's counter for one window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Which of the window's slots it is.
    pub number: u16,
    /// What was charged to it.
    pub spent: Money,
    /// What is reserved in it.
    pub held: Money,
    /// What it may spend and hold.
    pub share: Money,
}

impl Slot {
    /// One to which nothing has been charged.
    #[must_use]
    pub const fn empty(number: u16) -> Self {
        Self {
            number,
            spent: Money::ZERO,
            held: Money::ZERO,
            share: Money::ZERO,
        }
    }

    /// What can be drawn from it.
    #[must_use]
    pub fn left(&self) -> Money {
        self.share - self.spent - self.held
    }
}

/// Sees to it that the first slot has `needed` left, with what the others, which are locked too, can give: each gives
/// half of what it has, so that it is not the next to run dry, and all of it where that is not enough. Returns
/// false, with nothing changed, where they cannot.
pub fn gather(needed: Money, own: &mut Slot, others: &mut [Slot]) -> bool {
    if own.left() >= needed {
        return true;
    }
    let spare = |slot: &Slot| slot.left().max(Money::ZERO);
    let within_reach: Money = others.iter().map(spare).sum();
    if own.left() + within_reach < needed {
        return false;
    }
    for divisor in [2, 1] {
        for other in &mut *others {
            if own.left() >= needed {
                return true;
            }
            let given = spare(other).divided_by(divisor);
            other.share -= given;
            own.share += given;
        }
    }
    true
}

/// As [`gather`] where *all* slots are locked: then what one has overspent counts against the others, and the
/// answer is final.
pub fn gather_all(needed: Money, own: &mut Slot, others: &mut [Slot]) -> bool {
    let left: Money = others.iter().map(Slot::left).sum::<Money>() + own.left();
    if left < needed {
        return false;
    }
    for other in &mut *others {
        let given = other.left();
        if own.left() < needed || given.is_negative() {
            other.share -= given;
            own.share += given;
        }
    }
    true
}

/// The shares of new slots that are made out of what `own` has left, where that is plenty for draws of the
/// size that was just made: a slot that is nearly empty serves nobody.
pub fn split(own: &mut Slot, new_slots: u16, draw: Money) -> Vec<Money> {
    const DRAWS_THAT_ARE_PLENTY: u16 = 16;
    let mut count = new_slots;
    while count > 0 {
        let part = own.left().divided_by(count + 1);
        if part.is_positive() && part.divided_by(DRAWS_THAT_ARE_PLENTY) >= draw {
            own.share -= (0..count).map(|_| part).sum();
            return vec![part; usize::from(count)];
        }
        count /= 2;
    }
    Vec::new()
}

#[cfg(test)]
mod tests;
