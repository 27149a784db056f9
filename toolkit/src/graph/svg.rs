//! A picture that a browser shows: without scripts, without fonts from elsewhere, readable on a light and
//! on a dark screen, and told in words to who does not see it.

use std::fmt::Write as _;

use super::layout::{Point, Rectangle, Route};
use super::model::{Edge, Graph};
use super::picture::{FONT_SIZE, LINE_HEIGHT, Picture, line_offset};
use super::text::one_line;
use crate::error::{Error, Result};

/// Beyond that nobody finds anything in it.
const MAX_TASKS: usize = 2_000;
const MAX_EDGES: usize = 10_000;

const MARGIN: f64 = 24.0;
const HEADING: f64 = 30.0;
const GAP_BETWEEN_GRAPHS: f64 = 36.0;
const CORNER: f64 = 6.0;
/// From the line of text's middle to its baseline.
const BASELINE: f64 = FONT_SIZE * 0.35;

const STYLE: &str = "\
.steward-graph text{font:13px system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;\
text-anchor:middle;unicode-bidi:plaintext;fill:#1c2430}
.steward-graph text.heading{font-weight:600;text-anchor:start}
.steward-graph .background{fill:#ffffff}
.steward-graph .task rect{fill:#f3f6fa;stroke:#8794a6}
.steward-graph .root rect{fill:#dfeaff;stroke:#2f6fde;stroke-width:2.5}
.steward-graph .edge{fill:none;stroke:#7d8896;stroke-width:1.3}
.steward-graph .arrow{fill:#7d8896}
.steward-graph .cycle{stroke:#c62828;stroke-width:2}
.steward-graph .cycle-arrow{fill:#c62828}
@media (prefers-color-scheme:dark){
.steward-graph text{fill:#e6eaf0}
.steward-graph .background{fill:#14181d}
.steward-graph .task rect{fill:#232a33;stroke:#66758a}
.steward-graph .root rect{fill:#16345f;stroke:#6ea8ff}
.steward-graph .edge{stroke:#8492a3}
.steward-graph .arrow{fill:#8492a3}
.steward-graph .cycle{stroke:#ff7b72}
.steward-graph .cycle-arrow{fill:#ff7b72}
}";

/// Arrow heads for edges, and for those that close a cycle. `userSpaceOnUse` keeps their size.
const MARKERS: &str = "\
<marker id=\"steward-arrow\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"8\" \
markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"arrow\" d=\"M0 0.5L8 \
4L0 7.5z\"/></marker>
<marker id=\"steward-cycle-arrow\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"9\" \
markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"cycle-arrow\" d=\"M0 \
0.5L8 4L0 7.5z\"/></marker>";

/// The graphs below each other; several of them under their tables' names.
///
/// # Errors
/// There is too much to be drawn.
pub fn svg(graphs: &[Graph]) -> Result<String> {
    let tasks: usize = graphs.iter().map(|graph| graph.tasks.len()).sum();
    let edges: usize = graphs.iter().map(|graph| graph.edges.len()).sum();
    if tasks > MAX_TASKS || edges > MAX_EDGES {
        return Err(too_large(format!(
            "It has {tasks} tasks and {edges} dependencies; at most {MAX_TASKS} and {MAX_EDGES} are \
             drawn."
        )));
    }
    let pictures: Option<Vec<_>> = graphs.iter().map(Picture::of).collect();
    let pictures = pictures.ok_or_else(|| {
        too_large(format!(
            "It has {tasks} tasks and {edges} dependencies, of which many pass many columns."
        ))
    })?;
    Ok(document(graphs, &pictures))
}

fn too_large(detail: String) -> Error {
    Error::failure("the graph is too large to be drawn as SVG")
        .detail(detail)
        .hint(
            "Draw the surroundings of one task with --root KEY --depth N, or write --format dot \
             and let Graphviz draw it (sfdp -Tsvg).",
        )
}

fn document(graphs: &[Graph], pictures: &[Picture]) -> String {
    let mut body = String::new();
    let mut top = MARGIN;
    let mut right: f64 = 160.0;
    for picture in pictures {
        if pictures.len() > 1 {
            heading(&mut body, &picture.graph.table, top);
            top += HEADING;
        }
        let _ = writeln!(body, "<g transform=\"translate({MARGIN} {top})\">");
        draw(&mut body, picture);
        body.push_str("</g>\n");
        right = right.max(picture.layout.size.width);
        top += picture.layout.size.height + GAP_BETWEEN_GRAPHS;
    }
    let width = Number(right + 2.0 * MARGIN);
    let height = Number((top - GAP_BETWEEN_GRAPHS).max(MARGIN) + MARGIN);
    let (title, description) = (escape(&title(graphs)), escape(&description(graphs)));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"steward-graph\" width=\"{width}\" \
         height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-labelledby=\"steward-title steward-description\">
<title id=\"steward-title\">{title}</title>
<desc id=\"steward-description\">{description}</desc>
<style>{STYLE}</style>
<defs>
{MARKERS}
</defs>
<rect class=\"background\" width=\"100%\" height=\"100%\"/>
{body}</svg>
"
    )
}

fn title(graphs: &[Graph]) -> String {
    let tables: Vec<_> = graphs.iter().map(|graph| one_line(&graph.table)).collect();
    format!("Dependencies in {}", tables.join(", "))
}

fn description(graphs: &[Graph]) -> String {
    let tasks: usize = graphs.iter().map(|graph| graph.tasks.len()).sum();
    let edges: usize = graphs.iter().map(|graph| graph.edges.len()).sum();
    let root = graphs
        .iter()
        .find_map(|graph| graph.root.map(|root| graph.tasks[root].title()))
        .map_or_else(String::new, |title| format!(" around \"{title}\""));
    format!(
        "{tasks} tasks and {edges} dependencies{root}. An arrow leads from a task to one that waits for it."
    )
}

fn heading(body: &mut String, table: &str, top: f64) {
    let _ = writeln!(
        body,
        "<text class=\"heading\" x=\"{MARGIN}\" y=\"{}\">{}</text>",
        Number(top + FONT_SIZE),
        escape(&one_line(table)),
    );
}

fn draw(body: &mut String, picture: &Picture) {
    let graph = picture.graph;
    for (edge, route) in graph.edges.iter().zip(&picture.layout.routes) {
        let (class, marker) = if route.against_the_order {
            ("edge cycle", "steward-cycle-arrow")
        } else {
            ("edge", "steward-arrow")
        };
        let _ = writeln!(
            body,
            "<path class=\"{class}\" marker-end=\"url(#{marker})\" d=\"{}\"><title>{}</title></path>",
            path(route, &picture.layout.boxes[edge.to]),
            escape(&edge_title(graph, edge)),
        );
    }
    for (number, rectangle) in picture.layout.boxes.iter().enumerate() {
        let class = if graph.root == Some(number) {
            "task root"
        } else {
            "task"
        };
        let _ = writeln!(
            body,
            "<g class=\"{class}\"><title>{}</title><rect x=\"{}\" y=\"{}\" width=\"{}\" \
             height=\"{}\" rx=\"{CORNER}\"/>",
            escape(&graph.tasks[number].full_title()),
            Number(rectangle.corner.x),
            Number(rectangle.corner.y),
            Number(rectangle.size.width),
            Number(rectangle.size.height),
        );
        lines(body, &picture.titles[number], rectangle.middle());
        body.push_str("</g>\n");
    }
}

/// A text element for each line, so that right-to-left text in one does not turn the others.
fn lines(body: &mut String, lines: &[String], middle: Point) {
    let first = middle.y - line_offset(lines.len()) / 2.0 + LINE_HEIGHT / 2.0 + BASELINE;
    for (number, line) in lines.iter().enumerate() {
        let _ = write!(
            body,
            "<text x=\"{}\" y=\"{}\">{}</text>",
            Number(middle.x),
            Number(first + line_offset(number)),
            escape(line),
        );
    }
}

fn edge_title(graph: &Graph, edge: &Edge) -> String {
    let kind = match &edge.kind {
        Some(kind) => format!(" ({})", one_line(kind)),
        None => String::new(),
    };
    format!(
        "{} waits for {}{kind}",
        graph.tasks[edge.to].title(),
        graph.tasks[edge.from].title(),
    )
}

fn path(route: &Route, target: &Rectangle) -> String {
    let [start, rest @ ..] = &route.points[..] else {
        return loop_at(target);
    };
    let mut path = format!("M{} {}", Number(start.x), Number(start.y));
    let mut from = start;
    for (index, to) in rest.iter().enumerate() {
        if index % 2 == 1 {
            let _ = write!(path, "L{} {}", Number(to.x), Number(to.y));
        } else {
            let middle = Number(f64::midpoint(from.x, to.x));
            let _ = write!(
                path,
                "C{middle} {} {middle} {} {} {}",
                Number(from.y),
                Number(to.y),
                Number(to.x),
                Number(to.y),
            );
        }
        from = to;
    }
    path
}

/// A task that waits for itself, over its upper edge.
fn loop_at(rectangle: &Rectangle) -> String {
    let Point { x, y } = rectangle.corner;
    let x = x + rectangle.size.width / 2.0;
    format!(
        "M{} {y}C{} {} {} {} {} {y}",
        Number(x - 12.0),
        Number(x - 16.0),
        Number(y - 16.0),
        Number(x + 16.0),
        Number(y - 16.0),
        Number(x + 12.0),
        y = Number(y),
    )
}

/// For text and for attributes in double quotes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// A length in pixels, to a tenth.
struct Number(f64);

impl std::fmt::Display for Number {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without a minus before zero.
        let tenths = (self.0 * 10.0).round() / 10.0 + 0.0;
        write!(formatter, "{tenths}")
    }
}

#[cfg(test)]
mod tests;
