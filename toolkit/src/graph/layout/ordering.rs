//! The order of the slots in each column, such that few edges cross: sweeps that sort each column by the
//! mean position of its neighbours in the one before, then in the one after, and at the end exchanges of
//! slots that stand next to each other.

use super::layers::Layers;

const SWEEPS: usize = 24;
const ROUNDS_OF_EXCHANGES: usize = 12;
/// Exchanges look at pairs of edges; beyond this many slots they would take longer than they are worth.
const MAX_SLOTS_TO_EXCHANGE: usize = 6_000;

/// Sorts the columns.
pub(super) fn reduce_crossings(layers: &mut Layers) {
    let mut positions = vec![0; layers.slots()];
    layers
        .columns
        .iter()
        .for_each(|column| number(column, &mut positions));
    let mut best = layers.columns.clone();
    let mut fewest = crossings(layers, &positions);
    for sweep in 0..SWEEPS {
        if fewest == 0 {
            break;
        }
        if sweep % 2 == 0 {
            sort_columns(&mut layers.columns, &layers.before, &mut positions, false);
        } else {
            sort_columns(&mut layers.columns, &layers.after, &mut positions, true);
        }
        let count = crossings(layers, &positions);
        if count < fewest {
            fewest = count;
            best.clone_from(&layers.columns);
        }
    }
    layers.columns = best;
    if fewest > 0 && layers.slots() <= MAX_SLOTS_TO_EXCHANGE {
        for column in &layers.columns {
            number(column, &mut positions);
        }
        exchange(layers, &mut positions);
    }
}

fn number(column: &[usize], positions: &mut [usize]) {
    for (position, slot) in column.iter().enumerate() {
        positions[*slot] = position;
    }
}

fn sort_columns(
    columns: &mut [Vec<usize>],
    neighbours: &[Vec<usize>],
    positions: &mut [usize],
    from_the_right: bool,
) {
    let mut sort = |column: &mut Vec<usize>| {
        let mut keyed: Vec<_> = column
            .iter()
            .map(|slot| (mean_position(*slot, &neighbours[*slot], positions), *slot))
            .collect();
        keyed.sort_by(|one, other| one.0.total_cmp(&other.0));
        *column = keyed.into_iter().map(|(_, slot)| slot).collect();
        number(column, positions);
    };
    if from_the_right {
        columns.iter_mut().rev().for_each(&mut sort);
    } else {
        columns.iter_mut().for_each(&mut sort);
    }
}

/// A slot without neighbours on that side stays where it is.
#[expect(
    clippy::cast_precision_loss,
    reason = "positions are far below the 52 bits that a float holds exactly"
)]
fn mean_position(slot: usize, neighbours: &[usize], positions: &[usize]) -> f64 {
    if neighbours.is_empty() {
        return positions[slot] as f64;
    }
    let sum: usize = neighbours.iter().map(|slot| positions[*slot]).sum();
    sum as f64 / neighbours.len() as f64
}

fn crossings(layers: &Layers, positions: &[usize]) -> usize {
    layers
        .columns
        .iter()
        .map(|column| {
            // By their start, then by their end: each end that stands below a later one is a crossing.
            let ends: Vec<usize> = column
                .iter()
                .flat_map(|slot| sorted_positions(&layers.after[*slot], positions))
                .collect();
            inversions(&ends)
        })
        .sum()
}

fn sorted_positions(slots: &[usize], positions: &[usize]) -> Vec<usize> {
    let mut ends: Vec<_> = slots.iter().map(|slot| positions[*slot]).collect();
    ends.sort_unstable();
    ends
}

/// How many pairs are in the wrong order, counted with a Fenwick tree.
fn inversions(values: &[usize]) -> usize {
    let mut tree = vec![0; values.iter().max().map_or(0, |max| max + 2)];
    let mut count = 0;
    for (seen, value) in values.iter().enumerate() {
        let mut not_greater = 0;
        let mut index = value + 1;
        while index > 0 {
            not_greater += tree[index];
            index &= index - 1;
        }
        count += seen - not_greater;
        let mut index = value + 1;
        while index < tree.len() {
            tree[index] += 1;
            index += index & index.wrapping_neg();
        }
    }
    count
}

/// Exchanges slots that stand next to each other while that takes crossings away.
fn exchange(layers: &mut Layers, positions: &mut [usize]) {
    for _ in 0..ROUNDS_OF_EXCHANGES {
        let mut improved = false;
        for column in 0..layers.columns.len() {
            for upper in 1..layers.columns[column].len() {
                let pair = &layers.columns[column][upper - 1..=upper];
                let (above, below) = (pair[0], pair[1]);
                if crossings_between(layers, positions, below, above)
                    < crossings_between(layers, positions, above, below)
                {
                    layers.columns[column].swap(upper - 1, upper);
                    positions.swap(above, below);
                    improved = true;
                }
            }
        }
        if !improved {
            return;
        }
    }
}

/// How many edges of two slots cross when `above` stands above `below`.
fn crossings_between(layers: &Layers, positions: &[usize], above: usize, below: usize) -> usize {
    [&layers.before, &layers.after]
        .into_iter()
        .map(|neighbours| {
            let upper = sorted_positions(&neighbours[above], positions);
            let lower = sorted_positions(&neighbours[below], positions);
            upper
                .iter()
                .map(|end| lower.partition_point(|other| other < end))
                .sum::<usize>()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::super::layers::Layers;
    use super::{crossings, inversions, number, reduce_crossings};

    fn count(layers: &Layers) -> usize {
        let mut positions = vec![0; layers.slots()];
        layers
            .columns
            .iter()
            .for_each(|column| number(column, &mut positions));
        crossings(layers, &positions)
    }

    #[test]
    fn inversions_are_pairs_in_the_wrong_order() {
        assert_eq!(inversions(&[]), 0);
        assert_eq!(inversions(&[0, 1, 1, 2]), 0);
        assert_eq!(inversions(&[2, 1, 1, 0]), 5);
    }

    #[test]
    fn what_can_be_drawn_without_crossings_is() {
        let edges = [(0, 5), (0, 4), (1, 3), (1, 5), (2, 4)];
        let mut layers = Layers::new(6, &edges, 0).expect("no waypoints");
        layers.columns = vec![vec![0, 1, 2], vec![3, 4, 5]];
        assert_eq!(count(&layers), 4);
        reduce_crossings(&mut layers);
        assert_eq!(count(&layers), 0);
    }
}
