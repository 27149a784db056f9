//! Running statements of our own where nothing that a user put into a schema is found in place of what
//! is meant.
//!
//! An operator or function without a schema is looked up along `search_path`, and one in `public` whose
//! argument types fit better than PostgreSQL's own is preferred. So every statement of ours is read and
//! run with `pg_catalog` alone in the path (`pg_temp` last, which would otherwise come first for tables).

use pgrx::pg_sys;

use super::setting_scope::{self, Others};

/// Runs `work` with `search_path` set to `pg_catalog, pg_temp`.
pub(crate) fn pinned<T>(work: impl FnOnce() -> T) -> T {
    with_pinned(work, Others::Kept)
}

/// The same, and takes back every setting that is changed meanwhile.
pub(crate) fn pinned_with_all_settings<T>(work: impl FnOnce() -> T) -> T {
    with_pinned(work, Others::TakenBack)
}

fn with_pinned<T>(work: impl FnOnce() -> T, others: Others) -> T {
    let settings = [(c"search_path", c"pg_catalog, pg_temp")];
    setting_scope::with(&settings, pg_sys::GucContext::PGC_USERSET, others, work)
}
