//! Rows that are stored before anything is noted of them: what comes straight into a partition opens no statement of
//! the table, and of the second wave of a cascade PostgreSQL tells only that it ends. Counters come out right all the
//! same, for writers who may do no more than write.

use steward_tests::{Database, Role, Session, tests};

use super::assert_verified;

tests![
    a_partition_within_the_statement_that_completes,
    a_partition_within_the_statement_that_reopens,
    a_partition_while_a_function_completes,
    a_cascade_on_two_paths,
    a_cascade_on_two_paths_within_another_statement,
    a_cascade_on_two_paths_within_a_trigger,
    keys_that_cascade_on_two_paths,
    a_partition_and_truncate,
    a_partition_and_rebuild,
    a_partition_and_savepoints,
    rebuild_within_a_statement,
];

const PARTITIONS: &str = "
    create table tasks (id integer primary key, status text not null default 'todo', completed_at timestamptz);
    create table edges (
        task_id integer not null references tasks on delete cascade,
        depends_on integer not null references tasks on delete cascade, primary key (task_id, depends_on)
    ) partition by range (task_id);
    create table edges_1 partition of edges for values from (0) to (1000);
    create table edges_2 partition of edges for values from (1000) to (2000);
    create index on edges (depends_on);
    select steward.guard_dependencies('edges');
    select steward.track_completion('tasks', edges => 'edges');
    insert into tasks select generate_series(1, 4);
    insert into edges values (3, 2);
    grant select, insert, update, delete, truncate on tasks, edges, edges_1, edges_2 to public";

const TWO_PATHS: &str = "
    create table projects (id integer primary key);
    create table tasks (
        id integer primary key, project_id integer references projects on delete cascade, milestone_id integer,
        status text not null default 'todo', completed_at timestamptz
    );
    create table milestones (id integer primary key, project_id integer references projects on delete cascade);
    alter table tasks add foreign key (milestone_id) references milestones on delete cascade;
    create table edges (
        task_id integer references tasks on delete cascade on update cascade,
        depends_on integer references tasks on delete cascade on update cascade, primary key (task_id, depends_on)
    );
    create index on edges (depends_on);
    select steward.guard_dependencies('edges');
    select steward.track_completion('tasks', edges => 'edges');
    insert into projects values (1), (2);
    insert into milestones values (1, 1);
    insert into tasks (id, project_id, milestone_id) values
        (10, 1, null), (20, null, 1), (1, null, null), (2, null, null), (3, null, null), (4, null, null),
        (30, 2, null), (31, 2, null);
    grant select, insert, update, delete on projects, milestones, tasks, edges to public";

/// The tables' owner, and somebody who may write them and no more.
fn sessions(database: &Database, tables: &str) -> (Session, Session) {
    let mut owner = database.owner();
    owner.run(tables);
    (owner, database.session(Role::Writer))
}

/// Fails where the counters are not what plain SQL counts.
#[track_caller]
fn assert_counted(owner: &mut Session) {
    let counted = owner.rows(
        "select t.id, count(b.id) from tasks as t left join edges as e on e.task_id = t.id
         left join tasks as b on b.id = e.depends_on and b.status <> 'done' group by t.id order by t.id",
    );
    let kept = owner.rows("select task, open_blockers from tasks_readiness order by task");
    assert_eq!(kept, counted);
    assert_verified(owner, "tasks");
}

fn a_partition_within_the_statement_that_completes(database: &Database) {
    let (mut owner, mut writer) = sessions(database, PARTITIONS);
    writer.run("with i as (insert into edges_1 values (3, 1)) update tasks set status = 'done' where id = 1");
    assert_counted(&mut owner);
    let complete = "update tasks set status = 'done' where id = 3";
    assert_eq!(writer.sqlstate(complete), "55000");
    writer.run("update tasks set status = 'todo' where id = 1");
    // What comes within the same statement is seen too.
    let at_once = "with i as (insert into edges_1 values (4, 1)) update tasks set status = 'done' where id = 4";
    assert_eq!(writer.sqlstate(at_once), "55000");
    writer.run("update tasks set status = 'done' where id in (1, 2)");
    writer.run(complete);
    assert_counted(&mut owner);
}

