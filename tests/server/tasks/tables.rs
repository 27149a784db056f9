//! Tables of other shapes: partitioned, of other names, tasks that are their own edges.

use steward_tests::{Database, tests};

use crate::hostile::{identifier, literal, names};

use super::{assert_verified, kept};

tests![
    partitioned_tasks,
    straight_into_a_partition,
    a_partition_that_is_truncated,
    a_partition_that_is_detached,
    a_parent_waits_for_its_children,
    names_that_break_what_is_not_quoted,
    labels_that_break_what_is_not_quoted,
    a_hostile_search_path,
    dependencies_without_foreign_keys,
    priorities_and_due_dates_follow,
    a_table_that_was_renamed,
];

const PARTITIONED: &str = "
    create table tasks (id integer, project text, status text not null default 'todo', primary key (id, project))
    partition by list (project);
    create table tasks_a partition of tasks for values in ('a');
    create table tasks_b (note text, status text not null default 'todo', project text not null, id integer not null);
    alter table tasks_b drop column note;
    alter table tasks attach partition tasks_b for values in ('b');
    create table edges (task_id integer, depends_on integer, primary key (task_id, depends_on)) partition by hash (task_id);
    create table edges_0 partition of edges for values with (modulus 2, remainder 0);
    create table edges_1 partition of edges for values with (modulus 2, remainder 1);
    create index on edges (depends_on);
    select steward.guard_dependencies('edges');
    select steward.track_completion('tasks', completed_at => null, edges => 'edges');
    insert into tasks values (1, 'a'), (2, 'b'), (3, 'a'), (4, 'b');
    insert into edges values (2, 1), (3, 2), (4, 1)";

fn partitioned_tasks(database: &Database) {
    let mut owner = database.owner();
    owner.run(PARTITIONED);
    assert_eq!(
        owner.sqlstate("update tasks set status = 'done' where id = 3"),
        "55000"
    );
    owner.run("update tasks set status = 'done' where id in (1, 2)");
    assert_eq!(
        kept(&mut owner),
        ["1|1|0|f", "2|1|0|f", "3|0|0|t", "4|0|0|t"]
    );
    // A row that moves stays the same task.
    owner.run("update tasks set project = 'b' where project = 'a'; update edges set task_id = task_id + 1, depends_on = 3 where task_id = 3");
    assert_eq!(kept(&mut owner)[2..], ["3|0|0|t", "4|0|1|f"]);
    owner.run("create table tasks_c partition of tasks for values in ('c'); insert into tasks values (5, 'c'); insert into edges values (5, 4)");
    assert_eq!(kept(&mut owner)[4], "5|0|1|f");
    assert_verified(&mut owner, "tasks");
}

fn straight_into_a_partition(database: &Database) {
    let mut owner = database.owner();
    owner.run(PARTITIONED);
    owner.run("begin; update tasks_a set status = 'done' where id = 1; insert into tasks_b (id, project) values (6, 'b')");
    // It is worked off when the transaction ends, or with the next statement on the whole table.
    owner.run("savepoint here; insert into edges values (6, 2); rollback to here; commit");
    assert_eq!(
        kept(&mut owner),
        ["1|1|0|f", "2|0|0|t", "3|0|1|f", "4|0|0|t", "6|0|0|t"]
    );
    assert_eq!(
        owner.sqlstate("update tasks_a set status = 'done' where id = 3"),
        "55000"
    );
    owner.run("insert into edges_0 select 6, 4 where satisfies_hash_partition('edges'::regclass, 2, 0, 6)");
    owner.run("insert into edges_1 select 6, 4 where satisfies_hash_partition('edges'::regclass, 2, 1, 6)");
    assert_eq!(kept(&mut owner)[4], "6|0|1|f");
    assert_verified(&mut owner, "tasks");
}

fn a_partition_that_is_truncated(database: &Database) {
    let mut owner = database.owner();
    owner.run(PARTITIONED);
    owner.run("truncate tasks_a");
    assert_eq!(kept(&mut owner), ["2|0|0|t", "4|0|0|t"]);
    owner.run("truncate edges_0, edges_1");
    assert_verified(&mut owner, "tasks");
}

/// PostgreSQL leaves it with the triggers of the whole.
fn a_partition_that_is_detached(database: &Database) {
    let mut owner = database.owner();
    owner.run(PARTITIONED);
    owner.run("alter table tasks detach partition tasks_a; update tasks_a set status = 'x'");
    owner.run("insert into tasks values (1, 'b'), (3, 'b')");
    assert_verified(&mut owner, "tasks");
    owner.run("select steward.detach('tasks', 'tasks')");
    assert_eq!(owner.value("select to_regclass('tasks_readiness')"), "NULL");
}

