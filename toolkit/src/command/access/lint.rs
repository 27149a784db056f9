//! `steward lint access`

use clap::ValueEnum as _;
use postgres_protocol::escape::escape_literal;
use serde::Serialize;

use crate::cli::{Global, Level};
use crate::command::connect::connect;
use crate::engine::SchemaName;
use crate::engine::simple_query::rows;
use crate::error::Result;
use crate::exit::Exit;
use crate::extension;
use crate::output::{Console, Report};

#[derive(Serialize)]
struct Findings {
    findings: Vec<Finding>,
}

#[derive(Serialize)]
struct Finding {
    level: String,
    rule: String,
    object: String,
    problem: String,
    mend: String,
}

pub(super) fn run(
    schema: Option<&SchemaName>,
    fail_on: Level,
    global: &Global,
    console: &Console,
) -> Result<Exit> {
    let mut client = connect(global, console)?;
    let mut transaction = client.build_transaction().read_only(true).start()?;
    extension::must_be_there(&mut transaction)?;
    let schema = schema.map_or_else(
        || "null".to_owned(),
        |schema| escape_literal(schema.as_str()),
    );
    let found = rows(
        &mut transaction,
        &format!("select level, rule, object, problem, mend from steward.lint_access({schema})"),
    )?;
    let findings: Vec<Finding> = found
        .iter()
        .map(|row| {
            let text = |column: &str| row.get(column).unwrap_or_default().to_owned();
            Finding {
                level: text("level"),
                rule: text("rule"),
                object: text("object"),
                problem: text("problem"),
                mend: text("mend"),
            }
        })
        .collect();
    let fails = findings
        .iter()
        .any(|finding| Level::from_str(&finding.level, true).is_ok_and(|level| level >= fail_on));
    if findings.is_empty() {
        console.note("nothing is wrong with who may read and write");
    }
    console.show(&Findings { findings })?;
    Ok(if fails { Exit::Unsound } else { Exit::Success })
}

impl Report for Findings {
    fn text(&self) -> Option<String> {
        let findings: Vec<_> = self
            .findings
            .iter()
            .map(|finding| {
                format!(
                    "{}: {}: {}\n  {}\n  mend: {}",
                    finding.level, finding.object, finding.rule, finding.problem, finding.mend
                )
            })
            .collect();
        (!findings.is_empty()).then(|| findings.join("\n"))
    }
}
