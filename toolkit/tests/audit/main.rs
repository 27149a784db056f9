//! The command `steward audit` against a real server, and logs that audit triggers of the real extension write.

#[path = "../database/mod.rs"]
mod database;
mod export;
mod fixture;
mod keep;
mod list;
mod own_table;
mod plans;
mod refusals;
