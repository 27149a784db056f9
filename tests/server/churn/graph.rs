//! Looking for a cycle in a snapshot of the edges.

use std::collections::HashMap;

/// A node that lies on a cycle, or on the way to one, if there is any: what is left when nodes that wait for nothing
/// are taken away again and again.
pub(super) fn cycle(edges: &[(i64, i64)]) -> Option<Vec<i64>> {
    let mut waits_for: HashMap<i64, usize> = HashMap::new();
    let mut dependents: HashMap<i64, Vec<i64>> = HashMap::new();
    for &(task, dependency) in edges {
        *waits_for.entry(task).or_default() += 1;
        waits_for.entry(dependency).or_default();
        dependents.entry(dependency).or_default().push(task);
    }
    let mut free: Vec<i64> = waits_for
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(node, _)| *node)
        .collect();
    while let Some(node) = free.pop() {
        waits_for.remove(&node);
        for dependent in dependents.remove(&node).unwrap_or_default() {
            if let Some(count) = waits_for.get_mut(&dependent) {
                *count -= 1;
                if *count == 0 {
                    free.push(dependent);
                }
            }
        }
    }
    let mut left: Vec<i64> = waits_for.into_keys().collect();
    left.sort_unstable();
    (!left.is_empty()).then_some(left)
}
