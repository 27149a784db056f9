//! Ranks that this transaction relied on while another one had not committed them: `ranks` argues what
//! they are good for when they are taken back.
//!
//! They hold as long as the locks under which they were noted, which a rollback to a savepoint gives back
//! without telling: so each is kept with the subtransaction that noted it, and is known while that is
//! under way. One that was noted in a savepoint that was released is not known any more.

use std::cell::RefCell;
use std::collections::HashMap;

use pgrx::pg_sys;

use crate::pg::key::Key;
use crate::pg::transaction::{self, Subtransaction};

use super::ranks::Standing;

/// The most ranks that are remembered, about 40 MB of them.
const MOST: usize = 500_000;

type Noted = HashMap<(pg_sys::Oid, Key), (Subtransaction, Standing)>;

thread_local! {
    /// None where nothing is noted, as nearly always.
    static RELIED_ON: RefCell<Option<Noted>> = const { RefCell::new(None) };
}

/// The rank of `node` that the transaction relied on, if it is known.
pub(super) fn recall(graph: pg_sys::Oid, node: &Key) -> Option<Standing> {
    RELIED_ON.with_borrow(|noted| {
        let (subtransaction, standing) = noted.as_ref()?.get(&(graph, node.clone()))?;
        subtransaction.is_under_way().then(|| standing.clone())
    })
}

/// Notes that the transaction relies on a rank. The locks of its scope and of the node have to be held.
pub(super) fn note(graph: pg_sys::Oid, node: &Key, standing: &Standing) {
    let subtransaction = transaction::current();
    RELIED_ON.with_borrow_mut(|noted| {
        let noted = noted.get_or_insert_default();
        let is_of_another = noted
            .values()
            .next()
            .is_some_and(|(other, _)| !other.is_of_the_transaction_of(subtransaction));
        if is_of_another || noted.len() >= MOST {
            noted.clear();
        }
        noted.insert((graph, node.clone()), (subtransaction, standing.clone()));
    });
}

/// Forgets all of them, when the transaction deals out ranks itself.
pub(super) fn forget() {
    RELIED_ON.set(None);
}
