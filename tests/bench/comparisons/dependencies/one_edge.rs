//! One edge, appended: in graphs of all sizes, and beyond an unguarded insert.

use crate::clock::Clock;
use crate::comparison::{
    Comparison, Durability, Fixture, Goal, Quantity, Ratio, Scale, Unit, Variant, Work,
};

use super::graphs::{
    BASELINE, BASELINE_BY_PROJECT, BASELINE_UPWARDS, Graphs, Rule, USUAL_REACH, proof,
};
use super::overhead_ratio;

pub(super) fn comparisons(scale: Scale) -> Vec<Comparison> {
    vec![sizes(scale), small_graphs(scale), large_graph(scale)]
}

/// Of the statements of one row, so many are enough: they are many for a graph of a thousand tasks.
const fn edges(scale: Scale) -> u32 {
    scale.single_rows / 20
}

fn sizes(scale: Scale) -> Comparison {
    let edges = edges(scale);
    let (smallest, largest) = (0, scale.graph_sizes.len() - 1);
    let mut variants = Vec::new();
    for (at, (size, tasks)) in scale.graph_sizes.iter().enumerate() {
        let graph = Graphs::one(*tasks, edges);
        let mut add = |rule: &str, kind, appended| {
            variants.push(Variant {
                over: None,
                ..variant(leaked(rule, size), graph, kind, appended, edges)
            });
        };
        add("steward", Rule::Steward, Appended::OnTop);
        if at == smallest || at == largest {
            add("none", Rule::Nothing, Appended::OnTop);
            add("steward_among", Rule::Steward, Appended::Among);
            add("none_among", Rule::Nothing, Appended::Among);
        }
    }
    let against_itself = |rule: &str, goal| Ratio {
        quantity: Quantity::Total,
        of: leaked(rule, scale.graph_sizes[largest].0),
        against: leaked(rule, scale.graph_sizes[smallest].0),
        goal,
    };
    Comparison {
        name: "dependencies/sizes",
        about: format!(
            "{edges} edges, a transaction each, on top of graphs of {} to {} tasks with three times the edges, \
             or among their tasks",
            scale.graph_sizes[smallest].1, scale.graph_sizes[largest].1
        ),
        ratios: vec![
            against_itself("steward", Some(Goal::AtMost(1.5))),
            against_itself("none", None),
            against_itself("steward_among", None),
            against_itself("none_among", None),
        ],
        ..comparison(variants)
    }
}

/// The name of a variant is part of the program's text; those of the sizes are made once.
fn leaked(rule: &str, size: &str) -> &'static str {
    format!("{rule}_{size}").leak()
}

fn small_graphs(scale: Scale) -> Comparison {
    let edges = edges(scale);
    let projects = scale.small_graphs;
    let graphs = Graphs {
        projects,
        tasks: 100,
        reach: USUAL_REACH,
        spare: edges,
        scoped: true,
    };
    Comparison {
        name: "dependencies/small-graphs",
        about: format!(
            "{edges} edges appended, a transaction each, to {projects} graphs of 100 tasks by scope"
        ),
        ratios: ratios(5.0),
        ..comparison(variants(graphs, BASELINE_BY_PROJECT, edges, edges))
    }
}

/// Enough of what takes a tenth of a second each.
const FEW: u32 = 20;

fn large_graph(scale: Scale) -> Comparison {
    let edges = edges(scale);
    let tasks = scale.large_graph;
    let mut variants = variants(Graphs::one(tasks, edges), BASELINE, edges, FEW);
    variants.push(variant(
        "plpgsql_upwards",
        Graphs::one(tasks, edges),
        BASELINE_UPWARDS,
        Appended::Among,
        FEW,
    ));
    let mut ratios = ratios(5000.0);
    ratios.push(overhead_ratio("plpgsql_upwards", "steward", None));
    Comparison {
        name: "dependencies/large-graph",
        about: format!(
            "{edges} edges appended, a transaction each, to a graph of {tasks} tasks ({FEW} edges for plpgsql)"
        ),
        ratios,
        ..comparison(variants)
    }
}

fn ratios(goal: f64) -> Vec<Ratio> {
    let goal = Some(Goal::AtLeast(goal));
    vec![
        overhead_ratio("plpgsql", "steward", goal),
        overhead_ratio("plpgsql_new", "steward_new", goal),
    ]
}

fn variants(graphs: Graphs, baseline: Rule, edges: u32, baseline_edges: u32) -> Vec<Variant> {
    let mut variants = Vec::new();
    for (names, appended) in [
        (["none", "steward", "plpgsql"], Appended::Among),
        (["none_new", "steward_new", "plpgsql_new"], Appended::OnTop),
    ] {
        let [none, steward, plpgsql] = names;
        for (name, rule, edges) in [
            (none, Rule::Nothing, edges),
            (steward, Rule::Steward, edges),
            (plpgsql, baseline, baseline_edges),
        ] {
            variants.push(Variant {
                over: (name != none).then_some(none),
                ..variant(name, graphs, rule, appended, edges)
            });
        }
    }
    variants
}

/// Where an edge is added.
#[derive(Clone, Copy, Debug)]
enum Appended {
    /// Between tasks that have edges already.
    Among,
    /// From a task that has none.
    OnTop,
}

fn variant(
    name: &'static str,
    graphs: Graphs,
    rule: Rule,
    appended: Appended,
    edges: u32,
) -> Variant {
    let appended = match appended {
        Appended::Among => graphs.appended(edges),
        Appended::OnTop => graphs.on_top(edges),
    };
    Variant {
        name,
        over: Some("none"),
        setup: format!("{}\n{}", graphs.setup(rule), graphs.prepare()),
        work: Work::transactions(&graphs.executions(&appended), 1),
        restore: graphs.restore(rule),
        proof: format!(
            "select {} = {edges} and {}",
            graphs.count_appended(),
            proof(rule)
        ),
    }
}

fn comparison(variants: Vec<Variant>) -> Comparison {
    Comparison {
        name: "",
        about: String::new(),
        durability: Durability::Relaxed,
        fixture: Fixture::Kept,
        clock: Clock::Processor,
        unit: Unit::Time { of: "edge" },
        variants,
        ratios: Vec::new(),
        limits: Vec::new(),
        skipped: None,
    }
}
