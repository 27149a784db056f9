//! The command `steward migrate` against a real server: each test has a database of its own on one
//! throwaway server, and runs the built command as a user would.

mod blueprint;
mod crash;
mod disagreement;
mod fixture;
mod locking;
mod output;
mod refusals;
mod round_trip;
mod schemas;
mod seed;
mod without_transaction;
