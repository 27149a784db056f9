//! Keeping a graph free of cycles by keeping its nodes in order.
//!
//! Every node has a rank, no two the same, and every edge "task depends on dependency" satisfies
//! *rank(dependency) < rank(task)*. While that holds for all edges there is no cycle, because ranks
//! would have to fall all the way round it. So an edge that agrees with the ranks of its two ends
//! needs no search, whatever the size of the graph.
//!
//! An edge that disagrees is settled by the algorithm of Pearce and Kelly ("A dynamic topological
//! sort algorithm for directed acyclic graphs", ACM JEA 11, 2006). Only nodes whose ranks lie between
//! those of the two ends can be on a cycle through the new edge or stand in its way: what depends on
//! the task is searched upwards to the dependency's rank, what the dependency depends on downwards to
//! the task's. If the upward search meets the dependency, there is a cycle. If not, the ranks of the
//! nodes found are dealt out again among them: first to those below the dependency, then to those
//! above the task, each group in its old order. No other rank changes, and no edge that was in order
//! gets out of it.
//!
//! Edges that are in the graph but not in order yet (the other rows of the same statement) do no
//! harm: each of them is settled in its turn, the last one of a cycle finds the cycle.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hash;

/// A graph whose nodes have ranks.
pub trait Graph {
    /// What tells a node from all others.
    type Node: Clone + Eq + Hash;

    /// The rank of `node`; none for a node that no edge has been settled for.
    fn rank(&mut self, node: &Self::Node) -> Option<i64>;

    /// The nodes that depend on `node` directly.
    fn dependents(&mut self, node: &Self::Node) -> Vec<Self::Node>;

    /// The nodes that `node` depends on directly.
    fn dependencies(&mut self, node: &Self::Node) -> Vec<Self::Node>;
}

/// What has to happen to an edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement<Node> {
    /// It agrees with the ranks as they are.
    Agrees,
    /// It closes a cycle: the nodes on it, each depending on the next, the first named again at the
    /// end.
    Cycle(Vec<Node>),
    /// It agrees as soon as these nodes have these ranks.
    Reorder(Vec<(Node, i64)>),
    /// The search was given up: it looked at more edges than it was allowed to.
    TooFar,
    /// Two of the nodes that have to change places have the same rank: the graph has to be ranked anew.
    Tied,
    /// This node, an end or one on the way, has no rank: it has to be placed first.
    Unplaced(Node),
}

/// Settles the edge "`task` depends on `dependency`", looking at no more than `effort` edges.
///
pub fn settle<G: Graph>(
    graph: &mut G,
    task: &G::Node,
    dependency: &G::Node,
    effort: usize,
) -> Settlement<G::Node> {
    if task == dependency {
        return Settlement::Cycle(vec![task.clone(), dependency.clone()]);
    }
    let Some(low) = graph.rank(task) else {
        return Settlement::Unplaced(task.clone());
    };
    let Some(high) = graph.rank(dependency) else {
        return Settlement::Unplaced(dependency.clone());
    };
    if high < low {
        return Settlement::Agrees;
    }
    let mut search = Search { low, high, effort };
    let above = match search.upwards(graph, task, dependency) {
        Ok(nodes) => nodes,
        Err(end) => return end,
    };
    match search.downwards(graph, dependency) {
        Ok(below) => deal_out_again(below, above),
        Err(end) => end,
    }
}

/// A node together with its rank.
type Ranked<Node> = (Node, i64);

/// The nodes that a search found, or what ended it.
type Found<Node> = Result<Vec<Ranked<Node>>, Settlement<Node>>;

/// A search that stays strictly between two ranks.
struct Search {
    low: i64,
    high: i64,
    effort: usize,
}

impl Search {
    /// All that depends on `task`, and `task` itself; or the path by which `goal` depends on it.
    fn upwards<G: Graph>(
        &mut self,
        graph: &mut G,
        task: &G::Node,
        goal: &G::Node,
    ) -> Found<G::Node> {
        let mut depends_on: HashMap<G::Node, G::Node> = HashMap::new();
        let mut found = vec![(task.clone(), self.low)];
        let mut queue = VecDeque::from([task.clone()]);
        while let Some(node) = queue.pop_front() {
            let dependents = graph.dependents(&node);
            self.spend(dependents.len())?;
            for dependent in dependents {
                if dependent == *goal {
                    return Err(Settlement::Cycle(path(task, goal, node, &depends_on)));
                }
                if dependent == *task || depends_on.contains_key(&dependent) {
                    continue;
                }
                let Some(rank) = self.inside(graph, &dependent)? else {
                    continue;
                };
                depends_on.insert(dependent.clone(), node.clone());
                found.push((dependent.clone(), rank));
                queue.push_back(dependent);
            }
        }
        Ok(found)
    }

    /// All that `dependency` depends on, and `dependency` itself.
    fn downwards<G: Graph>(&mut self, graph: &mut G, dependency: &G::Node) -> Found<G::Node> {
        let mut seen = HashSet::from([dependency.clone()]);
        let mut found = vec![(dependency.clone(), self.high)];
        let mut queue = VecDeque::from([dependency.clone()]);
        while let Some(node) = queue.pop_front() {
            let dependencies = graph.dependencies(&node);
            self.spend(dependencies.len())?;
            for dependency in dependencies {
                if seen.contains(&dependency) {
                    continue;
                }
                let Some(rank) = self.inside(graph, &dependency)? else {
                    continue;
                };
                seen.insert(dependency.clone());
                found.push((dependency.clone(), rank));
                queue.push_back(dependency);
            }
        }
        Ok(found)
    }

    /// The rank of a node that lies between the two, none for one that does not.
    fn inside<G: Graph>(
        &self,
        graph: &mut G,
        node: &G::Node,
    ) -> Result<Option<i64>, Settlement<G::Node>> {
        let Some(rank) = graph.rank(node) else {
            return Err(Settlement::Unplaced(node.clone()));
        };
        Ok((self.low < rank && rank < self.high).then_some(rank))
    }

    fn spend<Node>(&mut self, edges: usize) -> Result<(), Settlement<Node>> {
        self.effort = self.effort.checked_sub(edges).ok_or(Settlement::TooFar)?;
        Ok(())
    }
}

/// The cycle that the edge from `task` to `goal` closes, where `goal` depends on `last`, which leads
/// to `task` by `depends_on`.
fn path<Node: Clone + Eq + Hash>(
    task: &Node,
    goal: &Node,
    last: Node,
    depends_on: &HashMap<Node, Node>,
) -> Vec<Node> {
    let mut path = vec![task.clone(), goal.clone()];
    let mut node = last;
    while node != *task {
        let next = depends_on[&node].clone();
        path.push(std::mem::replace(&mut node, next));
    }
    path.push(node);
    path
}

/// Gives the ranks of both groups to the nodes of both groups, those of `below` first.
fn deal_out_again<Node>(
    mut below: Vec<Ranked<Node>>,
    mut above: Vec<Ranked<Node>>,
) -> Settlement<Node> {
    below.sort_by_key(|(_, rank)| *rank);
    above.sort_by_key(|(_, rank)| *rank);
    let mut ranks: Vec<i64> = below.iter().chain(&above).map(|(_, rank)| *rank).collect();
    ranks.sort_unstable();
    if ranks.windows(2).any(|pair| pair[0] == pair[1]) {
        return Settlement::Tied;
    }
    let changed = below
        .into_iter()
        .chain(above)
        .zip(ranks)
        .filter(|((_, old), new)| old != new)
        .map(|((node, _), new)| (node, new));
    Settlement::Reorder(changed.collect())
}

#[cfg(test)]
mod tests;
