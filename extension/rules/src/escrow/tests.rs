//! Slots against one plain counter.

use proptest::prelude::*;

use super::{Slot, gather, gather_all, split};
use crate::money::Money;

#[derive(Clone, Debug)]
enum Step {
    /// A writer at a slot, which finds some of the other slots locked by others.
    Draw {
        at: usize,
        amount: i64,
        busy: u32,
    },
    Credit {
        at: usize,
        amount: i64,
    },
    Hold {
        at: usize,
        amount: i64,
    },
    Split {
        at: usize,
        count: u16,
        draw: i64,
    },
    /// What late rows do: past the limit.
    Overspend {
        at: usize,
        amount: i64,
    },
}

fn steps(with_overspending: bool) -> impl Strategy<Value = Vec<Step>> {
    let amount = 0_i64..60;
    let step = prop_oneof![
        8 => (any::<usize>(), amount.clone(), any::<u32>()).prop_map(|(at, amount, busy)| Step::Draw { at, amount, busy }),
        1 => (any::<usize>(), amount.clone()).prop_map(|(at, amount)| Step::Credit { at, amount }),
        1 => (any::<usize>(), amount.clone()).prop_map(|(at, amount)| Step::Hold { at, amount }),
        2 => (any::<usize>(), 1_u16..9, 0_i64..4).prop_map(|(at, count, draw)| Step::Split { at, count, draw }),
        u32::from(with_overspending) => (any::<usize>(), amount).prop_map(|(at, amount)| Step::Overspend { at, amount }),
    ];
    prop::collection::vec(step, 0..200)
}

const LIMIT: i64 = 400;

fn total(slots: &[Slot], of: impl Fn(&Slot) -> Money) -> Money {
    slots.iter().map(of).sum()
}

/// Draws as the extension does: from its own slot, with the free ones, with all.
fn draw(slots: &mut [Slot], at: usize, amount: Money, busy: u32) -> bool {
    let mut own = slots[at];
    let mut free: Vec<Slot> = (0..slots.len())
        .filter(|index| *index != at && busy & (1 << (index % 32)) == 0)
        .map(|index| slots[index])
        .collect();
    let mut paid = gather(amount, &mut own, &mut free);
    if !paid {
        own = slots[at];
        free = (0..slots.len())
            .filter(|index| *index != at)
            .map(|index| slots[index])
            .collect();
        paid = gather_all(amount, &mut own, &mut free);
    }
    if paid {
        own.spent += amount;
        slots[at] = own;
        for other in free {
            slots[usize::from(other.number)] = other;
        }
    }
    paid
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn never_over_and_never_refused_what_fits(steps in steps(false)) {
        check(steps)?;
    }

    #[test]
    fn nor_where_something_was_charged_late(steps in steps(true)) {
        check(steps)?;
    }
}

fn check(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let limit = Money::from_integer(LIMIT);
    let mut slots = vec![Slot {
        number: 0,
        spent: Money::ZERO,
        held: Money::ZERO,
        share: limit,
    }];
    let mut used = Money::ZERO;
    let mut late = false;
    for step in steps {
        let count = slots.len();
        match step {
            Step::Draw { at, amount, busy } => {
                let amount = Money::from_integer(amount);
                let paid = draw(&mut slots, at % count, amount, busy);
                // Late rows can leave one slot's left to others that are busy: only then may more be drawn than
                // one counter would give.
                let fits = used + amount <= limit;
                if late {
                    prop_assert!(paid || !fits, "refused what fits");
                } else {
                    prop_assert_eq!(paid, fits);
                }
                if paid {
                    used += amount;
                }
            }
            Step::Credit { at, amount } => {
                slots[at % count].spent -= Money::from_integer(amount);
                used -= Money::from_integer(amount);
            }
            Step::Hold { at, amount } => {
                let amount = Money::from_integer(amount);
                if slots[at % count].left() >= amount {
                    slots[at % count].held += amount;
                    used += amount;
                }
            }
            Step::Split {
                at,
                count: new_slots,
                draw,
            } => {
                let before = slots[at % count].left();
                let parts = split(&mut slots[at % count], new_slots, Money::from_integer(draw));
                prop_assert!(parts.len() <= usize::from(new_slots));
                prop_assert!(before.is_negative() || !slots[at % count].left().is_negative());
                for share in parts {
                    let number = u16::try_from(slots.len()).expect("few slots");
                    slots.push(Slot {
                        number,
                        spent: Money::ZERO,
                        held: Money::ZERO,
                        share,
                    });
                }
            }
            Step::Overspend { at, amount } => {
                slots[at % count].spent += Money::from_integer(amount);
                used += Money::from_integer(amount);
                late = true;
            }
        }
        prop_assert_eq!(
            total(&slots, |slot| slot.share),
            limit,
            "shares are the limit"
        );
        prop_assert_eq!(
            total(&slots, |slot| slot.spent + slot.held),
            used,
            "nothing is lost"
        );
        prop_assert!(late || used <= limit, "over the limit");
    }
    Ok(())
}

#[test]
fn a_slot_is_split_only_where_there_is_plenty() {
    let slot = |share| Slot {
        number: 0,
        spent: Money::ZERO,
        held: Money::ZERO,
        share: Money::from_integer(share),
    };
    let one = Money::from_integer(1);
    assert_eq!(split(&mut slot(320), 7, one).len(), 7);
    assert_eq!(split(&mut slot(40), 7, one).len(), 1);
    assert!(split(&mut slot(20), 7, one).is_empty());
    assert!(split(&mut slot(-5), 7, Money::ZERO).is_empty());
}
