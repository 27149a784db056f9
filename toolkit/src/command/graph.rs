//! `steward graph`

use std::fs;
use std::path::Path;

use postgres::{Client, IsolationLevel, Transaction};
use postgres_protocol::escape::escape_literal;
use serde::Serialize;

use super::connect::connect;
use crate::blueprint;
use crate::cli::{self, FormatName, Global};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::graph::{self, Graph, Guard, MERMAID_EDGES, Root};
use crate::output::{self, Console, Report, Table};

pub(super) fn run(arguments: &cli::Graph, global: &Global, console: &Console) -> Result<Exit> {
    if let Some(name) = &arguments.blueprint {
        blueprint::find(name)?;
    }
    let format = arguments.drawn_as();
    let graphs = read(&mut connect(global, console)?, arguments)?;
    tell(&graphs, format, console);
    let text = match format {
        FormatName::Mermaid => graph::mermaid(&graphs),
        FormatName::Dot => graph::dot(&graphs),
        FormatName::Svg => graph::svg(&graphs)?,
        FormatName::Json => output::json(&Graphs::of(&graphs)),
        FormatName::Table | FormatName::Csv | FormatName::Jsonl => {
            Graphs::of(&graphs).text().unwrap_or_default()
        }
    };
    match &arguments.output {
        None => console.data(&text)?,
        Some(file) => write(file, &text, console)?,
    }
    Ok(Exit::Success)
}

/// In one transaction, so that edges and titles are of the same moment.
fn read(client: &mut Client, arguments: &cli::Graph) -> Result<Vec<Graph>> {
    let mut transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()?;
    let root = arguments.root.as_ref().map(|key| Root {
        key: key.clone(),
        depth: arguments.depth,
    });
    let label = arguments.label.as_deref();
    guards(&mut transaction, arguments)?
        .iter()
        .map(|guard| graph::read(&mut transaction, guard, label, root.as_ref()))
        .collect()
}

fn guards(transaction: &mut Transaction, arguments: &cli::Graph) -> Result<Vec<Guard>> {
    match &arguments.edges {
        None => Guard::in_schema(transaction, &arguments.schema),
        Some(table) => {
            Guard::on_table(transaction, table, arguments.name.as_deref()).map(|guard| vec![guard])
        }
    }
}

/// What a reader of the picture should know.
fn tell(graphs: &[Graph], format: FormatName, console: &Console) {
    for graph in graphs {
        if graph.edges.is_empty() {
            console.note(&format!(
                "table {} has no dependencies that you may see",
                graph.table
            ));
        }
        if graph.holds_cycle() {
            console.warning(&format!(
                "the dependencies in {} hold a cycle, made by rows that no guard saw; \
                 steward.verify_dependencies({}) finds them",
                graph.table,
                escape_literal(&graph.table).trim_start(),
            ));
        }
    }
    let edges: usize = graphs.iter().map(|graph| graph.edges.len()).sum();
    if format == FormatName::Mermaid && edges > MERMAID_EDGES {
        console.warning(&format!(
            "Mermaid draws {MERMAID_EDGES} dependencies, unless its setting maxEdges allows more; \
             these are {edges}"
        ));
    }
}

fn write(file: &Path, text: &str, console: &Console) -> Result<()> {
    let text = format!("{}\n", text.trim_end_matches('\n'));
    fs::write(file, text).map_err(|error| {
        Error::failure(format!("could not write \"{}\": {error}", file.display()))
    })?;
    console.note(&format!("wrote {}", file.display()));
    Ok(())
}

#[derive(Serialize)]
struct Graphs<'a> {
    graphs: Vec<Document<'a>>,
}

#[derive(Serialize)]
struct Document<'a> {
    table: &'a str,
    guard: &'a str,
    root: Option<&'a str>,
    nodes: Vec<Node<'a>>,
    edges: Vec<Arrow<'a>>,
    #[serde(skip)]
    graph: &'a Graph,
}

#[derive(Serialize)]
struct Node<'a> {
    key: &'a str,
    label: Option<&'a str>,
}

/// Its ends by their keys; it leads from what is waited for to what waits.
#[derive(Serialize)]
struct Arrow<'a> {
    from: &'a str,
    to: &'a str,
    kind: Option<&'a str>,
}

impl<'a> Graphs<'a> {
    fn of(graphs: &'a [Graph]) -> Self {
        Self {
            graphs: graphs.iter().map(Document::of).collect(),
        }
    }
}

impl<'a> Document<'a> {
    fn of(graph: &'a Graph) -> Self {
        let key = |task: usize| graph.tasks[task].key.as_str();
        Self {
            table: &graph.table,
            guard: &graph.guard,
            root: graph.root.map(key),
            nodes: graph
                .tasks
                .iter()
                .map(|task| Node {
                    key: &task.key,
                    label: task.label.as_deref(),
                })
                .collect(),
            edges: graph
                .edges
                .iter()
                .map(|edge| Arrow {
                    from: key(edge.from),
                    to: key(edge.to),
                    kind: edge.kind.as_deref(),
                })
                .collect(),
            graph,
        }
    }

    fn table(&self) -> String {
        let mut table = Table::new(["TASK", "WAITS FOR"]);
        for edge in &self.graph.edges {
            let title = |task: usize| self.graph.tasks[task].title().into_owned();
            table.row([title(edge.to), title(edge.from)]);
        }
        table.text()
    }
}

impl Report for Graphs<'_> {
    fn text(&self) -> Option<String> {
        if let [graph] = &self.graphs[..] {
            return Some(graph.table());
        }
        let tables: Vec<_> = self
            .graphs
            .iter()
            .map(|graph| format!("{}\n{}", graph.table, graph.table()))
            .collect();
        Some(tables.join("\n\n"))
    }
}
