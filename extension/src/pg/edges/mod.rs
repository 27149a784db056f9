//! Edges between tasks, as their table holds them: for the capability that keeps them free of cycles, and for
//! the one that counts what a task waits for.

mod choice;
mod edge;
mod query;
mod source;
mod stored;

pub(crate) use choice::{Choice, Kinds};
pub(crate) use edge::{Edge, EdgeColumns};
pub(crate) use source::{End, Source};
pub(crate) use stored::Edges;
