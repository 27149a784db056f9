//! The benchmarks of `pg_steward`: each rule side by side with what a user writes today, in one run, on
//! a throwaway server. The results are ratios: they hold on other machines, where times do not.
//!
//! A capability's comparisons are a file in `comparisons/`. The alternatives in PL/pgSQL are in
//! `tests/baseline`. How to read the table is in `docs/benchmarks.md`.

mod arguments;
mod clock;
mod comparison;
mod comparisons;
mod machine;
mod place;
mod random;
mod report;
mod run;
mod sessions;
mod statistics;
mod table;
mod work;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use jiff::{Timestamp, Unit};
use steward_toolkit::error::{Error, Result};

use crate::arguments::Arguments;
use crate::comparison::Comparison;
use crate::report::{ComparisonReport, Outcome, Report, Results};
use crate::run::Repetitions;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match bench(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("ERROR:  {error}");
            error.exit().into()
        }
    }
}

fn bench(arguments: &Arguments) -> Result<ExitCode> {
    let mut comparisons = comparisons::all(arguments.scale());
    comparisons.retain(|comparison| arguments.ask_for(comparison.name));
    if comparisons.is_empty() {
        return Err(Error::usage("no comparison has such a name")
            .hint("The option --list shows the names."));
    }
    if arguments.list {
        for comparison in comparisons {
            println!("{}: {}", comparison.name, comparison.about);
        }
        return Ok(ExitCode::SUCCESS);
    }

    let mut report = Report::new(arguments.quick);
    for comparison in &mut comparisons {
        eprintln!("measuring {}", comparison.name);
        let outcome = measure(comparison, arguments.repetitions(), &mut report);
        let compared = ComparisonReport {
            name: comparison.name,
            about: comparison.about.clone(),
            outcome,
        };
        println!("{}", table::comparison(&compared));
        report.comparisons.push(compared);
    }
    report.date = now();
    println!("{}\n\n{}", table::heading(&report), table::goals(&report));
    write(&report, &arguments.json)?;

    let failed = report.failed() || (arguments.check && report.missed_a_goal());
    Ok(ExitCode::from(u8::from(failed)))
}

fn measure(comparison: &mut Comparison, repetitions: Repetitions, report: &mut Report) -> Outcome {
    if let Some(reason) = comparison.skipped.take() {
        return Outcome::Skipped { reason };
    }
    match run::run(comparison, repetitions) {
        Ok(measured) => {
            report.versions = Some(measured.versions.clone());
            Outcome::Measured(Results::of(comparison, measured))
        }
        Err(error) => Outcome::Failed { error },
    }
}

fn now() -> String {
    let now = Timestamp::now();
    now.round(Unit::Second).unwrap_or(now).to_string()
}

fn write(report: &Report, file: &Path) -> Result<()> {
    let json =
        serde_json::to_string_pretty(report).map_err(|error| Error::failure(error.to_string()))?;
    file.parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(file, json + "\n"))
        .map_err(|error| {
            Error::failure(format!(
                "could not write the figures to \"{}\"",
                file.display()
            ))
            .detail(error.to_string())
        })
}
