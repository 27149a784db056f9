//! What cannot be drawn, and what is said of it.

use std::process::Command;

use crate::fixture::{Database, STEPS, edges};

#[test]
fn a_guard_has_to_be_there_and_to_be_clear() {
    let Some(database) = Database::new(STEPS) else {
        return;
    };
    database
        .graph(&["--edges", "stepz"])
        .ends_with(1)
        .says(&["table \"stepz\" does not exist"]);
    database.graph(&["--edges", "tasks"]).ends_with(1).says(&[
        "table tasks has no dependency guard",
        "Those with one are: public.steps.",
        "select steward.guard_dependencies('tasks');",
    ]);
}

#[test]
fn without_the_extension_it_is_said() {
    let Some(database) = Database::new("create table steps (a int, b int)") else {
        return;
    };
    database.graph(&["--edges", "steps"]).ends_with(1).says(&[
        "the extension steward is not installed in database",
        "HINT:  create extension steward;",
    ]);
}

#[test]
fn partitions_and_lost_columns_are_explained() {
    let Some(database) = Database::new(
        "create extension steward;
         create table steps (task_id int, depends_on int) partition by range (task_id);
         create table steps_1 partition of steps for values from (0) to (9);
         create index on steps (task_id);
         create index on steps (depends_on);
         select steward.guard_dependencies('steps');
         insert into steps values (2, 1);",
    ) else {
        return;
    };
    assert_eq!(edges(&database.json(&["--edges", "steps"])), ["1>2"]);
    database
        .graph(&["--edges", "steps_1"])
        .ends_with(1)
        .says(&["table steps_1 is a partition", "--edges steps"]);
    database.run("alter table steps rename depends_on to needs");
    database
        .graph(&["--edges", "steps"])
        .ends_with(1)
        .says(&["needs a column \"depends_on\" that is not there"]);
}

#[test]
fn a_wrong_command_line_needs_no_server() {
    let steward = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_steward"))
            .arg("graph")
            .args(arguments)
            .env("DATABASE_URL", "postgresql:///x?host=/nowhere")
            .output()
            .expect("the command runs");
        output.status.code()
    };
    assert_eq!(steward(&[]), Some(2));
    assert_eq!(
        steward(&["--edges", "a", "--blueprint", "jadugar"]),
        Some(2)
    );
    assert_eq!(steward(&["--edges", "a", "--depth", "2"]), Some(2));
    assert_eq!(steward(&["--edges", "a", "--schema", "b"]), Some(2));
    assert_eq!(steward(&["--edges", "a", "--format", "png"]), Some(2));
    assert_eq!(steward(&["--edges", "a"]), Some(6));
}
