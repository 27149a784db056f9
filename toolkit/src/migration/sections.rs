//! Both steps in one file:
//!
//! ```sql
//! -- Up
//! create table users (id bigint primary key);
//!
//! -- Down
//! drop table users;
//! ```
//!
//! The markers of dbmate (`-- migrate:up`, `-- migrate:down`) and goose (`-- +goose Up`,
//! `-- +goose Down`) mean the same, so that a folder of theirs can be read as it is. A marker is
//! a comment alone on its line, in any case, and outside every quote, parenthesis, block comment
//! and function body.

use std::path::Path;

use super::Script;
use super::statements::{Lines, Nesting};
use super::tokens::{Kind, Token, tokens};
use crate::error::{Error, Result};

/// A file, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sections {
    /// The section Up; the whole file where it has no sections.
    pub up: Script,
    /// The section Down.
    pub down: Option<Script>,
    /// The line on which dbmate's `transaction:false` or goose's `NO TRANSACTION` stands.
    pub no_transaction: Option<usize>,
}

impl Sections {
    /// Takes the text of a file apart.
    ///
    /// # Errors
    /// A marker is unknown, repeated or in the wrong place.
    pub fn read(text: &str, file: &Path) -> Result<Self> {
        let found = Found::in_text(text, file)?;
        let Some(up) = found.up else {
            return match found.down {
                Some(down) => Err(Error::failure("a section Down without a section Up")
                    .hint("Begin the file with a line \"-- Up\".")
                    .at(file, down.line)),
                None => Ok(Self {
                    up: Script {
                        sql: text.to_owned(),
                        file: file.to_path_buf(),
                        first_line: 1,
                    },
                    down: None,
                    no_transaction: found.no_transaction,
                }),
            };
        };
        let up_end = found.down.map_or(text.len(), |down| down.start);
        Ok(Self {
            up: up.script(text, up_end, file),
            down: found.down.map(|down| down.script(text, text.len(), file)),
            no_transaction: found.no_transaction,
        })
    }
}

/// A line that begins a section.
#[derive(Clone, Copy, Debug)]
struct Beginning {
    /// Where the line begins and ends, in bytes; its newline belongs to it.
    start: usize,
    end: usize,
    line: usize,
}

impl Beginning {
    fn script(self, text: &str, end: usize, file: &Path) -> Script {
        Script {
            sql: text[self.end..end].to_owned(),
            file: file.to_path_buf(),
            first_line: self.line + 1,
        }
    }
}

/// The markers of a file.
#[derive(Debug, Default)]
struct Found {
    up: Option<Beginning>,
    down: Option<Beginning>,
    no_transaction: Option<usize>,
}

impl Found {
    fn in_text(text: &str, file: &Path) -> Result<Self> {
        let mut found = Self::default();
        let mut nesting = Nesting::default();
        let mut lines = Lines::new(text, 1);
        let mut first_statement = None;
        for token in tokens(text) {
            nesting.enter(&token);
            if token.is_significant() {
                first_statement = first_statement.or(Some(token.start));
                continue;
            }
            let Some(start) = start_of_own_line(text, &token) else {
                continue;
            };
            if !nesting.is_outermost() {
                continue;
            }
            let line = lines.line_at(token.start);
            let marker = Marker::read(token.text).map_err(|error| error.at(file, line))?;
            let Some(marker) = marker else { continue };
            let newline = usize::from(token.end() < text.len());
            let beginning = Beginning {
                start,
                end: token.end() + newline,
                line,
            };
            found
                .enter(marker, beginning, first_statement.is_some())
                .map_err(|error| error.at(file, line))?;
            if matches!(marker, Marker::Up { .. } | Marker::Down { .. }) {
                nesting = Nesting::default();
            }
        }
        Ok(found)
    }

