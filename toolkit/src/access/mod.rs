//! Who may do what: trying it out, as each kind of user.

mod matrix;

pub use self::matrix::{Cell, Line, matrix};
