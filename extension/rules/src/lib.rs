//! The pure algorithms behind the rules of the `steward` extension. Nothing here knows PostgreSQL:
//! graphs are traits or slices, so that every algorithm is tested against a plain oracle.

pub mod bytes;
pub mod chain;
pub mod escrow;
pub mod hash;
pub mod identity;
pub mod json_text;
pub mod money;
pub mod node_tree;
pub mod order;
pub mod token;
pub mod topology;
