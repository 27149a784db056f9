//! `steward migrate baseline`

use super::Context;
use crate::cli::{LockWait, Order};
use crate::engine::Options;
use crate::error::Result;
use crate::exit::Exit;

pub(super) fn run(
    context: &Context<'_>,
    version: i64,
    order: Order,
    lock: LockWait,
) -> Result<Exit> {
    let options = Options {
        allow_out_of_order: order.allow_out_of_order,
        ..lock.options()
    };
    let outcome = context.migrate(options, |migrator| migrator.baseline(version))?;
    context.show(&outcome)
}
