//! Edges whose row versions say that this transaction made them, or that it did not, although the opposite is true.

use std::io::Write as _;

use steward_tests::{Database, Session, tests};

use super::{edges, owner_of_guarded_edges};

tests![
    frozen_by_copy,
    rewritten_by_alter_table,
    loaded_by_the_same_transaction,
    attached_by_the_same_transaction,
];

/// Leaves the edge 3 -> 1 in the table, whose task 1 has no rank: another transaction had placed it and was aborted.
fn with_a_rank_taken_back(database: &Database) -> Session {
    let mut owner = owner_of_guarded_edges(database);
    let mut other = database.owner();
    other.run("begin; insert into edges values (1, 2)");
    owner.run("insert into edges values (3, 1)");
    other.run("rollback");
    owner
}

#[track_caller]
fn assert_no_cycle(owner: &mut Session, result: Result<(), steward_tests::Refusal>) {
    match result {
        Ok(()) => panic!("a cycle was committed: {:?}", edges(owner)),
        Err(refusal) => assert_eq!(refusal.sqlstate(), "23514", "{refusal}"),
    }
}

/// COPY FREEZE stores rows as if everyone had seen them for long; the check of such a row still waits.
fn frozen_by_copy(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("begin; set constraints all deferred; truncate edges");
    let mut copy = owner
        .client()
        .copy_in("copy edges (task_id, depends_on) from stdin with (freeze)")
        .expect("copy");
    copy.write_all(b"1\t2\n2\t1\n").expect("rows");
    copy.finish().expect("the end");
    owner.run("update edges set note = 'x'");
    let result = owner.try_run("commit");
    assert_no_cycle(&mut owner, result);
}

/// ALTER TABLE writes all rows anew, as rows of its own transaction.
fn rewritten_by_alter_table(database: &Database) {
    let mut owner = with_a_rank_taken_back(database);
    owner.run("begin; alter table edges alter note type varchar(10) using note");
    let result = owner.try_run("insert into edges values (1, 3); commit");
    assert_no_cycle(&mut owner, result);
}

/// The same table without ALTER TABLE: the control.
fn loaded_by_the_same_transaction(database: &Database) {
    let mut owner = with_a_rank_taken_back(database);
    assert_eq!(owner.sqlstate("insert into edges values (1, 3)"), "23514");
    owner.run(
        "begin; alter table edges disable trigger steward_dependencies; insert into edges values (11, 12);
         alter table edges enable trigger steward_dependencies",
    );
    let result = owner.try_run("insert into edges values (12, 11); commit");
    assert_no_cycle(&mut owner, result);
}

fn attached_by_the_same_transaction(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table edges (task_id integer, depends_on integer, year integer) partition by list (year);
         create table edges_1 partition of edges for values in (1);
         create index on edges (task_id); create index on edges (depends_on);
         select steward.guard_dependencies('edges');
         begin;
         create table edges_2 as select 1 as task_id, 2 as depends_on, 2 as year;
         alter table edges attach partition edges_2 for values in (2)",
    );
    let result = owner.try_run("insert into edges values (2, 1, 1); commit");
    assert_no_cycle(&mut owner, result);
}
