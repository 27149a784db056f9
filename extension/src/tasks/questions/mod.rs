//! The questions that one asks of tasks.
