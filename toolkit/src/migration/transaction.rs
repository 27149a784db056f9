//! What a script says about transactions, held against the one that it will run in.
//!
//! A migration and its history row commit together, or not at all. A `commit` inside would end
//! that transaction halfway, so it is refused, before anything has run. Only a `begin` and
//! `commit` around the whole script, as many people write them, mean the same as no such pair:
//! they are blanked out, character by character, so that every position stays where it was.

use super::Script;
use super::statements::{Statement, split};
use super::tokens::{Kind, tokens};
use crate::error::{Error, Result};

/// A statement that begins or ends a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Control {
    /// `begin`, `begin work`, `start transaction`
    Begin,
    /// The same with an isolation level or another option.
    BeginWithOptions,
    /// `commit`, `end`
    Commit,
    /// `rollback`, `abort`, `prepare transaction`, `commit and chain`, ...
    Other,
}

impl Control {
    /// The words that such a statement can begin with.
    const FIRST_WORDS: [&str; 7] = [
        "begin", "start", "commit", "end", "rollback", "abort", "prepare",
    ];

    fn of(statement: &Statement<'_>) -> Option<Self> {
        let first = statement.first_word();
        if !Self::FIRST_WORDS
            .iter()
            .any(|word| first.eq_ignore_ascii_case(word))
        {
            return None;
        }
        let words = statement.words();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (first, rest) = words.split_first()?;
        let after_noise = match rest.first() {
            Some(&("work" | "transaction")) => &rest[1..],
            _ => rest,
        };
        match (*first, after_noise) {
            ("begin", []) => Some(Self::Begin),
            ("begin", _) => Some(Self::BeginWithOptions),
            ("start", options) if rest.first() == Some(&"transaction") => {
                Some(if options.is_empty() {
                    Self::Begin
                } else {
                    Self::BeginWithOptions
                })
            }
            ("commit" | "end", [] | ["and", "no", "chain"]) => Some(Self::Commit),
            // Back to a savepoint, which stays within the transaction.
            ("rollback", ["to", ..]) => None,
            ("commit" | "end" | "rollback" | "abort", _) => Some(Self::Other),
            ("prepare", _) if rest.first() == Some(&"transaction") => Some(Self::Other),
            _ => None,
        }
    }
}

/// Takes an outer `begin` and `commit` out of a script that runs in one transaction.
///
/// # Errors
/// A transaction is begun and not ended, or ended in the middle.
pub(super) fn within_one_transaction(mut script: Script) -> Result<Script> {
    let statements = split(&script.sql, script.first_line);
    let controls: Vec<_> = statements.iter().map(Control::of).collect();
    let (inner, outer) = match controls.as_slice() {
        [Some(Control::Begin), inner @ .., Some(Control::Commit)] => (inner, true),
        all => (all, false),
    };
    let first_inner = usize::from(outer);
    for (index, control) in inner.iter().enumerate() {
        if let Some(control) = control {
            let is_ended = inner[index..]
                .iter()
                .any(|later| matches!(later, Some(Control::Commit | Control::Other)));
            let statement = &statements[first_inner + index];
            return Err(refused(statement, *control, is_ended).at(&script.file, statement.line));
        }
    }
    if outer {
        let extents: Vec<_> = [statements.first(), statements.last()]
            .into_iter()
            .flatten()
            .map(|statement| (statement.start, statement.start + statement.text.len()))
            .collect();
        for (start, end) in extents.into_iter().rev() {
            script.sql = blanked(&script.sql, start, end);
        }
    }
    Ok(script)
}

/// Checks a script each of whose statements commits by itself: it may hold transactions of its
/// own, if it ends them.
///
/// # Errors
/// A transaction is begun and not ended.
pub(super) fn without_transaction(script: &Script) -> Result<()> {
    let mut open = None;
    for statement in script.statements() {
        match Control::of(&statement) {
            Some(Control::Begin | Control::BeginWithOptions) => {
                open = open.or(Some(statement.line));
            }
            Some(Control::Commit | Control::Other) => open = None,
            None => {}
        }
    }
    open.map_or(Ok(()), |line| Err(never_ended().at(&script.file, line)))
}

fn refused(statement: &Statement<'_>, control: Control, is_ended: bool) -> Error {
    match control {
        Control::BeginWithOptions => {
            Error::failure(format!("\"{}\" sets options of a transaction", statement.text)).hint(
                "A migration runs in a transaction that is already begun. Remove the statement together \
                 with its \"commit\".",
            )
        }
        Control::Begin if !is_ended => never_ended(),
        _ => Error::failure(format!("\"{}\" in the middle of a migration", statement.text))
            .detail("A migration runs in one transaction, which commits it together with its history row.")
            .hint("Remove the statement, or put \"-- steward: no-transaction\" at the head of the migration."),
    }
}

