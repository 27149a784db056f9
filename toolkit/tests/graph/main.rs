//! The command `steward graph` against a real server and guards of the real extension.

#[path = "../database/mod.rs"]
mod database;
mod fixture;
mod guards;
mod picture;
mod refusals;
