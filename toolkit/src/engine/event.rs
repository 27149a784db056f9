//! What the engine tells of while it works. It prints nothing itself: the command line, the
//! demonstration and the tests each want something else of it.

use std::path::Path;
use std::time::Duration;

use super::lock::Holder;
use super::outcome::Step;

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// Another runner holds the lock; it is waited for.
    LockBusy(&'a Holder),
    /// So many migrations are about to be run.
    Planned(usize),
    /// A schema was created.
    SchemaCreated,
    /// The extension was created.
    ExtensionCreated,
    /// A migration begins.
    Begun(&'a Step),
    /// A statement begins.
    Statement {
        /// The file it is from.
        file: &'a Path,
        /// The line it begins on.
        line: usize,
    },
    /// A lock on a table was not had in time; the work is tried again after a pause.
    Retry {
        /// What is tried again.
        what: &'a str,
        /// How many times it has been tried.
        attempt: u32,
        /// How many times it is tried at most.
        attempts: u32,
        /// How long it waits.
        pause: Duration,
    },
    /// An index that a failed CREATE INDEX CONCURRENTLY had left was dropped.
    InvalidIndexDropped(&'a str),
    /// A migration was applied.
    Applied(&'a Step),
    /// A migration was undone.
    Reverted(&'a Step),
    /// A migration was recorded without being run.
    Recorded(&'a Step),
    /// The history row of a migration was made to agree with its files.
    Restamped(&'a Step),
    /// The history table was dropped.
    HistoryDropped,
    /// The schema, which was created for the migrations, was dropped.
    SchemaDropped,
    /// The schema was created for the migrations, but holds something else.
    SchemaKept,
}

/// Who is told.
pub trait Observer {
    /// Takes note of what happened.
    fn event(&self, event: &Event<'_>);
}

/// Nobody.
impl Observer for () {
    fn event(&self, _event: &Event<'_>) {}
}
