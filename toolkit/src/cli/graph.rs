//! The arguments of `steward graph`.

use std::path::PathBuf;

use clap::builder::TypedValueParser;
use clap::{ArgGroup, Args, ValueHint};

use super::format::{FormatName, one_of};
use super::values::steps;
use crate::engine::SchemaName;

/// The arguments of `steward graph`.
#[derive(Clone, Debug, Args)]
#[command(group(ArgGroup::new("which").args(["edges", "blueprint"]).required(true)))]
pub struct Graph {
    /// The table of dependencies, as in SQL; it has a guard
    #[arg(long, value_name = "TABLE", conflicts_with = "schema")]
    pub edges: Option<String>,

    /// Every guarded table of a shipped system
    #[arg(long, value_name = "NAME")]
    pub blueprint: Option<String>,

    /// The schema that the shipped system lives in
    #[arg(long, value_name = "NAME", default_value_t)]
    pub schema: SchemaName,

    /// Which guard, where the table has several
    #[arg(long, value_name = "GUARD", conflicts_with = "blueprint")]
    pub name: Option<String>,

    /// The column of the tasks' table that holds their titles [default: title, name or label, if
    /// there is one]
    #[arg(long, value_name = "COLUMN", conflicts_with = "blueprint")]
    pub label: Option<String>,

    /// Only what this task waits for, and what waits for it
    #[arg(long, value_name = "KEY", conflicts_with = "blueprint")]
    pub root: Option<String>,

    /// Only so many steps away from it
    #[arg(long, value_name = "N", requires = "root", value_parser = steps())]
    pub depth: Option<u32>,

    /// Writes into this file instead of stdout
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,

    // The global argument of the same name, with more values: clap takes it for that one.
    /// How the graph is written [default: by the name of FILE, else mermaid]
    #[arg(long, value_parser = graph_format())]
    pub format: Option<FormatName>,
}

/// Reads the formats in which a graph is written.
fn graph_format() -> impl TypedValueParser<Value = FormatName> {
    one_of([
        FormatName::Table,
        FormatName::Json,
        FormatName::Mermaid,
        FormatName::Dot,
        FormatName::Svg,
    ])
}

impl Graph {
    /// The format that is asked for, by name or by that of the file.
    #[must_use]
    pub fn drawn_as(&self) -> FormatName {
        let by_name = || {
            let extension = self.output.as_ref()?.extension()?;
            FormatName::of_extension(extension)
                .filter(|format| !matches!(format, FormatName::Csv | FormatName::Jsonl))
        };
        self.format.or_else(by_name).unwrap_or(FormatName::Mermaid)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use crate::cli::{Cli, Command, FormatName};
    use crate::output::Format;

    fn formats(line: &str) -> Option<(FormatName, Format)> {
        let cli = Cli::try_parse_from(line.split(' ')).ok()?;
        let data = cli.global.data_format();
        match cli.command {
            Command::Graph(graph) => Some((graph.drawn_as(), data)),
            _ => Some((FormatName::Table, data)),
        }
    }

    #[test]
    fn the_format_is_chosen_by_name_then_by_file() {
        for (line, expected) in [
            ("steward graph --edges e", FormatName::Mermaid),
            ("steward graph --edges e --format dot", FormatName::Dot),
            ("steward graph --edges e --format table", FormatName::Table),
            ("steward graph --edges e -o a.SVG", FormatName::Svg),
            ("steward graph --edges e -o a.b.gv", FormatName::Dot),
            ("steward graph --edges e -o a.txt", FormatName::Mermaid),
            (
                "steward graph --edges e -o a.svg --format dot",
                FormatName::Dot,
            ),
        ] {
            assert_eq!(formats(line), Some((expected, Format::Table)), "{line}");
        }
    }

    #[test]
    fn json_is_the_same_everywhere() {
        let json = Some((FormatName::Json, Format::Json));
        assert_eq!(formats("steward graph --edges e --format json"), json);
        assert_eq!(formats("steward --format json graph --edges e"), json);
        assert_eq!(formats("steward graph --edges e --format xml"), None);
    }

    #[test]
    fn other_commands_draw_nothing() {
        let json = Some((FormatName::Table, Format::Json));
        assert_eq!(formats("steward blueprint list --format json"), json);
        let table = Some((FormatName::Table, Format::Table));
        assert_eq!(formats("steward blueprint list"), table);
        assert_eq!(formats("steward blueprint list --format svg"), None);
    }
}
