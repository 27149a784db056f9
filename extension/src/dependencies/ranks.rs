//! The ranks of a graph, in its side table.
//!
//! A rank is read without a predicate lock and without a snapshot: while the graph is locked, no other
//! transaction changes the rank of a node, it only adds ranks for nodes that had none.
//!
//! Adding is where sessions that append edges could wait for each other: both may be the first to use
//! a task that has no rank yet, and a unique index makes the second wait for the first to commit. Two
//! such waits in opposite orders are a deadlock. So the second one looks at the uncommitted rank and
//! uses it without waiting. That is sound:
//!
//! - If the first commits, the rank is what the second one saw.
//! - If it aborts, the node has no rank, although an edge was accepted against one. The second one
//!   therefore keeps a shared lock on the node to its end, and who wants to place the node again waits
//!   for that; later, a node without a rank that has edges is found and adopted (see `settle`).
//!
//! Placing itself happens under an exclusive lock on the node, which is given back at once: nobody
//! waits for anything while holding it.
//!
//! Who relied on a rank that was then taken back, and uses the node again, must not ask for that lock:
//! two such would wait for each other. It gives the node the *same* rank again:
//!
//! - While anyone relies on a rank of the node, the node has this rank or none. Another one would come
//!   from someone who places it, under the exclusive lock that the shared ones keep away; or from someone
//!   who deals out ranks, under the exclusive lock on the scope, which is kept away by the shared one that
//!   all hold who relied on a rank of that scope. So all who rely do so on the same rank.
//! - The rank agrees with every edge of the node. Each was accepted against this very rank, since there was
//!   no other; and the other end's rank has not changed since, for the same reason. An edge from before
//!   the node was placed either kept it from being placed (`is_held`), or agrees with any place above, or
//!   below, all others.
//! - Those who rely are kept from doing it at the same time by a lock of another class, given back at once.
//!   Under it, whoever looks for uncommitted ranks either finds what another one has just inserted, and
//!   relies on that, or inserts, and the unique index has nobody to wait for: who took the rank back is
//!   gone. So nobody waits for anything while holding it, here either.
//!
//! The rank is forgotten where this would not hold any more: after the end of the subtransaction, which
//! may have given the locks back; and when the transaction itself deals out ranks. Then the exclusive lock
//! on the node is asked for, as by all those who did not rely.

use std::ops::ControlFlow;

use crate::pg::edges::End;
use crate::pg::key::Key;
use crate::pg::lock::{self, Class, Mode};
use crate::pg::relation::Lock;
use crate::pg::scan::{Indexed, View};
use crate::pg::sequence;
use crate::pg::side_table::{Location, Writer};
use crate::pg::tuple::Value;

use super::guard::Guard;
use super::known_ranks;
use super::relied_on;

/// Where a node stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) rank: i64,
    /// The scope that the node belongs to.
    pub(super) scope: Option<Key>,
}

/// The side table, open for reading and writing.
pub(super) struct Ranks<'guard> {
    guard: &'guard Guard,
    table: Indexed,
}

impl<'guard> Ranks<'guard> {
    /// None where the table is gone.
    pub(super) fn open(guard: &'guard Guard) -> Option<Self> {
        let table = Indexed::try_open(guard.ranks.table, Lock::RowExclusive)?;
        Some(Self { guard, table })
    }

    /// Where `node` stands, if it has a rank.
    pub(super) fn find(&self, node: &Key) -> Option<Standing> {
        known_ranks::recall(self.guard.ranks.table, node)
            .or_else(|| self.find_in(node, View::Settled))
    }

    /// Notes where `node` stands, under the lock of its scope, so that it is not read again.
    pub(super) fn note(&self, node: &Key, standing: &Standing) {
        known_ranks::note(self.guard.ranks.table, node, standing);
    }

    fn find_in(&self, node: &Key, view: View) -> Option<Standing> {
        let table = &self.guard.ranks;
        let mut standing = None;
        self.table.rows_with(&table.by_node, node, view, |row| {
            let scope = table
                .scope
                .and_then(|(column, key_type)| key_type.read(row.value(column)));
            standing = Some(Standing {
                rank: row.value(table.rank).as_bigint(),
                scope,
            });
            ControlFlow::Break(())
        });
        standing
    }

    /// True where this transaction relied on a rank of `node` that another one has not committed.
    pub(super) fn relied_on(&self, node: &Key) -> bool {
        self.node_lock(node).is_held(Mode::Shared)
    }

    /// Gives a node that has no rank a place: a task above all that was placed before, a dependency
    /// below. The graph has to be locked, at least shared.
    ///
    /// None where `is_held` says, while nobody else can place the node, that edges hold it in its place.
    pub(super) fn place(
        &self,
        node: &Key,
        end: End,
        scope: Option<&Key>,
        is_held: impl Fn() -> bool,
    ) -> Option<Standing> {
        if let Some(standing) = relied_on::recall(self.guard.ranks.table, node) {
            return Some(self.place_again(node, standing));
        }
        let lock = self.node_lock(node);
        // Under the exclusive lock: where nobody has placed it, the answer.
        let place_alone = || {
            let is_free = self.find_in(node, View::Dirty).is_none();
            let answer = is_free.then(|| (!is_held()).then(|| self.insert_new(node, end, scope)));
            lock.release(Mode::Exclusive);
            answer
        };
        if lock.acquire_at_once(Mode::Exclusive)
            && let Some(answer) = place_alone()
        {
            return answer;
        }
        loop {
            // Whoever has placed it and not committed holds no lock on it, so this does not wait for that.
            lock.acquire(Mode::Shared);
            if let Some(standing) = self.find(node) {
                lock.release(Mode::Shared);
                return Some(standing);
            }
            if let Some(standing) = self.find_in(node, View::Dirty) {
                // The scope of the edge is locked; of another one nothing is known.
                if standing.scope.as_ref() == scope {
                    relied_on::note(self.guard.ranks.table, node, &standing);
                }
                return Some(standing);
            }
            lock.release(Mode::Shared);
            // This one waits, for those who rely on a rank that was taken back.
            lock.acquire(Mode::Exclusive);
            if let Some(answer) = place_alone() {
                return answer;
            }
        }
    }

