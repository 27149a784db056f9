//! What a task table is, and how its rows are kept honest.

mod delay;
mod notices;
mod progress;
mod settling;
mod statuses;
