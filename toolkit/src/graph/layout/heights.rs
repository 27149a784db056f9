//! How high the slots of sorted columns stand: as near to their neighbours as the others in their column
//! allow, so that arrows are level where they can be.
//!
//! For one column that is a least-squares problem with a minimal distance between slots, which pooling
//! adjacent violators solves exactly; sweeps over the columns bring the whole to rest. In the end each
//! long arrow gets one height for all its waypoints, where that is free: it then bends at its ends only.

use super::geometry::Size;
use super::layers::Layers;

/// One side after the other moves whole branches.
const SWEEPS_BY_ONE_SIDE: usize = 12;
const SWEEPS_BY_BOTH_SIDES: usize = 4;
const SWEEPS_TO_LEVEL: usize = 64;
const GAP_BETWEEN_BOXES: f64 = 14.0;
const GAP_BETWEEN_ARROWS: f64 = 9.0;
/// What stands where nothing pulls it makes room for what is pulled.
const UNPULLED: f64 = 0.05;
/// What is level gives way to boxes only where there is no room.
const LEVEL: f64 = 64.0;

/// The height of each slot's middle.
pub(super) fn heights(layers: &Layers, sizes: &[Size]) -> Vec<f64> {
    let mut settling = Settling::new(layers, sizes);
    for sweep in 0..SWEEPS_BY_ONE_SIDE {
        let rightwards = sweep % 2 == 0;
        settling.sweep(rightwards, |heights, slot| {
            if rightwards {
                pull(layers, heights, slot, &layers.before[slot], &[])
            } else {
                pull(layers, heights, slot, &[], &layers.after[slot])
            }
        });
    }
    let both = |heights: &[f64], slot: usize| {
        pull(
            layers,
            heights,
            slot,
            &layers.before[slot],
            &layers.after[slot],
        )
    };
    for sweep in 0..SWEEPS_BY_BOTH_SIDES {
        settling.sweep(sweep % 2 == 0, both);
    }
    for sweep in 0..SWEEPS_TO_LEVEL {
        let levels = levels(layers, &settling.heights);
        settling.sweep(sweep % 2 == 0, |heights, slot| {
            if layers.is_waypoint(slot) {
                Pull {
                    to: levels[slot - layers.nodes],
                    weight: LEVEL,
                }
            } else {
                both(heights, slot)
            }
        });
    }
    settling.heights
}

struct Settling<'a> {
    layers: &'a Layers,
    /// How far below the first of its column each slot stands at least.
    offsets: Vec<Vec<f64>>,
    heights: Vec<f64>,
}

/// Where a slot is pulled to, and how much.
struct Pull {
    to: f64,
    weight: f64,
}

impl<'a> Settling<'a> {
    fn new(layers: &'a Layers, sizes: &[Size]) -> Self {
        let mut settling = Self {
            layers,
            offsets: Vec::with_capacity(layers.columns.len()),
            heights: vec![0.0; layers.slots()],
        };
        for column in &layers.columns {
            let offsets = offsets(layers, sizes, column);
            let middle = offsets.last().copied().unwrap_or_default() / 2.0;
            for (slot, offset) in column.iter().zip(&offsets) {
                settling.heights[*slot] = offset - middle;
            }
            settling.offsets.push(offsets);
        }
        settling
    }

    fn sweep(&mut self, rightwards: bool, pull: impl Fn(&[f64], usize) -> Pull) {
        let columns = self.layers.columns.len();
        for index in 0..columns {
            let index = if rightwards {
                index
            } else {
                columns - 1 - index
            };
            self.settle(index, &pull);
        }
    }

    /// Moves the slots of a column to where they are pulled.
    fn settle(&mut self, index: usize, pull: impl Fn(&[f64], usize) -> Pull) {
        let (column, offsets) = (&self.layers.columns[index], &self.offsets[index]);
        let wishes = column.iter().zip(offsets).map(|(slot, offset)| {
            let Pull { to, weight } = pull(&self.heights, *slot);
            (to - offset, weight)
        });
        let settled = ascending(wishes);
        for ((slot, offset), height) in column.iter().zip(offsets).zip(settled) {
            self.heights[*slot] = height + offset;
        }
    }
}

