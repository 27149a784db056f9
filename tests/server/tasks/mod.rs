//! `track_completion`: what is done, what is ready and what blocks it, kept honest whoever writes.

use steward_tests::Test;

mod churn;

pub(crate) use churn::tests as churn_tests;

/// Every test of the capability but the long ones.
pub(crate) fn all() -> Vec<Test> {
    Vec::new()
}
