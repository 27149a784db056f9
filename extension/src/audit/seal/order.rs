//! What the seals of a log say one after the other.
//!
//! A call of `seal_audit` seals what no call before it has sealed: it goes on at the transaction up to which
//! the last one came. Within a call, the seals of each period go on where the one before them ends. So no
//! transaction is sealed again later, under whatever period. And a cut is about periods that are over.

use std::collections::HashMap;

use steward_rules::chain::{Kind, Position};

use super::table::Seal;

/// What the seals that were looked at cover.
#[derive(Default)]
pub(super) struct Covered {
    /// By incarnation: up to which transaction the calls before the present one came.
    by_earlier_calls: HashMap<i64, u64>,
    by_this_call: HashMap<i64, u64>,
    /// By incarnation and period.
    periods: HashMap<(i64, String), Position>,
    last: Option<(String, u64)>,
}

/// True for seals that say that they were made together.
pub(super) fn are_of_one_call(seal: &Seal, other: &Seal) -> bool {
    call_of(seal) == call_of(other)
}

fn call_of(seal: &Seal) -> (&str, u64) {
    (&seal.header.sealed_at, seal.header.next_transaction)
}

impl Covered {
    /// Takes `seal` as the next one, and says what keeps it from being that, if anything does.
    pub(super) fn follow(&mut self, seal: &Seal) -> Option<&'static str> {
        let objection = self.objection(seal);
        self.add(seal);
        objection
    }

    fn objection(&mut self, seal: &Seal) -> Option<&'static str> {
        let header = &seal.header;
        if self
            .last
            .as_ref()
            .is_none_or(|(made, next)| (made.as_str(), *next) != call_of(seal))
        {
            self.begin_call();
        }
        if header.kind == Kind::Cut {
            let is_over = seal.period_in_seconds <= seal.made_in_seconds;
            return (!is_over)
                .then_some("it says that rows were dropped whose period was not over then");
        }
        let sealed = self.by_earlier_calls.get(&header.incarnation);
        if sealed.is_some_and(|sealed| header.from.transaction < *sealed) {
            return Some("it covers transactions that earlier seals cover");
        }
        let period = (header.incarnation, header.period.clone());
        if self
            .periods
            .get(&period)
            .is_some_and(|covered| header.from < *covered)
        {
            return Some("it covers rows that an earlier seal covers");
        }
        None
    }

    fn begin_call(&mut self) {
        for (incarnation, up_to) in self.by_this_call.drain() {
            let sealed = self.by_earlier_calls.entry(incarnation).or_default();
            *sealed = up_to.max(*sealed);
        }
    }

    fn add(&mut self, seal: &Seal) {
        let header = &seal.header;
        self.last = Some((header.sealed_at.clone(), header.next_transaction));
        if header.kind == Kind::Cut {
            return;
        }
        let sealed = self.by_this_call.entry(header.incarnation).or_default();
        *sealed = header.up_to.transaction.max(*sealed);
        let period = (header.incarnation, header.period.clone());
        self.periods.insert(period, header.up_to);
    }
}