    fn enter(&mut self, marker: Marker, beginning: Beginning, after_statement: bool) -> Result<()> {
        match marker {
            Marker::Up { .. } if self.up.is_some() => Err(Error::failure("a second section Up")),
            Marker::Up { .. } if self.down.is_some() => {
                Err(Error::failure("the section Up after the section Down")
                    .hint("Put the section Up first."))
            }
            Marker::Up { .. } if after_statement => {
                Err(Error::failure("statements before the section Up")
                    .hint("Move them into a section, or remove the marker \"-- Up\"."))
            }
            Marker::Down { .. } if self.down.is_some() => {
                Err(Error::failure("a second section Down"))
            }
            Marker::Down {
                no_transaction: true,
            } if self.no_transaction.is_none() => Err(Error::failure(
                "transaction:false for the section Down alone",
            )
            .hint(
                "It holds for both directions: say it of the section Up too, or put \
                     \"-- steward: no-transaction\" at the head of the file.",
            )),
            Marker::Up { no_transaction } => {
                self.up = Some(beginning);
                if no_transaction {
                    self.no_transaction = Some(beginning.line);
                }
                Ok(())
            }
            Marker::Down { .. } => {
                self.down = Some(beginning);
                Ok(())
            }
            Marker::NoTransaction if after_statement => {
                Err(Error::failure("NO TRANSACTION after a statement")
                    .hint("Move it to the head of the file."))
            }
            Marker::NoTransaction => {
                self.no_transaction = Some(beginning.line);
                Ok(())
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marker {
    Up {
        no_transaction: bool,
    },
    Down {
        no_transaction: bool,
    },
    /// goose's, for the whole file.
    NoTransaction,
}

impl Marker {
    fn read(comment: &str) -> Result<Option<Self>> {
        let text = comment.trim_start_matches('-').to_ascii_lowercase();
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        match words.as_slice() {
            ["up"] => Ok(Some(Self::Up {
                no_transaction: false,
            })),
            ["down"] => Ok(Some(Self::Down {
                no_transaction: false,
            })),
            ["migrate:up", options @ ..] => dbmate_no_transaction(options)
                .map(|no_transaction| Some(Self::Up { no_transaction })),
            ["migrate:down", options @ ..] => dbmate_no_transaction(options)
                .map(|no_transaction| Some(Self::Down { no_transaction })),
            ["+goose", annotation @ ..] => goose(annotation),
            _ => Ok(None),
        }
    }
}

fn dbmate_no_transaction(options: &[&str]) -> Result<bool> {
    match options {
        [] | ["transaction:true"] => Ok(false),
        ["transaction:false"] => Ok(true),
        _ => Err(Error::failure(format!(
            "unknown option of a section: {}",
            options.join(" ")
        ))
        .hint("The only option is \"transaction:false\".")),
    }
}

fn goose(annotation: &[&str]) -> Result<Option<Marker>> {
    match annotation {
        ["up"] => Ok(Some(Marker::Up {
            no_transaction: false,
        })),
        ["down"] => Ok(Some(Marker::Down {
            no_transaction: false,
        })),
        ["no", "transaction"] => Ok(Some(Marker::NoTransaction)),
        // They tell goose what the splitter finds out by itself.
        ["statementbegin" | "statementend"] => Ok(None),
        _ => Err(Error::failure(format!(
            "goose's annotation \"{}\" is not supported",
            annotation.join(" ")
        ))
        .hint("Supported are Up, Down, StatementBegin, StatementEnd and NO TRANSACTION.")),
    }
}

/// Where the line of a comment begins, if the comment is alone on it.
fn start_of_own_line(text: &str, token: &Token<'_>) -> Option<usize> {
    if token.kind != Kind::LineComment {
        return None;
    }
    // The server's scanner ends a comment at a carriage return too.
    let start = text[..token.start]
        .rfind(['\n', '\r'])
        .map_or(0, |newline| newline + 1);
    text[start..token.start].trim().is_empty().then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Sections> {
        Sections::read(text, Path::new("1_x.sql"))
    }

    #[test]
    fn sections_are_taken_apart_with_their_lines() {
        for (up, down) in [
            ("-- Up", "-- Down"),
            ("--UP", "  --  down  "),
            ("-- migrate:up", "-- migrate:down"),
            (
                "-- +goose Up\n-- +goose StatementBegin",
                "-- +goose StatementEnd\n-- +goose Down",
            ),
        ] {
            let text = format!("-- about\n\n{up}\ncreate table t ();\n\n{down}\ndrop table t;\n");
            let sections = read(&text).unwrap();
            let down = sections.down.unwrap();
            assert!(sections.up.sql.contains("create") && !sections.up.sql.contains("drop"));
            assert_eq!(sections.up.first_line, 4);
            assert_eq!(down.sql, "drop table t;\n");
            let line = text
                .lines()
                .position(|line| line == "drop table t;")
                .unwrap()
                + 1;
            assert_eq!(down.first_line, line);
            assert_eq!(sections.no_transaction, None);
        }
    }

    #[test]
    fn a_missing_last_semicolon_does_not_hide_the_next_section() {
        let sections = read("-- Up\nselect 1\n-- Down\nselect 2").unwrap();
        assert_eq!(sections.up.sql, "select 1\n");
        assert_eq!(sections.down.unwrap().sql, "select 2");
        assert_eq!(
            read("-- Up\nselect 1\n-- Down").unwrap().down.unwrap().sql,
            ""
        );
    }

    #[test]
    fn markers_elsewhere_do_not_count() {
        for text in [
            "select '\n-- Down\n'",
            "select $$\n-- Down\n$$",
            "select \"\n-- Down\n\"",
            "/*\n-- Down\n*/",
            "create table t (\n-- Down\na int)",
            "create function f() begin atomic\n-- Down\nselect 1; end",
            "select 1; create function f() begin atomic\n-- Down\nselect 1; end",
            "select 1; -- Down",
            "/* */ -- Down",
            "-- Down the road\nselect 1",
        ] {
            let sections = read(text).unwrap();
            assert_eq!((sections.up.sql.as_str(), sections.down), (text, None));
            // The control: the same text before a marker that counts.
            let control = format!("-- Up\n{text}\n-- Down\nselect 9");
            assert_eq!(
                read(&control).unwrap().down.unwrap().sql,
                "select 9",
                "{text}"
            );
        }
    }

    #[test]
    fn transactions_can_be_declined_in_the_way_of_dbmate_and_goose() {
        let line = |text| read(text).unwrap().no_transaction;
        assert_eq!(line("\n-- migrate:up transaction:false\nselect 1"), Some(2));
        assert_eq!(
            line("-- migrate:up transaction:false\nx;\n-- migrate:down transaction:false\ny"),
            Some(1)
        );
        assert_eq!(line("-- migrate:up transaction:true\nselect 1"), None);
        assert_eq!(
            line("-- +goose NO TRANSACTION\n-- +goose Up\nselect 1"),
            Some(1)
        );
    }

    #[test]
    fn misplaced_and_unknown_markers_are_refused_with_their_line() {
        for (text, message, line) in [
            ("select 1;\n-- Down\nselect 2", "without a section Up", 2),
            ("-- Down\nx;\n-- Up\ny", "after the section Down", 3),
            ("-- Up\nx;\n-- Up\ny", "second section Up", 3),
            (
                "-- Up\nx;\n-- Down\ny;\n-- Down\nz",
                "second section Down",
                5,
            ),
            ("select 1;\n-- Up\nselect 2", "statements before", 2),
            ("-- migrate:up transactions:off\nx", "unknown option", 1),
            (
                "-- migrate:up\nx;\n-- migrate:down transaction:false\ny",
                "Down alone",
                3,
            ),
            ("-- +goose envsub on\nx", "envsub on", 1),
            (
                "-- +goose Up\nx;\n-- +goose NO TRANSACTION",
                "after a statement",
                3,
            ),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
            assert!(
                error.ends_with(&format!("1_x.sql:{line}")),
                "{text}: {error}"
            );
        }
    }
}
