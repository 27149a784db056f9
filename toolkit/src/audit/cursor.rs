//! Everything that matches, oldest first, a few megabytes at a time.
//!
//! A cursor in the server rather than COPY: who reads the export can stop at any time, and the server
//! makes no more than is read.

use super::entry::csv_line;
use super::reading::Reading;
use crate::error::Result;

/// How entries are written, each on a line of its own but for line breaks in quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Comma-separated values under a heading.
    Csv,
    /// An object of JSON a line.
    JsonLines,
}

/// How many rows are fetched first, before it is known how large they are.
const FIRST: usize = 100;
/// How many are fetched at most.
const MOST: usize = 5000;
/// How many bytes are fetched at a time, as far as can be foreseen.
const BYTES: usize = 4 << 20;

/// A cursor over the entries of a log.
pub struct Cursor<'client> {
    reading: Reading<'client>,
    encoding: Encoding,
    /// How many rows are fetched next.
    next: usize,
    /// How many were fetched.
    count: usize,
}

impl<'client> Cursor<'client> {
    pub(super) fn open(mut reading: Reading<'client>, encoding: Encoding) -> Result<Self> {
        let condition = reading.condition().to_owned();
        let columns: Vec<_> = reading
            .log
            .columns
            .all()
            .map(|column| format!("{}::text", column.sql()))
            .collect();
        let values = match encoding {
            Encoding::Csv => columns.join(", "),
            Encoding::JsonLines => "pg_catalog.row_to_json(e)::text".to_owned(),
        };
        // All rows are wanted, not the first ones soon.
        reading.query("set local cursor_tuple_fraction = 1")?;
        let clauses = reading.clauses(&condition, "asc");
        reading.query(&format!(
            "declare steward_audit_export no scroll cursor for select {values} {clauses}"
        ))?;
        Ok(Self {
            reading,
            encoding,
            next: FIRST,
            count: 0,
        })
    }

    /// The line above the entries, if the encoding has one.
    #[must_use]
    pub fn heading(&self) -> Option<String> {
        let columns = &self.reading.log.columns;
        (self.encoding == Encoding::Csv)
            .then(|| csv_line(columns.all().map(|column| Some(column.name.as_str()))))
    }

    /// The next lines; none at the end.
    ///
    /// # Errors
    /// The connection is lost; or nothing was found, and there is no such table either.
    pub fn lines(&mut self) -> Result<Option<String>> {
        let fetch = format!("fetch forward {} from steward_audit_export", self.next);
        let rows = self.reading.query(&fetch)?;
        self.count += rows.len();
        if rows.is_empty() {
            self.reading.check_found(self.count)?;
            return Ok(None);
        }
        let lines: String = rows
            .iter()
            .map(|row| match self.encoding {
                Encoding::Csv => csv_line((0..row.len()).map(|index| row.get(index))),
                Encoding::JsonLines => json_line(row.get(0).unwrap_or_default()),
            })
            .collect();
        self.next = (BYTES / (lines.len() / rows.len()).max(1)).clamp(1, MOST);
        Ok(Some(lines))
    }

    /// How many entries were read.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// The log's name, as SQL writes it.
    #[must_use]
    pub fn log(&self) -> &str {
        &self.reading.log.name
    }
}

/// A line break in JSON is always between its values: in a text it is escaped.
fn json_line(object: &str) -> String {
    object.replace(['\n', '\r'], " ") + "\n"
}

#[cfg(test)]
mod tests {
    use super::json_line;

    #[test]
    fn an_object_stays_on_its_line() {
        assert_eq!(
            json_line("{\"a\":\n{\"b\": \"\\n\"}}"),
            "{\"a\": {\"b\": \"\\n\"}}\n"
        );
    }
}
