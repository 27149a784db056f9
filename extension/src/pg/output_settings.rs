//! The settings by which a session chooses how values look, pinned for what is stored.
//!
//! They are set as variables, not as settings: it happens for every row that is audited.

use std::cell::Cell;
use std::ffi::c_int;

use pgrx::pg_sys;

/// The settings that change how values look, as they were before; put back when it is dropped.
pub(super) struct PinnedSettings {
    date_style: c_int,
    interval_style: c_int,
    float_digits: c_int,
    bytes_output: c_int,
    time_zone: *mut pg_sys::pg_tz,
}

impl PinnedSettings {
    pub(super) fn pin() -> Self {
        const ESCAPE_NOTHING: c_int = 1;
        // SAFETY: these globals belong to the session's only thread, are read by output functions, and have
        // no other state that follows them. The time zone is one that always exists.
        unsafe {
            let before = Self {
                date_style: pg_sys::DateStyle,
                interval_style: pg_sys::IntervalStyle,
                float_digits: pg_sys::extra_float_digits,
                bytes_output: raw::bytea_output,
                time_zone: pg_sys::session_timezone,
            };
            pg_sys::DateStyle = pg_sys::USE_ISO_DATES as c_int;
            pg_sys::IntervalStyle = pg_sys::INTSTYLE_POSTGRES as c_int;
            pg_sys::extra_float_digits = 1;
            raw::bytea_output = ESCAPE_NOTHING;
            pg_sys::session_timezone = universal_time();
            before
        }
    }
}

impl Drop for PinnedSettings {
    fn drop(&mut self) {
        // SAFETY: as above. It calls nothing, so it is sound while an error unwinds.
        unsafe {
            pg_sys::DateStyle = self.date_style;
            pg_sys::IntervalStyle = self.interval_style;
            pg_sys::extra_float_digits = self.float_digits;
            raw::bytea_output = self.bytes_output;
            pg_sys::session_timezone = self.time_zone;
        }
    }
}

/// Runs `work` under the pinned settings.
pub(crate) fn pinned<T>(work: impl FnOnce() -> T) -> T {
    let settings = PinnedSettings::pin();
    let result = work();
    drop(settings);
    result
}

fn universal_time() -> *mut pg_sys::pg_tz {
    thread_local! {
        static UNIVERSAL_TIME: Cell<*mut pg_sys::pg_tz> =
            const { Cell::new(std::ptr::null_mut()) };
    }
    let mut known = UNIVERSAL_TIME.get();
    if known.is_null() {
        // SAFETY: PostgreSQL keeps a time zone that was asked for.
        known = unsafe { pg_sys::pg_tzset_offset(0) };
        UNIVERSAL_TIME.set(known);
    }
    known
}

/// A variable that pgrx does not bind.
mod raw {
    unsafe extern "C-unwind" {
        pub(super) static mut bytea_output: std::ffi::c_int;
    }
}
