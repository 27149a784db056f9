//! Who changed what: a row in a log for every change of an audited table.

mod key_hash;
mod log;
