//! A column that divides the table into graphs.

use steward_tests::{Database, Session, tests};

tests![
    edges_across_scopes_are_refused,
    a_task_moves_when_nothing_holds_it,
    null_is_a_scope_of_its_own,
    scope_types,
];

fn owner_of_scopes(database: &Database) -> Session {
    let mut owner = database.owner();
    owner.run(
        "create table edges (task_id integer, depends_on integer, project_id text);
         create index on edges (task_id); create index on edges (depends_on);
         select steward.guard_dependencies('edges', scope => 'project_id')",
    );
    owner
}

fn edges_across_scopes_are_refused(database: &Database) {
    let mut owner = owner_of_scopes(database);
    owner.run("insert into edges values (1, 2, 'a'), (3, 4, 'b')");
    for (task, depends_on, project) in [
        (1, 3, "'a'"),
        (1, 3, "'b'"),
        (4, 2, "null"),
        (9, 2, "'b'"),
        (3, 9, "'c'"),
        (1, 2, "''"),
    ] {
        let refusal = owner.refusal(&format!(
            "insert into edges values ({task}, {depends_on}, {project})"
        ));
        assert_eq!(refusal.sqlstate(), "23514", "{refusal}");
        assert!(
            refusal.to_string().contains("CONSTRAINT: edges_acyclic"),
            "{refusal}"
        );
        assert!(refusal.detail().is_some(), "{refusal}");
    }
    assert_eq!(owner.sqlstate("update edges set project_id = 'b' where task_id = 1; insert into edges values (2, 5, 'a')"), "23514");
    super::assert_ranks_agree(&mut owner);
}

fn a_task_moves_when_nothing_holds_it(database: &Database) {
    let mut owner = owner_of_scopes(database);
    owner.run("insert into edges values (1, 2, 'a'), (2, 3, 'a')");
    // All its edges at once, in a statement or one by one in a transaction that checks at its end.
    owner.run("update edges set project_id = 'b'");
    assert_eq!(
        owner.sqlstate("insert into edges values (3, 1, 'b')"),
        "23514"
    );
    owner.run(
        "begin; set constraints all deferred; update edges set project_id = 'c' where task_id = 1;
         update edges set project_id = 'c' where task_id = 2; commit",
    );
    super::assert_ranks_agree(&mut owner);
    assert_eq!(
        owner.sqlstate("insert into edges values (3, 1, 'c')"),
        "23514"
    );
    owner.run("delete from edges; insert into edges values (3, 1, 'd'), (1, 2, 'd')");
    assert_eq!(
        owner.sqlstate("insert into edges values (2, 3, 'd')"),
        "23514"
    );
    assert_eq!(
        owner.rows("select distinct scope from edges_rank where node in (1, 2, 3)"),
        ["d"]
    );
}

fn null_is_a_scope_of_its_own(database: &Database) {
    let mut owner = owner_of_scopes(database);
    owner.run("insert into edges values (1, 2, null), (3, 4, '')");
    assert_eq!(
        owner.sqlstate("insert into edges values (2, 1, null)"),
        "23514"
    );
    assert_eq!(
        owner.sqlstate("insert into edges values (1, 3, '')"),
        "23514"
    );
    assert_eq!(
        owner.sqlstate("insert into edges values (1, 3, null)"),
        "23514"
    );
}

fn scope_types(database: &Database) {
    let mut owner = database.owner();
    owner.run("create type region as enum ('a', 'b')");
    for (scope_type, one, other) in [
        ("integer", "1", "2"),
        ("bigint", "1", "2"),
        (
            "uuid",
            "'00000000-0000-0000-0000-000000000001'",
            "'00000000-0000-0000-0000-000000000002'",
        ),
        ("varchar(5)", "'a'", "'b'"),
        ("region", "'a'", "'b'"),
    ] {
        owner.run(&format!(
            "create table edges (task_id integer, depends_on integer, scope {scope_type});
             create index on edges (task_id); create index on edges (depends_on);
             select steward.guard_dependencies('edges', scope => 'scope');
             insert into edges values (1, 2, {one}), (3, 4, {other})"
        ));
        assert_eq!(
            owner.sqlstate(&format!("insert into edges values (2, 1, {one})")),
            "23514"
        );
        let refusal = owner.refusal(&format!("insert into edges values (2, 3, {one})"));
        assert_eq!(refusal.sqlstate(), "23514", "{scope_type}: {refusal}");
        owner.run("drop table edges");
    }
    owner.run(
        "create table edges (task_id integer, depends_on integer, scope timestamptz);
         create index on edges (task_id); create index on edges (depends_on)",
    );
    assert_eq!(
        owner.sqlstate("select steward.guard_dependencies('edges', scope => 'scope')"),
        "42809"
    );
}
