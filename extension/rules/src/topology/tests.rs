//! Whole-graph algorithms against plain definitions.

use proptest::prelude::*;

use super::{Cycle, Graph};

const NODES: u32 = 9;

fn any_edges() -> impl Strategy<Value = Vec<(u32, u32)>> {
    prop::collection::vec((0..NODES, 0..NODES), 0..30)
}

/// Edges that point from a higher number to a lower one, so that there is no cycle.
fn acyclic_edges() -> impl Strategy<Value = Vec<(u32, u32)>> {
    any_edges().prop_map(|edges| {
        edges
            .into_iter()
            .filter(|(one, other)| one != other)
            .map(|(one, other)| (one.max(other), one.min(other)))
            .collect()
    })
}

fn reaches(edges: &[(u32, u32)], from: u32, to: u32, steps: u32) -> bool {
    steps > 0
        && edges
            .iter()
            .any(|&(task, on)| task == from && (on == to || reaches(edges, on, to, steps - 1)))
}

/// The heaviest chain that ends in `node`, by its definition.
fn heaviest(edges: &[(u32, u32)], weights: &[i64], node: u32) -> i64 {
    let below = edges
        .iter()
        .filter(|(task, _)| *task == node)
        .map(|(_, on)| heaviest(edges, weights, *on))
        .max();
    weights[node as usize] + below.unwrap_or(0)
}

proptest! {
    #[test]
    fn orders_every_graph_without_a_cycle(edges in acyclic_edges()) {
        let order = Graph::new(NODES as usize, &edges).topological_order().expect("no cycle");
        let mut position = vec![usize::MAX; NODES as usize];
        for (index, node) in order.nodes.iter().enumerate() {
            position[*node as usize] = index;
        }
        for (task, dependency) in &edges {
            prop_assert!(position[*dependency as usize] < position[*task as usize]);
        }
        for node in 0..NODES {
            let expected = heaviest(&edges, &[1; NODES as usize], node) - 1;
            prop_assert_eq!(i64::from(order.depths[node as usize]), expected);
        }
    }

    #[test]
    fn finds_a_cycle_exactly_if_a_node_reaches_itself(edges in any_edges()) {
        let has_cycle = (0..NODES).any(|node| reaches(&edges, node, node, NODES));
        match Graph::new(NODES as usize, &edges).topological_order() {
            Ok(_) => prop_assert!(!has_cycle),
            Err(Cycle(path)) => {
                prop_assert!(has_cycle);
                prop_assert!(path.len() > 1);
                prop_assert_eq!(path.first(), path.last());
                for step in path.windows(2) {
                    prop_assert!(edges.contains(&(step[0], step[1])));
                }
            }
        }
    }

    #[test]
    fn the_longest_chain_is_a_chain_and_none_is_heavier(
        edges in acyclic_edges(),
        weights in prop::collection::vec(0_i64..50, NODES as usize),
    ) {
        let chain = Graph::new(NODES as usize, &edges).longest_chain(&weights).expect("no cycle");
        for step in chain.windows(2) {
            prop_assert!(edges.contains(&(step[1], step[0])));
        }
        let total: i64 = chain.iter().map(|node| weights[*node as usize]).sum();
        let best = (0..NODES).map(|node| heaviest(&edges, &weights, node)).max();
        prop_assert_eq!(Some(total), best);
    }
}

#[test]
fn a_long_chain_needs_no_deep_stack() {
    let nodes = 200_000;
    let edges: Vec<_> = (1..nodes).map(|task| (task, task - 1)).collect();
    let order = Graph::new(nodes as usize, &edges)
        .topological_order()
        .expect("no cycle");
    assert_eq!(order.depths[nodes as usize - 1], nodes - 1);
}

#[test]
fn a_graph_without_nodes_has_an_empty_order() {
    let graph = Graph::new(0, &[]);
    assert_eq!(
        graph.topological_order().expect("no cycle").nodes,
        Vec::<u32>::new()
    );
    assert_eq!(
        graph.longest_chain::<i64>(&[]).expect("no cycle"),
        Vec::<u32>::new()
    );
}
