//! The commands: each turns its raw arguments into checked ones, has the work done by the rest of
//! the library, and shows the result.

mod access;
mod audit;
mod blueprint;
mod completions;
mod connect;
mod demo;
mod graph;
mod man;
mod migrate;
mod seed;
mod tasks;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Console;

/// Runs the command line of this process, and returns the code that the process ends with.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let console = Console::new(
        cli.global.data_format(),
        cli.global.color,
        cli.global.verbosity(),
    );
    let exit = run(&cli, &console).unwrap_or_else(|error| {
        console.error(&error);
        error.exit()
    });
    exit.into()
}

fn run(cli: &Cli, console: &Console) -> Result<Exit> {
    match &cli.command {
        Command::Migrate(command) => migrate::run(command, &cli.global, console),
        Command::Seed(arguments) => seed::run(arguments, &cli.global, console),
        Command::Blueprint(command) => blueprint::run(command, console),
        Command::Graph(arguments) => graph::run(arguments, &cli.global, console),
        Command::Audit(command) => audit::run(command, &cli.global, console),
        Command::Lint(command) => access::run_lint(command, &cli.global, console),
        Command::Test(command) => access::run_test(command, &cli.global, console),
        Command::Tasks(command) => tasks::run(command, &cli.global, console),
        Command::Demo(arguments) => demo::run(arguments, console),
        Command::Completions { shell } => completions::run(*shell, console),
        Command::Man { directory } => man::run(directory.as_deref(), console),
    }
}
