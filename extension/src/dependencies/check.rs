//! The trigger function: lets an edge pass that agrees with the ranks, and has any other settled.
//!
//! Why no cycle can ever be committed: an edge is accepted only while *rank(dependency) < rank(task)*
//! holds and the graph is locked, at least shared, to the end of the transaction. A rank that exists is
//! changed only under the exclusive lock, which is granted when no other transaction holds the shared
//! one, that is, when no other transaction has an edge that it has not committed. Whoever changes ranks
//! then sees all edges, under the latest snapshot, and changes them so that every edge still agrees. So
//! all committed edges agree with the ranks at all times. Aborts and rollbacks to savepoints take back
//! edges and ranks together, and a prepared transaction keeps its lock.
//!
//! A transaction that only appends edges needs the shared lock only, so appending sessions do not wait
//! for each other. Which lock is needed is seen from the ranks before locking, so that it is taken in
//! one step; after locking the ranks are looked at again.

use std::rc::Rc;

use crate::pg::error::{Report, SqlState};
use crate::pg::key::Key;
use crate::pg::lock::{Class, Lock, Mode};
use crate::pg::relation::Relation;
use crate::pg::trigger::{Event, Firing};
use crate::pg::trigger_state;

use super::cycle;
use super::edge::Edge;
use super::edge::EdgeColumns;
use super::graph::Edges;
use super::guard::{End, Guard, Source};
use super::ranks::{Ranks, Standing};
use super::settle;

/// Checks the edge that was inserted or changed.
pub(super) fn check_dependency(firing: &Firing<'_>) {
    let event = firing.event();
    if matches!(event, Event::Other) {
        firing
            .created_wrongly(
                "fires on other events than INSERT and UPDATE",
                "Create it with select steward.guard_dependencies(...).",
            )
            .raise()
    }
    let guard = trigger_state::of_trigger(firing.trigger_oid(), || {
        let guard = Guard::of_firing(firing);
        let relations = guard.relations.clone();
        (guard, relations)
    });
    let Some(edge) = edge_to_check(&source_of(&guard, firing.relation()).columns, event) else {
        return;
    };
    if firing.row_is_alive() {
        Check {
            guard: &guard,
            fired: firing.relation(),
            edge: &edge,
        }
        .run();
    }
}

fn source_of<'guard>(guard: &'guard Rc<Guard>, table: &Relation) -> &'guard Source {
    let oid = table.oid();
    guard
        .sources
        .iter()
        .find(|source| source.table == oid)
        .unwrap_or_else(|| {
            Report::new(
                SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
                format!(
                    "table {} is no part of the guarded edge table",
                    table.qualified_name()
                ),
            )
            .table(table)
            .raise()
        })
}

/// The edge that has to be checked; none where there is none, or where it was checked before and stays
/// as it was. An edge that this very transaction made may still wait for its check, which will find
/// the row version gone.
fn edge_to_check(columns: &EdgeColumns, event: Event<'_>) -> Option<Edge> {
    match event {
        Event::Insert { new } => columns.read(new),
        Event::Update { old, new } => {
            let edge = columns.read(new)?;
            let unchanged = columns.read(old).as_ref() == Some(&edge);
            (!unchanged || old.is_of_this_transaction()).then_some(edge)
        }
        Event::Other => None,
    }
}

/// One edge being checked.
pub(super) struct Check<'edge> {
    pub(super) guard: &'edge Guard,
    /// The table whose trigger fires: the edge table or a partition of it.
    pub(super) fired: &'edge Relation,
    pub(super) edge: &'edge Edge,
}

/// Where the ends of an edge stand.
struct Look {
    task: Option<Standing>,
    dependency: Option<Standing>,
}

/// What that says about the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Agrees,
    /// The ranks disagree, or an end belongs to another scope.
    Disagrees,
    /// An end has no rank.
    Unseen,
}

impl Look {
    fn verdict(&self, edge: &Edge) -> Verdict {
        let strays = |end: &Option<Standing>| {
            end.as_ref()
                .is_some_and(|standing| standing.scope != edge.scope)
        };
        if strays(&self.task) || strays(&self.dependency) {
            return Verdict::Disagrees;
        }
        match (&self.task, &self.dependency) {
            (Some(task), Some(dependency)) if dependency.rank < task.rank => Verdict::Agrees,
            (Some(_), Some(_)) => Verdict::Disagrees,
            _ => Verdict::Unseen,
        }
    }
}

impl Check<'_> {
    fn run(&self) {
        if self.edge.task == self.edge.dependency {
            cycle::refuse(
                self,
                &[self.edge.task.clone(), self.edge.dependency.clone()],
            );
        }
        let ranks = Ranks::open(self.guard);
        let graph = self.graph_lock(self.edge.scope.as_ref());
        let mut look = self.look(&ranks);
        let mode = match look.verdict(self.edge) {
            Verdict::Agrees | Verdict::Unseen => Mode::Shared,
            Verdict::Disagrees => Mode::Exclusive,
        };
        if graph.acquire(mode) {
            look = self.look(&ranks);
        }
        self.note(&ranks, &look);
        match look.verdict(self.edge) {
            Verdict::Agrees => {}
            Verdict::Unseen if self.place_ends(&ranks) => {}
            Verdict::Unseen | Verdict::Disagrees => {
                if mode == Mode::Shared {
                    graph.acquire(Mode::Exclusive);
                }
                settle::settle(self, &ranks);
            }
        }
    }

    fn look(&self, ranks: &Ranks<'_>) -> Look {
        Look {
            task: ranks.find(&self.edge.task),
            dependency: ranks.find(&self.edge.dependency),
        }
    }

    /// Remembers what was seen under the lock.
    fn note(&self, ranks: &Ranks<'_>, look: &Look) {
        for (node, standing) in [
            (&self.edge.task, &look.task),
            (&self.edge.dependency, &look.dependency),
        ] {
            if let Some(standing) = standing
                .as_ref()
                .filter(|seen| seen.scope == self.edge.scope)
            {
                ranks.note(node, standing);
            }
        }
    }

    /// Places the ends that have no rank, under the shared lock. Returns false where that is not
    /// enough: where an end has edges from before, or where the edge disagrees with the ranks.
    fn place_ends(&self, ranks: &Ranks<'_>) -> bool {
        let Some(task) = self.place_end(ranks, &self.edge.task, End::Task) else {
            return false;
        };
        let Some(dependency) = self.place_end(ranks, &self.edge.dependency, End::Dependency) else {
            return false;
        };
        task.scope == self.edge.scope
            && dependency.scope == self.edge.scope
            && dependency.rank < task.rank
    }

    fn place_end(&self, ranks: &Ranks<'_>, node: &Key, end: End) -> Option<Standing> {
        if let Some(standing) = ranks.find(node) {
            return Some(standing);
        }
        if self.has_edges_already(ranks, node, end) {
            return None;
        }
        Some(ranks.place(node, end, self.edge.scope.as_ref()))
    }

    /// A node without a rank whose place is not free: a task has to come below what depends on it, a
    /// dependency above what it depends on.
    pub(super) fn has_edges_already(&self, ranks: &Ranks<'_>, node: &Key, end: End) -> bool {
        let other_end = match end {
            End::Task => End::Dependency,
            End::Dependency => End::Task,
        };
        ranks.relied_on(node) || Edges::open(self.guard).has_older(node, other_end)
    }

    /// The lock on one scope of the graph.
    pub(super) fn graph_lock(&self, scope: Option<&Key>) -> Lock {
        let scope = scope.map(Key::bytes).unwrap_or_default();
        Lock::on(Class::Graph, self.guard.ranks.table, &scope)
    }
}
