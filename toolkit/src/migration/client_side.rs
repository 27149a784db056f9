//! What a client such as psql understands and the server does not, and text whose quotes never
//! end. Both are found here, with their line: the server would report something further down.

use super::Script;
use super::statements::{Lines, Statement};
use super::tokens::{Kind, Token, tokens};
use crate::error::{Error, Result};

/// Checks that the whole script can be sent to the server.
///
/// # Errors
/// The first thing in the script that cannot.
pub(super) fn check(script: &Script) -> Result<()> {
    // The data after a COPY is no SQL, so the copy has to be met before what is in its data.
    let copy = script.statements().into_iter().find(copies_from_client);
    let offending = tokens(&script.sql)
        .into_iter()
        .find_map(|token| Some((refused(&token)?, token.start)));
    match (copy, offending) {
        (Some(copy), offending)
            if offending
                .as_ref()
                .is_none_or(|(_, start)| copy.start < *start) =>
        {
            Err(Error::failure("COPY from or to the client in a migration")
                .hint("Write the rows as INSERT statements (pg_dump does with --inserts).")
                .at(&script.file, copy.line))
        }
        (_, Some((error, start))) => {
            let line = Lines::new(&script.sql, script.first_line).line_at(start);
            Err(error.at(&script.file, line))
        }
        (_, None) => Ok(()),
    }
}

/// `copy ... from stdin` or `to stdout`; the server takes either word in either direction.
fn copies_from_client(statement: &Statement<'_>) -> bool {
    statement.first_word().eq_ignore_ascii_case("copy")
        && statement.words().windows(2).any(|pair| {
            matches!(pair[0].as_str(), "from" | "to")
                && matches!(pair[1].as_str(), "stdin" | "stdout")
        })
}

fn refused(token: &Token<'_>) -> Option<Error> {
    match token.kind {
        Kind::Backslash => Some(
            Error::failure("a backslash outside quotes")
                .detail("Commands such as \\connect, \\set or \\restrict are psql's; the server does not know them.")
                .hint("Remove the line."),
        ),
        Kind::Unterminated => {
            let opening: String = token.text.chars().take(12).collect();
            let opening = opening.lines().next().unwrap_or_default();
            Some(Error::failure(format!("the quote or comment that begins here never ends: {opening}")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(sql: &str) -> Result<()> {
        check(&Script {
            sql: sql.to_owned(),
            file: "1_x.sql".into(),
            first_line: 1,
        })
    }

    #[test]
    fn sql_passes() {
        for sql in [
            "select '\\d', E'\\\\', $$\\d$$ -- \\d\n",
            "copy t from '/tmp/stdin'; copy t from program 'cat'; copy (select 1) to 'x'",
            "select stdin from stdin; create table copy (\"from\" text, stdin text)",
        ] {
            checked(sql).unwrap();
        }
    }

    #[test]
    fn what_is_for_psql_is_refused_with_its_line() {
        for (sql, message, line) in [
            ("select 1;\n\\connect x", "a backslash outside quotes", 2),
            ("select 1 \\gexec", "a backslash outside quotes", 1),
            (
                "select 1;\nCopy t (a, b) FROM STDIN with (format csv);\n1\tit's\n\\.\n",
                "COPY from or to",
                2,
            ),
            ("copy t to stdout", "COPY from or to", 1),
            (
                "\\set x\ncopy t from stdin;\n\\.\n",
                "a backslash outside quotes",
                1,
            ),
            ("select 1;\nselect 'it;\n", "never ends: 'it;", 2),
            ("select 1;\n/* /* */", "never ends: /* /* */", 2),
        ] {
            let error = checked(sql).unwrap_err().to_string();
            assert!(error.contains(message), "{sql}: {error}");
            assert!(
                error.ends_with(&format!("1_x.sql:{line}")),
                "{sql}: {error}"
            );
        }
    }
}