fn a_parent_waits_for_its_children(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table tasks (id uuid primary key, n integer unique, status text default 'todo', parent uuid references tasks on delete cascade);
         create index on tasks (parent);
         select steward.guard_dependencies('tasks', task => 'parent', depends_on => 'id');
         select steward.track_completion('tasks', completed_at => null, edges => 'tasks');
         insert into tasks (id, n, parent) select md5(i::text)::uuid, i, case when i > 1 then md5((i / 2)::text)::uuid end
         from generate_series(1, 7) as i",
    );
    let counters =
        "select n, open_blockers from tasks join tasks_readiness on task = id order by n";
    assert_eq!(
        owner.rows(counters),
        ["1|2", "2|2", "3|2", "4|0", "5|0", "6|0", "7|0"]
    );
    assert_eq!(
        owner.sqlstate("update tasks set status = 'done' where n = 2"),
        "55000"
    );
    owner.run("update tasks set status = 'done' where n in (4, 5, 2)");
    owner.run("insert into tasks values (md5('8')::uuid, 8, 'todo', md5('1')::uuid), (md5('9')::uuid, 9, 'done', md5('8')::uuid)");
    assert_eq!(
        owner
            .value("select open_blockers from tasks join tasks_readiness on task = id where n = 1"),
        "2"
    );
    owner
        .run("update tasks set parent = md5('8')::uuid where n = 3; delete from tasks where n = 2");
    assert_eq!(
        owner.rows(counters),
        ["1|1", "3|2", "6|0", "7|0", "8|1", "9|0"]
    );
    owner.run("delete from tasks where n = 3");
    assert_eq!(owner.rows(counters), ["1|1", "8|0", "9|0"]);
    assert_verified(&mut owner, "tasks");
}

fn names_that_break_what_is_not_quoted(database: &Database) {
    let mut owner = database.owner();
    for (number, name) in names().into_iter().enumerate() {
        let schema = format!("s{number}");
        owner.run(&format!(
            "create schema {schema}; set search_path = {schema}"
        ));
        let (table, column) = (identifier(&name), identifier(&name));
        owner.run(&format!(
            "create table {table} (id integer primary key, {column} text, at timestamptz, title text, priority text, due_date date);
             create table edges (task_id integer references {table}, depends_on integer references {table});
             create index on edges (task_id); create index on edges (depends_on)",
        ));
        let label = literal(&name);
        owner.run(&format!(
            "select steward.track_completion(tasks => {table}::regclass, status => {label}, done => array[{label}],
                 completed_at => 'at', edges => 'edges', transitions => jsonb_build_object('todo', jsonb_build_array({label})))",
            table = literal(&format!("{schema}.{table}")),
        ));
        owner.run(&format!("insert into {table} (id, {column}) values (1, 'todo'), (2, 'todo'); insert into edges values (2, 1)"));
        let refusal = owner.refusal(&format!(
            "update {table} set {column} = {label} where id = 2"
        ));
        assert_eq!(refusal.sqlstate(), "55000", "{refusal}");
        let regclass = literal(&table);
        assert_eq!(
            owner.rows(&format!(
                "select * from steward.complete_task({regclass}, 1)"
            )),
            ["2"]
        );
        assert_eq!(
            owner.rows(&format!("select * from steward.verify_tasks({regclass})")),
            [""; 0]
        );
        assert_eq!(
            owner.value(&format!("select steward.rebuild_tasks({regclass})")),
            "0"
        );
        owner.run(&format!("select steward.detach({regclass}, 'tasks')"));
    }
}

fn labels_that_break_what_is_not_quoted(database: &Database) {
    let mut owner = database.owner();
    for (number, name) in names().into_iter().enumerate() {
        let label = literal(&format!("={name}=done="));
        let table = format!("tasks_{number}");
        owner.run(&format!(
            "create table {table} (id text primary key, status text, title text);
             select steward.track_completion('{table}', completed_at => null, cancelled => array[{label}]);
             insert into {table} values ({label}, {label}, {label})",
        ));
        assert_eq!(
            owner.value(&format!("select state from {table}_readiness")),
            "2"
        );
        assert_eq!(
            owner.value(&format!(
                "select count(*) from steward.complete_task('{table}', {label})"
            )),
            "0"
        );
        assert_eq!(
            owner.value(&format!("select state from {table}_readiness")),
            "1"
        );
        assert!(owner.holds(&format!(
            "select steward.reopen_task('{table}', {label}, 'todo')"
        )));
        assert_verified(&mut owner, &table);
    }
}

