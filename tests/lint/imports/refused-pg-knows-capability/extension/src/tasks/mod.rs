mod audit;
mod claim;
use crate::tasks::claim::claim_task;
