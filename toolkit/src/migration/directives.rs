//! What a migration says about itself in the comments before its first statement.
//!
//! ```sql
//! -- steward: no-transaction
//! create index concurrently ...
//! ```
//!
//! A directive that nobody reads is worse than an error: it would run something in another way
//! than its author meant. So an unknown one, and one in another place, is refused.

use std::path::Path;

use super::statements::Lines;
use super::tokens::{Kind, Token, tokens};
use crate::error::{Error, Result};

const VALID: &str = "The directives are \"-- steward: no-transaction\" (each statement commits by itself), \
                     \"-- steward: irreversible\" (there is no step down) and \
                     \"-- steward: requires-extension\" (the extension is created first).";

/// The directives of a migration, each with the line on which it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Directives {
    /// `-- steward: no-transaction`
    pub no_transaction: Option<usize>,
    /// `-- steward: irreversible`
    pub irreversible: Option<usize>,
    /// `-- steward: requires-extension`
    pub requires_extension: Option<usize>,
}

impl Directives {
    /// Reads the directives of the file that holds `text`.
    ///
    /// # Errors
    /// A directive is unknown, or stands after the first statement.
    pub fn read(text: &str, file: &Path) -> Result<Self> {
        let mut directives = Self::default();
        let mut lines = Lines::new(text, 1);
        let mut in_head = true;
        for token in tokens(text) {
            in_head &= !token.is_significant();
            let Some(directive) = directive(&token) else {
                continue;
            };
            let line = lines.line_at(token.start);
            if !in_head {
                return Err(
                    Error::failure(format!("directive \"{directive}\" after a statement"))
                        .hint("Move it to the head of the file, before the first statement.")
                        .at(file, line),
                );
            }
            directives
                .enter(directive, line)
                .map_err(|error| error.at(file, line))?;
        }
        Ok(directives)
    }

    fn enter(&mut self, directive: &str, line: usize) -> Result<()> {
        let slot = match directive {
            "no-transaction" => &mut self.no_transaction,
            "irreversible" => &mut self.irreversible,
            "requires-extension" => &mut self.requires_extension,
            _ => {
                return Err(
                    Error::failure(format!("unknown directive \"{directive}\"")).hint(VALID)
                );
            }
        };
        slot.get_or_insert(line);
        Ok(())
    }

    /// The line of the first directive, where there is one.
    #[must_use]
    pub fn first_line(&self) -> Option<usize> {
        self.no_transaction
            .into_iter()
            .chain(self.irreversible)
            .chain(self.requires_extension)
            .min()
    }
}

/// What follows `steward:` in a line comment.
fn directive<'a>(token: &Token<'a>) -> Option<&'a str> {
    if token.kind != Kind::LineComment {
        return None;
    }
    let (word, directive) = token.text.trim_start_matches('-').split_once(':')?;
    word.trim()
        .eq_ignore_ascii_case("steward")
        .then(|| directive.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Directives> {
        Directives::read(text, Path::new("1_x.sql"))
    }

    #[test]
    fn directives_stand_in_the_leading_comments() {
        let text = "/* steward: nonsense */\n-- a comment\n\n--Steward:  irreversible\n\
                    -- steward: no-transaction \n-- steward: requires-extension\nselect 1";
        let directives = read(text).unwrap();
        assert_eq!(
            directives,
            Directives {
                no_transaction: Some(5),
                irreversible: Some(4),
                requires_extension: Some(6),
            }
        );
        assert_eq!(directives.first_line(), Some(4));
        assert_eq!(
            read("select 1 -- the steward: a person").unwrap(),
            Directives::default()
        );
    }

    #[test]
    fn quoted_text_is_no_directive() {
        let text = "select '\n-- steward: x\n', $$\n-- steward: y\n$$";
        assert_eq!(read(text).unwrap(), Directives::default());
    }

    #[test]
    fn an_unknown_directive_is_refused_with_those_that_there_are() {
        let error = read("\n-- steward: no_transaction\nselect 1")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("unknown directive \"no_transaction\""),
            "{error}"
        );
        for directive in ["no-transaction", "irreversible", "requires-extension"] {
            assert!(error.contains(directive), "{error}");
        }
        assert!(error.contains("1_x.sql:2"), "{error}");
    }

    #[test]
    fn a_directive_after_a_statement_is_refused() {
        let error = read("select 1;\n-- steward: irreversible")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("1_x.sql:2") && error.contains("head of the file"),
            "{error}"
        );
    }
}
