//! The rule of sections.
