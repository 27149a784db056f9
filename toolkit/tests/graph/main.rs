//! The command `steward graph` against a real server and guards of the real extension.

mod fixture;
mod guards;
mod picture;
mod refusals;
