//! `steward lint access` and `steward test access`.

mod lint;
mod matrix;

use crate::cli::{Global, Lint, Test};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Console;

pub(super) fn run_lint(command: &Lint, global: &Global, console: &Console) -> Result<Exit> {
    let Lint::Access { schema, fail_on } = command;
    lint::run(schema.as_ref(), *fail_on, global, console)
}

pub(super) fn run_test(command: &Test, global: &Global, console: &Console) -> Result<Exit> {
    let Test::Access(arguments) = command;
    matrix::run(arguments, global, console)
}
