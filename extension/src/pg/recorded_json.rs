//! Values as the JSON that an audit log holds: that of `to_jsonb` under fixed settings, so that a value
//! read today compares with one that was recorded by a session with other settings.

use super::output_settings;
use super::statement::{Parameter, Sight, for_each_row_with};

/// Evaluates an SQL expression that gives JSON from `$1`, `$2` …, and returns the JSON's text.
///
/// The expression runs under the fixed settings, so it must call nothing of the user's: values are read
/// before, under the settings of the session.
pub(crate) fn evaluate(expression: &str, parameters: &[Parameter<'_>]) -> Option<String> {
    let mut json = None;
    let sql = format!("select ({expression})::pg_catalog.text");
    output_settings::pinned(|| {
        for_each_row_with(&sql, parameters, Sight::AsAsked, |row| {
            json = row.value(1).as_text();
        });
    });
    json
}
