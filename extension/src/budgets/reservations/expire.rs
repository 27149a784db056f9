//! What was held too long is given back by whoever needs it: there is nobody who sweeps.

use steward_rules::money::Money;

use crate::pg::relation::Lock;

use super::super::budget::Window;
use super::super::ledger::Ledger;
use super::super::recount::window_id;

/// Removes the holds of a window whose time is over, and returns what they held. One that is being used at this moment
/// is left. The counters are the caller's to correct, who has the window's slots.
pub(in super::super) fn reclaim(ledger: &Ledger, window: &Window) -> Money {
    let sql = format!(
        "with expired as materialized ( \
             select reservation, budget from {holds} \
             where window_id = {window} and expires_at <= clock_timestamp() for update skip locked \
         ) \
         delete from {holds} as h using expired \
         where h.reservation = expired.reservation and h.budget = expired.budget returning h.left_amount",
        holds = ledger.name_of(ledger.holds),
        window = window_id(window),
    );
    let rows = ledger.query(&sql, &[(ledger.holds, Lock::RowExclusive)]);
    rows.iter()
        .filter_map(|row| Money::parse_sum(row.first()?.as_deref()?))
        .sum()
}
