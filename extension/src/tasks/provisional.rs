//! Stands in for the trigger of the other branch until that is merged.

use pgrx::extension_sql;

use crate::pg::trigger::{Firing, trigger};

const fn nothing(_: &Firing<'_>) {}

trigger!(record_readiness, Guard, nothing);

extension_sql!(
    r"
create function steward.record_readiness() returns trigger
    language c as 'MODULE_PATHNAME', 'record_readiness';
comment on function steward.record_readiness() is 'Provisional.';
",
    name = "tasks_provisional",
    requires = ["schema_usage"],
);
