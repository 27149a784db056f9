//! What `guard_dependencies` says where something is missing: everything at once, and how to mend it.

use steward_tests::{Database, tests};

tests![
    a_missing_column_names_the_arguments,
    both_missing_indexes_are_named
];

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

fn both_missing_indexes_are_named(database: &Database) {
    let mut owner = database.owner();
    owner.run("create table edges (task_id integer, depends_on integer)");
    let call = "select steward.guard_dependencies('edges')";
    let refusal = owner.refusal(call);
    assert_eq!(
        refusal.to_string(),
        "55000: table public.edges has no index that starts with column task_id, and none that starts with column depends_on\n\
         DETAIL: An edge that disagrees with the order of the graph is searched for from both of its ends.\n\
         HINT: create index on public.edges (task_id); create index on public.edges (depends_on);\n\
         SCHEMA: public\n\
         TABLE: edges\n\
         COLUMN: task_id"
    );
    // One alone is not asked for again.
    owner.run("create index on edges (task_id)");
    let refusal = owner.refusal(call);
    assert_eq!(
        (refusal.message(), refusal.hint()),
        (
            "table public.edges has no index that starts with column depends_on",
            Some("create index on public.edges (depends_on);")
        )
    );
    owner.run(refusal.hint().expect("a statement"));
    owner.run(call);
}
