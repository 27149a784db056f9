//! SQL as PostgreSQL's scanner sees it, without losing a byte.
//!
//! The lexer is squawk's: it follows `scan.l`, is lossless, depends on nothing and is kept up to
//! date with the server. `sqlparser` drops comments and the bodies that it cannot parse, and
//! `pg_query` builds the server's parser in C for what is a lexical question. Strings are read
//! as with `standard_conforming_strings = on`, the server's default.
//!
//! One thing it does not follow: an `E''` string goes on after a newline in a further pair of
//! quotes, and backslashes escape there too. [`tokens`] puts such a string together.

use squawk_lexer::{LiteralKind, TokenKind, tokenize};

/// What a token is, as far as splitting and reading comments needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Space,
    LineComment,
    BlockComment,
    /// A keyword or an identifier without quotes.
    Word,
    Semicolon,
    OpenParenthesis,
    CloseParenthesis,
    Dot,
    /// A backslash outside every literal, which SQL does not know but psql does.
    Backslash,
    /// A literal, quoted identifier or comment whose end is missing.
    Unterminated,
    Other,
}

/// A piece of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    /// Where it begins in the text, in bytes.
    pub(super) start: usize,
}

impl Token<'_> {
    pub(super) const fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it is part of a statement, rather than between words.
    pub(super) const fn is_significant(&self) -> bool {
        !matches!(
            self.kind,
            Kind::Space | Kind::LineComment | Kind::BlockComment
        )
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }
}

/// The tokens of `text`; put together they are `text` again.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while start < text.len() {
        start = read_to_continued_string(text, start, &mut tokens);
    }
    tokens
}

/// Reads on from `start` up to the end of the text, or of the first string that goes on after a
/// newline, and returns where it stopped.
fn read_to_continued_string<'a>(
    text: &'a str,
    mut start: usize,
    tokens: &mut Vec<Token<'a>>,
) -> usize {
    for raw in tokenize(&text[start..]) {
        let length = usize::try_from(raw.len).expect("a migration is shorter than 4 GiB");
        let end = start + length;
        if let TokenKind::Literal {
            kind: LiteralKind::EscStr { terminated: true },
        } = raw.kind
            && let Some(continued) = end_of_continued_string(text, end)
        {
            let kind = if continued.terminated {
                Kind::Other
            } else {
                Kind::Unterminated
            };
            tokens.push(Token {
                kind,
                text: &text[start..continued.end],
                start,
            });
            return continued.end;
        }
        let text = &text[start..end];
        tokens.push(Token {
            kind: kind(raw.kind, text),
            text,
            start,
        });
        start = end;
    }
    start
}

fn kind(raw: TokenKind, text: &str) -> Kind {
    match raw {
        TokenKind::Whitespace => Kind::Space,
        TokenKind::LineComment => Kind::LineComment,
        TokenKind::BlockComment { terminated: true } => Kind::BlockComment,
        TokenKind::Ident => Kind::Word,
        TokenKind::Semi => Kind::Semicolon,
        TokenKind::OpenParen => Kind::OpenParenthesis,
        TokenKind::CloseParen => Kind::CloseParenthesis,
        TokenKind::Dot => Kind::Dot,
        TokenKind::Unknown if text == "\\" => Kind::Backslash,
        TokenKind::BlockComment { terminated: false }
        | TokenKind::QuotedIdent {
            terminated: false, ..
        }
        | TokenKind::Literal {
            kind:
                LiteralKind::Str { terminated: false }
                | LiteralKind::NationalStr { terminated: false }
                | LiteralKind::ByteStr { terminated: false }
                | LiteralKind::BitStr { terminated: false }
                | LiteralKind::EscStr { terminated: false }
                | LiteralKind::UnicodeEscStr { terminated: false }
                | LiteralKind::DollarQuotedString { terminated: false },
        } => Kind::Unterminated,
        _ => Kind::Other,
    }
}

struct Continued {
    end: usize,
    terminated: bool,
}

