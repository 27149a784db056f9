//! `track_completion` itself: what it refuses, what it does with rows that are there, and how it is undone.

use steward_tests::{Database, Role, tests};

use super::{CHAIN, TABLES, TRACK, assert_verified, kept, owner_of_tracked_tasks};

tests![
    rows_that_are_there_count,
    attached_again_it_does_nothing,
    with_other_arguments_it_is_replaced,
    after_a_type_has_changed_it_is_made_anew,
    detaching_takes_everything_away,
    what_cannot_work_is_refused,
    only_the_owner_attaches,
    a_member_of_the_owning_role_attaches,
    the_guard_says_which_columns_are_edges,
    extension_goes_and_takes_nothing_along,
];

fn rows_that_are_there_count(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run(CHAIN);
    owner.run("update tasks set status = 'done' where id = 1; update tasks set status = 'cancelled' where id = 5");
    owner.run(TRACK);
    assert_eq!(
        kept(&mut owner),
        ["1|1|0|f", "2|0|0|t", "3|0|1|f", "4|0|1|f", "5|2|0|f"]
    );
    assert_verified(&mut owner, "tasks");
    // What was done before is not stamped now.
    assert_eq!(
        owner.value("select completed_at from tasks where id = 1"),
        "NULL"
    );
}

const TRIGGERS: &str = "select target, name, capability, bound_table from steward.attachments order by target::text, name";

fn attached_again_it_does_nothing(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let oids = "select array_agg(oid order by oid)::text from pg_trigger where tgrelid in ('tasks'::regclass, 'edges'::regclass)";
    let before = (owner.value(oids), owner.rows(TRIGGERS));
    let mut writer = database.owner();
    writer.run("begin; insert into tasks (id) values (1)");
    owner.run(TRACK);
    owner.run("select steward.track_completion('tasks', done => '{done}', edges => 'edges', title => 'title')");
    writer.run("commit");
    assert_eq!((owner.value(oids), owner.rows(TRIGGERS)), before);
}

fn with_other_arguments_it_is_replaced(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    owner.run("update tasks_readiness set claim_token = 7, claimed_by = 'me', claimed_until = 'infinity' where task = 1");
    let names: Vec<String> = owner.rows(TRIGGERS);
    owner.run(
        "select steward.track_completion('tasks', edges => 'edges', on_cancelled => 'satisfy')",
    );
    assert_eq!(owner.rows(TRIGGERS), names);
    assert_eq!(
        owner.value(
            "select claim_token, claimed_by, claimed_until from tasks_readiness where task = 1"
        ),
        "7|me|infinity"
    );
    owner.run("update tasks set status = 'cancelled' where id = 1");
    assert_eq!(kept(&mut owner)[1], "2|0|0|t");
    // Without its edges.
    owner.run("select steward.track_completion('tasks')");
    assert_eq!(
        owner.rows("select name from steward.attachments where target = 'edges'::regclass"),
        ["steward_dependencies"]
    );
    assert_eq!(kept(&mut owner)[3], "4|0|0|t");
    owner.run(TRACK);
    assert_verified(&mut owner, "tasks");
    assert_eq!(
        owner.rows(
            "select relname from pg_class where relname like 'tasks_readiness%' and relkind = 'r'"
        ),
        ["tasks_readiness"]
    );
}

fn after_a_type_has_changed_it_is_made_anew(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table tasks (id integer primary key, status text, priority integer, completed_at timestamptz);
         select steward.track_completion('tasks');
         insert into tasks values (1, 'todo', 2), (2, 'todo', 1);
         select * from steward.claim_task('tasks', 'me')",
    );
    for change in ["alter priority type bigint", "alter id type bigint"] {
        owner.run(&format!("alter table tasks {change}"));
        let refusal = owner.refusal("update tasks set status = 'doing', priority = 3");
        assert_eq!(refusal.sqlstate(), "42809");
        let hint = refusal.hint().unwrap_or_default();
        assert!(
            hint.contains("select steward.track_completion('public.tasks', "),
            "{hint}"
        );
        owner.run("select steward.track_completion('tasks')");
        owner.run("update tasks set status = 'doing', priority = 3");
        assert_verified(&mut owner, "tasks");
        assert_eq!(
            owner.value("select task, claimed_by from tasks_readiness where claim_token > 0"),
            "2|me"
        );
    }
}

fn detaching_takes_everything_away(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    assert_eq!(owner.value("select steward.detach('tasks', 'tasks')"), "9");
    assert_eq!(
        owner.rows("select name from steward.attachments"),
        ["steward_dependencies"]
    );
    assert_eq!(owner.value("select to_regclass('tasks_readiness')"), "NULL");
    owner.run(CHAIN);
    owner.run("update tasks set status = 'done' where id = 4");
    assert_eq!(owner.value("select steward.detach('tasks', 'tasks')"), "0");
    assert_eq!(
        owner.sqlstate("select steward.complete_task('tasks', 1)"),
        "42704"
    );
    // From the side of the edges it is the same.
    owner.run(TRACK);
    assert_eq!(owner.value("select steward.detach('edges', 'tasks')"), "9");
    assert_eq!(owner.value("select to_regclass('tasks_readiness')"), "NULL");
}

