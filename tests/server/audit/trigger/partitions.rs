//! Partitioned tables: named as one sees them, with the keys and columns of each partition.

use steward_tests::{Database, tests};

use super::{AUDIT, count, entries, owner_with_log};

tests![
    partitions_with_columns_in_another_order,
    a_row_that_moves,
    partitions_that_come_and_go,
    partitions_of_partitions,
    a_partition_with_an_attachment_of_its_own,
];

const TASKS: &str = "
    create table tasks (id integer primary key, title text, n integer) partition by range (id);
    create table low partition of tasks for values from (0) to (100);
    create table high (n integer, x text, title text, id integer not null);
    alter table high drop x;
    alter table tasks attach partition high for values from (100) to (200)";

fn partitions_with_columns_in_another_order(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(TASKS);
    owner.run("select steward.audit('tasks', 'audit.log', ignore => '{n}')");
    owner.run("insert into tasks values (1, 'a', 1), (100, 'b', 1); update tasks set n = 2; update tasks set title = 'c'; delete from high");
    assert_eq!(
        owner.rows("select table_name, table_oid::regclass, key, before, after from audit.log order by sequence"),
        [
            r#"tasks|low|{"id": 1}|NULL|{"id": 1, "title": "a"}"#,
            r#"tasks|high|{"id": 100}|NULL|{"id": 100, "title": "b"}"#,
            r#"tasks|low|{"id": 1}|{"title": "a"}|{"title": "c"}"#,
            r#"tasks|high|{"id": 100}|{"title": "b"}|{"title": "c"}"#,
            r#"tasks|high|{"id": 100}|{"id": 100, "title": "c"}|NULL"#,
        ]
    );
}

fn a_row_that_moves(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(TASKS);
    owner.run(AUDIT);
    owner.run("insert into tasks values (1, 'a', 1); update tasks set id = 101, title = 'b'; update tasks set id = 102");
    let mut moved = entries(&mut owner)[1..3].to_vec();
    moved.sort();
    assert_eq!(
        moved,
        [
            r#"DELETE|{"id": 1}|{"n": 1, "id": 1, "title": "a"}|NULL"#,
            r#"INSERT|{"id": 101}|NULL|{"n": 1, "id": 101, "title": "b"}"#,
        ]
    );
    assert_eq!(
        entries(&mut owner)[3..].len(),
        2,
        "within a partition under both keys"
    );
}

fn partitions_that_come_and_go(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(TASKS);
    owner.run(AUDIT);
    owner.run("insert into tasks values (1); alter table tasks detach partition low; insert into low values (2)");
    owner.run("create table more (like tasks including all); insert into more values (200); alter table tasks attach partition more for values from (200) to (300); update more set n = 1");
    // A partition that was detached keeps its trigger, which PostgreSQL lets nobody drop by itself.
    let attach_again = "alter table tasks attach partition low for values from (0) to (100)";
    assert_eq!(owner.sqlstate(attach_again), "42710");
    owner.run("select steward.detach('tasks', 'audit'); alter table tasks attach partition low for values from (0) to (100)");
    owner.run(AUDIT);
    owner.run("insert into low values (3)");
    assert_eq!(
        owner.rows("select table_name, key from audit.log order by sequence"),
        [
            r#"tasks|{"id": 1}"#,
            r#"low|{"id": 2}"#,
            r#"tasks|{"id": 200}"#,
            r#"tasks|{"id": 3}"#
        ]
    );
}

fn partitions_of_partitions(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(TASKS);
    owner.run("create table far partition of tasks for values from (1000) to (2000) partition by list (id); create table leaf partition of far default");
    owner.run(AUDIT);
    owner.run("insert into leaf values (1000); insert into far values (1001); insert into tasks values (1002)");
    let other = &mut database.owner();
    other.run("alter table tasks detach partition far");
    owner.run("insert into leaf values (1003)");
    other.run("alter table far rename to farther");
    owner.run("insert into leaf values (1004)");
    assert_eq!(
        owner.rows("select table_name from audit.log order by sequence"),
        ["tasks", "tasks", "tasks", "far", "farther"]
    );
    other.run("select steward.detach('tasks', 'audit'); alter table tasks attach partition farther for values from (1000) to (2000)");
    owner.run(AUDIT);
    owner.run("insert into leaf values (1005)");
    assert_eq!(
        owner.value("select table_name from audit.log order by sequence desc limit 1"),
        "tasks"
    );
}

fn a_partition_with_an_attachment_of_its_own(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(TASKS);
    owner.run("select steward.create_audit_log('audit.second'); select steward.audit('low', 'audit.second')");
    // The partition's trigger would have the same name.
    assert_eq!(owner.sqlstate(AUDIT), "42710");
    owner.run("select steward.audit('tasks', 'audit.log', name => 'whole')");
    owner.run("insert into tasks values (1), (101); truncate low");
    assert_eq!(count(&mut owner, "audit.log"), 3);
    assert_eq!(
        owner.rows("select action, table_name from audit.second order by sequence"),
        ["INSERT|tasks", "TRUNCATE|tasks"]
    );
}
