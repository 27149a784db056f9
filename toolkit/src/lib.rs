//! The toolkit behind the command `steward`, as a library: the tests and the benchmarks use its
//! throwaway server and its migrations too.

pub mod access;
pub mod audit;
pub mod blueprint;
pub mod cli;
pub mod cluster;
pub mod command;
pub mod connection;
pub mod demo;
pub mod engine;
pub mod error;
pub mod exit;
mod extension;
pub mod graph;
pub mod migration;
pub mod output;
pub mod seed;
