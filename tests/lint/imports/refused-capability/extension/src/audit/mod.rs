use crate::tasks::claim;
use super::tasks;
use crate::{
    pg::{error, tasks},
    tasks::{claim, complete},
};
fn call() {
    crate::tasks::claim::claim_task();
}
use crate::*;