fn a_partition_within_the_statement_that_reopens(database: &Database) {
    let (mut owner, mut writer) = sessions(database, PARTITIONS);
    writer.run("update tasks set status = 'done' where id = 1; insert into edges values (3, 1)");
    writer.run("with d as (delete from edges_1 where task_id = 3 and depends_on = 1) update tasks set status = 'todo' where id = 1");
    assert_counted(&mut owner);
    let complete = "update tasks set status = 'done' where id = 3";
    assert_eq!(writer.sqlstate(complete), "55000");
    writer.run("update tasks set status = 'done' where id = 2");
    writer.run(complete);
    assert_counted(&mut owner);
}

fn a_partition_while_a_function_completes(database: &Database) {
    let (mut owner, mut writer) = sessions(database, PARTITIONS);
    writer.run(
        "create function pg_temp.finish(task integer) returns boolean language plpgsql as $$ begin
             if task = 4 then update tasks set status = 'done' where id = 1; end if;
             return true;
         end $$",
    );
    writer.run("insert into edges_1 select * from (values (3, 1), (4, 1)) as v (a, b) where pg_temp.finish(a)");
    assert_counted(&mut owner);
    writer.run(
        "update tasks set status = 'todo' where id = 1; delete from edges where depends_on = 1",
    );
    writer.run("insert into edges select * from (values (3, 1), (4, 1)) as v (a, b) where pg_temp.finish(a)");
    assert_counted(&mut owner);
}

fn a_cascade_on_two_paths(database: &Database) {
    let (mut owner, mut writer) = sessions(database, TWO_PATHS);
    writer.run("insert into edges values (30, 20), (31, 10), (31, 20), (31, 1)");
    writer.run("delete from projects where id = 1");
    assert_counted(&mut owner);
    writer.run("update tasks set status = 'done' where id = 30");
    let refusal = writer.refusal("update tasks set status = 'done' where id = 31");
    assert_eq!(refusal.detail(), Some("It waits for 1."));
}

fn a_cascade_on_two_paths_within_another_statement(database: &Database) {
    let (mut owner, mut writer) = sessions(database, TWO_PATHS);
    writer.run("insert into edges values (3, 2), (30, 20), (31, 10)");
    writer.run(
        "create function pg_temp.clear(task integer) returns boolean language plpgsql as $$ begin
             if task = 4 then
                 delete from projects where id = 1;
                 update tasks set status = 'done' where id = 1;
             end if;
             return true;
         end $$",
    );
    writer.run(
        "insert into edges select * from (values (3, 1), (4, 1)) as v (a, b) where pg_temp.clear(a)",
    );
    assert_counted(&mut owner);
    let complete = "update tasks set status = 'done' where id = 3";
    assert_eq!(writer.sqlstate(complete), "55000");
    // The same operation on the same table, within itself.
    writer.run(
        "insert into projects values (1); insert into milestones values (1, 1);
         insert into tasks (id, project_id, milestone_id) values (10, 1, null), (20, null, 1);
         insert into edges values (30, 20), (31, 10), (3, 4)",
    );
    writer.run("delete from tasks where id in (2, 4) and pg_temp.clear(id)");
    assert_counted(&mut owner);
    writer.run(complete);
}

fn a_cascade_on_two_paths_within_a_trigger(database: &Database) {
    let (mut owner, mut writer) = sessions(database, TWO_PATHS);
    owner.run(
        "create function clear() returns trigger language plpgsql as $$ begin
             delete from projects where id = 1;
             update tasks set status = 'done' where id = 1;
             return null;
         end $$;
         create trigger aaa after insert on edges for each row when (new.task_id = 3 and new.depends_on = 1)
         execute function clear()",
    );
    writer.run("insert into edges values (3, 2), (30, 20), (31, 10)");
    writer.run("insert into edges values (3, 1), (4, 1)");
    assert_counted(&mut owner);
    assert_eq!(
        writer.sqlstate("update tasks set status = 'done' where id = 3"),
        "55000"
    );
    writer.run("update tasks set status = 'done' where id in (4, 30, 31)");
    assert_counted(&mut owner);
}

