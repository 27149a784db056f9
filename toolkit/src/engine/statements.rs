//! Running the statements of a script one by one, so that an error of any kind names its line.

use std::path::Path;

use postgres::Client;
use postgres::error::ErrorPosition;

use super::event::{Event, Observer};
use super::outcome::Step;
use super::retry::LOCK_NOT_AVAILABLE;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::migration::{Script, Statement};

/// Runs the script's statements in order.
pub(crate) fn run_script(
    client: &mut Client,
    script: &Script,
    observer: &dyn Observer,
) -> Result<()> {
    for statement in script.statements() {
        run(client, &script.file, &statement, observer)?;
    }
    Ok(())
}

/// Runs one statement of `file`.
pub(super) fn run(
    client: &mut Client,
    file: &Path,
    statement: &Statement<'_>,
    observer: &dyn Observer,
) -> Result<()> {
    observer.event(&Event::Statement {
        file,
        line: statement.line,
    });
    client
        .batch_execute(statement.text)
        .map_err(|error| located(&error, file, statement))
}

/// The server's error, with the line that it is about.
fn located(error: &postgres::Error, file: &Path, statement: &Statement<'_>) -> Error {
    let server = error.as_db_error();
    let line = match server.and_then(|server| server.position()) {
        Some(ErrorPosition::Original(position)) => statement.line_of(*position as usize),
        // Errors at run time have no position; they are about the statement.
        _ => statement.line,
    };
    let located = Error::from(error).at(file, line);
    if located.exit() == Exit::Connection {
        return located.and_hint(
            "What ran in a transaction is rolled back by the server. \"steward migrate status\" \
             tells what is applied; run the command again to go on.",
        );
    }
    // "CREATE INDEX CONCURRENTLY cannot run inside a transaction block", and its like.
    if server.is_some_and(|server| server.code().code() == "25001" && server.hint().is_none()) {
        return located.hint(
            "Write \"-- steward: no-transaction\" at the top of the migration: each of its \
             statements then commits by itself.",
        );
    }
    if server.is_some_and(|server| server.code().code() == "42710") && creates_steward(statement) {
        return located.hint(
            "\"steward migrate up\" has created it already, as it does where a migration needs \
             it. Leave the statement out, or write \"create extension if not exists steward\".",
        );
    }
    located
}

fn creates_steward(statement: &Statement<'_>) -> bool {
    let words: Vec<_> = statement.text.split_whitespace().take(3).collect();
    words
        .join(" ")
        .trim_end_matches(';')
        .eq_ignore_ascii_case("create extension steward")
}

/// Adds to the error of a statement that nothing of the step is left to clean up, where that is so.
pub(super) fn failed(error: Error, step: &Step, transactional: bool) -> Error {
    let of_a_statement = error
        .sqlstate()
        .is_some_and(|code| code != LOCK_NOT_AVAILABLE)
        && error.exit() != Exit::Connection;
    if !transactional || !of_a_statement {
        return error;
    }
    error.and_hint(format!(
        "{step} was rolled back and left nothing behind. Mend the cause and run the command again."
    ))
}