/// The end of the `E''` string of which one pair of quotes ends at `end`; none if it ends there.
fn end_of_continued_string(text: &str, end: usize) -> Option<Continued> {
    let mut body = continuation(text, end)?;
    loop {
        let Some(end) = end_of_escaped_body(text, body) else {
            return Some(Continued {
                end: text.len(),
                terminated: false,
            });
        };
        match continuation(text, end) {
            Some(next) => body = next,
            None => {
                return Some(Continued {
                    end,
                    terminated: true,
                });
            }
        }
    }
}

/// What follows the quote that continues a string: after white space that holds a newline, and
/// line comments. (Block comments do not continue a string.)
fn continuation(text: &str, end: usize) -> Option<usize> {
    let mut rest = &text[end..];
    let mut newline = false;
    loop {
        let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
        newline |= rest[..rest.len() - trimmed.len()].contains(['\n', '\r']);
        let Some(comment) = trimmed.strip_prefix("--") else {
            return (newline && trimmed.starts_with('\'')).then(|| text.len() - trimmed.len() + 1);
        };
        rest = &comment[comment.find(['\n', '\r'])?..];
    }
}

/// What follows the closing quote of a body in which backslashes escape.
fn end_of_escaped_body(text: &str, body: usize) -> Option<usize> {
    let mut characters = text[body..].char_indices().peekable();
    while let Some((offset, character)) = characters.next() {
        match character {
            '\\' => {
                characters.next();
            }
            '\'' if characters.next_if(|(_, next)| *next == '\'').is_none() => {
                return Some(body + offset + 1);
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn significant(text: &str) -> Vec<&str> {
        tokens(text)
            .into_iter()
            .filter(Token::is_significant)
            .map(|token| token.text)
            .collect()
    }

    #[test]
    fn an_escape_string_goes_on_after_a_newline() {
        let text = "select E'a'\n  'b\\'; c' -- more\n 'd\\'' ; x";
        assert_eq!(
            significant(text),
            ["select", "E'a'\n  'b\\'; c' -- more\n 'd\\''", ";", "x"]
        );
    }

    #[test]
    fn a_string_without_a_newline_or_escapes_does_not() {
        // Both are what the server reads: the first a syntax error, the second 'a' 'b\'.
        assert_eq!(significant("E'a' 'b\\' ; c"), ["E'a'", "'b\\'", ";", "c"]);
        assert_eq!(significant("'a'\n'b\\' ; c"), ["'a'", "'b\\'", ";", "c"]);
        assert_eq!(
            significant("E'a' /*\n*/ 'b\\' ; c"),
            ["E'a'", "'b\\'", ";", "c"]
        );
    }

    #[test]
    fn a_missing_end_is_told() {
        for text in [
            "'a",
            "E'a",
            "E'a'\n'b\\'",
            "U&'a",
            "\"a",
            "$$a$",
            "$t$a$$",
            "/* /* */",
            "x'1",
            "b'1",
            "n'a",
        ] {
            let last = tokens(text).pop().unwrap();
            assert_eq!(last.kind, Kind::Unterminated, "{text}");
        }
        for text in [
            "'a'",
            "E'a\\''",
            "U&'a\\'",
            "\"a\"\"\"",
            "$$a$$",
            "$t$a$$t$",
            "/* /* */ */",
        ] {
            let last = tokens(text).pop().unwrap();
            assert_ne!(last.kind, Kind::Unterminated, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_byte_is_lost(text in any::<String>()) {
            let together: String = tokens(&text).iter().map(|token| token.text).collect();
            prop_assert_eq!(together, text);
        }

        #[test]
        fn no_byte_of_near_sql_is_lost(text in r#"([eEuU&'"$;\\\-/*()\n a-c\u{feff}é]|\$a\$|e'){0,60}"#) {
            let tokens = tokens(&text);
            let mut end = 0;
            for token in &tokens {
                prop_assert_eq!(token.start, end);
                prop_assert!(!token.text.is_empty());
                end = token.end();
            }
            prop_assert_eq!(end, text.len());
        }
    }
}
