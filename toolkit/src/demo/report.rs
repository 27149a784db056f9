//! The whole demonstration as one result: its end for people, everything for programs.

use serde::Serialize;

use super::afterwards::Kept;
use super::database::{Prepared, Server};
use super::outcome::Outcome;
use super::walk::Walk;
use crate::output;

/// What was shown.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) server: Server,
    pub(super) blueprints: Vec<ShownBlueprint>,
    pub(super) statements: usize,
    pub(super) refused: usize,
    /// The server, where it goes on.
    pub(super) kept: Option<Kept>,
}

/// The walk through one blueprint.
#[derive(Debug, Serialize)]
pub(super) struct ShownBlueprint {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    pub(super) schema: &'static str,
    pub(super) role: &'static str,
    pub(super) documents: &'static [&'static str],
    pub(super) steps: Vec<ShownStep>,
}

/// A step and what it came to.
#[derive(Debug, Serialize)]
pub(super) struct ShownStep {
    pub(super) title: &'static str,
    pub(super) reason: &'static str,
    pub(super) statements: Vec<ShownStatement>,
}

/// A statement and what it came to.
#[derive(Debug, Serialize)]
pub(super) struct ShownStatement {
    pub(super) sql: &'static str,
    /// Whether it was run in another session.
    pub(super) second_session: bool,
    /// Whether it had to wait there.
    pub(super) waited: bool,
    #[serde(flatten)]
    pub(super) outcome: Outcome,
}

impl ShownBlueprint {
    pub(super) fn new(walk: &'static Walk, prepared: &Prepared, steps: Vec<ShownStep>) -> Self {
        Self {
            name: walk.blueprint,
            title: prepared.title,
            description: prepared.description,
            schema: walk.blueprint,
            role: walk.role,
            documents: walk.documents,
            steps,
        }
    }
}

impl Report {
    pub(super) fn new(server: Server, blueprints: Vec<ShownBlueprint>) -> Self {
        let outcomes = || {
            blueprints
                .iter()
                .flat_map(|blueprint| &blueprint.steps)
                .flat_map(|step| &step.statements)
                .map(|statement| &statement.outcome)
        };
        Self {
            statements: outcomes().count(),
            refused: outcomes()
                .filter(|outcome| matches!(outcome, Outcome::Refused(_)))
                .count(),
            server,
            blueprints,
            kept: None,
        }
    }

    fn what_next(&self) -> String {
        let mut lines = vec![
            "Next:".to_owned(),
            "  make demo ARGS=--keep  leaves the server running, for statements of your own"
                .to_owned(),
            "  make demo ARGS=--psql  opens psql on it".to_owned(),
        ];
        for blueprint in &self.blueprints {
            lines.push(format!("  {}", blueprint.documents.join(", ")));
        }
        lines.join("\n")
    }
}

impl output::Report for Report {
    /// The steps have been shown while they were run.
    fn text(&self) -> Option<String> {
        let counts = format!(
            "\n{} statements, {} of them refused as they should be.",
            self.statements, self.refused
        );
        Some(match &self.kept {
            Some(kept) => format!("{counts}\n{}", kept.text()),
            None => format!("{counts}\n\n{}", self.what_next()),
        })
    }
}
