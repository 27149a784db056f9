use crate::audit;
