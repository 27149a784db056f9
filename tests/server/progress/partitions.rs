//! Tasks and parents in partitions.

use steward_tests::{Database, Session, tests};

use super::{assert_right, progress};

tests![
    written_through_the_partitioned_table,
    written_straight_into_a_partition,
    rows_that_move_to_another_partition,
    truncate_of_one_and_of_all,
    a_partition_that_is_detached,
    partitioned_parents,
    a_partition_has_it_from_the_table,
];

fn owner_of_partitions(database: &Database) -> Session {
    let mut owner = database.owner();
    owner.run(
        "create table milestones (id integer primary key, progress integer default 0);
         create table tasks (id integer, milestone_id integer references milestones, status text not null default 'todo')
             partition by list (status);
         create table tasks_open partition of tasks for values in ('todo');
         create table tasks_ended partition of tasks for values in ('done', 'cancelled');
         insert into milestones values (1), (2);
         select steward.roll_up_progress('tasks')",
    );
    owner
}

fn written_through_the_partitioned_table(database: &Database) {
    let mut owner = owner_of_partitions(database);
    owner.run("insert into tasks values (1, 1, 'todo'), (2, 1, 'done'), (3, 2, 'cancelled')");
    assert_eq!(progress(&mut owner), ["1|50", "2|0"]);
    owner.run("delete from tasks where id = 1");
    assert_eq!(progress(&mut owner), ["1|100", "2|0"]);
    assert_right(&mut owner);
}

fn written_straight_into_a_partition(database: &Database) {
    let mut owner = owner_of_partitions(database);
    owner.run("insert into tasks_ended values (1, 1, 'done')");
    assert_right(&mut owner);
    owner.run("begin; insert into tasks_open values (2, 1); savepoint a; insert into tasks_open values (3, 1); rollback to a; commit");
    assert_eq!(progress(&mut owner), ["1|50", "2|0"]);
    assert_right(&mut owner);
    // What the partitioned table's statement notes too is settled once.
    owner.run("begin; insert into tasks_open values (4, 2); update tasks set status = 'done' where id = 2; commit");
    assert_eq!(progress(&mut owner), ["1|100", "2|0"]);
    assert_right(&mut owner);
    owner.run("begin; delete from tasks_ended; set constraints all immediate");
    assert_eq!(progress(&mut owner), ["1|0", "2|0"]);
    owner.run("commit");
    assert_right(&mut owner);
}

fn rows_that_move_to_another_partition(database: &Database) {
    let mut owner = owner_of_partitions(database);
    owner.run("insert into tasks values (1, 1), (2, 1), (3, 2); update tasks set status = 'done' where id < 3");
    assert_eq!(progress(&mut owner), ["1|100", "2|0"]);
    owner.run("update tasks set status = 'todo', milestone_id = 2 where id = 1");
    assert_eq!(progress(&mut owner), ["1|100", "2|0"]);
    owner.run("update tasks set status = 'done'");
    assert_right(&mut owner);
}

fn truncate_of_one_and_of_all(database: &Database) {
    let mut owner = owner_of_partitions(database);
    // One that was added later has no trigger of its own for TRUNCATE.
    owner.run("create table tasks_late partition of tasks for values in ('review')");
    let fill =
        "insert into tasks values (1, 1, 'todo'), (2, 1, 'done'), (3, 2, 'done'), (4, 2, 'review')";
    owner.run(fill);
    assert_eq!(progress(&mut owner), ["1|50", "2|50"]);
    owner.run("truncate tasks_ended");
    assert_eq!(progress(&mut owner), ["1|0", "2|0"]);
    assert_right(&mut owner);
    owner.run("truncate tasks");
    assert_right(&mut owner);
    owner.run(fill);
    assert_eq!(progress(&mut owner), ["1|50", "2|50"]);
    owner.run("truncate tasks");
    assert_eq!(owner.value("select count(*) from tasks_progress"), "0");
    assert_right(&mut owner);
}

fn a_partition_that_is_detached(database: &Database) {
    let mut owner = owner_of_partitions(database);
    owner.run("insert into tasks values (1, 1, 'todo'), (2, 1, 'done'); alter table tasks detach partition tasks_ended");
    assert_eq!(
        owner.rows("select * from steward.verify_progress('tasks')"),
        [
            "counter|1|1 of 2 are kept, 0 of 1 are there",
            "progress|1|it is 50 and should be 0"
        ]
    );
    assert_eq!(owner.value("select steward.rebuild_progress('tasks')"), "2");
    assert_right(&mut owner);
}

fn partitioned_parents(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table milestones (id integer primary key, progress integer default 0) partition by range (id);
         create table low partition of milestones for values from (0) to (10);
         create table high partition of milestones for values from (10) to (20);
         create table tasks (id integer, milestone_id integer references milestones, status text not null default 'todo');
         insert into milestones values (1), (11);
         select steward.roll_up_progress('tasks');
         insert into tasks values (1, 1, 'done'), (2, 11, 'todo'), (3, 11, 'done')",
    );
    assert_eq!(progress(&mut owner), ["1|100", "11|50"]);
    assert_right(&mut owner);
}

fn a_partition_has_it_from_the_table(database: &Database) {
    let mut owner = owner_of_partitions(database);
    assert_eq!(
        owner.sqlstate("select steward.roll_up_progress('tasks_open', name => 'x')"),
        "42809"
    );
    assert_eq!(
        owner.value("select steward.detach('tasks', 'progress')"),
        "8"
    );
    owner.run("insert into tasks values (1, 1, 'done'); truncate tasks; insert into tasks_open values (2, 1)");
    assert_eq!(progress(&mut owner), ["1|0", "2|0"]);
    assert_eq!(
        owner.rows("select tgname from pg_trigger where not tgisinternal"),
        [""; 0]
    );
}
