//! Settings that hold while something runs, as those of a function with a SET clause do.

use std::ffi::CStr;

use pgrx::pg_sys;

use super::boundary;

/// What becomes of settings that somebody else changes meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Others {
    Kept,
    TakenBack,
}

/// Runs `work` with these settings, which are set as somebody in `context` could.
pub(super) fn with<T>(
    settings: &[(&CStr, &CStr)],
    context: pg_sys::GucContext::Type,
    others: Others,
    work: impl FnOnce() -> T,
) -> T {
    // SAFETY: names and values end in NUL and live through the calls, which copy them.
    let level = boundary::call(|| unsafe {
        let level = pg_sys::NewGUCNestLevel();
        for (name, value) in settings {
            pg_sys::set_config_option(
                name.as_ptr(),
                value.as_ptr(),
                context,
                pg_sys::GucSource::PGC_S_SESSION,
                pg_sys::GucAction::GUC_ACTION_SAVE,
                true,
                0,
                false,
            );
        }
        level
    });
    let result = work();
    // Not in a destructor: after an error the abort of the (sub)transaction restores the settings, and
    // calling PostgreSQL while unwinding would be wrong.
    // SAFETY: the level is the one that was opened.
    unsafe { pg_sys::AtEOXact_GUC(others == Others::Kept, level) };
    result
}
