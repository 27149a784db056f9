//! The questions that one asks of tasks. They read with the rights of whoever asks and under the snapshot of the
//! asking statement, and write nothing: so they work on a standby and in a READ ONLY transaction.

pub(in crate::tasks) mod blockers;
