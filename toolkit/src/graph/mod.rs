//! The dependencies of a guarded table as a picture: read with the rights of the connected role, and
//! written for Mermaid, for Graphviz, as SVG, or as data.
//!
//! An arrow leads from what is waited for to what waits: the way in which the work flows. Every format
//! draws it from left to right, as titles are wider than high, and time is thought of that way.

mod dot;
mod guard;
mod layout;
mod mermaid;
mod model;
mod neighbourhood;
mod picture;
mod source;
mod svg;
mod tasks;
pub(crate) mod text;

pub use self::dot::dot;
pub use self::guard::Guard;
pub use self::mermaid::{MERMAID_EDGES, mermaid};
pub use self::model::{Edge, Graph, Root, Task};
pub use self::source::read;
pub use self::svg::svg;
