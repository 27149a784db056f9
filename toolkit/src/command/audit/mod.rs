//! `steward audit`: one file a subcommand.

mod export;
mod keep;
mod log;
mod seal;
mod show;
mod trim;
mod verify;

use crate::cli::{Audit, Global};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Console;

pub(super) fn run(command: &Audit, global: &Global, console: &Console) -> Result<Exit> {
    match command {
        Audit::Log {
            log,
            filter,
            listing,
        } => log::run(log, filter, *listing, global, console),
        Audit::Show { entry, log } => show::run(entry, log, global, console),
        Audit::Export {
            log,
            filter,
            ending,
        } => export::run(log, filter, ending, global, console),
        Audit::Extend {
            log,
            ahead,
            locking,
        } => keep::extend(log, *ahead, *locking, global, console),
        Audit::Trim {
            log,
            trimming,
            locking,
        } => trim::run(log, trimming, *locking, global, console),
        Audit::Seal { log } => seal::run(log, global, console),
        Audit::Verify { log, anchor } => verify::run(log, anchor.as_deref(), global, console),
    }
}
