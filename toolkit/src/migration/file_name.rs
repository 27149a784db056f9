//! The rule of file name.
