//! A graph with boxes for its titles: what is common to everything that draws it here.

use super::layout::{Layout, Size, layout};
use super::model::Graph;
use super::text::{ems, wrap};

/// The font's size, in pixels.
pub(super) const FONT_SIZE: f64 = 13.0;
/// From one line to the next.
pub(super) const LINE_HEIGHT: f64 = 17.0;
const LINE_EMS: f64 = 14.5;
const LINES: usize = 3;
const PADDING: Size = Size {
    width: 12.0,
    height: 9.0,
};
const LEAST_WIDTH: f64 = 56.0;

/// A graph that knows where everything stands.
pub(super) struct Picture<'a> {
    pub(super) graph: &'a Graph,
    /// The title of each task, in lines.
    pub(super) titles: Vec<Vec<String>>,
    pub(super) layout: Layout,
}

impl<'a> Picture<'a> {
    /// None where the arrows are too many and too long.
    pub(super) fn of(graph: &'a Graph) -> Option<Self> {
        let titles: Vec<_> = graph
            .tasks
            .iter()
            .map(|task| wrap(&task.title(), LINE_EMS, LINES))
            .collect();
        let sizes: Vec<_> = titles.iter().map(|lines| size(lines)).collect();
        Some(Self {
            graph,
            layout: layout(&sizes, &graph.pairs())?,
            titles,
        })
    }
}

fn size(lines: &[String]) -> Size {
    let widest = lines.iter().map(|line| ems(line)).fold(0.0, f64::max);
    Size {
        width: (widest * FONT_SIZE + 2.0 * PADDING.width)
            .ceil()
            .max(LEAST_WIDTH),
        height: line_offset(lines.len().max(1)) + 2.0 * PADDING.height,
    }
}

/// How far so many lines reach.
pub(super) fn line_offset(lines: usize) -> f64 {
    u32::try_from(lines).map_or(0.0, f64::from) * LINE_HEIGHT
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::model::{Edge, Graph, Task};

    fn task(key: &str, label: Option<&str>) -> Task {
        Task {
            key: key.to_owned(),
            label: label.map(ToOwned::to_owned),
        }
    }

    fn edge(from: usize, to: usize, kind: Option<&str>) -> Edge {
        let kind = kind.map(ToOwned::to_owned);
        Edge { from, to, kind }
    }

    /// Three tasks, the second of which the picture is about.
    pub(in crate::graph) fn sample() -> Graph {
        Graph {
            table: "public.task_dependencies".to_owned(),
            guard: "steward_dependencies".to_owned(),
            tasks: vec![
                task("a", Some("Design the schema")),
                task("b", Some("Write the migration")),
                task("c", Some("Ship")),
            ],
            edges: vec![edge(0, 1, None), edge(1, 2, None), edge(0, 2, None)],
            root: Some(1),
        }
    }

    /// One with kinds and a cycle, and one of a single task.
    pub(in crate::graph) fn two_graphs() -> Vec<Graph> {
        let steps = Graph {
            table: "public.steps".to_owned(),
            tasks: vec![task("1", None), task("2", None)],
            edges: vec![edge(0, 1, Some("blocks")), edge(1, 0, Some("part_of"))],
            ..Graph::default()
        };
        let odd = Graph {
            table: "public.\"odd ] name\"".to_owned(),
            tasks: vec![task("1", None)],
            ..Graph::default()
        };
        vec![steps, odd]
    }

    /// Titles that somebody chose to break the drawing.
    pub(in crate::graph) fn hostile() -> Graph {
        let titles = [
            "a\"]; evil[\"",
            "one\ntwo\r\n    three --> four",
            "</text></svg><script>alert(1)</script>",
            "&quot; &#x3c; ]]> <!-- --",
            "back\\slash\\",
            "\u{202e}turned \u{1f680}\u{200d}\u{1f4bb}",
            "שלום עולם, זה כותרת ארוכה שנשברת לשורות",
            "1. Not a list; %%{init: {}}%%",
            "漢字ばかりの長い題名はどこででも折り返すことができます",
            "",
        ];
        Graph {
            table: "public.\"<x> & y\"".to_owned(),
            tasks: titles
                .iter()
                .enumerate()
                .map(|(key, title)| task(&key.to_string(), Some(title)))
                .collect(),
            edges: (1..titles.len())
                .map(|number| edge(number / 2, number, None))
                .collect(),
            ..Graph::default()
        }
    }
}
