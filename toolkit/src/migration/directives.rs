//! The rule of directives.
