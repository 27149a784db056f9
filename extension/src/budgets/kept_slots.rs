//! The slots of a window as this transaction has left them.
//!
//! A transaction that charges row by row leaves a version of its slot behind with every statement, and none of them can be
//! cleared away before it ends: to look for the last one among them each time would cost the square of their
//! number. So it is remembered where that one is. It is right as long as the slot is locked by this transaction
//! and what it wrote has not been taken back; what is remembered of the other slots is as old as the last look at
//! them, which is good enough to see whether there is anything to tell, and is done again after a while.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::pg::key::Key;
use crate::pg::transaction::{self, Subtransaction};

use super::slots::Slots;

/// After so many charges, the other slots are looked at again.
const CHARGES: u16 = 64;
const MOST_KEPT: usize = 1024;

struct Kept {
    slots: Slots,
    written_in: Subtransaction,
    charges: u16,
}

thread_local! {
    static KEPT: RefCell<HashMap<(u32, Key), Kept>> = RefCell::default();
}

/// Takes what is remembered, if it is right, and how often it has been used. Whoever writes the slots puts it back.
pub(super) fn take(counters: u32, window: &Key) -> Option<(Slots, u16)> {
    let kept = KEPT.with_borrow_mut(|all| all.remove(&(counters, window.clone())))?;
    (kept.written_in.is_under_way() && kept.charges < CHARGES).then_some((kept.slots, kept.charges))
}

pub(super) fn put(counters: u32, window: &Key, slots: &Slots, charges: u16) {
    let kept = Kept {
        slots: slots.clone(),
        written_in: transaction::current(),
        charges,
    };
    KEPT.with_borrow_mut(|all| {
        if all.len() >= MOST_KEPT {
            all.clear();
        }
        all.insert((counters, window.clone()), kept);
    });
}

/// To be called before counters are written in any other way.
pub(super) fn forget() {
    KEPT.with_borrow_mut(HashMap::clear);
}
