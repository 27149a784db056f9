//! Random graphs, with kinds and scopes, against a plain search that anybody can check by reading it.

use std::collections::{BTreeMap, BTreeSet};

use steward_tests::{Database, Session, tests};

use crate::churn::random::Random;

tests![the_guard_and_the_questions_agree_with_a_plain_search];

const GRAPHS: u64 = 200;
const SCOPES: u64 = 2;

/// Who waits for whom.
#[derive(Default)]
struct Plain(BTreeMap<u64, BTreeSet<u64>>);

impl Plain {
    /// What `task` waits for, each with its least depth.
    fn below(&self, task: u64) -> BTreeMap<u64, u64> {
        let mut found = BTreeMap::new();
        let mut layer = BTreeSet::from([task]);
        for depth in 1.. {
            layer = layer
                .iter()
                .filter_map(|node| self.0.get(node))
                .flatten()
                .copied()
                .filter(|node| *node != task && !found.contains_key(node))
                .collect();
            if layer.is_empty() {
                break;
            }
            found.extend(layer.iter().map(|node| (*node, depth)));
        }
        found
    }

    fn would_cycle(&self, task: u64, dependency: u64) -> bool {
        task == dependency || self.below(dependency).contains_key(&task)
    }

    /// The number of edges on the longest chain below a task.
    fn longest(&self, task: u64) -> u64 {
        let below = self.0.get(&task).into_iter().flatten();
        below
            .map(|next| 1 + self.longest(*next))
            .max()
            .unwrap_or_default()
    }

    fn nodes(&self) -> BTreeSet<u64> {
        let ends = self
            .0
            .iter()
            .filter(|(_, dependencies)| !dependencies.is_empty())
            .flat_map(|(task, dependencies)| dependencies.iter().chain([task]));
        ends.copied().collect()
    }
}

fn the_guard_and_the_questions_agree_with_a_plain_search(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create type kind as enum ('relates', 'blocks', 'subtask');
         create table edges (id integer primary key, a integer, b integer, kind kind, scope integer);
         create index on edges (a); create index on edges (b);
         select steward.guard_dependencies('edges', 'a', 'b', scope => 'scope',
             kind => 'kind', blocking_kinds => '{blocks}', reversed_kinds => '{subtask}')",
    );
    for seed in 1..=GRAPHS {
        one_graph(&mut owner, &mut Random::seeded(seed), seed);
    }
}

/// A row: its columns `a` and `b`, and what it means.
type Rows = BTreeMap<u64, (u64, u64)>;

fn one_graph(owner: &mut Session, random: &mut Random, seed: u64) {
    owner.run("truncate edges");
    let tasks = 3 + random.below(9);
    let mut rows = Rows::new();
    for id in 1..=tasks * 4 {
        if random.happens(15) {
            let gone = 1 + random.below(id);
            owner.run(&format!("delete from edges where id = {gone}"));
            rows.remove(&gone);
        }
        let scope = random.below(SCOPES);
        let [a, b] = [(); 2].map(|()| random.below(tasks) * SCOPES + scope);
        let (kind, edge) = match random.below(10) {
            0 => ("null", None),
            1 => ("'relates'", None),
            2..5 => ("'subtask'", Some((b, a))),
            _ => ("'blocks'", Some((a, b))),
        };
        let closes = edge.is_some_and(|(task, needs)| plain(&rows).would_cycle(task, needs));
        let statement = match (rows.keys().next().copied(), random.happens(20)) {
            (Some(changed), true) => {
                let old = rows.remove(&changed);
                let closes =
                    edge.is_some_and(|(task, needs)| plain(&rows).would_cycle(task, needs));
                let statement = format!(
                    "update edges set a = {a}, b = {b}, kind = {kind}, scope = {scope} where id = {changed}"
                );
                let result = owner.try_run(&statement);
                assert_eq!(
                    result.is_err(),
                    closes,
                    "graph {seed}: {statement}: {result:?}"
                );
                let new = if closes { old } else { edge };
                rows.extend(new.map(|edge| (changed, edge)));
                continue;
            }
            _ => format!("insert into edges values ({id}, {a}, {b}, {kind}, {scope})"),
        };
        let result = owner.try_run(&statement);
        assert_eq!(
            result.is_err(),
            closes,
            "graph {seed}: {statement}: {result:?}"
        );
        if !closes {
            rows.extend(edge.map(|edge| (id, edge)));
        }
    }
    compare(owner, &plain(&rows), tasks * SCOPES, seed);
}

fn plain(rows: &Rows) -> Plain {
    let mut plain = Plain::default();
    for (task, dependency) in rows.values() {
        plain.0.entry(*task).or_default().insert(*dependency);
    }
    plain
}

fn compare(owner: &mut Session, plain: &Plain, tasks: u64, seed: u64) {
    let problems = owner.rows("select * from steward.verify_dependencies('edges')");
    assert!(problems.is_empty(), "graph {seed}: {problems:?}");
    let asked = owner.rows(&format!(
        "select a, b, steward.would_cycle('edges', a, b), cardinality(steward.dependency_path('edges', a, b))
         from generate_series(0::bigint, {tasks} - 1) as a, generate_series(0::bigint, {tasks} - 1) as b order by a, b"
    ));
    let mut expected = Vec::new();
    for a in 0..tasks {
        let below = plain.below(a);
        for b in 0..tasks {
            let steps = if a == b { Some(&0) } else { below.get(&b) };
            let length = steps.map_or("NULL".to_owned(), |steps| (steps + 1).to_string());
            let closes = if plain.would_cycle(a, b) { "t" } else { "f" };
            expected.push(format!("{a}|{b}|{closes}|{length}"));
        }
    }
    assert_eq!(asked, expected, "graph {seed}");
    for (function, swapped) in [("dependencies", false), ("dependents", true)] {
        let asked = owner.rows(&format!(
            "select a, found.* from generate_series(0::bigint, {tasks} - 1) as a, steward.{function}('edges', a) as found
             order by 1, 2"
        ));
        let mut expected: Vec<(u64, u64, u64)> = (0..tasks)
            .flat_map(|a| {
                plain
                    .below(a)
                    .into_iter()
                    .map(move |(b, depth)| (a, b, depth))
            })
            .map(|(a, b, depth)| {
                if swapped {
                    (b, a, depth)
                } else {
                    (a, b, depth)
                }
            })
            .collect();
        expected.sort_unstable();
        let expected: Vec<_> = expected
            .iter()
            .map(|(a, b, depth)| format!("{a}|{b}|{depth}"))
            .collect();
        assert_eq!(asked, expected, "graph {seed}: {function}");
    }
    let order = owner.rows(
        "select task, depth from steward.topological_order('edges', null::bigint) order by task",
    );
    let expected: Vec<_> = plain
        .nodes()
        .iter()
        .map(|node| format!("{node}|{}", plain.longest(*node)))
        .collect();
    assert_eq!(order, expected, "graph {seed}");
    let longest = plain
        .nodes()
        .iter()
        .map(|node| plain.longest(*node) + 1)
        .max();
    let critical = owner.value("select count(*) from steward.critical_path('edges')");
    assert_eq!(
        critical,
        longest.unwrap_or_default().to_string(),
        "graph {seed}"
    );
}
