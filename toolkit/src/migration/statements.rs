//! Splits a script into its statements, for what the server refuses to take as a whole: outside
//! a transaction `create index concurrently` has to come alone.
//!
//! ```
//! use steward_toolkit::migration::statements::split;
//!
//! let statements = split("create table t ();\n-- and\nselect ';';", 1);
//! assert_eq!(statements[1].text, "select ';'");
//! assert_eq!(statements[1].line, 3);
//! ```
//!
//! A semicolon ends a statement unless it stands in parentheses (`create rule ... do (a; b)`) or
//! in the `begin atomic ... end` body of a routine; psql splits in the same way. Splitting takes
//! any text: what is no SQL is left for the server to refuse.

use super::tokens::{Kind, Token, tokens};

/// One statement of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement<'a> {
    /// From its first word to its last, without the comments around it and its semicolon.
    pub text: &'a str,
    /// Where `text` begins in the script, in bytes.
    pub start: usize,
    /// The line of the file on which it begins, counted from 1.
    pub line: usize,
}

impl Statement<'_> {
    /// The line of the file at `position`, a character of `text` counted from 1.
    #[must_use]
    pub fn line_of(&self, position: usize) -> usize {
        self.line + line_of(self.text, position) - 1
    }

    /// The word that it begins with: cheap to find, where [`Self::words`] reads everything.
    pub(super) fn first_word(&self) -> &str {
        let end = self
            .text
            .find(|character: char| !character.is_ascii_alphabetic())
            .unwrap_or(self.text.len());
        &self.text[..end]
    }

    /// Its keywords and identifiers outside parentheses and quotes, in lower case.
    pub(super) fn words(&self) -> Vec<String> {
        let mut nesting = Nesting::default();
        let mut words = Vec::new();
        for token in tokens(self.text) {
            nesting.enter(&token);
            if token.kind == Kind::Word && nesting.parentheses == 0 {
                words.push(token.text.to_ascii_lowercase());
            }
        }
        words
    }
}

/// The statements of `sql`, whose first line is the line `first_line` of its file.
#[must_use]
pub fn split(sql: &str, first_line: usize) -> Vec<Statement<'_>> {
    let mut statements = Vec::new();
    let mut lines = Lines::new(sql, first_line);
    let mut nesting = Nesting::default();
    let mut extent: Option<(usize, usize)> = None;
    let mut finish = |extent: Option<(usize, usize)>| {
        if let Some((start, end)) = extent {
            let line = lines.line_at(start);
            statements.push(Statement {
                text: &sql[start..end],
                start,
                line,
            });
        }
    };
    for token in tokens(sql).iter().filter(|token| token.is_significant()) {
        if nesting.enter(token) {
            finish(extent.take());
        } else {
            let start = extent.map_or(token.start, |(start, _)| start);
            extent = Some((start, token.end()));
        }
    }
    finish(extent);
    statements
}

/// The line of `text` at `position`, a character counted from 1, as the server counts.
#[must_use]
pub fn line_of(text: &str, position: usize) -> usize {
    let before = text.chars().take(position.saturating_sub(1));
    1 + before.filter(|&character| character == '\n').count()
}

/// Counts lines up to ascending offsets, looking at each byte once.
pub(super) struct Lines<'a> {
    text: &'a str,
    counted_to: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    pub(super) const fn new(text: &'a str, first_line: usize) -> Self {
        Self {
            text,
            counted_to: 0,
            line: first_line,
        }
    }

    /// The line of the byte at `offset`, which is not before the one asked for last.
    pub(super) fn line_at(&mut self, offset: usize) -> usize {
        let passed = &self.text[self.counted_to..offset];
        self.line += passed.matches('\n').count();
        self.counted_to = offset;
        self.line
    }
}

/// How deep in a statement a token stands.
#[derive(Debug, Default)]
pub(super) struct Nesting {
    parentheses: usize,
    /// The `begin atomic` of a routine's body, and each `case` in it, up to their `end`.
    blocks: usize,
    head: Head,
    previous: Previous,
}

