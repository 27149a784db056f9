use crate::pg::error;
