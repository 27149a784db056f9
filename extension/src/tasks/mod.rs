//! Tasks: what is done, what can be begun, and who is at it.

mod claims;
mod labels;
mod precedence;
mod provisional;
mod questions;
mod queue;
mod tracked;
mod visible;
