//! `ready_tasks` against the query that one writes: the first 50, in tables of all sizes.

use crate::clock::Clock;
use crate::comparison::{Comparison, Durability, Fixture, Goal, Scale, Unit, Variant, Work};

use super::projects::{TRACKED, half_done};
use super::ratio;

const BASELINE: &str = include_str!("../../../baseline/ready_tasks.sql");
const STEWARD: &str = "\
create view ready_tasks as select id from steward.ready_tasks('tasks', null::bigint) as id;";
const PREPARE: &str = "deallocate all; prepare ready_tasks as select id from ready_tasks;";
/// What can be begun, told another way.
const PROOF: &str = "\
select array(select id from ready_tasks) = array(
    select id from tasks
    left join (
        select task_id, bool_or(blocker.status <> 'done') as is_blocked
        from task_dependencies as edge join tasks as blocker on blocker.id = edge.depends_on
        group by task_id
    ) as edges on task_id = id
    where status = 'open' and is_blocked is not true
    order by priority, due_date, id
    limit 50
) and (select count(*) from ready_tasks) > 20";

pub(super) fn comparisons(scale: Scale) -> Vec<Comparison> {
    vec![against_a_query(scale), sizes(scale)]
}

fn against_a_query(scale: Scale) -> Comparison {
    let tasks = scale.large_graph;
    let calls = scale.single_rows / 100;
    Comparison {
        name: "tasks/ready",
        about: format!(
            "the first 50 tasks that can be begun, of {tasks} in projects of 100 with three times the edges, half of them done"
        ),
        // At least ten times faster.
        ratios: vec![ratio("steward", "not_exists", Some(Goal::AtMost(0.1)))],
        ..comparison(vec![
            variant("steward", tasks, Rule::Steward, calls),
            variant("not_exists", tasks, Rule::Query, calls / 10),
        ])
    }
}

fn sizes(scale: Scale) -> Comparison {
    let calls = scale.single_rows / 100;
    let (smallest, largest) = (0, scale.graph_sizes.len() - 1);
    let name = |at: usize| -> &'static str {
        // The name of a variant is part of the program's text; those of the sizes are made once.
        format!("steward_{}", scale.graph_sizes[at].0).leak()
    };
    let variants = scale.graph_sizes.iter().enumerate();
    let variants = variants.map(|(at, (_, tasks))| variant(name(at), *tasks, Rule::Steward, calls));
    Comparison {
        name: "tasks/ready-sizes",
        about: format!(
            "the first 50 tasks that can be begun, of {} to {} tasks",
            scale.graph_sizes[smallest].1, scale.graph_sizes[largest].1
        ),
        ratios: vec![ratio(
            name(largest),
            name(smallest),
            Some(Goal::AtMost(1.5)),
        )],
        ..comparison(variants.collect())
    }
}

/// How the tasks are found.
#[derive(Clone, Copy, Debug)]
enum Rule {
    Steward,
    Query,
}

fn variant(name: &'static str, tasks: u32, rule: Rule, calls: u32) -> Variant {
    let setup = half_done(tasks);
    let rule = match rule {
        Rule::Steward => format!("{TRACKED} {STEWARD}"),
        Rule::Query => BASELINE.to_owned(),
    };
    Variant {
        name,
        over: None,
        setup: format!("{setup} {rule} {PREPARE}"),
        work: Work::transactions(&vec!["execute ready_tasks".to_owned(); calls as usize], 1),
        restore: String::new(),
        proof: PROOF.to_owned(),
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
