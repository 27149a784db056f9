//! Questions about tasks. They read with the rights of whoever asks and under the snapshot of the asking
//! statement, and write nothing: so they work on a standby and in a READ ONLY transaction.

use pgrx::extension_sql_file;

use crate::pg::function::sql_function;

pub(in crate::tasks) mod blockers;
mod ready;

sql_function!(ready_tasks, ready::ready_tasks);
sql_function!(ready_tasks_typed, ready::ready_tasks_typed);

extension_sql_file!(
    "ready.sql",
    name = "task_questions",
    requires = ["schema_usage"]
);
