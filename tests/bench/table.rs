//! The report for a reader: for each comparison its variants and its ratios, and at the end the goals.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table, presets};

use crate::clock::Clock;
use crate::comparison::{Goal, Limited, Quantity, Unit};
use crate::report::{
    ComparisonReport, LimitReport, Outcome, RatioReport, Report, Results, Subject,
};

/// On what everything was measured.
pub(crate) fn heading(report: &Report) -> String {
    let machine = &report.machine;
    let mut text = format!("{}, {} cores", machine.processor, machine.cores);
    if let Some(load) = machine.load_before {
        let _ = write!(text, ", load {load:.2} before");
    }
    if let Some(versions) = &report.versions {
        let _ = write!(
            text,
            "\nPostgreSQL {}, steward {}",
            versions.postgresql, versions.steward
        );
    }
    if let Some(commit) = &report.git_commit {
        let _ = write!(text, ", commit {commit}");
    }
    let _ = write!(text, "\n{}", report.date);
    if report
        .versions
        .as_ref()
        .is_some_and(|versions| !versions.release_build)
    {
        text.push_str(
            "\nThe extension in the server is not the release build beside these benchmarks: \
             run make install.",
        );
    }
    if report.quick {
        text.push_str("\nA quick run: the figures show that everything runs, and nothing else.");
    }
    text
}

/// One comparison.
pub(crate) fn comparison(report: &ComparisonReport) -> String {
    let about = format!("{}: {}", report.name, report.about);
    match &report.outcome {
        Outcome::Measured(results) => format!(
            "{about}\n({} repetitions, {})\n\n{}{}{}",
            results.repetitions,
            measured_by(results),
            variants(results),
            ratios(&results.ratios),
            limits(results)
        ),
        Outcome::Skipped { reason } => format!("{about}\n\n  skipped: {reason}\n"),
        Outcome::Failed { error } => {
            format!(
                "{about}\n\n  failed: {}\n",
                error.to_string().replace('\n', "\n  ")
            )
        }
    }
}

const fn measured_by(results: &Results) -> &'static str {
    match results.clock {
        Clock::Wall => "wall clock",
        Clock::Processor => "processor time of the server process",
    }
}

fn variants(results: &Results) -> String {
    let scale = Scale::for_figures(results);
    let has_overhead = results.variants.iter().any(|it| it.overhead.is_some());
    let has_wall = results.variants.iter().any(|it| it.wall.is_some());
    let mut headings = vec![
        "variant".to_owned(),
        scale.unit.clone(),
        "quartiles".to_owned(),
    ];
    if has_overhead {
        headings.push("overhead".to_owned());
    }
    if has_wall {
        headings.push("wall clock".to_owned());
    }
    let mut table = table(&headings);
    for variant in &results.variants {
        let summary = variant.summary;
        let mut cells = vec![
            variant.name.to_owned(),
            scale.show(summary.median),
            format!(
                "{} to {}",
                scale.show(summary.lower_quartile),
                scale.show(summary.upper_quartile)
            ),
        ];
        let show = |figure: Option<f64>| figure.map_or_else(String::new, |it| scale.show(it));
        if has_overhead {
            cells.push(show(variant.overhead));
        }
        if has_wall {
            cells.push(show(variant.wall));
        }
        table.add_row(cells);
    }
    let mut text = lines(&table);
    for variant in results.variants.iter().filter(|it| it.retries > 0) {
        let _ = writeln!(
            text,
            "  {}: {} transactions were started anew, {} of them after a deadlock",
            variant.name, variant.retries, variant.deadlocks
        );
    }
    text
}

