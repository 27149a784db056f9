//! The parts of a graph that no edge connects. Each is drawn by itself.

/// A connected part: nodes and edges by their numbers in the whole graph. Edges from a node to itself
/// belong to none, since they need no way.
#[derive(Clone, Debug, Default)]
pub(super) struct Component {
    pub(super) nodes: Vec<usize>,
    pub(super) edges: Vec<usize>,
}

impl Component {
    /// Its edges between its own numbers of its nodes.
    pub(super) fn local_edges(&self, edges: &[(usize, usize)]) -> Vec<(usize, usize)> {
        // The nodes are in ascending order.
        let local = |node| self.nodes.partition_point(|other| *other < node);
        self.edges
            .iter()
            .map(|edge| (local(edges[*edge].0), local(edges[*edge].1)))
            .collect()
    }
}

/// The connected parts, the largest first.
pub(super) fn split(nodes: usize, edges: &[(usize, usize)]) -> Vec<Component> {
    let mut parents: Vec<usize> = (0..nodes).collect();
    for &(from, to) in edges {
        let (from, to) = (root(&mut parents, from), root(&mut parents, to));
        // The smaller number wins, so that parts keep the order of their first nodes.
        parents[from.max(to)] = from.min(to);
    }
    let mut numbers = vec![usize::MAX; nodes];
    let mut components: Vec<Component> = Vec::new();
    for node in 0..nodes {
        let root = root(&mut parents, node);
        if root == node {
            numbers[node] = components.len();
            components.push(Component::default());
        }
        components[numbers[root]].nodes.push(node);
    }
    for (edge, &(from, to)) in edges.iter().enumerate() {
        if from != to {
            let root = root(&mut parents, from);
            components[numbers[root]].edges.push(edge);
        }
    }
    components.sort_by_key(|component| std::cmp::Reverse(component.nodes.len()));
    components
}

fn root(parents: &mut [usize], mut node: usize) -> usize {
    while parents[node] != node {
        parents[node] = parents[parents[node]];
        node = parents[node];
    }
    node
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn parts_are_told_apart() {
        let edges = [(4, 1), (2, 3), (5, 4), (3, 3)];
        let parts = split(6, &edges);
        let nodes: Vec<_> = parts.iter().map(|part| part.nodes.clone()).collect();
        assert_eq!(nodes, [vec![1, 4, 5], vec![2, 3], vec![0]]);
        assert_eq!(parts[0].edges, [0, 2]);
        assert_eq!(parts[0].local_edges(&edges), [(1, 0), (2, 1)]);
        assert_eq!(parts[1].edges, [1]);
    }
}
