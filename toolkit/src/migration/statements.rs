//! Splits a script into statements.

/// One statement of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement<'a> {
    /// From its first word up to its semicolon, without either the comments before it or the
    /// semicolon.
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
}

/// The statements of `sql`, whose first line is the line `first_line` of its file.
#[must_use]
pub fn split(sql: &str, first_line: usize) -> Vec<Statement<'_>> {
    let _ = (sql, first_line);
    Vec::new()
}

/// The line at `position`, a character of `text` counted from 1; both as the server counts.
#[must_use]
pub fn line_of(text: &str, position: usize) -> usize {
    let before = position.saturating_sub(1);
    1 + text
        .chars()
        .take(before)
        .filter(|&character| character == '\n')
        .count()
}
