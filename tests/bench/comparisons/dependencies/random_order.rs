//! Edges in random order until the graph is dense: the worst for ranks, since most edges of a sparse
//! graph disagree with them, and the best for a search, as long as the graph is small.

use crate::clock::Clock;
use crate::comparison::{Comparison, Durability, Fixture, Goal, Scale, Unit, Variant, Work};
use crate::random::Random;

use super::graphs::{BASELINE, Edge, Graphs, Rule, proof};
use super::ratio;

pub(super) fn comparisons(scale: Scale) -> Vec<Comparison> {
    [
        Stage {
            name: "dependencies/random-200-sparse",
            tasks: 200,
            from: 0,
            to: 400,
        },
        Stage {
            name: "dependencies/random-200-dense",
            tasks: 200,
            from: 400,
            to: 4_975,
        },
        Stage {
            name: "dependencies/random-2000-sparse",
            tasks: 2_000,
            from: 0,
            to: 4_000,
        },
        Stage {
            name: "dependencies/random-2000-filling",
            tasks: 2_000,
            from: 10_000,
            to: 10_300,
        },
        Stage {
            name: "dependencies/random-2000-dense",
            tasks: 2_000,
            from: 99_850,
            to: 99_950,
        },
    ]
    .map(|stage| stage.comparison(scale))
    .into()
}

/// A part of the way from a graph without edges to a dense one, which 25 % of all pairs are among 200
/// tasks, and 5 % among 2,000. (The whole way would take the baseline an hour.)
struct Stage {
    name: &'static str,
    tasks: u32,
    /// Edges that are there.
    from: usize,
    /// Edges that are there afterwards.
    to: usize,
}

impl Stage {
    fn comparison(&self, scale: Scale) -> Comparison {
        let most = (scale.single_rows / 4) as usize;
        let from = self.from.min(scale.loaded_edges as usize);
        let to = self.to.min(from + most);
        let edges = self.edges(to);
        let (before, added) = edges.split_at(from);
        let variants = [
            ("steward", Rule::Steward, 1),
            ("plpgsql", BASELINE, 1),
            ("steward_100", Rule::Steward, 100),
            ("plpgsql_100", BASELINE, 100),
        ];
        Comparison {
            name: self.name,
            about: format!(
                "edges {} to {to} in random order among {} tasks, 1 or 100 a transaction",
                from + 1,
                self.tasks
            ),
            durability: Durability::Relaxed,
            fixture: Fixture::Kept,
            clock: Clock::Processor,
            unit: Unit::Time { of: "edge" },
            variants: variants
                .map(|(name, rule, of_edges)| self.variant(name, rule, before, added, of_edges))
                .into(),
            ratios: vec![
                ratio("steward", "plpgsql", Goal::AtMost(1.0)),
                ratio("steward_100", "plpgsql_100", Goal::AtMost(1.0)),
            ],
            limits: Vec::new(),
            skipped: None,
        }
    }

    /// The first edges of a graph whose order has nothing to do with the numbers of its tasks.
    fn edges(&self, count: usize) -> Vec<Edge> {
        let mut random = Random::new();
        let mut order: Vec<u32> = (1..=self.tasks).collect();
        random.shuffle(&mut order);
        let mut edges: Vec<Edge> = (0..order.len())
            .flat_map(|later| (0..later).map(move |earlier| (later, earlier)))
            .map(|(later, earlier)| Edge {
                project: 1,
                task: order[later],
                depends_on: order[earlier],
            })
            .collect();
        random.shuffle(&mut edges);
        edges.truncate(count);
        edges
    }

    fn variant(
        &self,
        name: &'static str,
        rule: Rule,
        before: &[Edge],
        added: &[Edge],
        of_edges: usize,
    ) -> Variant {
        let graph = Graphs::one(1, self.tasks - 1);
        let existing = if before.is_empty() {
            String::new()
        } else {
            format!("insert into task_dependencies values {};", values(before))
        };
        // The trigger comes last: the edges before would keep it busy for minutes. What the guard made of
        // them is put back with them, or the added ones would agree with the ranks the next time.
        let (guard, keep, trigger, ranks) = match rule {
            Rule::Steward => (
                Rule::Steward,
                "create table rank_before as table task_dependencies_rank;",
                "",
                "truncate task_dependencies_rank;
                insert into task_dependencies_rank table rank_before;",
            ),
            Rule::Baseline(trigger) => (Rule::Nothing, "", trigger, ""),
            Rule::Nothing => (Rule::Nothing, "", "", ""),
        };
        Variant {
            name,
            over: None,
            setup: format!(
                "{}\n{existing}\n{keep}\n{trigger}\n{}",
                graph.setup(guard),
                graph.prepare()
            ),
            work: Work::transactions(&graph.executions(added), of_edges),
            restore: format!(
                "delete from task_dependencies where (task_id, depends_on) in (values {});\n{ranks}",
                values(added)
            ),
            proof: format!(
                "select (select count(*) from task_dependencies) = {} and {}",
                before.len() + added.len(),
                proof(rule)
            ),
        }
    }
}

fn values(edges: &[Edge]) -> String {
    let rows: Vec<_> = edges
        .iter()
        .map(|edge| format!("({}, {})", edge.task, edge.depends_on))
        .collect();
    rows.join(", ")
}
