// The submodule tasks::audit, not the capability.
use super::audit;
use super::super::pg::plan;