/// How a statement begins: only a routine has a `begin atomic`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Head {
    #[default]
    Nothing,
    Create,
    CreateOr,
    CreateOrReplace,
    CreateRoutine,
    Other,
}

/// What stands before a word, as far as it changes what the word means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Previous {
    #[default]
    Other,
    Begin,
    /// A dot or `as`: whatever comes next is a name, even if it reads `end`.
    Naming,
}

impl Nesting {
    /// Whether it stands in no parentheses and in no body.
    pub(super) const fn is_outermost(&self) -> bool {
        self.parentheses == 0 && self.blocks == 0
    }

    /// Takes note of the next token. Says whether it is the semicolon that ends the statement;
    /// the next one then begins.
    pub(super) fn enter(&mut self, token: &Token<'_>) -> bool {
        if !token.is_significant() {
            return false;
        }
        if token.kind == Kind::Semicolon && self.is_outermost() {
            *self = Self::default();
            return true;
        }
        match token.kind {
            Kind::OpenParenthesis => self.parentheses += 1,
            Kind::CloseParenthesis => self.parentheses = self.parentheses.saturating_sub(1),
            Kind::Word if self.parentheses == 0 => self.enter_word(token),
            _ => {}
        }
        self.head = self.head.after(token);
        self.previous = Previous::from(token);
        false
    }

    fn enter_word(&mut self, word: &Token<'_>) {
        if self.head != Head::CreateRoutine || self.previous == Previous::Naming {
            return;
        }
        if self.blocks == 0 {
            if self.previous == Previous::Begin && word.is_word("atomic") {
                self.blocks = 1;
            }
        } else if word.is_word("case") {
            self.blocks += 1;
        } else if word.is_word("end") {
            self.blocks -= 1;
        }
    }
}

impl Head {
    fn after(self, token: &Token<'_>) -> Self {
        let routine = token.is_word("function") || token.is_word("procedure");
        match self {
            Self::Nothing if token.is_word("create") => Self::Create,
            Self::Create if token.is_word("or") => Self::CreateOr,
            Self::CreateOr if token.is_word("replace") => Self::CreateOrReplace,
            Self::Create | Self::CreateOrReplace if routine => Self::CreateRoutine,
            Self::CreateRoutine => Self::CreateRoutine,
            _ => Self::Other,
        }
    }
}

