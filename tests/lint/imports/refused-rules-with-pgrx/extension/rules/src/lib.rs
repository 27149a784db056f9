//! pgrx in a comment
use pgrx::prelude::*;