    /// Where a node stands that this transaction relied on: if that was taken back, there again.
    fn place_again(&self, node: &Key, relied_on_rank: Standing) -> Standing {
        let lock = lock::Lock::on(Class::NodeAgain, self.guard.ranks.table, &node.bytes());
        lock.acquire(Mode::Exclusive);
        let standing = self.find_in(node, View::Dirty).unwrap_or_else(|| {
            self.insert(node, &relied_on_rank);
            relied_on_rank
        });
        lock.release(Mode::Exclusive);
        standing
    }

    fn node_lock(&self, node: &Key) -> lock::Lock {
        lock::Lock::on(Class::Node, self.guard.ranks.table, &node.bytes())
    }

    fn insert_new(&self, node: &Key, end: End, scope: Option<&Key>) -> Standing {
        let drawn = sequence::next(self.guard.ranks.sequence);
        let rank = match end {
            End::Task => drawn,
            End::Dependency => -drawn,
        };
        let standing = Standing {
            rank,
            scope: scope.cloned(),
        };
        self.insert(node, &standing);
        standing
    }

    fn insert(&self, node: &Key, standing: &Standing) {
        let mut writer = Writer::open(self.table.relation());
        writer.insert(&self.values(node, standing.rank, standing.scope.as_ref()));
        writer.close();
        self.note(node, standing);
    }

    /// A row of the side table, in the order of its columns.
    fn values<'key>(
        &self,
        node: &'key Key,
        rank: i64,
        scope: Option<&'key Key>,
    ) -> Vec<Value<'key>> {
        let mut values = vec![self.guard.key_type.argument(node), Value::bigint(rank)];
        if let Some((_, key_type)) = self.guard.ranks.scope {
            values.push(scope.map_or(Value::NULL, |scope| key_type.argument(scope)));
        }
        values
    }

    /// Gives nodes other ranks. The graph has to be locked exclusively.
    pub(super) fn reassign(&self, ranks: &[(Key, i64)]) {
        let table = &self.guard.ranks;
        relied_on::forget();
        let mut writer = Writer::open(self.table.relation());
        for (node, rank) in ranks {
            known_ranks::note_rank(table.table, node, *rank);
            let mut replaced = false;
            self.table
                .rows_with(&table.by_node, node, View::Settled, |row| {
                    writer.replace(
                        Location::of(row),
                        row.with(table.rank, Value::bigint(*rank)),
                    );
                    replaced = true;
                    ControlFlow::Break(())
                });
            debug_assert!(replaced, "only nodes that have a rank get another");
        }
        writer.close();
    }

    /// Moves a node that no edge needs any more to another scope. Both have to be locked exclusively.
    pub(super) fn move_to_scope(&self, node: &Key, scope: Option<&Key>) {
        let table = &self.guard.ranks;
        let Some((column, key_type)) = table.scope else {
            return;
        };
        known_ranks::forget();
        relied_on::forget();
        let mut writer = Writer::open(self.table.relation());
        self.table
            .rows_with(&table.by_node, node, View::Settled, |row| {
                let value = scope.map_or(Value::NULL, |scope| key_type.argument(scope));
                writer.replace(Location::of(row), row.with(column, value));
                ControlFlow::Break(())
            });
        writer.close();
    }

    /// Calls `each` with every node and where it stands.
    pub(super) fn for_each(&self, mut each: impl FnMut(Key, Standing, Location)) {
        let table = &self.guard.ranks;
        self.table.all_rows(View::Settled, |row| {
            let scope = table
                .scope
                .and_then(|(column, key_type)| key_type.read(row.value(column)));
            let rank = row.value(table.rank).as_bigint();
            if let Some(node) = self.guard.key_type.read(row.value(table.by_node.column)) {
                each(node, Standing { rank, scope }, Location::of(row));
            }
            ControlFlow::Continue(())
        });
    }

    /// Opens the table for many writes at once.
    pub(super) fn writer(&self) -> RanksWriter<'_> {
        known_ranks::forget();
        relied_on::forget();
        RanksWriter {
            ranks: self,
            writer: Writer::open(self.table.relation()),
        }
    }
}

/// Many writes at once, under an exclusive lock.
pub(super) struct RanksWriter<'ranks> {
    ranks: &'ranks Ranks<'ranks>,
    writer: Writer<'ranks>,
}

impl RanksWriter<'_> {
    pub(super) fn insert(&mut self, node: &Key, rank: i64, scope: Option<&Key>) {
        self.writer.insert(&self.ranks.values(node, rank, scope));
    }

    pub(super) fn remove(&mut self, location: Location) {
        self.writer.remove(location);
    }

    pub(super) fn draw(&self) -> i64 {
        sequence::next(self.ranks.guard.ranks.sequence)
    }

    pub(super) fn close(self) {
        self.writer.close();
    }
}
