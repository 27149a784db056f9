//! Reading an audit log from outside: which log, which of its entries, and what they say.
//!
//! A log of `create_audit_log` and a table of the user's own that audit triggers write are read the same
//! way; [`columns`] knows what the columns of either are called. Everything is read with the rights of the
//! connected role, in one transaction that can write nothing.

mod changes;
mod columns;
mod condition;
mod cursor;
mod entry;
mod key;
mod log;
mod moment;
mod reading;
mod subject;

pub use self::changes::Changed;
pub use self::cursor::{Cursor, Encoding};
pub use self::entry::{Entry, csv_line};
pub use self::log::{Log, Usable};
pub use self::moment::{Moment, Span};
pub use self::reading::Reading;
