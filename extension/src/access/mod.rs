//! Access: who is asking, and which rows they may see and write.
//!
//! The rules themselves are PostgreSQL's own policies. What is added is an identity that costs nothing to ask
//! for and, where SQL itself is not trusted, cannot be forged; and policies that are written the fast way.

use pgrx::extension_sql_file;

use crate::pg::function::{parallel_safe_function, sql_function};

mod act_as;
mod authenticate;
mod explain;
mod lint;
mod restrict;
mod used_tokens;
mod who;

parallel_safe_function!(current_user_id, who::current_user_id);
parallel_safe_function!(current_user_uuid, who::current_user_uuid);
parallel_safe_function!(current_user_bigint, who::current_user_bigint);
parallel_safe_function!(current_user_role, who::current_user_role);
parallel_safe_function!(current_claims, who::current_claims);
sql_function!(act_as, act_as::act_as);
sql_function!(authenticate, authenticate::authenticate);
sql_function!(explain_access, explain::explain_access);
sql_function!(lint_access, lint::lint_access);
sql_function!(restrict, restrict::restrict);
sql_function!(unrestrict, restrict::unrestrict);

extension_sql_file!(
    "identity.sql",
    name = "access_identity",
    requires = ["schema_usage"]
);
extension_sql_file!(
    "restrict.sql",
    name = "access_restrict",
    requires = ["access_identity"]
);
extension_sql_file!(
    "explain.sql",
    name = "access_explain",
    requires = ["access_restrict"]
);
