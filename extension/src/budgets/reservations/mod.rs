//! Reservations: what is held of budgets until it is spent, given back, or has been held too long.

pub(super) mod consume;
pub(super) mod expire;
