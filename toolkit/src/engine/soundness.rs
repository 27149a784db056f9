//! Statements that would break the promise that a migration is applied as a whole or not at all,
//! found before anything is run.

use crate::error::{Error, Result};
use crate::migration::{Migration, Script, Statement};

/// Refuses what the scripts of `migration` must not hold.
pub(super) fn check(migration: &Migration) -> Result<()> {
    check_script(&migration.up, migration.transactional)?;
    match &migration.down {
        Some(down) => check_script(down, migration.transactional),
        None => Ok(()),
    }
}

/// Refuses what a script that runs in one transaction, or without any, must not hold.
pub(super) fn check_script(script: &Script, transactional: bool) -> Result<()> {
    for statement in script.statements() {
        if let Some(refusal) = refusal(&statement, transactional) {
            return Err(refusal.at(&script.file, statement.line));
        }
    }
    Ok(())
}

fn refusal(statement: &Statement<'_>, transactional: bool) -> Option<Error> {
    let words = words(statement.text);
    let first: Vec<_> = words.take(4).collect();
    let first: Vec<_> = first.iter().map(String::as_str).collect();
    if controls_transaction(&first) {
        return Some(transaction_control(transactional));
    }
    if first.first() == Some(&"copy") && reads_standard_input(statement.text) {
        return Some(
            Error::failure("a migration cannot read data with COPY FROM STDIN")
                .hint("Write the rows as INSERT statements."),
        );
    }
    None
}

fn reads_standard_input(copy: &str) -> bool {
    let words: Vec<_> = words(copy).collect();
    words.windows(2).any(|pair| pair == ["from", "stdin"])
}

fn controls_transaction(words: &[&str]) -> bool {
    match words {
        ["rollback", "to", ..]
        | ["rollback", "work" | "transaction", "to", ..]
        | ["rollback" | "commit", "prepared", ..] => false,
        ["begin" | "commit" | "end" | "rollback" | "abort", ..]
        | ["start" | "prepare", "transaction", ..] => true,
        _ => false,
    }
}

fn transaction_control(transactional: bool) -> Error {
    let error = Error::failure("a migration cannot begin or end a transaction");
    if transactional {
        error
            .detail("It runs in one transaction together with its row of the history.")
            .hint(
                "Take the statement out. Where each statement has to commit by itself, write \
                 \"-- steward: no-transaction\" at the top of the file.",
            )
    } else {
        error.detail("With \"-- steward: no-transaction\" each statement commits by itself.")
    }
}

/// The statement's words in lower case, without the symbols between them.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|character: char| !(character.is_alphanumeric() || character == '_'))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::{controls_transaction, reads_standard_input, words};

    fn controls(sql: &str) -> bool {
        let words: Vec<_> = words(sql).collect();
        controls_transaction(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    #[test]
    fn what_ends_a_transaction_is_recognised() {
        for sql in [
            "BEGIN",
            "begin isolation level serializable",
            "START TRANSACTION",
            "commit",
            "Commit and chain",
            "end",
            "rollback",
            "ABORT",
            "prepare transaction 'x'",
        ] {
            assert!(controls(sql), "{sql}");
        }
    }

    #[test]
    fn what_stays_inside_is_not() {
        for sql in [
            "rollback to savepoint a",
            "ROLLBACK WORK TO a",
            "savepoint a",
            "release a",
            "prepare q as select 1",
            "create function f() returns void language plpgsql as $$ begin commit; end $$",
            "commit prepared 'x'",
        ] {
            assert!(!controls(sql), "{sql}");
        }
    }

    #[test]
    fn copy_from_the_client_is_recognised() {
        assert!(reads_standard_input("COPY t (a, b) FROM STDIN WITH (FORMAT csv)"));
        assert!(!reads_standard_input("copy t from '/tmp/rows.csv'"));
    }
}
