//! Tasks: what can be begun, what a completion costs, and who gets a task. Each is a file.

use crate::comparison::{Comparison, Goal, Quantity, Ratio, Scale};

mod claims;
mod completion;
mod projects;
mod ready;

pub(super) fn comparisons(scale: Scale) -> Vec<Comparison> {
    let mut all = ready::comparisons(scale);
    all.push(completion::ten_dependents(scale));
    all.push(claims::eight_sessions(scale));
    all
}

const fn ratio(of: &'static str, against: &'static str, goal: Option<Goal>) -> Ratio {
    Ratio {
        quantity: Quantity::Total,
        of,
        against,
        goal,
    }
}
