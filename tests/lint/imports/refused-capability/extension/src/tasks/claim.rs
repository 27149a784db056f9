use super::audit;
use super::super::audit::log;
