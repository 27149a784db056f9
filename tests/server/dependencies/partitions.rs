//! A partitioned edge table: the graph is that of all partitions.

use steward_tests::{Database, Session, tests};

tests![
    the_graph_is_that_of_all_partitions,
    rows_that_move_between_partitions,
    partitions_that_come_later,
    a_detached_partition_is_no_part,
    partitions_with_other_column_numbers,
];

fn owner_of_partitions(database: &Database) -> Session {
    let mut owner = database.owner();
    owner.run(
        "create table edges (gone integer, task_id integer, depends_on integer, region integer) partition by list (region);
         alter table edges drop column gone;
         create index on edges (task_id); create index on edges (depends_on);
         create table edges_1 partition of edges for values in (1);
         create table edges_2 partition of edges for values in (2) partition by range (task_id);
         create table edges_2_low partition of edges_2 for values from (0) to (10);
         create table edges_2_high partition of edges_2 for values from (10) to (100);
         select steward.guard_dependencies('edges')",
    );
    owner
}

fn the_graph_is_that_of_all_partitions(database: &Database) {
    let mut owner = owner_of_partitions(database);
    owner.run("insert into edges values (1, 2, 1), (2, 30, 2); insert into edges_2_high values (30, 4, 2)");
    for statement in [
        "insert into edges values (4, 1, 1)",
        "insert into edges_1 values (4, 1, 1)",
        "insert into edges_2_low values (4, 1, 2)",
        "copy edges_2_low from program 'echo'",
    ] {
        let code = owner.sqlstate(statement);
        assert!(
            code == "23514" || statement.starts_with("copy"),
            "{statement}: {code}"
        );
    }
    let refusal = owner.refusal("insert into edges_2 values (4, 1, 2)");
    assert_eq!(
        refusal.detail(),
        Some("Each waits for the next: 4 -> 1 -> 2 -> 30 -> 4.")
    );
    assert!(
        refusal
            .to_string()
            .contains("TABLE: edges\nCONSTRAINT: edges_acyclic"),
        "{refusal}"
    );
    super::assert_ranks_agree(&mut owner);
}

fn rows_that_move_between_partitions(database: &Database) {
    let mut owner = owner_of_partitions(database);
    owner.run("insert into edges values (1, 2, 1), (2, 3, 2), (5, 6, 1)");
    assert_eq!(
        owner
            .sqlstate("update edges set region = 2, task_id = 3, depends_on = 1 where task_id = 5"),
        "23514"
    );
    assert_eq!(
        owner.sqlstate(
            "update edges set region = 1, task_id = 30, depends_on = 30 where task_id = 2"
        ),
        "23514"
    );
    owner.run(
        "update edges set region = 3 - region; update edges set task_id = 20 where task_id = 5",
    );
    super::assert_ranks_agree(&mut owner);
    assert_eq!(
        owner.sqlstate("insert into edges values (3, 1, 1)"),
        "23514"
    );
    owner.run(
        "begin; set constraints all deferred; insert into edges values (3, 1, 1);
         update edges set region = 2 where task_id = 3; delete from edges where task_id = 1; commit",
    );
    super::assert_ranks_agree(&mut owner);
    assert_eq!(owner.sqlstate("begin; set constraints all deferred; insert into edges values (1, 3, 1); update edges set region = 2; commit"), "23514");
}

fn partitions_that_come_later(database: &Database) {
    let mut owner = owner_of_partitions(database);
    let mut other = database.owner();
    owner.run("insert into edges values (1, 2, 1)");
    other.run("insert into edges values (10, 20, 1)");
    owner.run("create table edges_3 partition of edges for values in (3); insert into edges values (2, 3, 3)");
    assert_eq!(
        other.sqlstate("insert into edges values (3, 1, 1)"),
        "23514"
    );
    assert_eq!(
        other.sqlstate("insert into edges_3 values (3, 1, 3)"),
        "23514"
    );
    owner.run("create table edges_4 (like edges including all); alter table edges attach partition edges_4 for values in (4)");
    owner.run("insert into edges values (3, 4, 4)");
    assert_eq!(
        other.sqlstate("insert into edges_1 values (4, 1, 1)"),
        "23514"
    );
}

fn a_detached_partition_is_no_part(database: &Database) {
    let mut owner = owner_of_partitions(database);
    owner.run("insert into edges values (1, 2, 1), (2, 3, 2)");
    owner.run("alter table edges detach partition edges_1; insert into edges values (3, 1, 2); insert into edges_1 values (2, 1, 1)");
    owner.run("drop table edges_2_high");
    owner.run("insert into edges values (5, 3, 2)");
}

fn partitions_with_other_column_numbers(database: &Database) {
    let mut owner = owner_of_partitions(database);
    owner.run(
        "create table edges_5 (region integer, depends_on integer, extra text, task_id integer);
         alter table edges_5 drop column extra;
         alter table edges attach partition edges_5 for values in (5);
         insert into edges values (1, 2, 5), (2, 3, 1)",
    );
    assert_eq!(
        owner.sqlstate("insert into edges_5 (task_id, depends_on, region) values (3, 1, 5)"),
        "23514"
    );
    assert_eq!(
        owner.sqlstate("insert into edges (task_id, depends_on, region) values (3, 1, 5)"),
        "23514"
    );
    assert_eq!(
        owner.sqlstate("insert into edges (task_id, depends_on, region) values (3, 1, 1)"),
        "23514"
    );
    super::assert_ranks_agree(&mut owner);
}
