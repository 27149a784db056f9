//! The slots of a window that a charge has locked: the one that pays, and those that help it out.

use steward_rules::escrow::Slot;

use super::slots::{Locks, Slots};

/// The slots that are locked.
pub(super) struct Chosen {
    pub(super) own: Slot,
    pub(super) refused: i64,
    pub(super) others: Vec<Slot>,
}

impl Chosen {
    pub(super) fn of(slots: &Slots, locks: &Locks<'_>, number: u16) -> Self {
        let own = slots.get(&number);
        Self {
            own: own.map_or_else(|| Slot::empty(number), |stored| stored.slot),
            refused: own.map_or(0, |stored| stored.refused),
            others: slots
                .values()
                .map(|stored| stored.slot)
                .filter(|slot| slot.number != number && locks.has(slot.number))
                .collect(),
        }
    }

    /// Puts all others into this one: near the limit, several slots would only make writers wait for each other
    /// crosswise. Returns the numbers of those that are no more.
    pub(super) fn merge(&mut self, slots: &Slots) -> Vec<u16> {
        let others = std::mem::take(&mut self.others);
        for other in &others {
            self.own.spent += other.spent;
            self.own.held += other.held;
            self.own.share += other.share;
            self.refused += slots.get(&other.number).map_or(0, |stored| stored.refused);
        }
        others.iter().map(|slot| slot.number).collect()
    }
}
