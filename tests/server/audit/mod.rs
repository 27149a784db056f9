//! The audit: who changed what.

use steward_tests::Test;

mod trigger;

/// Every test of the capability.
pub(crate) fn all() -> Vec<Test> {
    trigger::all()
}
