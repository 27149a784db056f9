//! Mermaid's flowcharts, which GitHub, GitLab and many wikis draw.

use std::fmt::Write as _;

use super::model::Graph;
use super::text::one_line;

/// How many edges Mermaid draws, unless its setting `maxEdges` says otherwise.
pub const MERMAID_EDGES: usize = 500;

/// The graphs as one flowchart; several of them are framed by their tables' names.
#[must_use]
pub fn mermaid(graphs: &[Graph]) -> String {
    let mut text = String::from("flowchart LR\n");
    let mut first = 1;
    for (number, graph) in graphs.iter().enumerate() {
        if let [_] = graphs {
            write_graph(&mut text, graph, first, "    ");
        } else {
            let title = escape(&one_line(&graph.table));
            let _ = writeln!(text, "    subgraph g{}[\"{title}\"]", number + 1);
            write_graph(&mut text, graph, first, "        ");
            text.push_str("    end\n");
        }
        first += graph.tasks.len();
    }
    text
}

fn write_graph(text: &mut String, graph: &Graph, first: usize, indent: &str) {
    for (number, task) in graph.tasks.iter().enumerate() {
        let title = escape(&task.title());
        let _ = writeln!(text, "{indent}n{}[\"{title}\"]", first + number);
    }
    let kinds = graph.has_several_kinds();
    for edge in &graph.edges {
        let kind = match &edge.kind {
            Some(kind) if kinds => format!("|\"{}\"|", escape(&one_line(kind))),
            _ => String::new(),
        };
        let (from, to) = (first + edge.from, first + edge.to);
        let _ = writeln!(text, "{indent}n{from} -->{kind} n{to}");
    }
    if let Some(root) = graph.root {
        let _ = writeln!(text, "{indent}style n{} stroke-width:4px", first + root);
    }
}

/// For a string in double quotes. Mermaid replaces entity codes there; everything else that one of its
/// passes could take for syntax is written as one: its own, that of Markdown (a title that begins like a
/// list item, a link), of HTML and of icons, and the signs that stand for entities in between.
fn escape(title: &str) -> String {
    let mut escaped = String::with_capacity(title.len());
    let mut begun = false;
    for character in title.chars() {
        begun |= character.is_alphabetic();
        let plain = match character {
            ' ' => true,
            ',' | '\'' | '/' | '(' | ')' | '-' | '?' => begun,
            '°' | '¶' => false,
            _ => character.is_ascii_alphanumeric() || !character.is_ascii(),
        };
        if plain {
            escaped.push(character);
        } else {
            let _ = write!(escaped, "#{};", u32::from(character));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::picture::tests::{hostile, sample, two_graphs};
    use super::{escape, mermaid};

    #[test]
    fn a_graph_is_a_flowchart() {
        assert_eq!(
            mermaid(&[sample()]),
            "flowchart LR
    n1[\"Design the schema\"]
    n2[\"Write the migration\"]
    n3[\"Ship\"]
    n1 --> n2
    n2 --> n3
    n1 --> n3
    style n2 stroke-width:4px
"
        );
    }

    #[test]
    fn several_graphs_are_framed() {
        assert_eq!(
            mermaid(&two_graphs()),
            "flowchart LR
    subgraph g1[\"public#46;steps\"]
        n1[\"1\"]
        n2[\"2\"]
        n1 -->|\"blocks\"| n2
        n2 -->|\"part#95;of\"| n1
    end
    subgraph g2[\"public#46;#34;odd #93; name#34;\"]
        n3[\"1\"]
    end
"
        );
    }

    #[test]
    fn hostile_titles_stay_titles() {
        for (title, escaped) in [
            ("say \"hi\"]; end", "say #34;hi#34;#93;#59; end"),
            ("a --> b", "a --#62; b"),
            ("1. first", "1#46; first"),
            ("- item", "#45; item"),
            ("50 % %%{init}%%", "50 #37; #37;#37;#123;init#125;#37;#37;"),
            ("<b>&amp;#35;", "#60;b#62;#38;amp#59;#35;35#59;"),
            ("`*_x_*`", "#96;#42;#95;x#95;#42;#96;"),
            ("fa:fa-car http://x", "fa#58;fa-car http#58;//x"),
            ("\\n", "#92;n"),
            ("fl°°35¶ß", "fl#176;#176;35#182;ß"),
            ("\u{1f680} שלום größer", "\u{1f680} שלום größer"),
        ] {
            assert_eq!(escape(title), escaped);
        }
    }

    /// What Mermaid makes of a string.
    fn unescape(text: &str) -> String {
        let mut parts = text.split('#');
        let mut plain = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (code, rest) = part.split_once(';').expect("an entity code");
            let character = code.parse().ok().and_then(char::from_u32);
            plain.push(character.expect("a character"));
            plain.push_str(rest);
        }
        plain
    }

    proptest! {
        #[test]
        fn every_title_is_told_and_none_ends_its_string(title in any::<String>()) {
            let escaped = escape(&title);
            prop_assert_eq!(unescape(&escaped), title);
            let active = escaped.contains(|one| "\"`<>&[]{}%\n:._*".contains(one));
            prop_assert!(!active, "{}", escaped);
        }
    }

    #[test]
    fn a_hostile_graph_has_a_line_for_each_part() {
        let text = mermaid(&[hostile()]);
        assert_eq!(
            text.lines().count(),
            1 + hostile().tasks.len() + hostile().edges.len()
        );
    }
}
