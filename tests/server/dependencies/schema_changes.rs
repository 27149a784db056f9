//! What becomes of a guard when the tables change around it.

use steward_tests::{Database, tests};

use super::{assert_ranks_agree, owner_of_guarded_edges, path_of};

tests![
    renamed_tables_and_schemas,
    a_renamed_column,
    dropped_columns,
    dropped_indexes,
    another_owner,
    the_ranks_are_dropped,
    the_edges_are_dropped,
    a_dump_restores_as_it_was,
];

fn renamed_tables_and_schemas(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("insert into edges values (1, 2)");
    owner.run(
        "alter table edges rename to links; create schema other; alter table links set schema other;
         alter table edges_rank rename to \"the ranks\"; create schema third; alter table \"the ranks\" set schema third;
         alter schema third rename to fourth; alter schema other rename to \"Fifth\"",
    );
    let mut fresh = database.owner();
    for session in [&mut owner, &mut fresh] {
        let refusal = session.refusal("insert into \"Fifth\".links values (2, 1)");
        assert!(
            refusal
                .to_string()
                .contains("SCHEMA: Fifth\nTABLE: links\nCONSTRAINT: links_acyclic"),
            "{refusal}"
        );
    }
    owner.run("insert into \"Fifth\".links values (2, 3)");
    assert_eq!(
        owner.value("select steward.detach('\"Fifth\".links', 'dependencies')"),
        "1"
    );
    assert!(owner.holds("select to_regclass('fourth.\"the ranks\"') is null"));
}

fn a_renamed_column(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("insert into edges values (1, 2); alter table edges rename depends_on to \"Needs\"");
    for mut session in [owner, database.owner()] {
        let refusal = session.refusal("insert into edges values (2, 1)");
        assert_eq!(refusal.sqlstate(), "42703", "{refusal}");
        let text = refusal.to_string();
        for part in [
            "steward_dependencies",
            "steward.guard_dependencies(",
            "COLUMN: depends_on",
        ] {
            assert!(text.contains(part), "{refusal}");
        }
    }
    let mut owner = database.owner();
    owner.run("select steward.guard_dependencies('edges', depends_on => 'Needs')");
    assert_eq!(
        path_of(&owner.refusal("insert into edges values (2, 1)")),
        "2 -> 1 -> 2"
    );
    assert_eq!(owner.value("select count(*) from steward.attachments"), "1");
}

fn dropped_columns(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table edges (a integer, task_id bigint, b text, depends_on bigint, c integer);
         create index on edges (task_id); create index on edges (depends_on); alter table edges drop column a;
         select steward.guard_dependencies('edges'); insert into edges (task_id, depends_on) values (1, 2);
         alter table edges drop column b; insert into edges (task_id, depends_on) values (2, 3);
         alter table edges drop column c, add column d text default 'x'",
    );
    assert_eq!(
        path_of(&owner.refusal("insert into edges values (3, 1)")),
        "3 -> 1 -> 2 -> 3"
    );
    assert_ranks_agree(&mut owner);
    owner.run("alter table edges drop column depends_on");
    assert_eq!(owner.sqlstate("insert into edges values (3)"), "42703");
}

/// Slower, and still right.
fn dropped_indexes(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    let mut other = database.owner();
    owner.run("insert into edges values (1, 2), (2, 3)");
    other.run("insert into edges values (3, 4)");
    owner.run("drop index edges_depends_on_idx; alter table edges drop constraint edges_pkey");
    for session in [&mut owner, &mut other] {
        assert_eq!(
            path_of(&session.refusal("insert into edges values (4, 1)")),
            "4 -> 1 -> 2 -> 3 -> 4"
        );
        session.run("insert into edges values (1, 9), (9, 10)");
    }
    assert_ranks_agree(&mut owner);
}

fn another_owner(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("insert into edges values (1, 2)");
    let mut superuser = database.superuser();
    superuser.run("alter table edges owner to stranger");
    for mut session in [database.superuser(), owner] {
        let refusal = session.refusal("insert into edges values (2, 1)");
        assert_eq!(refusal.sqlstate(), "42501", "{refusal}");
    }
    superuser.run("alter table edges_rank owner to stranger");
    assert_eq!(
        path_of(&superuser.refusal("insert into edges values (2, 1)")),
        "2 -> 1 -> 2"
    );
}

/// A trigger goes with the table that it is bound to, so that table must not go without a word.
fn the_ranks_are_dropped(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("insert into edges values (1, 2)");
    let refusal = owner.refusal("drop table edges_rank");
    assert_eq!(refusal.sqlstate(), "2BP01", "{refusal}");
    assert_eq!(owner.sqlstate("insert into edges values (2, 1)"), "23514");
}

fn the_edges_are_dropped(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("drop table edges");
    assert!(owner.holds("select to_regclass('edges_rank') is null"));
}

fn a_dump_restores_as_it_was(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table edges (task_id text, depends_on text, project integer, kind text);
         create index on edges (task_id); create index on edges (depends_on);
         select steward.guard_dependencies('edges', scope => 'project', kind => 'kind', blocking_kinds => '{a,b}', reversed_kinds => '{r}');
         insert into edges values ('ä', 'b', 1, 'a'), ('b', 'c', 1, 'b'), ('c', 'd', 2, 'x')",
    );
    let restored = database.restored();
    let mut superuser = restored.superuser();
    let query = "select * from steward.attachments";
    assert_eq!(superuser.rows(query), database.superuser().rows(query));
    superuser.run("delete from edges where kind = 'x'");
    assert_ranks_agree(&mut superuser);
    for statement in [
        "insert into public.edges values ('c', 'ä', 1, 'a')",
        "insert into public.edges values ('ä', 'c', 1, 'r')",
        "insert into public.edges values ('c', 'b', 2, 'a')",
    ] {
        assert_eq!(superuser.sqlstate(statement), "23514", "{statement}");
    }
    superuser.run("insert into public.edges values ('z', 'ä', 1, 'a'), ('c', 'y', 1, 'a')");
    assert_ranks_agree(&mut superuser);
    // A dump does not say that the ranks belong to their trigger; mending the ranks says so again.
    superuser.run("select steward.rebuild_dependencies('public.edges')");
    assert_eq!(superuser.sqlstate("drop table public.edges_rank"), "2BP01");
    superuser.run("drop table public.edges");
    assert!(superuser.holds("select to_regclass('public.edges_rank') is null"));
}
