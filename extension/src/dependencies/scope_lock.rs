//! The locks on a graph: one without a scope column, one for each scope with it, and one on all scopes
//! together for whoever would need too many of those.
//!
//! The server keeps all locks in one table of fixed size, and a statement over ten thousand scopes would
//! fill it. So the locks have two levels, as database systems have them (Gray and others, 1976): who
//! locks a scope first says so at the whole graph, with an *intention* that costs others nothing; and
//! who has locked [`MANY_SCOPES`] locks the whole graph instead. The intentions are modes of
//! PostgreSQL's own: `RowShareLock` to lock scopes shared, `RowExclusiveLock` to lock them exclusively,
//! against `ShareLock` and `ExclusiveLock` on the whole. Their table of conflicts is what it takes:
//!
//! |                    | int. shared | int. exclusive | shared | exclusive |
//! |--------------------|-------------|----------------|--------|-----------|
//! | intent. shared     |             |                |        | conflict  |
//! | intent. exclusive  |             |                | conflict | conflict |
//! | shared             |             | conflict       |        | conflict  |
//! | exclusive          | conflict    | conflict       | conflict | conflict |
//!
//! Who may accept edges in a scope holds the whole graph shared, or the intention and the scope. Who may
//! change ranks in it holds the whole graph exclusively, or the exclusive intention and the scope
//! exclusively. Two transactions cannot be both: the whole graph, shared, conflicts with the exclusive
//! intention; exclusive, with either intention; and the scope's own lock with itself. All that accepting
//! edges takes is compatible among each other (`shared` and its intention), so sessions that only append
//! do not wait for each other, escalated or not.
//!
//! Nothing is ever believed of locks that are held: the lock manager is asked each time, and it knows
//! what a rollback to a savepoint gave back. Only the numbers of locks are kept, by transaction, and
//! they count what was given back too: then a transaction escalates earlier than it had to. The scopes
//! that were locked before stay locked, with the intention; all of them are ordinary locks of the
//! transaction, so a prepared one keeps them.

use std::cell::RefCell;

use pgrx::pg_sys;

use crate::pg::key::Key;
use crate::pg::lock::{Class, Lock, Mode};
use crate::pg::transaction;

use super::guard::Guard;

/// From so many scopes of a graph on, a transaction locks the whole graph, in either mode. The server's
/// table has room for 64 locks for each of 100 sessions as it is shipped: some that work on a few hundred
/// scopes at a time fit in there, and few transactions do that.
const MANY_SCOPES: u32 = 256;

/// How many scopes of a graph a transaction has locked.
struct Count {
    graph: pg_sys::Oid,
    shared: u32,
    exclusive: u32,
}

impl Count {
    const fn of(&mut self, mode: ScopeMode) -> &mut u32 {
        match mode {
            ScopeMode::Shared => &mut self.shared,
            ScopeMode::Exclusive => &mut self.exclusive,
        }
    }
}

thread_local! {
    /// The transaction, and what it has locked.
    static COUNTS: RefCell<(u32, Vec<Count>)> = const { RefCell::new((0, Vec::new())) };
}

/// What a scope is locked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScopeMode {
    /// To accept edges that agree with its ranks.
    Shared,
    /// To change its ranks.
    Exclusive,
}

impl ScopeMode {
    const fn whole(self) -> Mode {
        match self {
            Self::Shared => Mode::Shared,
            Self::Exclusive => Mode::Exclusive,
        }
    }

    const fn intention(self) -> Mode {
        match self {
            Self::Shared => Mode::IntentionShared,
            Self::Exclusive => Mode::IntentionExclusive,
        }
    }
}

/// A lock that covers a scope.
#[derive(Clone, Copy)]
#[must_use]
pub(super) struct ScopeLock {
    lock: Lock,
    mode: ScopeMode,
    is_new: bool,
}

impl ScopeLock {
    /// Waits until the scope is locked for the transaction, by itself or with the whole graph.
    pub(super) fn acquire(guard: &Guard, scope: Option<&Key>, mode: ScopeMode) -> Self {
        let graph = guard.ranks.table;
        let bytes = scope.map(Key::bytes).unwrap_or_default();
        let own = Lock::on(Class::Graph, graph, &bytes);
        if guard.ranks.scope.is_none() {
            return Self::newly(own, mode);
        }
        let whole = Lock::on(Class::WholeGraph, graph, &[]);
        if with_count(graph, |count| *count.of(mode) >= MANY_SCOPES) {
            return Self::newly(whole, mode);
        }
        whole.acquire(mode.intention());
        let acquired = Self::newly(own, mode);
        if acquired.is_new {
            with_count(graph, |count| *count.of(mode) += 1);
        }
        acquired
    }

    fn newly(lock: Lock, mode: ScopeMode) -> Self {
        let is_new = lock.acquire(mode.whole());
        Self { lock, mode, is_new }
    }

    /// False where the transaction held this very lock already.
    pub(super) const fn is_new(self) -> bool {
        self.is_new
    }

    /// Gives a new lock back. An intention stays: it is in nobody's way who locks other scopes.
    pub(super) fn release(self) {
        self.lock.release(self.mode.whole());
    }
}

fn with_count<T>(graph: pg_sys::Oid, work: impl FnOnce(&mut Count) -> T) -> T {
    let current = transaction::current_id();
    COUNTS.with_borrow_mut(|(transaction, counts)| {
        if *transaction != current {
            *transaction = current;
            counts.clear();
        }
        let known = counts.iter().position(|count| count.graph == graph);
        let at = known.unwrap_or_else(|| {
            counts.push(Count {
                graph,
                shared: 0,
                exclusive: 0,
            });
            counts.len() - 1
        });
        work(&mut counts[at])
    })
}
