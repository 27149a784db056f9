//! A graph of steps, and what is drawn of it.

use serde_json::Value;

pub(crate) use crate::database::{Database, Run};

impl Database {
    pub(crate) fn graph(&self, arguments: &[&str]) -> Run {
        self.steward(&[&["graph"], arguments].concat())
    }

    /// The only graph of the document.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let run = self.graph(&[arguments, &["--format", "json"]].concat());
        let run = run.ends_with(0);
        let mut document: Value = serde_json::from_str(&run.stdout).expect("JSON");
        assert_eq!(document["schema_version"], 1);
        document["graphs"][0].take()
    }
}

/// Edges as `from>to`.
pub(crate) fn edges(graph: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().expect("a key").to_owned();
    graph["edges"]
        .as_array()
        .expect("edges")
        .iter()
        .map(|edge| format!("{}>{}", text(&edge["from"]), text(&edge["to"])))
        .collect()
}

pub(crate) const STEPS: &str = "
    create extension steward;
    create table tasks (id bigint primary key, title text not null, note text);
    insert into tasks values
        (1, 'Design', 'first'), (2, 'Build', null), (3, 'Test', 'third'), (4, 'Ship', ''), (5, 'Rest', '');
    create table steps (
        task_id bigint not null references tasks,
        depends_on bigint not null references tasks,
        primary key (task_id, depends_on)
    );
    create index on steps (depends_on);
    select steward.guard_dependencies('steps');
    insert into steps values (2, 1), (3, 2), (4, 3), (4, 1);
";
