mod audit;
mod pg;
mod tasks;
use crate::tasks::complete_task;
