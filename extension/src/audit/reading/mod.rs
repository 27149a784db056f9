//! The questions that one asks of a log: what happened to a row, what it was at a time, and how to put it
//! back. They read with the rights of whoever asks.
//!
//! `history` and `as_of` read the table and the log under the snapshot of the asking statement and write
//! nothing, so they work on a standby and in a READ ONLY transaction, and are STABLE. `undo` is what its
//! caller could have written by hand.
//!
//! Nothing here sets `search_path`: policies and triggers of the user's run within these statements, as they
//! would in the user's own. So every operator and function is named with its schema.

use pgrx::extension_sql_file;

use crate::pg::function::sql_function;

mod as_of;
mod audited;
mod history;
mod key;
mod log;
mod logged;
mod own_table;
mod present;
mod restore;
mod undo;

sql_function!(audit_history, history::history);
sql_function!(audit_history_of_json, history::history_of_json);
sql_function!(audit_as_of, as_of::as_of);
sql_function!(audit_as_of_json, as_of::as_of_json);
sql_function!(audit_undo, undo::undo);
sql_function!(audit_undo_json, undo::undo_json);

extension_sql_file!(
    "reading.sql",
    name = "audit_reading",
    requires = ["audit_key_hash"]
);