fn never_ended() -> Error {
    Error::failure("\"begin\" without \"commit\"")
        .hint("Remove it: a migration runs in a transaction unless it says \"-- steward: no-transaction\".")
}

/// `sql` with spaces instead of the statement from `start` to `end` and of its semicolon.
fn blanked(sql: &str, start: usize, end: usize) -> String {
    let semicolon = tokens(&sql[end..])
        .into_iter()
        .find(|token| token.kind == Kind::Semicolon)
        .map(|token| end + token.start);
    sql.char_indices()
        .map(|(offset, character)| {
            let is_blanked = (start..end).contains(&offset) || Some(offset) == semicolon;
            if is_blanked && character != '\n' {
                ' '
            } else {
                character
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(sql: &str) -> Script {
        Script {
            sql: sql.to_owned(),
            file: "1_x.sql".into(),
            first_line: 3,
        }
    }

    fn transactional(sql: &str) -> Result<String> {
        within_one_transaction(script(sql)).map(|script| script.sql)
    }

    #[test]
    fn an_outer_pair_is_blanked_out_and_positions_stay() {
        for (begin, commit) in [
            ("begin;", "commit;"),
            ("BEGIN WORK ;", "END"),
            ("start /* é */\n transaction;", "commit work and no chain;"),
        ] {
            let sql = format!("-- é\n{begin}\nselect 'begin;';\n{commit}\n-- end");
            let blank = transactional(&sql).unwrap();
            assert_eq!(blank.chars().count(), sql.chars().count());
            assert_eq!(blank.matches('\n').count(), sql.matches('\n').count());
            assert_eq!(
                blank.find("select").map(|at| blank[..at].chars().count()),
                sql.find("select").map(|at| sql[..at].chars().count())
            );
            assert_eq!(split(&blank, 1).len(), 1, "{blank}");
            assert!(blank.starts_with("-- é\n") && blank.ends_with("-- end"));
        }
    }

    #[test]
    fn other_scripts_are_left_alone() {
        for sql in [
            "select 1",
            "savepoint a; rollback to a; rollback work to savepoint a; release a",
            "prepare p as select 1; create function f() returns int begin atomic select 1; end",
            "do $$ begin commit; end $$",
            "",
        ] {
            assert_eq!(transactional(sql).unwrap(), sql);
        }
    }

    #[test]
    fn what_would_end_the_transaction_is_refused_with_its_line() {
        for (sql, message, line) in [
            (
                "select 1;\ncommit;\nselect 2",
                "\"commit\" in the middle",
                4,
            ),
            (
                "begin;\nselect 1;\ncommit;\nselect 2",
                "\"begin\" in the middle",
                3,
            ),
            (
                "begin; select 1;\ncommit; begin; select 2; commit",
                "\"commit\" in the middle",
                4,
            ),
            ("select 1;\nend", "\"end\" in the middle", 4),
            ("\nrollback", "\"rollback\" in the middle", 4),
            ("abort and chain", "\"abort and chain\" in the middle", 3),
            (
                "begin; select 1; commit and chain",
                "\"begin\" in the middle",
                3,
            ),
            (
                "prepare transaction 'x'",
                "\"prepare transaction 'x'\" in the middle",
                3,
            ),
            (
                "commit prepared 'x'",
                "\"commit prepared 'x'\" in the middle",
                3,
            ),
            ("begin;\nselect 1", "without \"commit\"", 3),
            ("select 1;\nstart transaction;", "without \"commit\"", 4),
            (
                "begin isolation level serializable; select 1; commit",
                "sets options",
                3,
            ),
        ] {
            let error = transactional(sql).unwrap_err().to_string();
            assert!(error.contains(message), "{sql}: {error}");
            assert!(
                error.ends_with(&format!("1_x.sql:{line}")),
                "{sql}: {error}"
            );
        }
    }

    #[test]
    fn without_a_transaction_those_of_its_own_have_to_end() {
        for sql in [
            "begin; select 1; commit; vacuum",
            "commit",
            "begin; rollback",
            "begin; savepoint a; rollback to a; end",
        ] {
            without_transaction(&script(sql)).unwrap();
        }
        let error = without_transaction(&script("vacuum;\nbegin; rollback to a;"))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("without \"commit\"") && error.ends_with("1_x.sql:4"),
            "{error}"
        );
    }
}
