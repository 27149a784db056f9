//! A result as psql shows it: whoever repeats a statement there sees the same.

use super::outcome::{ResultSet, Value};

/// The lines of the table.
pub(super) fn lines(result: &ResultSet) -> Vec<String> {
    let columns: Vec<_> = (0..result.columns.len())
        .map(|number| Column::of(result, number))
        .collect();
    let heading: Vec<_> = columns.iter().map(Column::heading).collect();
    let rule: Vec<_> = columns
        .iter()
        .map(|column| "-".repeat(column.width + 2))
        .collect();
    let mut lines = vec![heading.join("|"), rule.join("+")];
    for row in &result.rows {
        let cells: Vec<_> = columns
            .iter()
            .zip(row)
            .map(|(column, value)| column.cell(value))
            .collect();
        lines.push(cells.join("|"));
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

struct Column<'a> {
    name: &'a str,
    width: usize,
    numeric: bool,
}

impl<'a> Column<'a> {
    fn of(result: &'a ResultSet, number: usize) -> Self {
        let name = &result.columns[number];
        let values = || result.rows.iter().filter_map(|row| row[number].as_deref());
        Self {
            name,
            width: values()
                .chain([name.as_str()])
                .map(|text| text.chars().count())
                .max()
                .unwrap_or_default(),
            // The simple protocol tells no types.
            numeric: values().next().is_some() && values().all(is_number),
        }
    }

    fn heading(&self) -> String {
        format!(" {:^width$} ", self.name, width = self.width)
    }

    fn cell(&self, value: &Value) -> String {
        let text = value.as_deref().unwrap_or_default();
        if self.numeric {
            format!(" {text:>width$} ", width = self.width)
        } else {
            format!(" {text:<width$} ", width = self.width)
        }
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.chars().all(|one| one.is_ascii_digit() || one == '.')
}

#[cfg(test)]
mod tests {
    use super::lines;
    use crate::demo::outcome::ResultSet;

    fn result(columns: &[&str], rows: &[&[Option<&str>]]) -> ResultSet {
        ResultSet {
            columns: columns.iter().map(ToString::to_string).collect(),
            rows: rows
                .iter()
                .map(|row| row.iter().map(|value| value.map(str::to_owned)).collect())
                .collect(),
            affected: rows.len() as u64,
        }
    }

    #[test]
    fn columns_are_aligned_as_psql_aligns_them() {
        let table = lines(&result(
            &["stage", "duration"],
            &[
                &[Some("planning"), None],
                &[Some("größe"), Some("12")],
                &[None, Some("1500")],
            ],
        ));
        assert_eq!(
            table.join("\n"),
            "  stage   | duration
----------+----------
 planning |
 größe    |       12
          |     1500"
        );
    }

    #[test]
    fn no_rows_are_a_heading() {
        assert_eq!(lines(&result(&["id"], &[])), [" id", "----"]);
    }
}
