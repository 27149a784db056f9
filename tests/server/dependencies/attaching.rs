//! The attach call: what it makes, what it refuses, and what is there already.

use steward_tests::{Database, Role, catalog, tests};

use super::{EDGES, GUARD, assert_ranks_agree, edges, owner_of_guarded_edges};
use crate::hostile;

tests![
    rows_that_exist_are_ranked,
    rows_that_hold_a_cycle_are_refused,
    attaching_again_does_nothing,
    other_arguments_replace_the_guard,
    a_trigger_name_that_is_taken,
    a_name_that_is_too_long,
    missing_indexes_are_refused_with_the_statement,
    indexes_that_do_not_serve,
    wrong_arguments,
    hostile_names,
    unlogged_and_temporary_tables,
    detaching_leaves_nothing,
    attaching_from_a_member_of_the_owner,
    an_operator_in_public_does_not_reach_who_writes,
];

fn rows_that_exist_are_ranked(database: &Database) {
    let mut owner = database.owner();
    owner.run(EDGES);
    owner.run(
        "insert into edges select i + 1 + random()::integer, i from generate_series(1, 2000) as i;
         insert into edges select i + 7, i from generate_series(1, 1000) as i on conflict do nothing",
    );
    owner.run(GUARD);
    assert_ranks_agree(&mut owner);
    owner.run("insert into edges values (1, 5000)");
    assert_eq!(
        owner.sqlstate("insert into edges values (1, 1001)"),
        "23514"
    );
}

fn rows_that_hold_a_cycle_are_refused(database: &Database) {
    let mut owner = database.owner();
    owner.run(EDGES);
    owner.run("insert into edges values (1, 2), (2, 3), (3, 1), (0, 1), (3, 4)");
    let refusal = owner.refusal(GUARD);
    assert_eq!(refusal.sqlstate(), "23514", "{refusal}");
    let path = refusal.detail().unwrap_or_default().to_owned();
    assert!(
        ["1 -> 2 -> 3 -> 1", "2 -> 3 -> 1 -> 2", "3 -> 1 -> 2 -> 3"]
            .iter()
            .any(|cycle| path.contains(cycle)),
        "{refusal}"
    );
    assert!(owner.rows("select from steward.attachments").is_empty());
    assert_eq!(owner.value("select to_regclass('edges_rank') is null"), "t");
    owner.run(
        "delete from edges where task_id = 3 and depends_on = 1; insert into edges values (9, 9)",
    );
    assert_eq!(owner.sqlstate(GUARD), "23514");
    owner.run("delete from edges where task_id = 9");
    owner.run(GUARD);
    assert_ranks_agree(&mut owner);
}

fn attaching_again_does_nothing(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("insert into edges values (1, 2)");
    let before = catalog::snapshot(&mut owner, "public");
    let trigger = owner.value("select oid from pg_trigger where tgname = 'steward_dependencies'");
    // Nobody is waited for.
    let mut writer = database.owner();
    writer.run("begin; insert into edges values (3, 4)");
    owner.run("set lock_timeout = '100ms'");
    owner.run(GUARD);
    writer.run("commit");
    assert_eq!(catalog::snapshot(&mut owner, "public"), before);
    assert_eq!(
        owner.value("select oid from pg_trigger where tgname = 'steward_dependencies'"),
        trigger
    );
}

fn other_arguments_replace_the_guard(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("alter table edges add column project integer; insert into edges values (1, 2)");
    owner.run("select steward.guard_dependencies('edges', scope => 'project')");
    assert_eq!(owner.value("select count(*) from steward.attachments"), "1");
    assert_eq!(
        owner.rows(
            "select relname from pg_class where relname like 'edges_rank%' and relkind = 'r'"
        ),
        ["edges_rank"]
    );
    assert_eq!(owner.sqlstate("insert into edges values (2, 1)"), "23514");
    assert_eq!(
        owner.sqlstate("insert into edges values (2, 3, '', 5)"),
        "23514"
    );
}

/// A call that finds its guard under the name that it had to take makes no second one.
fn a_trigger_name_that_is_taken(database: &Database) {
    let mut owner = database.owner();
    owner.run(EDGES);
    owner.run(
        "create function nothing() returns trigger language plpgsql as 'begin return new; end';
         create trigger steward_dependencies after insert on edges for each row execute function nothing()",
    );
    owner.run(GUARD);
    owner.run(GUARD);
    assert_eq!(owner.value("select count(*) from steward.attachments"), "1");
    owner.run("insert into edges values (1, 2)");
    assert_eq!(owner.sqlstate("insert into edges values (2, 1)"), "23514");
}

fn a_name_that_is_too_long(database: &Database) {
    let mut owner = database.owner();
    owner.run(EDGES);
    for name in ["n".repeat(70), "é".repeat(40), hostile::names().remove(0)] {
        let call = format!(
            "select steward.guard_dependencies('edges', name => {})",
            hostile::literal(&name)
        );
        owner.run(&call);
        owner.run(&call);
        assert_eq!(
            owner.value("select count(*) from steward.attachments"),
            "1",
            "{name}"
        );
        owner.run("insert into edges values (1, 2)");
        assert_eq!(owner.sqlstate("insert into edges values (2, 1)"), "23514");
        owner.run("delete from edges; select steward.detach('edges', 'dependencies')");
    }
}

