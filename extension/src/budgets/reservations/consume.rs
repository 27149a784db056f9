//! Usage rows that name a reservation take their cost out of what it holds.
//!
//! The hold's row is locked by the update, so that two rows cannot take the same. What goes beyond the hold,
//! or comes after its expiry or in another window, is charged as all usage is.

use steward_rules::money::Money;

use crate::pg::key::KeyType;
use crate::pg::name;
use crate::pg::relation::Lock;

use super::super::charge::{Charge, Charges};
use super::super::ledger::Ledger;
use super::super::recount::window_id;

/// Takes what the charges name out of the holds, in the order of reservations, then budgets.
pub(in super::super) fn take_out_of_holds(ledger: &Ledger, charges: &mut Charges) {
    let mut named: Vec<_> = charges
        .iter()
        .flat_map(|(place, charge)| {
            let reservations = charge.reserved.keys();
            reservations.map(|reservation| (reservation.clone(), place.clone()))
        })
        .collect();
    named.sort();
    for (reservation, place) in named {
        if let Some(charge) = charges.get_mut(&place) {
            let named = charge.reserved.get(&reservation).copied();
            let most = charge.amount - charge.consumed;
            let wanted = named.unwrap_or_default().min(most);
            if wanted.is_positive() {
                let reservation = KeyType::Uuid.show(&reservation);
                charge.consumed += take(ledger, charge, &reservation, wanted);
            }
        }
    }
}

fn take(ledger: &Ledger, charge: &Charge, reservation: &str, wanted: Money) -> Money {
    let sql = format!(
        "with held as materialized ( \
             select reservation, budget, left_amount from {holds} \
             where reservation = {reservation}::uuid and budget = {budget}::{key_type} and window_id = {window} \
                 and expires_at > clock_timestamp() \
             for no key update \
         ) \
         update {holds} as h set left_amount = h.left_amount - least(held.left_amount, {wanted}) from held \
         where h.reservation = held.reservation and h.budget = held.budget \
         returning least(held.left_amount, {wanted})",
        holds = ledger.name_of(ledger.holds),
        reservation = name::literal(reservation),
        budget = name::literal(&ledger.key_type.show(&charge.budget.key)),
        key_type = ledger.key_type.sql_name(),
        window = window_id(&charge.window),
    );
    let rows = ledger.query(&sql, &[(ledger.holds, Lock::RowExclusive)]);
    rows.first()
        .and_then(|row| Money::parse(row.first()?.as_deref()?))
        .unwrap_or_default()
}
