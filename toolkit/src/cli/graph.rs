//! The arguments of `steward graph`, and the formats that the commands know.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args, ValueEnum, ValueHint};

use super::values::steps;
use crate::engine::SchemaName;
use crate::output::Format;

/// A value of `--format`. All commands know the first two; the others are pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    /// Aligned columns, for people
    Table,
    /// One JSON document, for programs
    Json,
    /// A flowchart of Mermaid, which GitHub and GitLab draw
    Mermaid,
    /// The language of Graphviz
    Dot,
    /// A picture for a browser
    Svg,
}

impl FormatName {
    /// How a command writes its data, and its errors.
    #[must_use]
    pub const fn of_data(self) -> Format {
        match self {
            Self::Json => Format::Json,
            Self::Table | Self::Mermaid | Self::Dot | Self::Svg => Format::Table,
        }
    }

    /// By what comes after the last dot in a file's name.
    fn of_extension(extension: &OsStr) -> Option<Self> {
        match extension.to_str()?.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "mmd" | "mermaid" => Some(Self::Mermaid),
            "dot" | "gv" => Some(Self::Dot),
            "svg" => Some(Self::Svg),
            _ => None,
        }
    }
}

/// Reads the formats of a command that draws nothing.
pub(super) fn data_format() -> impl TypedValueParser<Value = FormatName> {
    let values = [FormatName::Table, FormatName::Json];
    PossibleValuesParser::new(values.iter().filter_map(FormatName::to_possible_value)).map(|text| {
        FormatName::from_str(&text, false).expect("the parser lets nothing else through")
    })
}

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
    #[arg(long, value_enum)]
    pub format: Option<FormatName>,
}

impl Graph {
    /// The format that is asked for, by name or by that of the file.
    #[must_use]
    pub fn drawn_as(&self) -> FormatName {
        let by_name = || {
            let extension = self.output.as_ref()?.extension()?;
            FormatName::of_extension(extension)
        };
        self.format.or_else(by_name).unwrap_or(FormatName::Mermaid)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::FormatName;
    use crate::cli::{Cli, Command};
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