fn offsets(layers: &Layers, sizes: &[Size], column: &[usize]) -> Vec<f64> {
    let height = |slot: usize| sizes.get(slot).map_or(0.0, |size| size.height);
    let mut offset = 0.0;
    let mut previous: Option<usize> = None;
    column
        .iter()
        .map(|&slot| {
            if let Some(previous) = previous {
                let gap = if layers.is_waypoint(previous) && layers.is_waypoint(slot) {
                    GAP_BETWEEN_ARROWS
                } else {
                    GAP_BETWEEN_BOXES
                };
                offset += f64::midpoint(height(previous), height(slot)) + gap;
            }
            previous = Some(slot);
            offset
        })
        .collect()
}

fn pull(layers: &Layers, heights: &[f64], slot: usize, before: &[usize], after: &[usize]) -> Pull {
    let (mut weight, mut sum) = (0.0, 0.0);
    for &neighbour in before.iter().chain(after) {
        let one = straightness(layers.is_waypoint(slot), layers.is_waypoint(neighbour));
        weight += one;
        sum += one * heights[neighbour];
    }
    if weight > 0.0 {
        Pull {
            to: sum / weight,
            weight,
        }
    } else {
        Pull {
            to: heights[slot],
            weight: UNPULLED,
        }
    }
}

/// How much it is worth that two slots stand at the same height, by whether they are waypoints: a bend in
/// the middle of a long arrow hurts most.
fn straightness(one: bool, other: bool) -> f64 {
    match (one, other) {
        (true, true) => 8.0,
        (false, false) => 1.0,
        _ => 2.0,
    }
}

/// For each waypoint, the mean height of those of its edge, moved a little towards the edge's ends.
fn levels(layers: &Layers, heights: &[f64]) -> Vec<f64> {
    let mut levels = vec![0.0; layers.waypoints()];
    for chain in &layers.chains {
        let [from, waypoints @ .., to] = &chain[..] else {
            continue;
        };
        let end = straightness(true, false);
        let mut sum = end * (heights[*from] + heights[*to]);
        let mut weight = 2.0 * end;
        for slot in waypoints {
            sum += straightness(true, true) * heights[*slot];
            weight += straightness(true, true);
        }
        for slot in waypoints {
            levels[slot - layers.nodes] = sum / weight;
        }
    }
    levels
}

/// The ascending values that are nearest to the wished ones, by weighted squares.
fn ascending(wishes: impl Iterator<Item = (f64, f64)>) -> Vec<f64> {
    struct Pool {
        mean: f64,
        weight: f64,
        members: usize,
    }

    let mut pools: Vec<Pool> = Vec::new();
    for (wish, weight) in wishes {
        let mut pool = Pool {
            mean: wish,
            weight,
            members: 1,
        };
        while let Some(previous) = pools.pop_if(|previous| previous.mean > pool.mean) {
            let weight = previous.weight + pool.weight;
            pool = Pool {
                mean: (previous.mean * previous.weight + pool.mean * pool.weight) / weight,
                weight,
                members: previous.members + pool.members,
            };
        }
        pools.push(pool);
    }
    pools
        .iter()
        .flat_map(|pool| std::iter::repeat_n(pool.mean, pool.members))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::geometry::Size;
    use super::super::layers::Layers;
    use super::{ascending, heights};

    #[test]
    fn violators_are_pooled() {
        let wishes = [(1.0, 1.0), (5.0, 1.0), (3.0, 3.0), (4.0, 1.0)];
        assert_eq!(ascending(wishes.into_iter()), [1.0, 3.5, 3.5, 4.0]);
        let falling = [(3.0, 1.0), (2.0, 1.0), (1.0, 1.0)];
        assert_eq!(ascending(falling.into_iter()), [2.0; 3]);
    }

    #[test]
    fn a_long_arrow_is_level() {
        // A chain of five, and an arrow beside it from the first to the last.
        let edges = [(0, 1), (1, 2), (2, 3), (3, 4), (0, 4)];
        let layers = Layers::new(5, &edges, 10).expect("few waypoints");
        let size = Size {
            width: 80.0,
            height: 30.0,
        };
        let heights = heights(&layers, &[size; 5]);
        let waypoints = &heights[5..];
        assert!(
            waypoints.iter().all(|one| (one - waypoints[0]).abs() < 0.5),
            "{heights:?}"
        );
    }
}
