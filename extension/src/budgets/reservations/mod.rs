//! Reservations: what is held of budgets until it is spent, given back, or has been held too long.
//!
//! A reservation has a hold for each budget that it falls under, drawn as a charge is, so that what is held and
//! what is spent together stay within a limit. Usage rows that name it take their cost out of its holds
//! (`consume`); nothing else turns a hold into spending. A hold ends by itself: whoever would have to be
//! refused first takes back those whose time is over (`expire`).

pub(super) mod asked;
pub(super) mod consume;
pub(super) mod expire;
pub(super) mod reserve;
pub(super) mod settle;
