//! `dependency_graph`: the graph as text that other programs draw.

use std::collections::HashSet;
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

/// The edges, each once: several rows, as of different kinds, may be the same one.
fn arrows(graph: &Numbered) -> impl Iterator<Item = &(u32, u32)> {
    let mut drawn = HashSet::new();
    graph.edges.iter().filter(move |edge| drawn.insert(**edge))
}

fn mermaid(graph: &Numbered, labels: &[String]) -> String {
    let mut text = String::from("flowchart LR\n");
    for (node, label) in labels.iter().enumerate() {
        let _ = writeln!(text, "    n{node}[\"{}\"]", mermaid_text(label));
    }
    for (task, dependency) in arrows(graph) {
        let _ = writeln!(text, "    n{dependency} --> n{task}");
    }
    text
}

/// Within double quotes Mermaid reads entity codes, and Markdown. Letters, digits and spaces stand for
/// themselves, and so do marks that join two of them, as in a UUID.
fn mermaid_text(label: &str) -> String {
    let characters: Vec<char> = label.chars().collect();
    let joins = |position: usize| {
        let next_to = |position: Option<usize>| {
            position
                .and_then(|at| characters.get(at))
                .is_some_and(|next| next.is_alphanumeric())
        };
        next_to(position.checked_sub(1)) && next_to(position.checked_add(1))
    };
    let mut text = String::new();
    for (position, character) in characters.iter().enumerate() {
        let plain = character.is_alphanumeric()
            || *character == ' '
            || (matches!(character, '-' | '_' | '.') && joins(position));
        if plain {
            text.push(*character);
        } else {
            let _ = write!(text, "#{};", u32::from(*character));
        }
    }
    text
}

fn dot(graph: &Numbered, labels: &[String]) -> String {
    let mut text = String::from("digraph dependencies {\n    rankdir=LR;\n");
    for (node, label) in labels.iter().enumerate() {
        let _ = writeln!(text, "    n{node} [label=\"{}\"];", dot_text(label));
    }
    for (task, dependency) in arrows(graph) {
        let _ = writeln!(text, "    n{dependency} -> n{task};");
    }
    text.push_str("}\n");
    text
}

/// A backslash would begin an escape of Graphviz's own, an ampersand an entity.
fn dot_text(label: &str) -> String {
    label
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('&', "&amp;")
        .replace('\n', "\\n")
}
