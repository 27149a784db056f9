//! `steward migrate up`

use super::Context;
use crate::cli::{Locking, Order, UpGoal};
use crate::engine::{Options, UpTo};
use crate::error::Result;
use crate::exit::Exit;

pub(super) fn run(
    context: &Context<'_>,
    goal: UpGoal,
    order: Order,
    locking: Locking,
) -> Result<Exit> {
    let options = Options {
        allow_out_of_order: order.allow_out_of_order,
        ..locking.options()
    };
    let outcome = context.migrate(options, |migrator| migrator.up(up_to(goal)))?;
    context.show(&outcome)
}

pub(super) fn up_to(goal: UpGoal) -> UpTo {
    match (goal.to, goal.steps) {
        (Some(version), _) => UpTo::Version(version),
        (None, Some(steps)) => UpTo::Steps(steps as usize),
        (None, None) => UpTo::Latest,
    }
}
