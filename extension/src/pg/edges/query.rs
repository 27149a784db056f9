//! Edges for statements of ours.

use super::super::name;
use super::super::relation::Relation;

use super::choice::Choice;

impl Choice {
    /// A query of `what` for all edges that order the graph, out of their `task`, their `dependency` and, if
    /// there is one, their `scope`; `condition` is about `task` and `dependency`.
    pub(crate) fn select(&self, table: &Relation, what: &str, condition: &str) -> String {
        let edges = table.qualified_name();
        let (task, depends_on) = (
            name::identifier(&self.task),
            name::identifier(&self.depends_on),
        );
        let scope = match &self.scope {
            Some(scope) => format!(", {} as scope", name::identifier(scope)),
            None => String::new(),
        };
        let arm = |task: &str, dependency: &str, kind: &str| {
            format!(
                "select {what} from (select {task} as task, {dependency} as dependency{scope} from {edges} \
                 where {task} is not null and {dependency} is not null{kind}) as edge where {condition}"
            )
        };
        let Some(kinds) = &self.kinds else {
            return arm(&task, &depends_on, "");
        };
        let one_of = |labels: &[String]| {
            let labels: Vec<_> = labels.iter().map(|label| name::literal(label)).collect();
            format!(
                " and {}::pg_catalog.text operator(pg_catalog.=) any (array[{}]::pg_catalog.text[])",
                name::identifier(&kinds.column),
                labels.join(", "),
            )
        };
        let mut arms = Vec::new();
        if !kinds.blocking.is_empty() {
            arms.push(arm(&task, &depends_on, &one_of(&kinds.blocking)));
        }
        if !kinds.reversed.is_empty() {
            arms.push(arm(&depends_on, &task, &one_of(&kinds.reversed)));
        }
        arms.join(" union all ")
    }
}
