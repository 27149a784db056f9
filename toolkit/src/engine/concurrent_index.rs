//! What a failed CREATE INDEX CONCURRENTLY leaves behind.
//!
//! It leaves an INVALID index, which costs every write and helps no query; a second attempt fails
//! because the name is taken, and with IF NOT EXISTS it even succeeds without building anything.

use postgres::Client;
use postgres_protocol::escape::{escape_identifier, escape_literal};

use super::simple_query::rows;
use crate::error::Result;

/// A statement that builds an index without blocking writers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ConcurrentIndex {
    /// The index's name, unless the server is to make one up.
    name: Option<String>,
    /// The table, as the statement names it.
    table: String,
}

/// A word of SQL, as the server folds it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Quoted(String),
    Dot,
}

impl ConcurrentIndex {
    /// Recognises the statement; `text` begins with its first word.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut tokens = Tokens { rest: text }.peekable();
        let is = |token: &Token, word: &str| *token == Token::Word(word.to_owned());
        tokens.next_if(|token| is(token, "create"))?;
        tokens.next_if(|token| is(token, "unique"));
        tokens.next_if(|token| is(token, "index"))?;
        tokens.next_if(|token| is(token, "concurrently"))?;
        for word in ["if", "not", "exists"] {
            tokens.next_if(|token| is(token, word));
        }
        let name = match tokens.next_if(|token| !is(token, "on")) {
            Some(Token::Word(name) | Token::Quoted(name)) => Some(name),
            Some(Token::Dot) => return None,
            None => None,
        };
        tokens.next_if(|token| is(token, "on"))?;
        tokens.next_if(|token| is(token, "only"));
        let mut table = String::new();
        while let Some(Token::Word(part) | Token::Quoted(part)) = tokens.next() {
            table.push_str(&escape_identifier(&part));
            match tokens.next_if_eq(&Token::Dot) {
                Some(_) => table.push('.'),
                None => break,
            }
        }
        (!table.is_empty()).then_some(Self { name, table })
    }

    /// The INVALID indexes that the statement can have left, quoted and with their schemas.
    ///
    /// One that another session is building at this moment is not among them.
    pub(super) fn invalid(&self, client: &mut Client) -> Result<Vec<String>> {
        let named = self.name.as_ref().map_or_else(
            || "true".to_owned(),
            |name| format!("c.relname = {}", escape_literal(name)),
        );
        let found = rows(
            client,
            &format!(
                "select pg_catalog.format('%I.%I', n.nspname, c.relname) as index
                   from pg_catalog.pg_index as i
                   join pg_catalog.pg_class as c on c.oid = i.indexrelid
                   join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
                  where i.indrelid = pg_catalog.to_regclass({})
                    and not i.indisvalid
                    and c.relkind = 'i'
                    and {named}
                    and not exists (select from pg_catalog.pg_stat_progress_create_index as p
                                     where p.index_relid = i.indexrelid)",
                escape_literal(&self.table)
            ),
        )?;
        Ok(found
            .iter()
            .filter_map(|row| row.get("index").map(ToOwned::to_owned))
            .collect())
    }

    /// Drops the INVALID indexes that were not there `before`, and returns them.
    ///
    /// A named index is dropped even if it was there before: an earlier run that was cut off has
    /// left it, and it stands in the way.
    pub(super) fn drop_invalid(
        &self,
        client: &mut Client,
        before: &[String],
    ) -> Result<Vec<String>> {
        let mut dropped = Vec::new();
        for index in self.invalid(client)? {
            if self.name.is_none() && before.contains(&index) {
                continue;
            }
            client.batch_execute(&format!("drop index concurrently {index}"))?;
            dropped.push(index);
        }
        Ok(dropped)
    }
}

/// The words at the beginning of a statement; ends at the first other symbol.
struct Tokens<'a> {
    rest: &'a str,
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.skip_space();
        let first = self.rest.chars().next()?;
        match first {
            '.' => {
                self.rest = &self.rest[1..];
                Some(Token::Dot)
            }
            '"' => self.quoted(),
            _ if first.is_alphabetic() || first == '_' => {
                let end = self
                    .rest
                    .find(|character: char| {
                        !(character.is_alphanumeric() || "_$".contains(character))
                    })
                    .unwrap_or(self.rest.len());
                let (word, rest) = self.rest.split_at(end);
                self.rest = rest;
                Some(Token::Word(word.to_ascii_lowercase()))
            }
            _ => None,
        }
    }
}

impl Tokens<'_> {
    fn skip_space(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            let end = if self.rest.starts_with("--") {
                self.rest.find('\n')
            } else if self.rest.starts_with("/*") {
                self.rest.find("*/").map(|end| end + 2)
            } else {
                return;
            };
            self.rest = &self.rest[end.unwrap_or(self.rest.len())..];
        }
    }

    fn quoted(&mut self) -> Option<Token> {
        let mut name = String::new();
        let mut characters = self.rest.char_indices().skip(1).peekable();
        while let Some((at, character)) = characters.next() {
            if character != '"' {
                name.push(character);
            } else if characters.next_if(|(_, next)| *next == '"').is_some() {
                name.push('"');
            } else {
                self.rest = &self.rest[at + 1..];
                return Some(Token::Quoted(name));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::ConcurrentIndex;

    fn parsed(sql: &str) -> Option<(Option<String>, String)> {
        ConcurrentIndex::parse(sql).map(|index| (index.name, index.table))
    }

    fn named(name: &str, table: &str) -> (Option<String>, String) {
        (Some(name.to_owned()), table.to_owned())
    }

    #[test]
    fn every_form_is_recognised() {
        assert_eq!(
            parsed("create index concurrently a on b (c)"),
            Some(named("a", "\"b\""))
        );
        assert_eq!(
            parsed("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS Ab ON ONLY s.T USING gin (c)"),
            Some(named("ab", "\"s\".\"t\""))
        );
        assert_eq!(
            parsed("create index /* now */ concurrently -- so\n \"a\"\"b\" on \"S\".\"T\"(c)"),
            Some(named("a\"b", "\"S\".\"T\""))
        );
        assert_eq!(
            parsed("create index concurrently on b (c)"),
            Some((None, "\"b\"".to_owned()))
        );
    }

    #[test]
    fn other_statements_are_not() {
        for sql in [
            "create index a on b (c)",
            "drop index concurrently a",
            "reindex index concurrently a",
            "select 1",
            "",
        ] {
            assert_eq!(parsed(sql), None, "{sql}");
        }
    }
}