fn what_cannot_work_is_refused(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run(
        "create table keyless (id integer, status text);
         create table unstamped (id integer primary key, status text);
         create table numbered (id integer primary key, status integer);
         create table stamped (id integer primary key, status text, completed_at date, at timestamptz not null default now());
         create table decimal (id numeric primary key, status text);
         create table parent (id integer primary key, status text); create table child () inherits (parent);
         create table parted (id integer, status text) partition by list (id); create table part partition of parted for values in (1);
         create table unindexed (task_id integer, depends_on integer);
         create table unguarded (waiter integer, waited_for integer);
         create table wide (task_id bigint primary key, depends_on bigint unique);
         create view seen as select * from tasks",
    );
    let cases = [
        ("null", "22023"),
        ("'tasks', key => null", "22023"),
        ("'tasks', done => '{}'", "22023"),
        ("'tasks', done => '{done,null}'", "22023"),
        ("'tasks', done => '{done}', cancelled => '{done}'", "22023"),
        ("'tasks', on_cancelled => 'maybe'", "22023"),
        ("'tasks', on_reopen => 'maybe'", "22023"),
        ("'tasks', transitions => '[]'", "22023"),
        ("'tasks', transitions => '{\"a\": \"b\"}'", "22023"),
        ("'tasks', status => 'stage'", "42703"),
        ("'tasks', key => 'number'", "42703"),
        ("'tasks', priority => 'none'", "42703"),
        ("'tasks', priority => 'completed_at'", "42809"),
        ("'tasks', due => 'title'", "42809"),
        ("'tasks', title => 'none'", "42703"),
        ("'keyless', completed_at => null", "55000"),
        ("'unstamped'", "42703"),
        ("'numbered', completed_at => null", "42809"),
        ("'stamped'", "42809"),
        ("'stamped', completed_at => 'at'", "55000"),
        ("'decimal', completed_at => null", "42809"),
        ("'parent', completed_at => null", "55000"),
        ("'part', completed_at => null", "42809"),
        ("'seen'", "42809"),
        ("'tasks', edges => 'unindexed'", "55000"),
        ("'tasks', edges => 'unguarded'", "42704"),
        ("'tasks', edges => 'wide'", "42809"),
        ("'tasks', edges => 'seen'", "42809"),
    ];
    for (arguments, sqlstate) in cases {
        let refusal = owner.refusal(&format!("select steward.track_completion({arguments})"));
        assert_eq!(refusal.sqlstate(), sqlstate, "{refusal}\nof: {arguments}");
    }
    let refusal = owner.refusal("select steward.track_completion('tasks', edges => 'unindexed')");
    assert_eq!(
        refusal.hint(),
        Some("create index on public.unindexed (task_id);")
    );
    let refusal = owner.refusal("select steward.track_completion('keyless', completed_at => null)");
    assert_eq!(
        refusal.hint(),
        Some("create unique index on public.keyless (id);")
    );
    assert_eq!(owner.rows("select * from steward.attachments"), [""; 0]);
}

fn only_the_owner_attaches(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("grant all on all tables in schema public to public");
    let mut user = database.session(Role::Writer);
    for call in [
        TRACK,
        "select * from steward.verify_tasks('tasks')",
        "select steward.rebuild_tasks('tasks')",
        "select steward.detach('tasks', 'tasks')",
    ] {
        assert_eq!(user.sqlstate(call), "42501", "{call}");
    }
}

fn a_member_of_the_owning_role_attaches(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    let mut member = database.session(Role::Member);
    member.run(TRACK);
    assert!(owner.holds(
        "select a.relowner = b.relowner from pg_class as a, pg_class as b where a.relname = 'tasks' and b.relname = 'tasks_readiness'"
    ));
    owner.run(CHAIN);
    assert_verified(&mut owner, "tasks");
}

fn the_guard_says_which_columns_are_edges(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("alter table edges rename column task_id to waiter; alter table edges rename column depends_on to waited_for");
    assert_eq!(owner.sqlstate(TRACK), "42704");
    owner.run(
        "select steward.guard_dependencies('edges', task => 'waiter', depends_on => 'waited_for')",
    );
    owner.run(TRACK);
    owner.run(CHAIN);
    assert_eq!(kept(&mut owner)[2], "3|0|2|f");
}

fn extension_goes_and_takes_nothing_along(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    database.superuser().run("drop extension steward cascade");
    assert_eq!(owner.value("select count(*) from tasks"), "5");
    owner.run("update tasks set status = 'done'; delete from edges");
}
