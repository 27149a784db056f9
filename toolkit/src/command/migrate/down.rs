//! `steward migrate down`

use super::Context;
use crate::cli::{DownGoal, Locking};
use crate::engine::DownTo;
use crate::error::Result;
use crate::exit::Exit;

pub(super) fn run(context: &Context<'_>, goal: DownGoal, locking: Locking) -> Result<Exit> {
    let confirmation = context.confirmation("undo migrations")?;
    let goal = match (goal.all, goal.to) {
        (true, _) => DownTo::Nothing,
        (false, Some(version)) => DownTo::Version(version),
        (false, None) => DownTo::Steps(goal.steps.unwrap_or(1) as usize),
    };
    let outcome = context.migrate(locking.options(), |migrator| {
        migrator.down(goal, &|steps| context.confirm_undoing(confirmation, steps))
    })?;
    context.show(&outcome)
}
