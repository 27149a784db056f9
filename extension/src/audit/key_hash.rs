//! The hash by which a log finds the rows of one key.
//!
//! An index on the keys themselves would refuse keys that are longer than a third of a page; so it is
//! an index on a hash, which has to be the same on every machine and in every version of PostgreSQL,
//! since it is stored, dumped and restored.

use pgrx::extension_sql;
use steward_rules::hash::hash;

use crate::pg::function::{Arguments, sql_function};

sql_function!(audit_key_hash, audit_key_hash);

/// `steward.audit_key_hash(key)`.
fn audit_key_hash(arguments: &Arguments) -> i64 {
    key_hash(&arguments.required_text(0, "key"))
}

/// The hash of a key, given as the text of its `jsonb`.
pub(super) fn key_hash(key: &str) -> i64 {
    hash(key)
}

extension_sql!(
    r#"
create function steward.audit_key_hash(key jsonb) returns bigint
    language c immutable strict as 'MODULE_PATHNAME', 'audit_key_hash';

comment on function steward.audit_key_hash(jsonb) is
$$The hash of a row's key under which a log of create_audit_log finds the row's history by its index.

  select * from audit.log
  where key_hash = steward.audit_key_hash('{"id": 5}') and key = '{"id": 5}';

NULL gives NULL. Immutable, and the same everywhere: it is stored in the log.$$;
"#,
    name = "audit_key_hash",
    requires = ["schema_usage"],
);