fn a_hostile_search_path(database: &Database) {
    let mut owner = database.owner();
    owner.run(super::TABLES);
    owner.run(
        "create schema evil;
         create function evil.fails(anyelement, anyelement) returns boolean language plpgsql as $$ begin raise exception 'evil'; end $$;
         create operator evil.= (leftarg = anyelement, rightarg = anyelement, function = evil.fails);
         create operator evil.<> (leftarg = anyelement, rightarg = anyelement, function = evil.fails);
         create function evil.count(anyelement) returns bigint language sql as 'select 1/0::bigint';
         create table evil.pg_trigger (oid oid); create domain evil.text as integer; create domain evil.uuid as integer;
         set search_path = evil, public, pg_catalog",
    );
    owner.run("select steward.guard_dependencies('edges'); select steward.track_completion('tasks', edges => 'edges')");
    owner.run(super::CHAIN);
    assert_eq!(
        owner.rows("select * from steward.complete_task('tasks', '1'::pg_catalog.text)"),
        ["2"]
    );
    assert_eq!(
        owner.sqlstate("update tasks set status = 'done' where id operator(pg_catalog.=) 4"),
        "55000"
    );
    assert_eq!(
        owner.rows(
            "select task, title, depth from steward.blockers('tasks', '3'::pg_catalog.text, true)"
        ),
        ["2|Task 2|1"]
    );
    assert_verified(&mut owner, "tasks");
}

fn dependencies_without_foreign_keys(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table tasks (id bigint primary key, status text default 'todo');
         create table edges (task_id bigint, depends_on bigint);
         create index on edges (task_id); create index on edges (depends_on);
         select steward.track_completion('tasks', completed_at => null, edges => 'edges');
         insert into edges values (1, 2), (1, 2), (3, 1);
         insert into tasks values (1)",
    );
    // What does not exist does not block.
    assert_eq!(kept(&mut owner), ["1|0|0|t"]);
    owner.run("insert into tasks values (2), (3)");
    assert_eq!(kept(&mut owner), ["1|0|2|f", "2|0|0|t", "3|0|1|f"]);
    owner.run("delete from tasks where id = 2");
    assert_eq!(kept(&mut owner), ["1|0|0|t", "3|0|1|f"]);
    owner.run("insert into tasks values (2, 'done'); update tasks set status = 'todo' where id = 2; delete from edges where ctid = (select min(ctid) from edges where depends_on = 2)");
    assert_eq!(kept(&mut owner)[0], "1|0|1|f");
    assert_verified(&mut owner, "tasks");
}

fn priorities_and_due_dates_follow(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create type urgency as enum ('high', 'low'); create domain pressing as urgency;
         create table tasks (id integer primary key, status text default 'todo', priority pressing, due_date timestamptz);
         create table numbered (id integer primary key, status text default 'todo', weight numeric(10,2), title text);
         select steward.track_completion('tasks', completed_at => null);
         select steward.track_completion('numbered', completed_at => null, priority => 'weight');
         insert into tasks values (1, 'todo', 'low', '2030-01-01'), (2, 'todo', null, null);
         insert into numbered values (1, 'todo', 1.5)",
    );
    let rows = "select task, priority, due = '2030-01-01' from tasks_readiness order by task";
    assert_eq!(owner.rows(rows), ["1|low|t", "2|NULL|NULL"]);
    owner.run("update tasks set priority = 'high', due_date = null where id = 1; update numbered set weight = 1.50");
    assert_eq!(owner.rows(rows), ["1|high|NULL", "2|NULL|NULL"]);
    assert_eq!(
        owner.value("select priority from numbered_readiness"),
        "1.50"
    );
    assert_eq!(
        owner.rows("select column_name from information_schema.columns where table_name = 'numbered_readiness' and column_name in ('priority', 'due')"),
        ["priority"]
    );
    owner.run("update tasks_readiness set due = now() where task = 2");
    assert_eq!(
        owner.rows("select problem, task from steward.verify_tasks('tasks')"),
        ["other due|2"]
    );
    owner.run("select steward.rebuild_tasks('tasks'); alter table tasks alter column priority type text using priority::text");
    // A value of another type would not be what the side table takes it for.
    assert_eq!(owner.sqlstate("update tasks set priority = 'low'"), "42809");
    owner.run("select steward.track_completion('tasks', completed_at => null, priorities => '{high,low}')");
    owner.run("update tasks set priority = 'low'");
    assert_verified(&mut owner, "tasks");
}

fn a_table_that_was_renamed(database: &Database) {
    let mut owner = super::owner_of_tracked_tasks(database);
    owner.run(super::CHAIN);
    owner.run("create schema elsewhere; alter table tasks rename to things; alter table things set schema elsewhere; alter table tasks_readiness rename to kept; alter table edges rename to arrows; alter table arrows rename column depends_on to waits_for");
    let refusal = owner.refusal("insert into arrows values (5, 4)");
    assert_eq!(refusal.sqlstate(), "42703", "{refusal}");
    owner.run("alter table arrows rename column waits_for to depends_on");
    owner.run("update elsewhere.things set status = 'done' where id = 1; insert into arrows values (5, 4)");
    assert_eq!(
        owner.sqlstate("update elsewhere.things set status = 'done' where id = 5"),
        "55000"
    );
    assert_verified(&mut owner, "elsewhere.things");
}
