//! What `guard_dependencies` says where something is missing: everything at once, and how to mend it.

use steward_tests::{Database, tests};

tests![a_missing_column_names_the_arguments];

fn a_missing_column_names_the_arguments(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table pages (id bigint primary key, \"Parent\" bigint, title text, code uuid, made date, number integer)",
    );
    for (call, column, hint) in [
        (
            "'pages'",
            "task_id",
            "Name another one: task => '...', depends_on => '...'. \
             Of a type that fits: id, \"Parent\", title, code, number.",
        ),
        (
            "'pages', task => 'id'",
            "depends_on",
            "Name another one: depends_on => '...'. Of a type that fits: \"Parent\".",
        ),
        (
            "'pages', task => 'up', depends_on => 'Parent'",
            "up",
            "Name another one: task => '...'. Of a type that fits: id.",
        ),
        (
            "'pages', task => 'code'",
            "depends_on",
            "Name another one: depends_on => '...'.",
        ),
        (
            "'pages', task => 'id', depends_on => 'Parent', scope => 'project'",
            "project",
            "Name another one: scope => '...'. Of a type that fits: id, \"Parent\", title, code, number.",
        ),
        (
            "'pages', task => 'id', depends_on => 'Parent', kind => 'type', blocking_kinds => '{blocks}'",
            "type",
            "Name another one: kind => '...'. Of a type that fits: id, \"Parent\", title, code, number.",
        ),
    ] {
        let refusal = owner.refusal(&format!("select steward.guard_dependencies({call})"));
        assert_eq!(
            refusal.to_string(),
            format!(
                "42703: column {column} of table public.pages does not exist\n\
                 DETAIL: Its columns are: id, \"Parent\", title, code, made, number.\n\
                 HINT: {hint}\n\
                 SCHEMA: public\n\
                 TABLE: pages\n\
                 COLUMN: {column}"
            )
        );
    }
}
