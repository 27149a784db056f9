//! Which column each node stands in, and the waypoints of edges that pass columns.

/// A connected graph without cycles, in columns. A slot is a node (the first slots) or the waypoint of an
/// edge in a column that it passes, so edges between slots lead from one column to the next.
#[derive(Clone, Debug)]
pub(super) struct Layers {
    /// How many of the slots are nodes.
    pub(super) nodes: usize,
    /// The slots of each column, from top to bottom.
    pub(super) columns: Vec<Vec<usize>>,
    /// For each slot, its neighbours in the column before it.
    pub(super) before: Vec<Vec<usize>>,
    /// For each slot, its neighbours in the column after it.
    pub(super) after: Vec<Vec<usize>>,
    /// For each edge, the slots that it leads through, both ends included.
    pub(super) chains: Vec<Vec<usize>>,
}

impl Layers {
    /// None where more waypoints would be needed.
    pub(super) fn new(
        nodes: usize,
        edges: &[(usize, usize)],
        max_waypoints: usize,
    ) -> Option<Self> {
        let column_of = columns(nodes, edges);
        let waypoints: usize = edges
            .iter()
            .map(|(from, to)| column_of[*to] - column_of[*from] - 1)
            .sum();
        if waypoints > max_waypoints {
            return None;
        }
        let slots = nodes + waypoints;
        let last = column_of.iter().max().map_or(0, |last| last + 1);
        let mut layers = Self {
            nodes,
            columns: vec![Vec::new(); last],
            before: vec![Vec::new(); slots],
            after: vec![Vec::new(); slots],
            chains: Vec::with_capacity(edges.len()),
        };
        let mut waypoint = nodes;
        for &(from, to) in edges {
            let passed = column_of[to] - column_of[from] - 1;
            let chain: Vec<_> = std::iter::once(from)
                .chain(waypoint..waypoint + passed)
                .chain(std::iter::once(to))
                .collect();
            waypoint += passed;
            layers.connect(&chain);
            layers.chains.push(chain);
        }
        layers.fill_columns(&column_of);
        Some(layers)
    }

    pub(super) fn slots(&self) -> usize {
        self.before.len()
    }

    pub(super) fn waypoints(&self) -> usize {
        self.slots() - self.nodes
    }

    pub(super) fn is_waypoint(&self, slot: usize) -> bool {
        slot >= self.nodes
    }

    fn connect(&mut self, chain: &[usize]) {
        for pair in chain.windows(2) {
            self.after[pair[0]].push(pair[1]);
            self.before[pair[1]].push(pair[0]);
        }
    }

    /// In the order in which a walk from the first column meets them, which keeps together what belongs
    /// together.
    fn fill_columns(&mut self, column_of: &[usize]) {
        let mut seen = vec![false; self.slots()];
        let mut starts: Vec<usize> = (0..self.nodes)
            .filter(|node| self.before[*node].is_empty())
            .collect();
        starts.sort_by_key(|node| column_of[*node]);
        for start in starts {
            let mut path = vec![(start, column_of[start])];
            while let Some((slot, column)) = path.pop() {
                if std::mem::replace(&mut seen[slot], true) {
                    continue;
                }
                self.columns[column].push(slot);
                let next = self.after[slot].iter().rev();
                path.extend(next.map(|slot| (*slot, column + 1)));
            }
        }
    }
}

/// The column of each node: after everything that leads to it. A node that more leaves than reaches moves
/// to the right, next to the first that waits for it, which makes the arrows shorter.
fn columns(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut after = vec![Vec::new(); nodes];
    let mut reaching = vec![0_usize; nodes];
    for &(from, to) in edges {
        after[from].push(to);
        reaching[to] += 1;
    }
    let mut columns = vec![0; nodes];
    let mut open = reaching.clone();
    let mut order: Vec<usize> = (0..nodes).filter(|node| reaching[*node] == 0).collect();
    let mut next = 0;
    while let Some(&node) = order.get(next) {
        next += 1;
        for &to in &after[node] {
            columns[to] = columns[to].max(columns[node] + 1);
            open[to] -= 1;
            if open[to] == 0 {
                order.push(to);
            }
        }
    }
    for &node in order.iter().rev() {
        let first = after[node].iter().map(|to| columns[*to]).min();
        if let Some(first) = first
            && after[node].len() > reaching[node]
        {
            columns[node] = first - 1;
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::{Layers, columns};

    #[test]
    fn nodes_stand_after_what_leads_to_them() {
        assert_eq!(columns(4, &[(0, 1), (1, 2), (0, 2), (2, 3)]), [0, 1, 2, 3]);
    }

    #[test]
    fn a_start_stands_next_to_what_waits_for_it() {
        assert_eq!(columns(4, &[(0, 1), (1, 2), (3, 2)]), [0, 1, 2, 1]);
    }

    #[test]
    fn long_edges_get_waypoints() {
        let layers = Layers::new(3, &[(0, 1), (1, 2), (0, 2)], 10).expect("few");
        assert_eq!(layers.columns, [vec![0], vec![1, 3], vec![2]]);
        assert_eq!(layers.chains[2], [0, 3, 2]);
        assert_eq!(
            (&*layers.before[3], &*layers.after[3]),
            (&[0][..], &[2][..])
        );
        assert!(Layers::new(3, &[(0, 1), (1, 2), (0, 2)], 0).is_none());
    }
}
