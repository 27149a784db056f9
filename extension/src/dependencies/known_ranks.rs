//! Ranks that this transaction has read, for as long as nobody else can change them.
//!
//! A statement that adds many edges looks the same tasks up again and again. While the transaction
//! holds the lock of a scope, no other transaction changes a rank in it, so what was read under the
//! lock stays true; what this transaction itself changes is noted here. A rollback to a savepoint takes
//! back both ranks and locks without telling: so what was read in one subtransaction is forgotten as
//! soon as another one asks.

use std::cell::RefCell;
use std::collections::HashMap;

use pgrx::pg_sys;

use crate::pg::key::Key;
use crate::pg::transaction::{self, Subtransaction};

use super::ranks::Standing;

/// The most ranks that are remembered, about 40 MB of them.
const MOST: usize = 500_000;

/// What was read of one graph in one subtransaction.
struct Known {
    graph: pg_sys::Oid,
    subtransaction: Subtransaction,
    standings: HashMap<Key, Standing>,
}

thread_local! {
    static KNOWN: RefCell<Option<Known>> = const { RefCell::new(None) };
}

/// Where `node` stands, if it was noted.
pub(super) fn recall(graph: pg_sys::Oid, node: &Key) -> Option<Standing> {
    with(graph, |standings| standings.get(node).cloned())
}

/// Notes where `node` stands. The lock of its scope has to be held.
pub(super) fn note(graph: pg_sys::Oid, node: &Key, standing: &Standing) {
    with(graph, |standings| {
        if standings.len() >= MOST {
            standings.clear();
        }
        standings.insert(node.clone(), standing.clone());
    });
}

/// Notes that `node` has another rank now.
pub(super) fn note_rank(graph: pg_sys::Oid, node: &Key, rank: i64) {
    with(graph, |standings| {
        if let Some(standing) = standings.get_mut(node) {
            standing.rank = rank;
        }
    });
}

/// Forgets everything, when many ranks change at once.
pub(super) fn forget() {
    KNOWN.set(None);
}

fn with<T>(graph: pg_sys::Oid, work: impl FnOnce(&mut HashMap<Key, Standing>) -> T) -> T {
    let subtransaction = transaction::current();
    KNOWN.with_borrow_mut(|known| {
        let same = known
            .as_ref()
            .is_some_and(|known| known.graph == graph && known.subtransaction == subtransaction);
        if !same {
            *known = Some(Known {
                graph,
                subtransaction,
                standings: HashMap::new(),
            });
        }
        match known {
            Some(known) => work(&mut known.standings),
            None => work(&mut HashMap::new()),
        }
    })
}
