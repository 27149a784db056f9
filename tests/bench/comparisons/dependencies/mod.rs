//! `guard_dependencies` against what keeps edges free of cycles today, and the questions that one asks
//! of a graph against the query that one writes for them. Each group of comparisons is a file.

use crate::comparison::{Comparison, Goal, Quantity, Ratio, Scale};

mod graphs;
mod loads;
mod one_edge;
mod questions;
mod random_order;
mod sessions;

pub(super) fn comparisons(scale: Scale) -> Vec<Comparison> {
    [
        one_edge::comparisons(scale),
        random_order::comparisons(scale),
        sessions::comparisons(scale),
        loads::comparisons(scale),
        questions::comparisons(scale),
    ]
    .into_iter()
    .flatten()
    .collect()
}

const fn ratio(of: &'static str, against: &'static str, goal: Goal) -> Ratio {
    Ratio {
        quantity: Quantity::Total,
        of,
        against,
        goal: Some(goal),
    }
}

const fn overhead_ratio(of: &'static str, against: &'static str, goal: Option<Goal>) -> Ratio {
    Ratio {
        quantity: Quantity::Overhead,
        of,
        against,
        goal,
    }
}
