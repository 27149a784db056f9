//! `steward migrate redo`

use super::Context;
use crate::cli::Locking;
use crate::error::Result;
use crate::exit::Exit;

pub(super) fn run(context: &Context<'_>, locking: Locking) -> Result<Exit> {
    let confirmation = context.confirmation("undo a migration")?;
    let outcome = context.migrate(locking.options(), |migrator| {
        migrator.redo(&|steps| context.confirm_undoing(confirmation, steps))
    })?;
    context.show(&outcome)
}
