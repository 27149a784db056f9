//! What the user chose, as it stands in the trigger's arguments.

use super::super::name;
use super::super::relation::Relation;

/// The columns that play a role, and the kinds that order the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) task: String,
    pub(crate) depends_on: String,
    pub(crate) scope: Option<String>,
    pub(crate) kinds: Option<Kinds>,
}

/// Which labels of the kind column make an edge order the graph; all others do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kinds {
    pub(crate) column: String,
    /// The task waits for what it depends on.
    pub(crate) blocking: Vec<String>,
    /// What it points at waits for the task.
    pub(crate) reversed: Vec<String>,
}

const SCOPE: &str = "scope=";
const KIND: &str = "kind=";
const BLOCKING: &str = "blocking=";
const REVERSED: &str = "reversed=";

impl Choice {
    /// Reads the arguments of a trigger, or returns none where they are not ours.
    pub(crate) fn from_arguments(arguments: &[String]) -> Option<Self> {
        let [task, depends_on, options @ ..] = arguments else {
            return None;
        };
        let mut choice = Self {
            task: task.clone(),
            depends_on: depends_on.clone(),
            scope: None,
            kinds: None,
        };
        for option in options {
            choice.read_option(option)?;
        }
        Some(choice)
    }

    fn read_option(&mut self, option: &str) -> Option<()> {
        if let Some(column) = option.strip_prefix(SCOPE) {
            self.scope = Some(column.to_owned());
        } else if let Some(column) = option.strip_prefix(KIND) {
            let column = column.to_owned();
            self.kinds = Some(Kinds {
                column,
                blocking: Vec::new(),
                reversed: Vec::new(),
            });
        } else if let Some(label) = option.strip_prefix(BLOCKING) {
            self.kinds.as_mut()?.blocking.push(label.to_owned());
        } else if let Some(label) = option.strip_prefix(REVERSED) {
            self.kinds.as_mut()?.reversed.push(label.to_owned());
        } else {
            return None;
        }
        Some(())
    }

    /// The arguments for `CREATE TRIGGER`.
    pub(crate) fn arguments(&self) -> String {
        let mut arguments = vec![self.task.clone(), self.depends_on.clone()];
        if let Some(scope) = &self.scope {
            arguments.push(format!("{SCOPE}{scope}"));
        }
        if let Some(kinds) = &self.kinds {
            arguments.push(format!("{KIND}{}", kinds.column));
            arguments.extend(
                kinds
                    .blocking
                    .iter()
                    .map(|label| format!("{BLOCKING}{label}")),
            );
            arguments.extend(
                kinds
                    .reversed
                    .iter()
                    .map(|label| format!("{REVERSED}{label}")),
            );
        }
        arguments
            .iter()
            .map(|argument| name::literal(argument))
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// The call that attaches this choice to `edges`.
    pub(crate) fn attach_call(&self, edges: &Relation) -> String {
        let mut arguments = vec![
            name::literal(&edges.qualified_name()),
            format!("task => {}", name::literal(&self.task)),
            format!("depends_on => {}", name::literal(&self.depends_on)),
        ];
        if let Some(kinds) = &self.kinds {
            arguments.push(format!("kind => {}", name::literal(&kinds.column)));
            for (argument, labels) in [
                ("blocking_kinds", &kinds.blocking),
                ("reversed_kinds", &kinds.reversed),
            ] {
                if !labels.is_empty() {
                    let labels: Vec<_> = labels.iter().map(|label| name::literal(label)).collect();
                    arguments.push(format!("{argument} => array[{}]", labels.join(", ")));
                }
            }
        }
        if let Some(scope) = &self.scope {
            arguments.push(format!("scope => {}", name::literal(scope)));
        }
        format!(
            "select steward.guard_dependencies({});",
            arguments.join(", ")
        )
    }

    /// The columns of the edge table that are read.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &String> {
        let kind = self.kinds.as_ref().map(|kinds| &kinds.column);
        [&self.task, &self.depends_on]
            .into_iter()
            .chain(self.scope.as_ref())
            .chain(kind)
    }
}
