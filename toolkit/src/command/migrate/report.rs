//! What was done, for programs; people were told on stderr while it was done.

use serde::Serialize;

use crate::engine::{Outcome, SchemaName};
use crate::output::Report;

#[derive(Serialize)]
pub(super) struct Done<'a> {
    pub(super) set: &'a str,
    pub(super) schema: &'a SchemaName,
    #[serde(flatten)]
    pub(super) outcome: &'a Outcome,
}

impl Report for Done<'_> {
    fn text(&self) -> Option<String> {
        None
    }
}