fn keys_that_cascade_on_two_paths(database: &Database) {
    let (mut owner, mut writer) = sessions(database, TWO_PATHS);
    writer.run("insert into edges values (3, 2), (3, 1), (2, 1), (4, 3), (30, 3)");
    for level in ["read committed", "repeatable read", "serializable"] {
        writer.run(&format!(
            "begin isolation level {level}; update tasks set id = id + 100 where id < 5;
             update tasks set id = id - 100 where id > 100; delete from edges where task_id = 30;
             insert into edges values (30, 3); commit"
        ));
        assert_counted(&mut owner);
    }
}

fn a_partition_and_truncate(database: &Database) {
    let (mut owner, mut writer) = sessions(database, PARTITIONS);
    writer.run("insert into edges values (3, 1)");
    writer.run(
        "begin; delete from edges_1 where task_id = 3 and depends_on = 1; truncate edges_2; commit",
    );
    assert_counted(&mut owner);
    writer.run("begin; insert into edges_1 values (4, 1); truncate edges_2; delete from edges_1 where task_id = 4; commit");
    assert_counted(&mut owner);
    assert_eq!(
        writer.sqlstate("update tasks set status = 'done' where id = 3"),
        "55000"
    );
}

fn a_partition_and_rebuild(database: &Database) {
    let (mut owner, _) = sessions(database, PARTITIONS);
    let rebuild = "select steward.rebuild_tasks('tasks')";
    owner.run(&format!(
        "begin; insert into edges_1 values (2, 1); {rebuild}; commit"
    ));
    assert_counted(&mut owner);
    owner.run(&format!(
        "begin; delete from edges_1; {rebuild}; insert into edges_1 values (3, 1), (3, 2); {rebuild}; commit"
    ));
    assert_counted(&mut owner);
    assert_eq!(owner.value(rebuild), "0");
}

fn a_partition_and_savepoints(database: &Database) {
    let (mut owner, mut writer) = sessions(database, PARTITIONS);
    writer.run(
        "begin; insert into edges_1 values (4, 1); savepoint a; update tasks set status = 'done' where id = 1;
         insert into edges_1 values (4, 2); savepoint b; update tasks set status = 'done' where id = 2; rollback to b;
         insert into edges_1 values (4, 3); release b; rollback to a; insert into edges_1 values (3, 1); savepoint c;
         set constraints all immediate; release c; commit",
    );
    assert_counted(&mut owner);
    assert_eq!(
        owner.rows("select task_id, depends_on from edges order by 1, 2"),
        ["3|1", "3|2", "4|1"]
    );
    writer.run(
        "begin; delete from edges_1 where task_id = 4; savepoint a; update tasks set status = 'done' where id = 1; savepoint b;
         delete from edges_1 where task_id = 3; update tasks set status = 'todo' where id = 1; release b; rollback to a; commit",
    );
    assert_counted(&mut owner);
}

fn rebuild_within_a_statement(database: &Database) {
    let (mut owner, _) = sessions(database, TWO_PATHS);
    owner.run(
        "create function pg_temp.rebuild(task integer) returns boolean language plpgsql as $$ begin
             perform steward.rebuild_tasks('tasks');
             return true;
         end $$;
         insert into edges select * from (values (3, 1), (4, 1)) as v (a, b) where pg_temp.rebuild(a)",
    );
    assert_counted(&mut owner);
    // A completion that was counted before it was noted is refused all the same.
    assert_eq!(
        owner.sqlstate(
            "update tasks set status = 'done' where id in (3, 4) and pg_temp.rebuild(id)"
        ),
        "55000"
    );
    assert_counted(&mut owner);
}
