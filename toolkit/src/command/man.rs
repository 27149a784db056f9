//! `steward man`

use std::fs;
use std::path::Path;

use clap::CommandFactory as _;
use clap_mangen::Man;

use crate::cli::Cli;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Console;

pub(super) fn run(directory: Option<&Path>, console: &Console) -> Result<Exit> {
    match directory {
        Some(directory) => write_pages(directory, console)?,
        None => print_page(console)?,
    }
    Ok(Exit::Success)
}

fn print_page(console: &Console) -> Result<()> {
    let mut page = Vec::new();
    Man::new(Cli::command())
        .render(&mut page)
        .map_err(|error| Error::failure(format!("could not write the manual page: {error}")))?;
    console.data(&String::from_utf8_lossy(&page))
}

fn write_pages(directory: &Path, console: &Console) -> Result<()> {
    fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), directory))
        .map_err(|error| {
            Error::failure(format!(
                "could not write the manual pages to {}: {error}",
                directory.display()
            ))
        })?;
    console.note(&format!(
        "wrote the manual pages to {}",
        directory.display()
    ));
    Ok(())
}
