//! The order-maintenance algorithm against a plain depth-first search.

use std::collections::{BTreeSet, HashMap};

use proptest::prelude::*;

use super::{Graph, Settlement, settle};

const WITHOUT_LIMIT: usize = usize::MAX;

/// A graph in memory; new nodes are placed as the extension places them.
#[derive(Default)]
struct Memory {
    ranks: HashMap<u8, i64>,
    edges: BTreeSet<(u8, u8)>,
    drawn: i64,
}

impl Graph for Memory {
    type Node = u8;

    fn rank(&mut self, node: &u8) -> Option<i64> {
        self.ranks.get(node).copied()
    }

    fn dependents(&mut self, node: &u8) -> Vec<u8> {
        self.edges
            .iter()
            .filter(|(_, on)| on == node)
            .map(|(task, _)| *task)
            .collect()
    }

    fn dependencies(&mut self, node: &u8) -> Vec<u8> {
        self.edges
            .iter()
            .filter(|(task, _)| task == node)
            .map(|(_, on)| *on)
            .collect()
    }
}

impl Memory {
    fn place(&mut self, node: u8, sign: i64) {
        if !self.ranks.contains_key(&node) {
            self.drawn += 1;
            self.ranks.insert(node, sign * self.drawn);
        }
    }

    /// Adds the edge unless it closes a cycle; returns the cycle.
    fn add(&mut self, task: u8, dependency: u8) -> Option<Vec<u8>> {
        self.place(task, 1);
        self.place(dependency, -1);
        self.edges.insert((task, dependency));
        self.settle(task, dependency)
    }

    fn settle(&mut self, task: u8, dependency: u8) -> Option<Vec<u8>> {
        match settle(self, &task, &dependency, WITHOUT_LIMIT) {
            Settlement::Agrees => None,
            Settlement::Reorder(ranks) => {
                self.ranks.extend(ranks);
                None
            }
            Settlement::Cycle(path) => {
                self.edges.remove(&(task, dependency));
                Some(path)
            }
            Settlement::TooFar => panic!("there was no limit"),
            Settlement::Tied => panic!("no two ranks are the same"),
            Settlement::Unplaced(node) => panic!("{node} was placed"),
        }
    }

    fn reaches(&self, from: u8, to: u8) -> bool {
        let mut stack = vec![from];
        let mut seen = BTreeSet::new();
        while let Some(node) = stack.pop() {
            if node == to {
                return true;
            }
            if seen.insert(node) {
                stack.extend(
                    self.edges
                        .iter()
                        .filter(|(task, _)| *task == node)
                        .map(|(_, on)| *on),
                );
            }
        }
        false
    }

    fn is_in_order(&self) -> bool {
        let unique: BTreeSet<_> = self.ranks.values().collect();
        unique.len() == self.ranks.len()
            && self
                .edges
                .iter()
                .all(|(task, on)| self.ranks[on] < self.ranks[task])
    }
}

fn edges(nodes: u8, most: usize) -> impl Strategy<Value = Vec<(u8, u8)>> {
    prop::collection::vec((0..nodes, 0..nodes), 0..most)
}

