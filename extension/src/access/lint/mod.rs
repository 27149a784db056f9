//! `lint_access`: what is wrong or slow about who may read and write, found in the catalogs.
//!
//! A rule of the catalogs alone is a query that gives an object, its problem and the mending; `catalog` has
//! these. What a policy's condition does is read from its tree; `policies` has those.

use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::name;
use crate::pg::rows::Rows;
use crate::pg::statement;

mod catalog;
mod policies;

/// How bad it is; the first is the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Error,
    Warning,
    Note,
}

impl Level {
    const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

struct Finding {
    level: Level,
    rule: &'static str,
    object: String,
    problem: String,
    mend: String,
}

/// `steward.lint_access(schema)`.
pub(super) fn lint_access(arguments: &Arguments) -> Rows {
    let schema: Option<String> = arguments.optional(0);
    if let Some(schema) = &schema {
        check_exists(schema);
    }
    let scope = scope(schema.as_deref());
    let mut findings = catalog::findings(&scope);
    findings.extend(policies::findings(&scope));
    findings.sort_by(|one, other| {
        (one.level, one.rule, &one.object, &one.problem).cmp(&(
            other.level,
            other.rule,
            &other.object,
            &other.problem,
        ))
    });
    let rows = findings.into_iter().map(|finding| {
        vec![
            Some(finding.level.name().to_owned()),
            Some(finding.rule.to_owned()),
            Some(finding.object),
            Some(finding.problem),
            Some(finding.mend),
        ]
    });
    Rows(rows.collect())
}

fn check_exists(schema: &str) {
    let rows = statement::query(&format!(
        "select from pg_catalog.pg_namespace where nspname = {}",
        name::literal(schema)
    ));
    if rows.is_empty() {
        Report::new(
            SqlState::INVALID_SCHEMA_NAME,
            format!("schema {} does not exist", name::identifier(schema)),
        )
        .raise()
    }
}

/// A condition about `n`, a row of `pg_namespace`.
fn scope(schema: Option<&str>) -> String {
    schema.map_or_else(
        || {
            "n.nspname not in ('pg_catalog', 'information_schema', 'steward') \
             and not pg_catalog.starts_with(n.nspname, 'pg_toast') and not pg_catalog.starts_with(n.nspname, 'pg_temp')"
                .to_owned()
        },
        |schema| format!("n.nspname = {}", name::literal(schema)),
    )
}