fn ratios(ratios: &[RatioReport]) -> String {
    if ratios.is_empty() {
        return String::new();
    }
    let headings = ["ratio", "is", "95 % interval", "goal", "reached"].map(str::to_owned);
    let mut table = table(&headings);
    for ratio in ratios {
        let (value, interval) = match ratio.ratio {
            Some(estimate) => (
                format!("{:.2}", estimate.value),
                format!("{:.2} to {:.2}", estimate.low, estimate.high),
            ),
            None => ("not measurable".to_owned(), String::new()),
        };
        table.add_row([
            subject(ratio),
            value,
            interval,
            ratio.goal.map_or_else(String::new, told),
            match ratio.reached {
                Some(true) => "yes",
                Some(false) => "NO",
                None => "",
            }
            .to_owned(),
        ]);
    }
    format!("\n{}", lines(&table))
}

fn limits(results: &Results) -> String {
    if results.limits.is_empty() {
        return String::new();
    }
    let mut table = table(&["limit", "is", "goal", "reached"].map(str::to_owned));
    for limit in &results.limits {
        let (is, most) = match limit.limit {
            Limited::Seconds(most) => (format!("{:.2} s", limit.is), format!("{most} s")),
            Limited::Deadlocks(most) => (limit.is.to_string(), most.to_string()),
        };
        table.add_row([
            limited(limit),
            is,
            format!("at most {most}"),
            if limit.reached { "yes" } else { "NO" }.to_owned(),
        ]);
    }
    format!("\n{}", lines(&table))
}

fn limited(limit: &LimitReport) -> String {
    match limit.limit {
        Limited::Seconds(_) => limit.of.to_owned(),
        Limited::Deadlocks(_) => format!("deadlocks (40P01) of {}", limit.of),
    }
}

fn subject(ratio: &RatioReport) -> String {
    match ratio.quantity {
        Quantity::Total => format!("{} / {}", ratio.of, ratio.against),
        Quantity::Overhead => format!("overhead of {} / of {}", ratio.of, ratio.against),
        Quantity::Retries => format!("retries of {} / of {}", ratio.of, ratio.against),
    }
}

fn told(goal: Goal) -> String {
    match goal {
        Goal::AtMost(most) => format!("at most {most}"),
        Goal::AtLeast(least) => format!("at least {least}"),
    }
}

/// How many goals were reached, and which were not.
pub(crate) fn goals(report: &Report) -> String {
    let all = report.goals().count();
    let missed: Vec<_> = report.goals().filter(|goal| !goal.reached).collect();
    let mut text = format!("{} of {all} goals reached", all - missed.len());
    for goal in missed {
        let subject = match goal.subject {
            Subject::Ratio(ratio) => subject(ratio),
            Subject::Limit(limit) => limited(limit),
        };
        let _ = write!(text, "\n  missed: {}: {subject}", goal.comparison);
    }
    text
}

/// One power of ten for all figures of a comparison, so that they can be compared by eye.
struct Scale {
    factor: f64,
    unit: String,
}

impl Scale {
    fn for_figures(results: &Results) -> Self {
        let of = match results.counted {
            Unit::Throughput { of } => {
                return Self {
                    factor: 1.0,
                    unit: format!("{of}s/s"),
                };
            }
            Unit::Bytes { of } => {
                return Self {
                    factor: 1.0,
                    unit: format!("bytes/{of}"),
                };
            }
            Unit::Time { of } => of,
        };
        let largest = results
            .variants
            .iter()
            .map(|variant| variant.summary.median)
            .fold(0.0, f64::max);
        let (factor, unit) = if largest < 1e-3 {
            (1e6, "µs")
        } else if largest < 1.0 {
            (1e3, "ms")
        } else {
            (1.0, "s")
        };
        Self {
            factor,
            unit: format!("{unit}/{of}"),
        }
    }

    fn show(&self, figure: f64) -> String {
        let figure = figure * self.factor;
        let decimals = match figure.abs() {
            ..10.0 => 3,
            ..100.0 => 2,
            ..1000.0 => 1,
            _ => 0,
        };
        format!("{figure:.decimals$}")
    }
}

fn table(headings: &[String]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(headings);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for column in table.column_iter_mut() {
        column.set_padding((2, 0));
    }
    table
}

fn lines(table: &Table) -> String {
    table
        .lines()
        .fold(String::new(), |text, line| text + line.trim_end() + "\n")
}
