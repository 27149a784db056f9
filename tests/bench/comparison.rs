//! What a comparison is made of: variants of the same work, the ratios between them that matter, and
//! the limits that hold whatever the others do.

use std::process::Command;
use std::time::Duration;

use postgres::Client;
use serde::Serialize;
use steward_toolkit::error::Result;

use crate::clock::Clock;
use crate::place::Place;
use crate::sessions::Transaction;

/// Several ways to do the same work, measured side by side.
pub(crate) struct Comparison {
    /// `capability/what-is-done`.
    pub(crate) name: &'static str,
    /// What is done, for a reader of the table.
    pub(crate) about: String,
    pub(crate) durability: Durability,
    pub(crate) fixture: Fixture,
    /// What a client does is measured by it; programs and sessions by the wall clock.
    pub(crate) clock: Clock,
    pub(crate) unit: Unit,
    pub(crate) variants: Vec<Variant>,
    pub(crate) ratios: Vec<Ratio>,
    pub(crate) limits: Vec<Limit>,
    /// Why it cannot be run here.
    pub(crate) skipped: Option<String>,
}

/// Whether a commit waits for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// For what the processor does: the disk would only add noise.
    Relaxed,
    /// For what the user waits for.
    Durable,
}

/// What a repetition finds in its schema. Either way its tables are vacuumed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fixture {
    /// The setup is run anew for each repetition.
    Fresh,
    /// The setup is run once. The work leaves the tables as it found them, or [`Variant::restore`] takes
    /// back what it did.
    Kept,
}

/// What a figure counts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    /// Seconds for each operation.
    Time { of: &'static str },
    /// Operations a second.
    Throughput { of: &'static str },
    /// Bytes that each operation leaves in tables, without their indexes.
    Bytes { of: &'static str },
}

/// One way to do the work.
pub(crate) struct Variant {
    pub(crate) name: &'static str,
    /// The variant without the rule; what this one takes beyond it is its overhead.
    pub(crate) over: Option<&'static str>,
    /// Statements that make what the work needs, in a schema of the variant's own.
    pub(crate) setup: String,
    pub(crate) work: Work,
    /// Statements that take back what the work did, for tables that are kept; never measured.
    pub(crate) restore: String,
    /// A query that answers true when the work was done, and the rule (or none) applied to it: a variant
    /// that does nothing is the fastest.
    pub(crate) proof: String,
}

/// What is measured, in the variant's schema.
pub(crate) enum Work {
    /// Whatever a client does in its session, and how many operations that is.
    Client {
        operations: u32,
        run: Box<ClientWork>,
    },
    /// What statements add to tables, told by a query that gives the bytes that are there.
    Storage {
        operations: u32,
        statements: String,
        bytes: String,
    },
    /// A program, from its start to its end.
    Program(Box<ProgramWork>),
    /// Transactions of many sessions at a time. The closure makes the transaction that the session of
    /// that number, from 0, runs again and again.
    Sessions {
        sessions: u32,
        lasting: Duration,
        transaction: Box<SessionWork>,
    },
}

pub(crate) type ClientWork = dyn FnMut(&mut Client) -> Result<()>;
pub(crate) type ProgramWork = dyn Fn(&Place<'_>) -> Command;
pub(crate) type SessionWork = dyn Fn(u32) -> Transaction + Sync;

/// One variant's figure divided by another's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ratio {
    pub(crate) quantity: Quantity,
    pub(crate) of: &'static str,
    pub(crate) against: &'static str,
    pub(crate) goal: Option<Goal>,
}

/// What of a variant is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Quantity {
    /// All that was measured.
    Total,
    /// What was measured beyond the variant's [`Variant::over`].
    Overhead,
    /// How often a transaction had to be started anew, divided by those that committed.
    Retries,
}

/// What a variant must not exceed, whatever the others do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub(crate) of: &'static str,
    pub(crate) on: Limited,
}

/// What is limited, and to how much.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Limited {
    /// The median, in seconds.
    Seconds(f64),
    /// Transactions that ended with SQLSTATE 40P01, in all repetitions.
    Deadlocks(u32),
}

/// The ratio to reach.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

impl Goal {
    pub(crate) fn is_reached_by(self, ratio: f64) -> bool {
        match self {
            Self::AtMost(most) => ratio <= most,
            Self::AtLeast(least) => ratio >= least,
        }
    }
}

/// How much work a repetition does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// Rows that a bulk statement touches.
    pub(crate) bulk_rows: u32,
    /// Statements that touch one row each.
    pub(crate) single_rows: u32,
    /// How long many sessions work at a time.
    pub(crate) sessions_last: Duration,
    /// Rows that a session has for itself: more than it gets through in that time.
    pub(crate) rows_of_a_session: u32,
    /// How many tasks the graphs have that are compared with each other, and their names.
    pub(crate) graph_sizes: &'static [(&'static str, u32)],
    /// Tasks of a large graph.
    pub(crate) large_graph: u32,
    /// How many graphs there are where there are many small ones.
    pub(crate) small_graphs: u32,
    /// Edges that are loaded at once; no graph of `--quick` has more.
    pub(crate) loaded_edges: u32,
    /// Rows of a log in which the history of one row is looked up.
    pub(crate) logged_rows: u32,
}

impl Scale {
    /// The scale that the goals are set for.
    pub(crate) const FULL: Self = Self {
        bulk_rows: 100_000,
        single_rows: 20_000,
        sessions_last: Duration::from_secs(3),
        rows_of_a_session: 20_000,
        graph_sizes: &[
            ("1k", 1_000),
            ("10k", 10_000),
            ("100k", 100_000),
            ("1m", 1_000_000),
        ],
        large_graph: 100_000,
        small_graphs: 1_000,
        loaded_edges: 1_000_000,
        logged_rows: 10_000_000,
    };
    /// Enough to see that everything runs.
    pub(crate) const QUICK: Self = Self {
        bulk_rows: 5_000,
        single_rows: 1_000,
        sessions_last: Duration::from_millis(300),
        rows_of_a_session: 2_000,
        graph_sizes: &[("1k", 1_000), ("10k", 10_000)],
        large_graph: 2_000,
        small_graphs: 50,
        loaded_edges: 20_000,
        logged_rows: 50_000,
    };
}

#[cfg(test)]
mod tests {
    use super::Goal;

    #[test]
    fn a_goal_is_reached_from_its_own_side() {
        assert!(Goal::AtMost(1.3).is_reached_by(1.3));
        assert!(!Goal::AtMost(1.3).is_reached_by(1.31));
        assert!(Goal::AtLeast(0.7).is_reached_by(0.7));
        assert!(!Goal::AtLeast(0.7).is_reached_by(0.69));
    }
}