fn missing_indexes_are_refused_with_the_statement(database: &Database) {
    let mut owner = database.owner();
    owner.run("create schema \"odd ''one\"; create table \"odd ''one\".\"e\"\"s\" (\"Task\" uuid, \"de\"\"p\" uuid)");
    let call = "select steward.guard_dependencies('\"odd ''''one\".\"e\"\"s\"', task => 'Task', depends_on => 'de\"p')";
    let refusal = owner.refusal(call);
    assert_eq!(refusal.sqlstate(), "55000", "{refusal}");
    owner.run(refusal.hint().expect("two statements"));
    owner.run(call);
}

fn indexes_that_do_not_serve(database: &Database) {
    for index in [
        "create index on edges (task_id) where task_id > 0",
        "create index on edges ((task_id + 0))",
        "create index on edges using hash (task_id)",
        "create index on edges (depends_on, task_id)",
    ] {
        let database = database.create_another().expect("a database");
        let mut owner = database.owner();
        owner.run("create table edges (task_id integer, depends_on integer); create index on edges (depends_on)");
        owner.run(index);
        assert_eq!(owner.sqlstate(GUARD), "55000", "{index}");
    }
    let mut owner = database.owner();
    owner.run(
        "create table edges (task_id text, depends_on text); create index on edges (depends_on);
         create index on edges (task_id text_pattern_ops)",
    );
    assert_eq!(owner.sqlstate(GUARD), "55000");
    owner.run("create index on edges (task_id collate \"C\")");
    assert_eq!(owner.sqlstate(GUARD), "55000");
    owner.run("create index on edges (task_id desc nulls first) include (depends_on)");
    owner.run(GUARD);
    owner.run("insert into edges values ('a', 'b'), ('b', 'c')");
    assert_eq!(
        owner.sqlstate("insert into edges values ('c', 'a')"),
        "23514"
    );
}

fn wrong_arguments(database: &Database) {
    let mut owner = database.owner();
    owner.run(EDGES);
    owner.run(
        "create view shown as select * from edges; create materialized view kept as select * from edges;
         create table parents (task_id integer, depends_on integer); create index on parents (task_id);
         create index on parents (depends_on); create table children () inherits (parents);
         create table parted (task_id integer, depends_on integer) partition by list (task_id);
         create index on parted (task_id); create index on parted (depends_on);
         create table part partition of parted for values in (1)",
    );
    for (call, expected) in [
        ("'edges', task => 'id'", "42703"),
        (
            "'edges', task => 'task_id', depends_on => 'task_id'",
            "22023",
        ),
        ("'edges', task => null", "22023"),
        ("null", "22023"),
        ("'edges', scope => 'nothing'", "42703"),
        ("'edges', task => 'ctid'", "42703"),
        ("'edges', task => 'TASK_ID'", "42703"),
        ("0", "42704"),
        ("'shown'", "42809"),
        ("'kept'", "42809"),
        ("'parents'", "55000"),
        ("'part'", "42809"),
    ] {
        let refusal = owner.refusal(&format!("select steward.guard_dependencies({call})"));
        assert_eq!(refusal.sqlstate(), expected, "{call}: {refusal}");
    }
    let mut superuser = database.superuser();
    let refusal = superuser.refusal("select steward.guard_dependencies('pg_class', task => 'relnamespace', depends_on => 'reltype')");
    assert_eq!(refusal.sqlstate(), "42809", "{refusal}");
    for role in [Role::Writer, Role::Stranger] {
        let refusal = database.session(role).refusal(GUARD);
        assert_eq!(refusal.sqlstate(), "42501", "{refusal}");
    }
    assert!(owner.rows("select from steward.attachments").is_empty());
}

fn hostile_names(database: &Database) {
    let mut owner = database.owner();
    let names = hostile::names();
    for (index, name) in names.iter().enumerate() {
        let other = &names[(index + 1) % names.len()];
        let third = &names[(index + 2) % names.len()];
        let [table, task, depends_on] = [name, name, other].map(|name| hostile::identifier(name));
        let scope = hostile::identifier(third);
        owner.run(&format!("create schema {table}"));
        owner.run(&format!(
            "create table {table}.{table} ({task} text, {depends_on} text, {scope} text);
             create index on {table}.{table} ({task}); create index on {table}.{table} ({depends_on})"
        ));
        let target = hostile::literal(&format!("{table}.{table}"));
        let call = format!(
            "select steward.guard_dependencies({target}, task => {}, depends_on => {}, scope => {}, name => {})",
            hostile::literal(name),
            hostile::literal(other),
            hostile::literal(third),
            hostile::literal(third),
        );
        owner.run(&call);
        owner.run(&format!(
            "insert into {table}.{table} values ('a', 'b', 'c'), ('b', '\"''\\', 'c')"
        ));
        let refusal = owner.refusal(&format!(
            "insert into {table}.{table} values ('\"''\\', 'a', 'c')"
        ));
        assert_eq!(refusal.sqlstate(), "23514", "{name:?}: {refusal}");
        assert_eq!(
            refusal.detail(),
            Some("Each waits for the next: \"'\\ -> a -> b -> \"'\\.")
        );
        owner.run(&format!("select steward.detach({target}, 'dependencies')"));
        owner.run(&format!(
            "insert into {table}.{table} values ('b', 'a', 'd')"
        ));
    }
}

