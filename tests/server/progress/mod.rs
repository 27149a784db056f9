//! Progress of parents, and the flag of tasks that are late.

use steward_tests::Test;

mod delay;

/// Every test of the folder.
pub(crate) fn all() -> Vec<Test> {
    [delay::tests()].into_iter().flatten().collect()
}