proptest! {
    #[test]
    fn accepts_an_edge_exactly_if_depth_first_search_finds_no_cycle(edges in edges(12, 80)) {
        let mut graph = Memory::default();
        for (task, dependency) in edges {
            let closes_a_cycle = graph.reaches(dependency, task);
            let cycle = graph.add(task, dependency);
            prop_assert_eq!(cycle.is_some(), closes_a_cycle);
            prop_assert!(graph.is_in_order());
        }
    }

    #[test]
    fn names_a_cycle_that_is_one(edges in edges(10, 60)) {
        let mut graph = Memory::default();
        for (task, dependency) in edges {
            let Some(cycle) = graph.add(task, dependency) else { continue };
            prop_assert_eq!(&cycle[..2], &[task, dependency][..]);
            prop_assert_eq!(cycle.first(), cycle.last());
            for step in cycle[1..].windows(2) {
                prop_assert!(graph.edges.contains(&(step[0], step[1])));
            }
        }
    }

    /// The rows of one statement are all in the graph before the first of them is settled.
    #[test]
    fn finds_every_cycle_of_a_statement_that_adds_many_edges(
        before in edges(10, 40),
        added in edges(10, 12),
    ) {
        let mut graph = Memory::default();
        for (task, dependency) in before {
            graph.add(task, dependency);
        }
        graph.edges.extend(added.iter().copied());
        let has_cycle = added.iter().any(|(task, dependency)| graph.reaches(*dependency, *task));
        for (task, dependency) in &added {
            graph.place(*task, 1);
            graph.place(*dependency, -1);
        }
        let found = added.iter().any(|(task, dependency)| {
            match settle(&mut graph, task, dependency, WITHOUT_LIMIT) {
                Settlement::Cycle(_) => true,
                Settlement::Reorder(ranks) => {
                    graph.ranks.extend(ranks);
                    false
                }
                Settlement::Agrees => false,
                Settlement::TooFar => panic!("there was no limit"),
                Settlement::Tied => panic!("no two ranks are the same"),
            Settlement::Unplaced(node) => panic!("{node} was placed"),
            }
        });
        prop_assert_eq!(found, has_cycle);
        prop_assert!(found || graph.is_in_order());
    }

    #[test]
    fn gives_up_rather_than_look_at_more_edges_than_allowed(
        edges in edges(12, 60),
        effort in 0_usize..20,
    ) {
        let mut graph = Memory::default();
        for (task, dependency) in edges {
            graph.place(task, 1);
            graph.place(dependency, -1);
            let in_order = graph.is_in_order();
            match settle(&mut graph, &task, &dependency, effort) {
                Settlement::Reorder(ranks) => {
                    graph.ranks.extend(ranks);
                    graph.edges.insert((task, dependency));
                }
                Settlement::Agrees => {
                    graph.edges.insert((task, dependency));
                }
                Settlement::Cycle(_) | Settlement::TooFar => {}
                Settlement::Tied => panic!("no two ranks are the same"),
            Settlement::Unplaced(node) => panic!("{node} was placed"),
            }
            prop_assert!(!in_order || graph.is_in_order());
        }
    }
}

#[test]
fn an_end_without_a_rank_has_to_be_placed_first() {
    let mut graph = Memory::default();
    graph.place(1, 1);
    assert_eq!(
        settle(&mut graph, &1, &2, WITHOUT_LIMIT),
        Settlement::Unplaced(2)
    );
}

#[test]
fn a_node_without_a_rank_on_the_way_has_to_be_placed_first() {
    let mut graph = Memory::default();
    graph.add(1, 0);
    graph.place(5, 1);
    graph.edges.extend([(5, 9), (9, 1)]);
    assert_eq!(
        settle(&mut graph, &1, &5, WITHOUT_LIMIT),
        Settlement::Unplaced(9)
    );
}

#[test]
fn ranks_that_are_the_same_are_told_of() {
    let mut graph = Memory::default();
    graph.ranks.extend([(1, 5), (2, 5)]);
    assert_eq!(settle(&mut graph, &1, &2, WITHOUT_LIMIT), Settlement::Tied);
}

#[test]
fn an_edge_to_itself_is_a_cycle() {
    let mut graph = Memory::default();
    assert_eq!(graph.add(7, 7), Some(vec![7, 7]));
}

#[test]
fn new_tasks_on_top_of_old_ones_never_need_a_search() {
    let mut graph = Memory::default();
    graph.add(1, 0);
    for task in 2..100 {
        graph.place(task, 1);
        for dependency in 0..task {
            assert_eq!(
                settle(&mut graph, &task, &dependency, 0),
                Settlement::Agrees
            );
            graph.edges.insert((task, dependency));
        }
    }
    assert!(graph.is_in_order());
}
