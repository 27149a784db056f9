//! Which edges to turn round so that the rest has no cycle. A guarded table holds none, but for rows
//! that were loaded past its triggers; those have to be seen most of all.

/// For each edge, whether it leads back to where a walk along the others came from, or from a node to
/// itself. Without those edges there is no cycle, and where there is none anyway they are none.
pub(in crate::graph) fn against_the_order(nodes: usize, edges: &[(usize, usize)]) -> Vec<bool> {
    let mut leaving = vec![Vec::new(); nodes];
    let mut is_start = vec![true; nodes];
    for (edge, &(from, to)) in edges.iter().enumerate() {
        leaving[from].push(edge);
        is_start[to] = false;
    }
    let mut walk = Walk {
        edges,
        leaving,
        states: vec![State::New; nodes],
        against: vec![false; edges.len()],
    };
    // Where nothing is waited for is where the order begins; in a cycle it begins somewhere.
    let starts = (0..nodes).filter(|node| is_start[*node]);
    for node in starts.chain(0..nodes) {
        walk.from(node);
    }
    walk.against
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    OnThePath,
    Done,
}

struct Walk<'a> {
    edges: &'a [(usize, usize)],
    leaving: Vec<Vec<usize>>,
    states: Vec<State>,
    against: Vec<bool>,
}

impl Walk<'_> {
    /// Depth first, with a stack of its own: a chain may be longer than the machine's is deep.
    fn from(&mut self, start: usize) {
        if self.states[start] != State::New {
            return;
        }
        self.states[start] = State::OnThePath;
        let mut path = vec![(start, 0)];
        while let Some((node, next)) = path.last_mut() {
            let Some(&edge) = self.leaving[*node].get(*next) else {
                self.states[*node] = State::Done;
                path.pop();
                continue;
            };
            *next += 1;
            let (_, to) = self.edges[edge];
            match self.states[to] {
                State::Done => {}
                State::OnThePath => self.against[edge] = true,
                State::New => {
                    self.states[to] = State::OnThePath;
                    path.push((to, 0));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::against_the_order;

    #[test]
    fn a_graph_without_cycle_stays() {
        let diamond = [(0, 1), (0, 2), (1, 3), (2, 3), (0, 3)];
        assert_eq!(against_the_order(4, &diamond), [false; 5]);
    }

    #[test]
    fn one_edge_of_a_cycle_is_turned() {
        let edges = [(3, 0), (0, 1), (1, 2), (2, 0), (1, 1)];
        assert_eq!(
            against_the_order(4, &edges),
            [false, false, false, true, true]
        );
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let chain: Vec<_> = (0..200_000).map(|node| (node, node + 1)).collect();
        assert!(!against_the_order(200_001, &chain).contains(&true));
    }
}