fn unlogged_and_temporary_tables(database: &Database) {
    let mut owner = database.owner();
    for (kind, persistence) in [("unlogged", "u"), ("temporary", "t")] {
        owner.run(&EDGES.replace("create table", &format!("create {kind} table")));
        owner.run(GUARD);
        assert_eq!(
            owner.value("select relpersistence from pg_class where oid = 'edges_rank'::regclass"),
            persistence
        );
        owner.run("insert into edges values (1, 2)");
        assert_eq!(owner.sqlstate("insert into edges values (2, 1)"), "23514");
        assert_ranks_agree(&mut owner);
        owner.run("drop table edges");
        assert!(
            owner.holds("select to_regclass('edges_rank') is null"),
            "the ranks go with the edges"
        );
    }
    owner.run("begin");
    owner.run(
        &EDGES
            .replace("create table", "create temporary table")
            .replace(
                "primary key (task_id, depends_on)\n    )",
                "primary key (task_id, depends_on)\n    ) on commit drop",
            ),
    );
    owner.run(GUARD);
    owner.run("insert into edges values (1, 2); commit");
}

fn detaching_leaves_nothing(database: &Database) {
    let mut owner = database.owner();
    owner.run(EDGES);
    let before = catalog::snapshot(&mut owner, "public");
    owner.run(GUARD);
    owner.run("insert into edges values (1, 2)");
    assert_eq!(
        owner.value("select steward.detach('edges', 'dependencies')"),
        "1"
    );
    assert_eq!(catalog::snapshot(&mut owner, "public"), before);
    owner.run("insert into edges values (2, 1)");
    assert_eq!(edges(&mut owner), ["1|2", "2|1"]);
}

fn attaching_from_a_member_of_the_owner(database: &Database) {
    let mut owner = database.owner();
    owner.run(EDGES);
    owner.run("grant usage, create on schema public to member");
    let mut member = database.session(Role::Member);
    member.run(GUARD);
    assert_eq!(
        owner.value("select relowner::regrole from pg_class where oid = 'edges_rank'::regclass"),
        "owner"
    );
    member.run("insert into edges values (1, 2)");
    assert_eq!(owner.sqlstate("insert into edges values (2, 1)"), "23514");
}

/// The catalogs are asked for oids. An operator that looks like theirs, in a schema of the path, has to stay out of
/// what the trigger asks: a writer would run it with his own rights.
fn an_operator_in_public_does_not_reach_who_writes(database: &Database) {
    let mut superuser = database.superuser();
    superuser.run(
        "create schema app; create table app.edges (task_id integer, depends_on integer, kind text);
         create index on app.edges (task_id); create index on app.edges (depends_on);
         grant create on schema public to stranger",
    );
    let mut stranger = database.session(Role::Stranger);
    stranger.run(
        "create table stranger.sprung (who text);
         grant insert, select, truncate on stranger.sprung to public; grant usage on schema stranger to public",
    );
    for (left, right) in [
        ("oid", "integer"),
        ("smallint", "oid"),
        ("oid", "bigint"),
        ("name", "text"),
        ("name", "varchar"),
    ] {
        stranger.run(&format!(
            "create function public.equal(a {left}, b {right}) returns boolean language plpgsql as $$ begin
                 insert into stranger.sprung values (current_user);
                 return a::text operator(pg_catalog.=) b::text;
             end $$;
             create operator public.= (leftarg = {left}, rightarg = {right}, function = public.equal)"
        ));
    }
    // The control: the trap springs for who does not look out.
    superuser.run("select from pg_class where oid = 1259");
    assert_eq!(
        superuser.value("select distinct who from stranger.sprung"),
        "postgres"
    );
    superuser.run("truncate stranger.sprung");

    superuser.run("select steward.guard_dependencies('app.edges', kind => 'kind', blocking_kinds => '{blocks}')");
    let mut fresh = database.superuser();
    fresh.run("insert into app.edges values (1, 2, 'blocks'), (2, 3, 'blocks'), (4, 1, 'blocks')");
    assert_eq!(
        fresh.sqlstate("insert into app.edges values (3, 4, 'blocks')"),
        "23514"
    );
    assert_eq!(
        superuser.rows("select distinct who from stranger.sprung"),
        [""; 0]
    );
}
