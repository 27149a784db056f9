//! steward
use pgrx::prelude::*;
::pgrx::pg_module_magic!();
/// v
#[pg_extern]
fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
