//! The values of `--format`, and which of them a command knows.

use std::ffi::OsStr;

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::output::Format;

/// A value of `--format`. All commands know the first two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    /// Aligned columns, for people
    Table,
    /// One JSON document, for programs
    Json,
    /// Comma-separated values under a heading
    Csv,
    /// One JSON object a line
    Jsonl,
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
            Self::Json | Self::Jsonl => Format::Json,
            Self::Table | Self::Csv | Self::Mermaid | Self::Dot | Self::Svg => Format::Table,
        }
    }

    /// By what comes after the last dot in a file's name.
    pub(super) fn of_extension(extension: &OsStr) -> Option<Self> {
        match extension.to_str()?.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "csv" => Some(Self::Csv),
            "mmd" | "mermaid" => Some(Self::Mermaid),
            "dot" | "gv" => Some(Self::Dot),
            "svg" => Some(Self::Svg),
            _ => None,
        }
    }
}

/// Reads the formats of a command that draws nothing.
pub(super) fn data_format() -> impl TypedValueParser<Value = FormatName> {
    one_of([FormatName::Table, FormatName::Json])
}

/// Reads one of these formats.
pub(super) fn one_of<const COUNT: usize>(
    formats: [FormatName; COUNT],
) -> impl TypedValueParser<Value = FormatName> {
    let values = formats.iter().filter_map(FormatName::to_possible_value);
    PossibleValuesParser::new(values.collect::<Vec<_>>()).map(|text| {
        FormatName::from_str(&text, false).expect("the parser lets nothing else through")
    })
}
