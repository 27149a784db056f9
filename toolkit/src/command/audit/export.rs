//! `steward audit export`

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::audit::{Cursor, Encoding, Reading};
use crate::cli::{Ending, Filter, Global, LogName};
use crate::command::connect::connect;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Console;

pub(super) fn run(
    log: &LogName,
    filter: &Filter,
    ending: &Ending,
    global: &Global,
    console: &Console,
) -> Result<Exit> {
    let encoding = if ending.is_json() {
        Encoding::JsonLines
    } else {
        Encoding::Csv
    };
    let mut client = connect(global, console)?;
    let reading = Reading::begin(&mut client, log.log.as_deref(), filter)?;
    let mut cursor = reading.export(encoding)?;
    match &ending.output {
        None => to_stdout(&mut cursor)?,
        Some(file) => to_file(&mut cursor, file)?,
    }
    let into = ending
        .output
        .as_ref()
        .map_or_else(String::new, |file| format!(" to {}", file.display()));
    let count = cursor.count();
    let entries = if count == 1 { "entry" } else { "entries" };
    console.note(&format!(
        "wrote {count} {entries} of {}{into}",
        cursor.log()
    ));
    Ok(Exit::Success)
}

/// Until the end, or until nobody reads any more: then they have what they wanted.
fn to_stdout(cursor: &mut Cursor<'_>) -> Result<()> {
    write_all(cursor, &mut io::stdout().lock()).or_else(|failure| match failure {
        Failure::Writing(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Failure::Writing(error) => Err(Error::failure(format!(
            "could not write to the standard output: {error}"
        ))),
        Failure::Reading(error) => Err(error),
    })
}

/// The file is there when it is whole. What is no file, as a pipe, is written as it comes.
fn to_file(cursor: &mut Cursor<'_>, path: &Path) -> Result<()> {
    let could_not = |error: &dyn std::fmt::Display| {
        Error::failure(format!("could not write \"{}\": {error}", path.display()))
    };
    let told = |failure| match failure {
        Failure::Writing(error) => could_not(&error),
        Failure::Reading(error) => error,
    };
    if path.metadata().is_ok_and(|found| !found.is_file()) {
        let mut file = File::options()
            .write(true)
            .open(path)
            .map_err(|error| could_not(&error))?;
        return write_all(cursor, &mut file).map_err(told);
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."));
    let mut file = NamedTempFile::new_in(folder).map_err(|error| could_not(&error))?;
    write_all(cursor, &mut BufWriter::new(&mut file)).map_err(told)?;
    file.as_file()
        .sync_all()
        .map_err(|error| could_not(&error))?;
    file.persist(path)
        .map_err(|error| could_not(&error.error))?;
    Ok(())
}

enum Failure {
    Reading(Error),
    Writing(io::Error),
}

fn write_all(cursor: &mut Cursor<'_>, target: &mut impl Write) -> std::result::Result<(), Failure> {
    let mut next = cursor.heading();
    if next.is_none() {
        next = cursor.lines().map_err(Failure::Reading)?;
    }
    while let Some(lines) = next {
        target
            .write_all(lines.as_bytes())
            .map_err(Failure::Writing)?;
        next = cursor.lines().map_err(Failure::Reading)?;
    }
    target.flush().map_err(Failure::Writing)
}
