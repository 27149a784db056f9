//! `steward tasks`: one file a subcommand.

mod flag_delayed;

use crate::cli::{Global, Tasks};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Console;

pub(super) fn run(command: &Tasks, global: &Global, console: &Console) -> Result<Exit> {
    match command {
        Tasks::FlagDelayed(arguments) => flag_delayed::run(arguments, global, console),
    }
}
