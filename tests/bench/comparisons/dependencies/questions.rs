//! `topological_order` and `critical_path` of a large graph against what a user writes.

use crate::clock::Clock;
use crate::comparison::{Comparison, Durability, Fixture, Goal, Ratio, Scale, Unit, Variant, Work};

use super::graphs::{Graphs, Rule};
use super::ratio;

const RECURSIVE: &str = include_str!("../../../baseline/topological_order.sql");
const LAYERS: &str = include_str!("../../../baseline/topological_order_layers.sql");
const CRITICAL_PATH: &str = include_str!("../../../baseline/critical_path.sql");

/// At least five times faster.
const GOAL: Goal = Goal::AtMost(0.2);

pub(super) fn comparisons(scale: Scale) -> Vec<Comparison> {
    vec![topological_order(scale), critical_path(scale)]
}

/// A broad graph: in a deep one the recursive query never ends.
const fn graph(scale: Scale) -> Graphs {
    Graphs {
        reach: scale.large_graph,
        ..Graphs::one(scale.large_graph, 0)
    }
}

fn topological_order(scale: Scale) -> Comparison {
    let graph = graph(scale);
    let variant = |name, definition, rows: &str| Variant {
        name,
        over: None,
        setup: format!("{}\n{definition}", graph.setup(Rule::Steward)),
        work: Work::statements(format!("select count(*) from {rows}"), 1),
        restore: String::new(),
        proof: format!(
            "with ordered as materialized (select * from {rows})
            select (select count(*) from ordered) = {}
                and not exists (
                    select from task_dependencies as edge
                    join ordered as task on task.task = edge.task_id
                    join ordered as dependency on dependency.task = edge.depends_on
                    where task.position <= dependency.position or task.depth <= dependency.depth
                )",
            graph.tasks
        ),
    };
    Comparison {
        name: "dependencies/topological-order",
        about: format!(
            "the order of {} tasks with three times the edges",
            graph.tasks
        ),
        ratios: vec![
            ratio("steward", "recursive", GOAL),
            Ratio {
                goal: None,
                ..ratio("steward", "layers", GOAL)
            },
        ],
        ..comparison(vec![
            variant(
                "steward",
                "",
                "steward.topological_order('task_dependencies', null::bigint)",
            ),
            variant("recursive", RECURSIVE, "topological_order()"),
            variant("layers", LAYERS, "topological_order()"),
        ])
    }
}

fn critical_path(scale: Scale) -> Comparison {
    let graph = graph(scale);
    let variant = |name, rows: &str| {
        Variant {
        name,
        over: None,
        setup: format!(
            "{}
            alter table tasks add estimated_hours integer;
            select setseed(0.5);
            update tasks set estimated_hours = 1 + floor(random() * 40);
            {CRITICAL_PATH}",
            graph.setup(Rule::Steward)
        ),
        work: Work::statements(format!("select count(*) from {rows}"), 1),
        restore: String::new(),
        proof: format!(
            "with found as materialized (select * from {rows}),
            steps as (
                select task::bigint, lag(task::bigint) over (order by position) as before, total from found
            )
            select max(total) = (select max(total) from critical_path())
                and max(total) = (
                    select sum(estimated_hours) from tasks where id in (select task from steps)
                )
                and not exists (
                    select from steps as step
                    where step.before is not null and not exists (
                        select from task_dependencies
                        where task_id = step.task and depends_on = step.before
                    )
                )
            from found"
        ),
    }
    };
    Comparison {
        name: "dependencies/critical-path",
        about: format!(
            "the longest chain by hours of {} tasks with three times the edges",
            graph.tasks
        ),
        ratios: vec![ratio("steward", "layers", GOAL)],
        ..comparison(vec![
            variant(
                "steward",
                "steward.critical_path('task_dependencies', 'tasks', 'estimated_hours')",
            ),
            variant("layers", "critical_path()"),
        ])
    }
}

fn comparison(variants: Vec<Variant>) -> Comparison {
    Comparison {
        name: "",
        about: String::new(),
        durability: Durability::Relaxed,
        fixture: Fixture::Kept,
        clock: Clock::Processor,
        unit: Unit::Time { of: "call" },
        variants,
        ratios: Vec::new(),
        limits: Vec::new(),
        skipped: None,
    }
}
