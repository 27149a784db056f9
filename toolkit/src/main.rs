//! The command `steward`.
fn main() {}
