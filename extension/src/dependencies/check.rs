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
//! for each other. An edge that disagrees gives a shared lock back before it asks for the exclusive one,
//! where it was the first edge of its transaction: two that held on to it would wait for each other.

use std::rc::Rc;

use crate::pg::edges::{Edge, EdgeColumns, Edges, End, Source};
use crate::pg::error::{Report, SqlState};
use crate::pg::key::Key;
use crate::pg::relation::Relation;
use crate::pg::trigger::{Event, Firing};
use crate::pg::trigger_state;

use super::cycle;
use super::guard::Guard;
use super::known_ranks;
use super::ranks::{Ranks, Standing};
use super::scope_lock::{ScopeLock, ScopeMode};
use super::settle;

/// Checks the edge that was inserted or changed.
pub(super) fn check_dependency(firing: &Firing<'_>) {
    let event = firing.event();
    if matches!(event, Event::Delete { .. } | Event::Other) {
        firing
            .created_wrongly(
                "fires on other events than INSERT and UPDATE",
                "Create it with select steward.guard_dependencies(...).",
            )
            .raise()
    }
    if !firing.row_is_alive() {
        return;
    }
    // What the guard knows may be overtaken while the check waits for a lock: a partition more, a column
    // less. The locks are kept, so the second attempt has nothing to wait for.
    while attempt(firing, event) == Attempt::Overtaken {}
}

/// How a check ended, if not with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempt {
    Passed,
    Overtaken,
}

fn attempt(firing: &Firing<'_>, event: Event<'_>) -> Attempt {
    let trigger = firing.trigger_oid();
    let guard = trigger_state::of_trigger(trigger, || {
        let guard = Guard::of_firing(firing);
        let relations = guard.relations.clone();
        (guard, relations)
    });
    let columns = &source_of(&guard, firing.relation()).columns;
    let Some(edge) = edge_to_check(columns, event) else {
        return Attempt::Passed;
    };
    let check = Check {
        guard: &guard,
        fired: firing.relation(),
        edge: &edge,
        command: command_of(event),
    };
    check.run(|| trigger_state::is_current(trigger, &guard))
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
        Event::Delete { .. } | Event::Other => None,
    }
}

fn command_of(event: Event<'_>) -> Option<u32> {
    match event {
        Event::Insert { new } | Event::Update { new, .. } => new.command(),
        Event::Delete { .. } | Event::Other => None,
    }
}

/// One edge being checked.
pub(super) struct Check<'edge> {
    pub(super) guard: &'edge Guard,
    /// The table whose trigger fires: the edge table or a partition of it.
    pub(super) fired: &'edge Relation,
    pub(super) edge: &'edge Edge,
    /// The command that made the edge, where this transaction did.
    pub(super) command: Option<u32>,
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
    fn run(&self, is_current: impl Fn() -> bool) -> Attempt {
        if self.edge.task == self.edge.dependency {
            cycle::refuse(
                self,
                &[self.edge.task.clone(), self.edge.dependency.clone()],
            );
        }
        let Some(ranks) = Ranks::open(self.guard).filter(|_| is_current()) else {
            return Attempt::Overtaken;
        };
        let shared = self.lock_scope(self.edge.scope.as_ref(), ScopeMode::Shared);
        if shared.is_new() && !is_current() {
            return Attempt::Overtaken;
        }
        let look = self.look(&ranks);
        let verdict = look.verdict(self.edge);
        if verdict == Verdict::Agrees {
            self.note(&ranks, &look);
            return Attempt::Passed;
        }
        let Some(edges) =
            Edges::open(&self.guard.sources, Some(self.fired.oid())).filter(|_| is_current())
        else {
            return Attempt::Overtaken;
        };
        let open = Open {
            ranks: &ranks,
            edges: &edges,
        };
        let placed = match verdict {
            Verdict::Unseen => self.place_ends(&open, look),
            Verdict::Agrees | Verdict::Disagrees => Placed::Nothing,
        };
        if placed == Placed::Both {
            return Attempt::Passed;
        }
        if shared.is_new() && placed == Placed::Nothing {
            // Two that hold the shared lock and want the exclusive one would wait for each other. No edge
            // was accepted and no rank given under this one yet.
            known_ranks::forget();
            shared.release();
        }
        let exclusive = self.lock_scope(self.edge.scope.as_ref(), ScopeMode::Exclusive);
        if exclusive.is_new() && !is_current() {
            return Attempt::Overtaken;
        }
        settle::settle(self, &open);
        Attempt::Passed
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

    /// Places the ends that have no rank, under the shared lock. That is not enough where an end has edges
    /// from before, or where the edge disagrees with the ranks.
    fn place_ends(&self, open: &Open<'_>, look: Look) -> Placed {
        let mut placed = Placed::Nothing;
        let mut place = |seen: Option<Standing>, node: &Key, end: End| {
            seen.or_else(|| {
                let standing = self.place_unseen(open, node, end)?;
                placed = Placed::Something;
                Some(standing)
            })
        };
        let ends = place(look.task, &self.edge.task, End::Task).zip(place(
            look.dependency,
            &self.edge.dependency,
            End::Dependency,
        ));
        let scope = &self.edge.scope;
        let agrees = ends.is_some_and(|(task, dependency)| {
            task.scope == *scope && dependency.scope == *scope && dependency.rank < task.rank
        });
        if agrees { Placed::Both } else { placed }
    }

    /// Where a node stands, or has been placed; none where edges hold it in its place, which then has to
    /// be found.
    pub(super) fn place(&self, open: &Open<'_>, node: &Key, end: End) -> Option<Standing> {
        open.ranks
            .find(node)
            .or_else(|| self.place_unseen(open, node, end))
    }

    fn place_unseen(&self, open: &Open<'_>, node: &Key, end: End) -> Option<Standing> {
        let scope = self.edge.scope.as_ref();
        open.ranks.place(node, end, scope, || {
            has_edges_already(self, open, node, end)
        })
    }

    /// Waits for the lock on one scope of the graph.
    pub(super) fn lock_scope(&self, scope: Option<&Key>, mode: ScopeMode) -> ScopeLock {
        ScopeLock::acquire(self.guard, scope, mode)
    }
}

/// What came of placing the ends of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Placed {
    /// Both ends stand, and the edge agrees with them.
    Both,
    /// An end was given a rank, but the edge has to be settled.
    Something,
    Nothing,
}

/// The tables of a guard, open: locked, so that nobody alters them.
#[derive(Clone, Copy)]
pub(super) struct Open<'open> {
    pub(super) ranks: &'open Ranks<'open>,
    pub(super) edges: &'open Edges<'open>,
}

/// A node without a rank whose place is not free: a task has to come below what depends on it, a
/// dependency above what it depends on, and with scopes any edge says where it belongs.
fn has_edges_already(check: &Check<'_>, open: &Open<'_>, node: &Key, end: End) -> bool {
    let other_end = match end {
        End::Task => End::Dependency,
        End::Dependency => End::Task,
    };
    // Where this transaction relied on a rank that was taken back, edges of the same command may have been
    // checked against that: then all of its edges count.
    let command = check.command.filter(|_| !open.ranks.relied_on(node));
    let has_earlier = |end| open.edges.has_earlier(node, end, command);
    has_earlier(other_end) || (check.guard.ranks.scope.is_some() && has_earlier(end))
}
