//! A million edges at once.

use crate::clock::Clock;
use crate::comparison::{
    Comparison, Durability, Fixture, Goal, Limit, Limited, Scale, Unit, Variant, Work,
};

use super::graphs::{Graphs, Rule, proof};
use super::ratio;

pub(super) fn comparisons(scale: Scale) -> Vec<Comparison> {
    vec![
        load(
            scale,
            "dependencies/load-insert",
            "one INSERT ... SELECT",
            Way::Insert,
        ),
        load(scale, "dependencies/load-copy", "one COPY", Way::Copy),
        attach(scale),
    ]
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Insert,
    Copy,
}

/// The order of the edges to load.
#[derive(Clone, Copy, Debug)]
enum Order {
    /// A task's edges come after those of all that it depends on.
    OfDependencies,
    Random,
}

fn load(scale: Scale, name: &'static str, statement: &str, way: Way) -> Comparison {
    let edges = scale.loaded_edges;
    let variant = |name, rule, order| load_variant(name, edges, rule, order, way);
    Comparison {
        name,
        about: format!("{statement} of {edges} edges among {} tasks", tasks(edges)),
        durability: Durability::Relaxed,
        fixture: Fixture::Kept,
        clock: Clock::Processor,
        unit: Unit::Time { of: "edge" },
        variants: vec![
            variant("none", Rule::Nothing, Order::OfDependencies),
            variant("steward", Rule::Steward, Order::OfDependencies),
            variant("none_random", Rule::Nothing, Order::Random),
            variant("steward_random", Rule::Steward, Order::Random),
        ],
        ratios: vec![
            ratio("steward", "none", Goal::AtMost(1.5)),
            ratio("steward_random", "none_random", Goal::AtMost(5.0)),
        ],
        limits: Vec::new(),
        skipped: None,
    }
}

/// A little more than are needed: a task whose draws fall together has fewer than three edges.
const fn tasks(edges: u32) -> u32 {
    edges * 2 / 5
}

fn load_variant(name: &'static str, edges: u32, rule: Rule, order: Order, way: Way) -> Variant {
    let graph = Graphs::one(1, tasks(edges) - 1);
    let (write, work) = match way {
        Way::Insert => (
            "",
            "insert into task_dependencies select task_id, depends_on from edges_to_load",
        ),
        Way::Copy => (WRITE_FILE, READ_FILE),
    };
    let ranks = if rule == Rule::Steward {
        ", task_dependencies_rank"
    } else {
        ""
    };
    Variant {
        name,
        over: None,
        setup: format!(
            "{}\n{}\n{write}",
            graph.setup(rule),
            edges_to_load(edges, order)
        ),
        work: Work::statements(work, edges),
        // The checkpoint lets the server reuse its write-ahead log, of which each load writes half a gigabyte.
        restore: format!("truncate task_dependencies{ranks}; checkpoint;"),
        proof: format!(
            "select (select count(*) from task_dependencies) = {edges} and {}",
            proof(rule)
        ),
    }
}

/// The edges of a graph, in the order in which they are read.
fn edges_to_load(edges: u32, order: Order) -> String {
    let order = match order {
        Order::OfDependencies => "task_id, depends_on",
        Order::Random => "random()",
    };
    format!(
        "select setseed(0.5);
        create table edges_to_load as
        select task_id, depends_on
        from (select task_id, depends_on from {} order by task_id, depends_on limit {edges}) as edge
        order by {order};",
        Graphs::one(tasks(edges), 0).drawn()
    )
}

/// Into the server's own folder, where it may write and read; all variants of an order write the same.
const WRITE_FILE: &str = "\
do $do$
begin
    execute format(
        'copy edges_to_load to %L', current_setting('data_directory') || '/' || current_schema || '.copy'
    );
end;
$do$;";

const READ_FILE: &str = "\
do $do$
begin
    execute format(
        'copy task_dependencies from %L',
        current_setting('data_directory') || '/' || current_schema || '.copy'
    );
end;
$do$;";

fn attach(scale: Scale) -> Comparison {
    let edges = scale.loaded_edges;
    let graph = Graphs::one(1, tasks(edges) - 1);
    Comparison {
        name: "dependencies/attach",
        about: format!("guard_dependencies on a table of {edges} edges in random order"),
        durability: Durability::Relaxed,
        fixture: Fixture::Kept,
        clock: Clock::Wall,
        unit: Unit::Time { of: "call" },
        variants: vec![Variant {
            name: "steward",
            over: None,
            setup: format!(
                "{}\n{}\ninsert into task_dependencies table edges_to_load;",
                graph.setup(Rule::Nothing),
                edges_to_load(edges, Order::Random)
            ),
            work: Work::statements("select steward.guard_dependencies('task_dependencies')", 1),
            restore: "select steward.detach('task_dependencies', 'dependencies');".to_owned(),
            proof: format!(
                "select (select count(*) from task_dependencies) = {edges} and {}",
                proof(Rule::Steward)
            ),
        }],
        ratios: Vec::new(),
        limits: vec![Limit {
            of: "steward",
            on: Limited::Seconds(10.0),
        }],
        skipped: None,
    }
}
