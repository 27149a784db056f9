//! The language of Graphviz.

use std::fmt::Write as _;

use super::model::{Graph, Task};
use super::text::{one_line, wrap};

/// Graphviz breaks no lines itself.
const LINE_EMS: f64 = 18.0;
const LINES: usize = 3;

/// The graphs as one directed graph; several of them are clusters under their tables' names.
#[must_use]
pub fn dot(graphs: &[Graph]) -> String {
    let mut text = String::from(
        "digraph dependencies {
    rankdir=LR
    node [shape=box, style=rounded, fontname=\"sans-serif\"]
    edge [fontname=\"sans-serif\"]
",
    );
    let mut first = 1;
    for (number, graph) in graphs.iter().enumerate() {
        if let [_] = graphs {
            write_graph(&mut text, graph, first, "    ");
        } else {
            let title = escape(&one_line(&graph.table));
            let _ = writeln!(text, "    subgraph cluster_{} {{", number + 1);
            let _ = writeln!(text, "        label=\"{title}\"");
            let _ = writeln!(text, "        fontname=\"sans-serif\"");
            write_graph(&mut text, graph, first, "        ");
            text.push_str("    }\n");
        }
        first += graph.tasks.len();
    }
    text.push_str("}\n");
    text
}

fn write_graph(text: &mut String, graph: &Graph, first: usize, indent: &str) {
    for (number, task) in graph.tasks.iter().enumerate() {
        let bold = if graph.root == Some(number) {
            ", penwidth=3"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "{indent}n{} [label=\"{}\", tooltip=\"{}\"{bold}]",
            first + number,
            label(task),
            escape(&task.full_title()),
        );
    }
    let kinds = graph.has_several_kinds();
    for edge in &graph.edges {
        let kind = match &edge.kind {
            Some(kind) if kinds => format!(" [label=\"{}\"]", escape(&one_line(kind))),
            _ => String::new(),
        };
        let (from, to) = (first + edge.from, first + edge.to);
        let _ = writeln!(text, "{indent}n{from} -> n{to}{kind}");
    }
}

fn label(task: &Task) -> String {
    let lines = wrap(&task.title(), LINE_EMS, LINES);
    let lines: Vec<_> = lines.iter().map(|line| escape(line)).collect();
    lines.join("\\n")
}

/// For a string in double quotes. A backslash begins an escape of a label (\n, \N), and an ampersand an
/// entity of HTML, which Graphviz replaces even there.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('&', "&amp;")
}

#[cfg(test)]
mod tests {
    use super::super::picture::tests::{sample, two_graphs};
    use super::{dot, escape};

    const HEAD: &str = "digraph dependencies {
    rankdir=LR
    node [shape=box, style=rounded, fontname=\"sans-serif\"]
    edge [fontname=\"sans-serif\"]
";

    #[test]
    fn a_graph_is_a_digraph() {
        let expected = r#"    n1 [label="Design the schema", tooltip="Design the schema (a)"]
    n2 [label="Write the migration", tooltip="Write the migration (b)", penwidth=3]
    n3 [label="Ship", tooltip="Ship (c)"]
    n1 -> n2
    n2 -> n3
    n1 -> n3
}
"#;
        assert_eq!(dot(&[sample()]), format!("{HEAD}{expected}"));
    }

    #[test]
    fn several_graphs_are_clusters() {
        let expected = r#"    subgraph cluster_1 {
        label="public.steps"
        fontname="sans-serif"
        n1 [label="1", tooltip="1"]
        n2 [label="2", tooltip="2"]
        n1 -> n2 [label="blocks"]
        n2 -> n1 [label="part_of"]
    }
    subgraph cluster_2 {
        label="public.\"odd ] name\""
        fontname="sans-serif"
        n3 [label="1", tooltip="1"]
    }
}
"#;
        assert_eq!(dot(&two_graphs()), format!("{HEAD}{expected}"));
    }

    #[test]
    fn hostile_titles_stay_titles() {
        for (title, escaped) in [
            (r#"say "hi" -> there; }"#, r#"say \"hi\" -> there; }"#),
            (r"C:\new\", r"C:\\new\\"),
            (r#"\""#, r#"\\\""#),
            ("<b> &lt;", "<b> &amp;lt;"),
            ("\u{1f680} שלום", "\u{1f680} שלום"),
        ] {
            assert_eq!(escape(title), escaped);
        }
    }
}
