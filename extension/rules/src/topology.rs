//! Whole graphs in memory: a topological order, the depth of every node, the longest chain, a cycle.
//!
//! Nodes are numbered from 0, so that a graph of a million edges is three plain arrays. Nothing
//! recurses: a chain of a hundred thousand nodes is as good as any other graph.

use std::collections::VecDeque;

/// A graph of "task depends on dependency" edges between the nodes `0..nodes`.
#[derive(Clone, Debug)]
pub struct Graph {
    /// Where the dependents of each node begin in `dependents`; one more than there are nodes.
    starts: Vec<u32>,
    dependents: Vec<u32>,
    /// How many dependencies each node has.
    dependencies: Vec<u32>,
}

/// The nodes in an order in which every node comes after all that it depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The nodes, dependencies first.
    pub nodes: Vec<u32>,
    /// The number of edges on the longest chain below each node, by node.
    pub depths: Vec<u32>,
}

/// A cycle: nodes each of which depends on the next, the first named again at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle(pub Vec<u32>);

impl Graph {
    /// The graph of `edges`, each a task and the dependency that it waits for.
    ///
    /// # Panics
    /// When an edge names a node that is not below `nodes`.
    #[must_use]
    pub fn new(nodes: usize, edges: &[(u32, u32)]) -> Self {
        let mut starts = vec![0_u32; nodes + 1];
        let mut dependencies = vec![0_u32; nodes];
        for &(task, dependency) in edges {
            starts[dependency as usize + 1] += 1;
            dependencies[task as usize] += 1;
        }
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        let mut free = starts.clone();
        let mut dependents = vec![0; edges.len()];
        for &(task, dependency) in edges {
            let place = &mut free[dependency as usize];
            dependents[*place as usize] = task;
            *place += 1;
        }
        Self {
            starts,
            dependents,
            dependencies,
        }
    }

    /// The nodes that depend on `node`.
    fn dependents(&self, node: u32) -> &[u32] {
        let node = node as usize;
        &self.dependents[self.starts[node] as usize..self.starts[node + 1] as usize]
    }

    /// A topological order (Kahn, "Topological sorting of large networks", CACM 5, 1962), of which
    /// there may be many: among nodes that are ready at the same time the lowest number comes first
    /// by layers.
    ///
    /// # Errors
    /// A cycle, when there is one.
    pub fn topological_order(&self) -> Result<Order, Cycle> {
        let mut waiting = self.dependencies.clone();
        let mut depths = vec![0; waiting.len()];
        let mut ready: VecDeque<u32> = (0_u32..)
            .zip(&waiting)
            .filter(|(_, count)| **count == 0)
            .map(|(node, _)| node)
            .collect();
        let mut nodes = Vec::with_capacity(waiting.len());
        while let Some(node) = ready.pop_front() {
            nodes.push(node);
            for &dependent in self.dependents(node) {
                let place = dependent as usize;
                depths[place] = depths[place].max(depths[node as usize] + 1);
                waiting[place] -= 1;
                if waiting[place] == 0 {
                    ready.push_back(dependent);
                }
            }
        }
        if nodes.len() < waiting.len() {
            return Err(self.cycle_among(&waiting));
        }
        Ok(Order { nodes, depths })
    }

    /// A cycle among the nodes that still wait for something: each of them waits for another one.
    fn cycle_among(&self, waiting: &[u32]) -> Cycle {
        let mut waits_for = vec![None; waiting.len()];
        for node in (0_u32..)
            .take(waiting.len())
            .filter(|node| waiting[*node as usize] > 0)
        {
            for &dependent in self.dependents(node) {
                waits_for[dependent as usize] = Some(node);
            }
        }
        let start = (0_u32..)
            .zip(waiting)
            .find(|(_, count)| **count > 0)
            .map(|(node, _)| node);
        let mut step_of = vec![None; waiting.len()];
        let mut walk = Vec::new();
        let mut next = start;
        while let Some(node) = next {
            if let Some(first) = step_of[node as usize] {
                let mut cycle: Vec<u32> = walk.split_off(first);
                cycle.push(node);
                return Cycle(cycle);
            }
            step_of[node as usize] = Some(walk.len());
            walk.push(node);
            next = waits_for[node as usize];
        }
        Cycle(walk)
    }

    /// The chain whose weights add up to most, dependencies first, given the weight of each node.
    /// Empty for a graph without nodes.
    ///
    /// # Errors
    /// A cycle, when there is one.
    ///
    /// # Panics
    /// When `weights` has another length than there are nodes.
    pub fn longest_chain<Weight: Copy + PartialOrd + std::ops::Add<Output = Weight>>(
        &self,
        weights: &[Weight],
    ) -> Result<Vec<u32>, Cycle> {
        let order = self.topological_order()?;
        let mut totals = weights.to_vec();
        let mut before = vec![None; weights.len()];
        for &node in &order.nodes {
            for &dependent in self.dependents(node) {
                let total = totals[node as usize] + weights[dependent as usize];
                let place = dependent as usize;
                if before[place].is_none() || total > totals[place] {
                    totals[place] = total;
                    before[place] = Some(node);
                }
            }
        }
        let mut last: Option<u32> = None;
        for &node in &order.nodes {
            if last.is_none_or(|best| totals[node as usize] > totals[best as usize]) {
                last = Some(node);
            }
        }
        let mut chain = Vec::new();
        let mut next = last;
        while let Some(node) = next {
            chain.push(node);
            next = before[node as usize];
        }
        chain.reverse();
        Ok(chain)
    }
}

#[cfg(test)]
mod tests;
