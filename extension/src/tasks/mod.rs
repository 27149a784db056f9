//! Tasks: what is done, what is ready and what blocks it, kept honest whoever writes.

use pgrx::extension_sql_file;

use crate::pg::function::sql_function;
use crate::pg::trigger::{before_row_trigger, trigger};

mod claims;
mod completion;
mod delay;
mod notices;
mod progress;
mod questions;
mod queue;
mod readiness;
mod settling;
mod statuses;

use completion::table::{has_changed, root_of};

sql_function!(track_completion, completion::attach::track_completion);
sql_function!(complete_task, completion::complete::complete_task);
sql_function!(reopen_task, completion::complete::reopen_task);
sql_function!(blockers, questions::blockers::blockers);
sql_function!(verify_tasks, readiness::mend::verify_tasks);
sql_function!(rebuild_tasks, readiness::mend::rebuild_tasks);
before_row_trigger!(stamp_completion, completion::stamp::stamp_completion);
trigger!(note_task, AfterRow, readiness::note::note_task);
trigger!(note_task_edge, AfterRow, readiness::note::note_task_edge);
trigger!(settle_tasks, Statement, readiness::note::settle_tasks);
trigger!(
    settle_tasks_late,
    AfterRow,
    readiness::note::settle_tasks_late
);
trigger!(recount_tasks, Statement, readiness::mend::recount_tasks);

extension_sql_file!(
    "completion/completion.sql",
    name = "tasks",
    requires = ["schema_usage"]
);
extension_sql_file!(
    "completion/functions.sql",
    name = "task_functions",
    requires = ["tasks"]
);
