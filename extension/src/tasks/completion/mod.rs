//! Completion: what a status means, which may follow which, and the stamp of what is done.

mod arguments;
pub(in crate::tasks) mod attach;
pub(in crate::tasks) mod choice;
pub(in crate::tasks) mod complete;
mod edges;
pub(in crate::tasks) mod labels;
mod requirements;
pub(in crate::tasks) mod stamp;
pub(in crate::tasks) mod table;
