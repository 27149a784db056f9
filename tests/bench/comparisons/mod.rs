//! The comparisons, a file for each capability.

use crate::comparison::{Comparison, Scale};

mod access;
mod audit;
mod budgets;
mod dependencies;
mod migrations;
mod stages;
mod tasks;
mod timestamps;

/// All of them, in the order in which they are run.
pub(crate) fn all(scale: Scale) -> Vec<Comparison> {
    let mut all = timestamps::comparisons(scale);
    all.extend(stages::comparisons(scale));
    all.extend(dependencies::comparisons(scale));
    all.extend(tasks::comparisons(scale));
    all.extend(audit::comparisons(scale));
    all.extend(budgets::comparisons(scale));
    all.extend(access::comparisons(scale));
    all.push(migrations::apply_a_blueprint());
    all
}
