//! Readiness: how many blockers each task still waits for, kept up to date statement by statement.

mod announce;
mod count;
pub(in crate::tasks) mod expected;
pub(in crate::tasks) mod mend;
mod net;
pub(in crate::tasks) mod note;
mod refuse;
pub(in crate::tasks) mod settle;
mod stored;
mod task_columns;
pub(in crate::tasks) mod tracker;
pub(in crate::tasks) mod write;
