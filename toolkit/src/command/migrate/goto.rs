//! `steward migrate goto`

use super::Context;
use crate::cli::{Locking, Order};
use crate::engine::Options;
use crate::error::Result;
use crate::exit::Exit;

pub(super) fn run(
    context: &Context<'_>,
    version: i64,
    order: Order,
    locking: Locking,
) -> Result<Exit> {
    let options = Options {
        allow_out_of_order: order.allow_out_of_order,
        ..locking.options()
    };
    let outcome = context.migrate(options, |migrator| {
        migrator.goto(version, &|steps| {
            // Only the way down destroys anything, and the way is not known before.
            let confirmation = context.confirmation("undo migrations")?;
            context.confirm_undoing(confirmation, steps)
        })
    })?;
    context.show(&outcome)
}
