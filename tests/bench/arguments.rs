//! The command line of `make bench ARGS="..."`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use crate::comparison::Scale;
use crate::run::Repetitions;

/// Measures steward side by side with the alternatives, and prints the ratios
#[derive(Debug, Parser)]
#[command(name = "bench", max_term_width = 100, after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// Lists the comparisons, and measures nothing
    #[arg(long)]
    pub(crate) list: bool,

    /// Runs the comparisons whose names contain this text; can be given several times
    #[arg(long, value_name = "PATTERN")]
    pub(crate) only: Vec<String>,

    /// How often each comparison is repeated
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    repetitions: u32,

    /// Begins no further repetition of a comparison after this time, if there were three
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    time_limit: u64,

    /// Does little work, three times: shows that everything runs, and no figures to go by
    #[arg(long)]
    pub(crate) quick: bool,

    /// Ends with status 1 where a goal is missed
    #[arg(long)]
    pub(crate) check: bool,

    /// Where the figures are written
    #[arg(long, value_name = "FILE", default_value = DEFAULT_JSON)]
    pub(crate) json: PathBuf,
}

const DEFAULT_JSON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/bench/latest.json");

const AFTER_HELP: &str = "\
Examples:
  make bench
  make bench ARGS='--only timestamps --repetitions 31'
  make bench ARGS='--quick'

The status is 0 where everything ran, whether or not goals were reached; 1 where something could not
be run.";

impl Arguments {
    pub(crate) const fn repetitions(&self) -> Repetitions {
        Repetitions {
            wanted: if self.quick { 3 } else { self.repetitions },
            time_limit: Duration::from_secs(self.time_limit),
        }
    }

    pub(crate) const fn scale(&self) -> Scale {
        if self.quick {
            Scale::QUICK
        } else {
            Scale::FULL
        }
    }

    /// Whether the comparison of this name is asked for.
    pub(crate) fn ask_for(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|pattern| name.contains(pattern))
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::Arguments;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn without_a_pattern_everything_is_asked_for() {
        let all = Arguments::parse_from(["bench"]);
        assert!(all.ask_for("timestamps/bulk-update"));
        let some = Arguments::parse_from(["bench", "--only", "single", "--only", "stages"]);
        assert!(some.ask_for("timestamps/single-row"));
        assert!(some.ask_for("stages/bulk"));
        assert!(!some.ask_for("timestamps/bulk-update"));
    }
}
