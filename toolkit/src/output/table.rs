//! Tables for people: aligned columns under a heading, without borders, so that they survive
//! copying and `awk`.

use comfy_table::presets;

/// A table being filled.
#[derive(Debug)]
pub struct Table {
    inner: comfy_table::Table,
}

impl Table {
    /// An empty table with these headings.
    #[must_use]
    pub fn new<const COLUMNS: usize>(headings: [&str; COLUMNS]) -> Self {
        let mut inner = comfy_table::Table::new();
        inner.load_style(presets::NOTHING).set_header(headings);
        Self { inner }
    }

    /// Adds a row.
    pub fn row<const COLUMNS: usize>(&mut self, cells: [String; COLUMNS]) {
        self.inner.add_row(cells);
    }

    /// The text, without spaces at the ends of lines.
    #[must_use]
    pub fn text(&mut self) -> String {
        for column in self.inner.column_iter_mut() {
            column.set_padding((0, 2));
        }
        self.inner
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect::<Vec<_>>()
            .join("\n")
    }
}
