//! The questions that one asks of a graph. They read the edges with the rights of whoever asks and
//! under the snapshot of the asking statement, and write nothing: so they work on a standby and in a
//! READ ONLY transaction.

use pgrx::extension_sql_file;

use crate::pg::function::sql_function;

mod critical_path;
mod drawing;
mod order;
pub(super) mod reading;
mod walk;

sql_function!(would_cycle, walk::would_cycle);
sql_function!(dependency_path, walk::dependency_path);
sql_function!(dependencies, walk::dependencies);
sql_function!(dependents, walk::dependents);
sql_function!(topological_order, order::topological_order);
sql_function!(topological_order_typed, order::topological_order_typed);
sql_function!(critical_path, critical_path::critical_path);
sql_function!(dependency_graph, drawing::dependency_graph);

extension_sql_file!(
    "questions.sql",
    name = "dependency_questions",
    requires = ["schema_usage"]
);
