//! Lists of labels among the arguments of a call.

use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;

/// The labels at `position`, or none where it is NULL; 22023 where one of them is.
pub(in crate::tasks) fn optional(
    arguments: &Arguments,
    position: usize,
    name: &str,
) -> Option<Vec<String>> {
    let labels: Option<Vec<Option<String>>> = arguments.optional(position);
    let labels: Option<Vec<String>> = labels?.into_iter().collect();
    labels.or_else(|| {
        Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("argument \"{name}\" must not contain NULL"),
        )
        .raise()
    })
}
