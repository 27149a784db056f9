//! `steward migrate verify`

use serde::Serialize;

use super::{Context, count};
use crate::cli::LockWait;
use crate::engine::{Comparison, SchemaName, State};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Report, Table};

#[derive(Serialize)]
struct Verified<'a> {
    set: &'a str,
    schema: &'a SchemaName,
    compared: usize,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct Problem {
    version: i64,
    name: String,
    kind: Kind,
    description: String,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    OutOfOrder,
    Missing,
    Divergent,
    DownScriptEdited,
}

pub(super) fn run(context: &Context<'_>, restamp: bool, lock: LockWait) -> Result<Exit> {
    if restamp {
        return run_restamp(context, lock);
    }
    let (_, history) = context.read()?;
    let comparison = Comparison::of(&context.set, &history)?;
    let verified = Verified {
        set: &context.set.name,
        schema: &context.arguments.schema,
        compared: history.len(),
        problems: problems(&comparison),
    };
    context.console.show(&verified)?;
    if verified.problems.is_empty() {
        context.console.note(&format!(
            "{} compared; files and history agree",
            count(verified.compared, "applied migration")
        ));
        return Ok(Exit::Success);
    }
    context.console.note(
        "bring the files back as they were; or, if they were edited on purpose and mean the same: \
         steward migrate verify --restamp",
    );
    Ok(Exit::Divergence)
}

fn run_restamp(context: &Context<'_>, lock: LockWait) -> Result<Exit> {
    let confirmation = context.confirmation("change the history")?;
    let outcome = context.migrate(lock.options(), |migrator| {
        migrator.restamp(&|steps| {
            let lines: Vec<_> = steps
                .iter()
                .map(|step| format!("  restamp {step}"))
                .collect();
            confirmation.confirm(
                &lines,
                "Record these files as what was applied? Nothing of them is run.",
            )
        })
    })?;
    context.show(&outcome)
}

fn problems(comparison: &Comparison<'_>) -> Vec<Problem> {
    comparison
        .entries()
        .iter()
        .filter_map(|entry| {
            let kind = match entry.state {
                State::OutOfOrder => Kind::OutOfOrder,
                State::Missing => Kind::Missing,
                State::Divergent => Kind::Divergent,
                State::Applied | State::Pending => Kind::DownScriptEdited,
            };
            Some(Problem {
                version: entry.version(),
                name: entry.name().to_owned(),
                kind,
                description: entry.problem()?,
            })
        })
        .collect()
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::OutOfOrder => "out of order",
            Self::Missing => "missing",
            Self::Divergent => "divergent",
            Self::DownScriptEdited => "down script edited",
        }
    }
}

impl Report for Verified<'_> {
    fn text(&self) -> Option<String> {
        if self.problems.is_empty() {
            return None;
        }
        let mut table = Table::new(["VERSION", "NAME", "PROBLEM", "DESCRIPTION"]);
        for problem in &self.problems {
            table.row([
                problem.version.to_string(),
                problem.name.clone(),
                problem.kind.as_str().to_owned(),
                problem.description.clone(),
            ]);
        }
        Some(table.text())
    }
}
