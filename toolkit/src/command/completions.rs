//! `steward completions`

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Console;

pub(super) fn run(shell: Shell, console: &Console) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "steward", &mut script);
    console.data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Success)
}
