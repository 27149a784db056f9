//! Questions about budgets. They lock nothing and write nothing, so they can be asked on a standby; they tell of
//! budgets that whoever asks may read.

pub(super) mod check;
pub(super) mod figures;
pub(super) mod status;
