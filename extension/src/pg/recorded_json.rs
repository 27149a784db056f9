//! Values as the JSON that an audit log holds: that of `to_jsonb` under fixed settings, so that a value
//! read today compares with one that was recorded by a session with other settings.

use pgrx::pg_sys;

use super::boundary;
use super::statement::{Parameter, Sight, for_each_row_with};

/// Evaluates an SQL expression that gives JSON from `$1`, `$2` …, and returns the JSON's text.
///
/// The expression runs under the fixed settings, so it must call nothing of the user's: values are read
/// before, under the settings of the session.
pub(crate) fn evaluate(expression: &str, parameters: &[Parameter<'_>]) -> Option<String> {
    let mut json = None;
    let sql = format!("select ({expression})::pg_catalog.text");
    under_fixed_settings(|| {
        for_each_row_with(&sql, parameters, Sight::AsAsked, |row| {
            json = row.value(1).as_text();
        });
    });
    json
}

fn under_fixed_settings<T>(work: impl FnOnce() -> T) -> T {
    // SAFETY: settings are named and valued by constants.
    let level = boundary::call(|| unsafe {
        let level = pg_sys::NewGUCNestLevel();
        for (name, value) in [
            (c"TimeZone", c"UTC"),
            (c"DateStyle", c"ISO, YMD"),
            (c"IntervalStyle", c"postgres"),
            (c"bytea_output", c"hex"),
            (c"extra_float_digits", c"1"),
        ] {
            pg_sys::set_config_option(
                name.as_ptr(),
                value.as_ptr(),
                pg_sys::GucContext::PGC_USERSET,
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
    // Not in a destructor: after an error the abort of the (sub)transaction restores the settings.
    // SAFETY: the level is the one that was opened.
    unsafe { pg_sys::AtEOXact_GUC(true, level) };
    result
}
