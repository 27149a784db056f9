//! crate::tasks in a comment, and "crate::tasks" below, are not imports.
use crate::pg::{error, tuple};
const TEXT: &str = "crate::tasks::claim";