impl From<&Token<'_>> for Previous {
    fn from(token: &Token<'_>) -> Self {
        if token.is_word("begin") {
            Self::Begin
        } else if token.kind == Kind::Dot || token.is_word("as") {
            Self::Naming
        } else {
            Self::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(sql: &str) -> Vec<&str> {
        split(sql, 1)
            .iter()
            .map(|statement| statement.text)
            .collect()
    }

    #[test]
    fn semicolons_end_statements_and_comments_belong_to_none() {
        let sql = "-- a; b\n select 1 /* ; */ ;; \n/* x /* ; */ y; */ select 2 -- ;\n";
        assert_eq!(texts(sql), ["select 1", "select 2"]);
        assert!(texts(" -- nothing\n;;").is_empty());
    }

    #[test]
    fn semicolons_in_quotes_end_nothing() {
        for quoted in [
            "';'",
            "'a'';'",
            "'\\'",
            "E'\\';'",
            "E'a'\n'\\';'",
            "U&'\\003b;'",
            "B'1;'",
            "\"a;\"\";\"",
            "U&\";\"",
            "$$ ; $x$ ; $$",
            "$x$ ; $$ ; $x$",
            "$é$;$é$",
            "$a$ $b$ ; $a$",
            "N';'",
        ] {
            let sql = format!("select {quoted}; select 2");
            assert_eq!(
                texts(&sql),
                [format!("select {quoted}").as_str(), "select 2"]
            );
        }
    }

    #[test]
    fn a_dollar_within_a_word_or_before_a_digit_quotes_nothing() {
        assert_eq!(
            texts("select a$b$ ; select $1; x$$;y"),
            ["select a$b$", "select $1", "x$$", "y"]
        );
    }

    #[test]
    fn parentheses_keep_a_rule_together() {
        let rule = "create rule r as on insert to t do also (delete from a; delete from b)";
        assert_eq!(texts(&format!("{rule}; select 1")), [rule, "select 1"]);
    }

    #[test]
    fn the_body_of_an_sql_function_is_kept_together() {
        for head in [
            "create function",
            "CREATE OR REPLACE FUNCTION",
            "create or replace procedure",
        ] {
            let routine = format!(
                "{head} f() language sql Begin /* c */ Atomic\n\
                 select case when a then b else case when c then d end end; select t.end as end;\n\
                 select (case when a then b end); end"
            );
            assert_eq!(
                texts(&format!("{routine}; select 1")),
                [routine.as_str(), "select 1"]
            );
        }
    }

    #[test]
    fn begin_elsewhere_opens_no_body() {
        assert_eq!(texts("begin; select 1; end"), ["begin", "select 1", "end"]);
        assert_eq!(texts("begin atomic; x"), ["begin atomic", "x"]);
        assert_eq!(
            texts("create function begin() as $$ begin atomic; $$; x"),
            ["create function begin() as $$ begin atomic; $$", "x"]
        );
        assert_eq!(texts("create table function (begin int); x").len(), 2);
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let sql = "\n-- é\nselect\n  'é\n' , x;\n\nselect 2";
        let statements = split(sql, 10);
        assert_eq!(
            statements.iter().map(|one| one.line).collect::<Vec<_>>(),
            [12, 16]
        );
        let x = statements[0].text.chars().position(|c| c == 'x').unwrap() + 1;
        assert_eq!(statements[0].line_of(x), 14);
        assert_eq!(statements[0].line_of(1), 12);
        assert_eq!(line_of(sql, 1), 1);
        assert_eq!(line_of(sql, 2), 2);
        assert_eq!(line_of(sql, usize::MAX), 7);
        assert_eq!(line_of("", 0), 1);
    }

    #[test]
    fn an_unclosed_quote_takes_the_rest() {
        assert_eq!(
            texts("select 1; select 'a; b"),
            ["select 1", "select 'a; b"]
        );
    }

    fn near_sql() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just(";"),
            Just("("),
            Just(")"),
            Just("'"),
            Just("\""),
            Just("$$"),
            Just("$a$"),
            Just("--"),
            Just("/*"),
            Just("*/"),
            Just("\n"),
            Just(" "),
            Just("\\"),
            Just("e'"),
            Just("u&'"),
            Just("create"),
            Just(" function "),
            Just("begin"),
            Just(" atomic "),
            Just("case"),
            Just(" end "),
            Just("é"),
            Just("\u{feff}"),
            Just("\0"),
            Just("1"),
            Just("."),
            Just(" as "),
        ];
        prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn arbitrary_text_does_not_panic(text in any::<String>(), position in any::<usize>()) {
            for statement in split(&text, 1) {
                let _ = statement.line_of(position);
            }
        }

        #[test]
        fn statements_and_separators_give_the_text_back(text in near_sql()) {
            let mut together = String::new();
            for statement in split(&text, 1) {
                let separator = &text[together.len()..statement.start];
                prop_assert!(is_separator(separator), "{:?}", separator);
                prop_assert_eq!(statement.line, 1 + text[..statement.start].matches('\n').count());
                together += separator;
                together += statement.text;
            }
            let rest = &text[together.len()..];
            prop_assert!(is_separator(rest), "{:?}", rest);
            together += rest;
            prop_assert_eq!(together, text);
        }

        #[test]
        fn joined_statements_come_apart_again(
            statements in prop::collection::vec(r"select (1|'a;b'|\$\$;\$\$|\(';'\)|e'\\';')", 1..8),
            separator in r" ?;[ \n]*(-- ;\n|/\* ; \*/)?",
        ) {
            let script = statements.join(&separator);
            prop_assert_eq!(texts(&script), statements);
        }
    }

    fn is_separator(text: &str) -> bool {
        tokens(text)
            .iter()
            .all(|token| !token.is_significant() || token.kind == Kind::Semicolon)
    }
}
