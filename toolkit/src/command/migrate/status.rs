//! `steward migrate status`

use serde::Serialize;

use super::Context;
use crate::engine::{Comparison, Entry, SchemaName, State};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Report, Table};

#[derive(Serialize)]
pub(super) struct Status<'a> {
    database: String,
    schema: &'a SchemaName,
    set: &'a str,
    counts: Counts,
    migrations: Vec<Line>,
}

#[derive(Serialize)]
struct Counts {
    applied: usize,
    pending: usize,
    out_of_order: usize,
    missing: usize,
    divergent: usize,
}

#[derive(Serialize)]
struct Line {
    version: i64,
    name: String,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<f64>,
    baseline: bool,
}

pub(super) fn run(context: &Context<'_>, exit_code: bool) -> Result<Exit> {
    let (survey, history) = context.read()?;
    let comparison = Comparison::of(&context.set, &history)?;
    let status = Status {
        database: survey.database,
        schema: &context.arguments.schema,
        set: &context.set.name,
        counts: Counts::of(&comparison),
        migrations: comparison.entries().iter().map(Line::from).collect(),
    };
    context.console.show(&status)?;
    context.console.note(&format!(
        "\"{}\" in schema \"{}\" of database \"{}\": {}",
        status.set, status.schema, status.database, status.counts
    ));
    Ok(if exit_code {
        exit(&comparison)
    } else {
        Exit::Success
    })
}

fn exit(comparison: &Comparison<'_>) -> Exit {
    if comparison.diverges() {
        Exit::Divergence
    } else if comparison.count(State::Pending) > 0 {
        Exit::Pending
    } else {
        Exit::Success
    }
}

impl Counts {
    fn of(comparison: &Comparison<'_>) -> Self {
        Self {
            applied: comparison.count(State::Applied),
            pending: comparison.count(State::Pending),
            out_of_order: comparison.count(State::OutOfOrder),
            missing: comparison.count(State::Missing),
            divergent: comparison.count(State::Divergent),
        }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{} applied, {} pending",
            self.applied, self.pending
        )?;
        for (count, what) in [
            (self.out_of_order, "out of order"),
            (self.missing, "missing"),
            (self.divergent, "divergent"),
        ] {
            if count > 0 {
                write!(formatter, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}

impl From<&Entry<'_>> for Line {
    fn from(entry: &Entry<'_>) -> Self {
        let applied = entry.applied;
        Self {
            version: entry.version(),
            name: entry.name().to_owned(),
            state: entry.state,
            problem: entry.problem(),
            applied_on: applied.map(|row| row.applied_on.clone()),
            applied_by: applied.and_then(|row| row.applied_by.clone()),
            duration_ms: applied.and_then(|row| row.duration_ms),
            baseline: applied.is_some_and(|row| row.baseline),
        }
    }
}

impl Report for Status<'_> {
    fn text(&self) -> Option<String> {
        let mut table = Table::new(["VERSION", "NAME", "STATE", "APPLIED ON", "BY"]);
        for line in &self.migrations {
            let state = if line.baseline {
                format!("{} (baseline)", line.state.as_str())
            } else {
                line.state.as_str().to_owned()
            };
            table.row([
                line.version.to_string(),
                line.name.clone(),
                state,
                line.applied_on
                    .as_deref()
                    .map(to_the_second)
                    .unwrap_or_default(),
                line.applied_by.clone().unwrap_or_default(),
            ]);
        }
        Some(table.text())
    }
}

/// An RFC 3339 timestamp without the fraction of its second.
fn to_the_second(timestamp: &str) -> String {
    let Some((seconds, fraction)) = timestamp.split_once('.') else {
        return timestamp.to_owned();
    };
    let zone = fraction.trim_start_matches(|character: char| character.is_ascii_digit());
    format!("{seconds}{zone}")
}

#[cfg(test)]
mod tests {
    use super::to_the_second;

    #[test]
    fn fractions_of_seconds_are_left_out() {
        assert_eq!(
            to_the_second("2024-05-06T07:08:09.123456Z"),
            "2024-05-06T07:08:09Z"
        );
        assert_eq!(
            to_the_second("2024-05-06T07:08:09+02:00"),
            "2024-05-06T07:08:09+02:00"
        );
    }
}
