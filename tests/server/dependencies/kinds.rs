//! A column with the kind of an edge: only some order the graph, and some the other way round.

use steward_tests::{Database, Session, tests};

tests![
    only_named_kinds_order_the_graph,
    a_change_of_kind_is_checked,
    enum_labels,
    an_enum_label_that_is_renamed,
    wrong_kinds_are_refused,
    two_guards_of_one_table,
];

fn owner_of_kinds(database: &Database, kind_type: &str) -> Session {
    let mut owner = database.owner();
    owner.run(&format!(
        "create table edges (task_id integer, depends_on integer, kind {kind_type});
         create index on edges (task_id); create index on edges (depends_on);
         select steward.guard_dependencies('edges', kind => 'kind', blocking_kinds => '{{blocks}}', reversed_kinds => '{{subtask_of}}')"
    ));
    owner
}

fn only_named_kinds_order_the_graph(database: &Database) {
    let mut owner = owner_of_kinds(database, "text");
    owner.run("insert into edges values (1, 2, 'blocks')");
    owner.run("insert into edges values (2, 1, 'relates_to'), (2, 1, 'duplicates'), (2, 1, null), (1, 1, 'relates_to'), (2, 1, 'Blocks')");
    for (task, depends_on, kind) in [
        (2, 1, "blocks"),
        (1, 2, "subtask_of"),
        (3, 3, "blocks"),
        (3, 3, "subtask_of"),
    ] {
        assert_eq!(
            owner.sqlstate(&format!(
                "insert into edges values ({task}, {depends_on}, '{kind}')"
            )),
            "23514",
            "{task} {kind} {depends_on}"
        );
    }
    // A parent waits for its subtask, so what the subtask waits for cannot wait for the parent.
    owner.run(
        "insert into edges values (20, 10, 'subtask_of'), (20, 30, 'blocks'), (2, 1, 'subtask_of')",
    );
    let refusal = owner.refusal("insert into edges values (30, 10, 'blocks')");
    assert_eq!(
        refusal.detail(),
        Some("Each waits for the next: 30 -> 10 -> 20 -> 30.")
    );
}

fn a_change_of_kind_is_checked(database: &Database) {
    let mut owner = owner_of_kinds(database, "varchar(20)");
    owner.run("insert into edges values (1, 2, 'blocks'), (2, 1, 'relates_to')");
    assert_eq!(
        owner.sqlstate("update edges set kind = 'blocks' where task_id = 2"),
        "23514"
    );
    owner.run("update edges set kind = 'subtask_of' where task_id = 2");
    assert_eq!(
        owner.sqlstate("update edges set kind = 'subtask_of' where task_id = 1"),
        "23514"
    );
    owner.run("update edges set kind = null where task_id = 2; update edges set kind = 'subtask_of'  where task_id = 1");
    assert_eq!(
        owner.sqlstate("update edges set kind = 'subtask_of' where task_id = 2"),
        "23514"
    );
}

fn enum_labels(database: &Database) {
    database
        .owner()
        .run("create type kind as enum ('blocks', 'subtask_of', 'relates_to')");
    let mut owner = owner_of_kinds(database, "kind");
    owner.run(
        "insert into edges values (1, 2, 'blocks'), (2, 1, 'relates_to'), (2, 1, 'subtask_of')",
    );
    owner.run("alter type kind add value 'later' before 'blocks'");
    owner.run("insert into edges values (2, 1, 'later')");
    assert_eq!(
        owner.sqlstate("insert into edges values (2, 1, 'blocks')"),
        "23514"
    );
}

/// The trigger's arguments name the label as it was. What they name is gone, so a write has to fail as it does
/// after a column was renamed: taking the edges for such that order nothing would let cycles in silently.
fn an_enum_label_that_is_renamed(database: &Database) {
    database
        .owner()
        .run("create type kind as enum ('blocks', 'subtask_of', 'relates_to')");
    let mut owner = owner_of_kinds(database, "kind");
    owner.run("insert into edges values (1, 2, 'blocks'); alter type kind rename value 'blocks' to 'needs'");
    for mut session in [owner, database.owner()] {
        let refusal = session.refusal("insert into edges values (2, 1, 'needs')");
        assert_ne!(refusal.sqlstate(), "XX000", "{refusal}");
    }
}

fn wrong_kinds_are_refused(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create type kind as enum ('blocks', 'relates_to');
         create table edges (task_id integer, depends_on integer, kind kind, number numeric);
         create index on edges (task_id); create index on edges (depends_on)",
    );
    for (arguments, expected) in [
        ("blocking_kinds => '{blocks}'", "22023"),
        ("kind => 'kind'", "22023"),
        ("kind => 'kind', blocking_kinds => '{}'", "22023"),
        ("kind => 'kind', blocking_kinds => '{block}'", "22023"),
        ("kind => 'kind', blocking_kinds => '{blocks,NULL}'", "22023"),
        (
            "kind => 'kind', blocking_kinds => '{blocks}', reversed_kinds => '{blocks}'",
            "22023",
        ),
        ("kind => 'kinds', blocking_kinds => '{blocks}'", "42703"),
        ("kind => 'number', blocking_kinds => '{1}'", "42809"),
    ] {
        let refusal = owner.refusal(&format!(
            "select steward.guard_dependencies('edges', {arguments})"
        ));
        assert_eq!(refusal.sqlstate(), expected, "{arguments}: {refusal}");
    }
}

/// Each guard has its own kinds, its own ranks and its own name.
fn two_guards_of_one_table(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table edges (task_id integer, depends_on integer, kind text);
         create index on edges (task_id); create index on edges (depends_on);
         select steward.guard_dependencies('edges', kind => 'kind', blocking_kinds => '{blocks}', name => 'blocks');
         select steward.guard_dependencies('edges', kind => 'kind', blocking_kinds => '{parent}', name => 'parents');
         insert into edges values (1, 2, 'blocks'), (2, 1, 'parent')",
    );
    assert_eq!(
        owner.sqlstate("insert into edges values (2, 1, 'blocks')"),
        "23514"
    );
    assert_eq!(
        owner.sqlstate("insert into edges values (1, 2, 'parent')"),
        "23514"
    );
    assert_eq!(owner.value("select count(*) from steward.attachments"), "2");
}
