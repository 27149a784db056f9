//! `dependency_graph`: the graph as text that other programs draw.

use std::fmt::Write as _;

use pgrx::pg_sys;

use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::name;

use super::super::rebuild::Numbered;
use super::reading::Reading;

/// `steward.dependency_graph(edges, format, name)`.
pub(super) fn dependency_graph(arguments: &Arguments) -> String {
    let edges: pg_sys::Oid = arguments.required(0, "edges");
    let format: String = arguments.required(1, "format");
    let guard: Option<String> = arguments.optional(2);
    let draw = match format.as_str() {
        "mermaid" => mermaid,
        "dot" => dot,
        _ => Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("there is no format {}", name::literal(&format)),
        )
        .hint("The formats are mermaid and dot; the command steward graph draws svg too.")
        .raise(),
    };
    let reading = Reading::of(edges, guard.as_deref());
    let graph = reading.whole();
    let labels: Vec<_> = graph
        .nodes
        .iter()
        .map(|node| reading.key_type.show(node))
        .collect();
    draw(&graph, &labels)
}

fn mermaid(graph: &Numbered, labels: &[String]) -> String {
    let mut text = String::from("flowchart TD\n");
    for (node, label) in labels.iter().enumerate() {
        let _ = writeln!(text, "    n{node}[\"{}\"]", mermaid_text(label));
    }
    for (task, dependency) in &graph.edges {
        let _ = writeln!(text, "    n{dependency} --> n{task}");
    }
    text
}

/// Within double quotes Mermaid reads entity codes, and nothing else stands for itself for certain.
fn mermaid_text(label: &str) -> String {
    label.chars().fold(String::new(), |mut text, character| {
        let plain = character.is_alphanumeric() || matches!(character, ' ' | '-' | '_' | '.');
        if plain {
            text.push(character);
        } else {
            let _ = write!(text, "#{};", u32::from(character));
        }
        text
    })
}

fn dot(graph: &Numbered, labels: &[String]) -> String {
    let mut text = String::from("digraph dependencies {\n");
    for (node, label) in labels.iter().enumerate() {
        let _ = writeln!(text, "    n{node} [label=\"{}\"];", dot_text(label));
    }
    for (task, dependency) in &graph.edges {
        let _ = writeln!(text, "    n{dependency} -> n{task};");
    }
    text.push_str("}\n");
    text
}

/// A backslash would begin an escape of Graphviz's own.
fn dot_text(label: &str) -> String {
    label
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
