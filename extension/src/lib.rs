//! The extension `steward`: the rules of work, kept where the rows are.
//!
//! A folder a capability; `pg` is the ground that they share.

use pgrx::extension_sql;

mod access;
mod attachments;
mod audit;
mod budgets;
mod dependencies;
mod pg;
mod stages;
mod tasks;
mod timestamps;
mod version;

pgrx::pg_module_magic!();

/// Called by PostgreSQL when it loads the library.
#[pgrx::pg_guard]
extern "C-unwind" fn _PG_init() {
    pg::settings::define();
}

extension_sql!(
    r"
grant usage on schema steward to public;
comment on schema steward is 'The rules of work that the extension steward keeps; select * from steward.attachments shows where.';
",
    name = "schema_usage",
    bootstrap,
);
