//! The ground that the capabilities stand on, and the only folder with `unsafe`: how SQL calls us
//! ([`function`], [`trigger`]), how we call PostgreSQL ([`statement`], [`relation`], [`tuple`]) and
//! how errors travel between the two ([`boundary`], [`error`]).
//!
//! What is offered to the capabilities is safe to call in any order and with any value.

#![allow(
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::cast_possible_truncation,
    reason = "bindgen gives flags and constants as other integer types than the functions take"
)]

pub(crate) mod amount;
pub(crate) mod attachment;
mod attribute;
pub(crate) mod boundary;
pub(crate) mod cluster;
pub(crate) mod edges;
mod encoding;
pub(crate) mod equality;
pub(crate) mod error;
pub(crate) mod function;
pub(crate) mod identity;
pub(crate) mod index;
pub(crate) mod interval;
pub(crate) mod json;
pub(crate) mod kept_value;
pub(crate) mod key;
pub(crate) mod lock;
pub(crate) mod name;
pub(crate) mod ordered;
pub(crate) mod ordering;
pub(crate) mod output_settings;
pub(crate) mod owner;
pub(crate) mod pending;
pub(crate) mod recorded_json;
pub(crate) mod relation;
pub(crate) mod requirements;
pub(crate) mod role;
pub(crate) mod row_lock;
pub(crate) mod rows;
pub(crate) mod scan;
pub(crate) mod schema;
pub(crate) mod search_path;
pub(crate) mod sequence;
pub(crate) mod session;
mod setting_scope;
pub(crate) mod settings;
pub(crate) mod side_table;
pub(crate) mod sql_type;
pub(crate) mod statement;
pub(crate) mod subtransaction;
pub(crate) mod text;
mod to_jsonb;
pub(crate) mod transaction;
pub(crate) mod transaction_time;
pub(crate) mod trigger;
pub(crate) mod trigger_state;
pub(crate) mod tuple;
