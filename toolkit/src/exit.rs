//! The exit codes of the command `steward`: part of its interface, since scripts branch on them.

use std::process::ExitCode;

/// How a run of the command ended, as its caller's shell sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything asked for was done, or there was nothing to do.
    Success = 0,
    /// Something failed that no other code names.
    Failure = 1,
    /// The command line itself was wrong.
    Usage = 2,
    /// Migrations wait to be applied, and `--exit-code` asked to be told so.
    Pending = 3,
    /// The database and the migration files disagree.
    Divergence = 4,
    /// Another runner holds the lock.
    LockBusy = 5,
    /// No connection to the server could be made, or it was lost.
    Connection = 6,
    /// A program that the command needs is not installed.
    ToolMissing = 7,
    /// The command destroys something and was not confirmed with `--yes`.
    Unconfirmed = 8,
    /// An audit log is not as it was when it was sealed, or something is not recorded in it; or a linter has
    /// found something.
    Unsound = 9,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
