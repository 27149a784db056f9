//! `steward.version()`: which library answers, in case it is not the one that the SQL was made for.

use pgrx::extension_sql;

use crate::pg::function::{Arguments, sql_function};

sql_function!(steward_version, version);

extension_sql!(
    r"
create function steward.version() returns text
    language c as 'MODULE_PATHNAME', 'steward_version';

comment on function steward.version() is
$$The version of the extension's library.

  select steward.version();

It differs from the version in pg_extension where new files were installed and ALTER EXTENSION steward UPDATE is due.$$;
",
    name = "version",
    requires = ["schema_usage"],
);

fn version(_: &Arguments) -> &'static str {
    env!("CARGO_PKG_VERSION")
}
