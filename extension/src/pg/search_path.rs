//! Running statements of our own where nothing that a user put into a schema is found in place of what
//! is meant.
//!
//! An operator or function without a schema is looked up along `search_path`, and one in `public` whose
//! argument types fit better than PostgreSQL's own is preferred. So every statement of ours is read and
//! run with `pg_catalog` alone in the path (`pg_temp` last, which would otherwise come first for tables).

use pgrx::pg_sys;

use super::boundary;

/// Runs `work` with `search_path` set to `pg_catalog, pg_temp`.
pub(crate) fn pinned<T>(work: impl FnOnce() -> T) -> T {
    with_pinned(work, true)
}

/// The same, and takes back every setting that is changed meanwhile.
pub(crate) fn pinned_with_all_settings<T>(work: impl FnOnce() -> T) -> T {
    with_pinned(work, false)
}

fn with_pinned<T>(work: impl FnOnce() -> T, keeps_other_settings: bool) -> T {
    let level = pin();
    let result = work();
    // Not in a destructor: after an error the abort of the (sub)transaction restores the setting, and
    // calling PostgreSQL while unwinding would be wrong.
    // SAFETY: the level is the one that was opened.
    unsafe { pg_sys::AtEOXact_GUC(keeps_other_settings, level) };
    result
}

fn pin() -> i32 {
    // SAFETY: the setting is named and valued by constants.
    boundary::call(|| unsafe {
        let level = pg_sys::NewGUCNestLevel();
        pg_sys::set_config_option(
            c"search_path".as_ptr(),
            c"pg_catalog, pg_temp".as_ptr(),
            pg_sys::GucContext::PGC_USERSET,
            pg_sys::GucSource::PGC_S_SESSION,
            pg_sys::GucAction::GUC_ACTION_SAVE,
            true,
            0,
            false,
        );
        level
    })
}
