//! The pure algorithms behind the rules of the `steward` extension.
