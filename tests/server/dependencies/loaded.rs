//! Edges that were loaded past the trigger, and ranks that nobody needs any more.

use steward_tests::{Database, tests};

use super::{assert_ranks_agree, edges, owner_of_guarded_edges};

tests![
    loaded_edges_are_found_when_their_tasks_are_used,
    a_loaded_edge_that_is_touched_first,
    a_way_through_a_loaded_task,
    a_loaded_cycle_is_an_error_and_no_endless_loop,
    ranks_of_deleted_tasks_do_no_harm,
    ranks_that_were_removed,
    many_loaded_edges,
    ranks_drawn_from_a_sequence_that_fell_behind,
    what_is_not_committed_yet_is_listed_as_unranked,
];

fn load(database: &Database, rows: &str) {
    database.superuser().run(&format!(
        "set session_replication_role = replica; insert into edges (task_id, depends_on) {rows}"
    ));
}

fn loaded_edges_are_found_when_their_tasks_are_used(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    load(database, "values (1, 2), (2, 3), (3, 4)");
    for (task, dependency) in [(4, 1), (3, 1), (2, 1)] {
        assert_eq!(
            owner.sqlstate(&format!("insert into edges values ({task}, {dependency})")),
            "23514"
        );
    }
    // Used from outside, at either end.
    owner.run("insert into edges values (4, 5), (6, 1)");
    assert_ranks_agree(&mut owner);
    assert_eq!(owner.sqlstate("insert into edges values (5, 6)"), "23514");
    load(database, "values (10, 11), (12, 10), (13, 12)");
    owner.run("insert into edges values (20, 10), (11, 21)");
    assert_ranks_agree(&mut owner);
    for (task, dependency) in [(21, 20), (11, 13), (10, 12)] {
        assert_eq!(
            owner.sqlstate(&format!("insert into edges values ({task}, {dependency})")),
            "23514"
        );
    }
}

/// An UPDATE that leaves the ends as they are makes a row version of this transaction, but not an edge of it.
fn a_loaded_edge_that_is_touched_first(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    load(database, "values (5, 6)");
    owner.run("begin; update edges set note = 'touched'; insert into edges values (7, 5)");
    assert_eq!(owner.sqlstate("insert into edges values (6, 7)"), "23514");
    owner.run("rollback");
    assert_eq!(edges(&mut owner), ["5|6"]);
}

/// The search from one end to the other comes by a task that has no rank: it has to go on through it.
fn a_way_through_a_loaded_task(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("insert into edges values (5, 10), (7, 11), (5, 7); delete from edges where task_id = 5 and depends_on = 7");
    load(database, "values (5, 6), (6, 7)");
    assert_eq!(owner.sqlstate("insert into edges values (7, 5)"), "23514");
}

fn a_loaded_cycle_is_an_error_and_no_endless_loop(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    load(database, "values (1, 2), (2, 3), (3, 1), (7, 7)");
    owner.run("set statement_timeout = '5s'");
    for (task, dependency) in [(1, 9), (9, 1), (2, 8), (7, 1), (4, 7)] {
        let refusal = owner.refusal(&format!("insert into edges values ({task}, {dependency})"));
        assert_eq!(refusal.sqlstate(), "23514", "{refusal}");
    }
    owner.run("delete from edges where task_id in (3, 7); insert into edges values (1, 9), (2, 8)");
    assert_ranks_agree(&mut owner);
}

fn ranks_of_deleted_tasks_do_no_harm(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run(
        "insert into edges select i + 1, i from generate_series(1, 100) as i; delete from edges",
    );
    assert_eq!(owner.value("select count(*) from edges_rank"), "101");
    owner.run("insert into edges select i, i + 1 from generate_series(1, 100) as i");
    assert_ranks_agree(&mut owner);
    owner.run(
        "truncate edges; insert into edges select i, 101 - i from generate_series(1, 50) as i",
    );
    assert_ranks_agree(&mut owner);
}

fn ranks_that_were_removed(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("insert into edges select i + 1, i from generate_series(1, 20) as i; delete from edges_rank where node % 3 = 0");
    for (task, dependency) in [(1, 21), (6, 9), (3, 6), (4, 12)] {
        assert_eq!(
            owner.sqlstate(&format!("insert into edges values ({task}, {dependency})")),
            "23514"
        );
    }
    owner.run("delete from edges_rank; insert into edges values (30, 21), (1, 0)");
    assert_ranks_agree(&mut owner);
}

fn many_loaded_edges(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    load(
        database,
        "select i + 1, i from generate_series(1, 30000) as i",
    );
    owner.run("set statement_timeout = '20s'");
    assert_eq!(
        owner.sqlstate("insert into edges values (1, 30000)"),
        "23514"
    );
    owner.run("insert into edges values (1, 0)");
    assert_ranks_agree(&mut owner);
    assert_eq!(
        owner.sqlstate("insert into edges values (0, 30001)"),
        "23514"
    );
}

/// Logical replication carries the ranks over but not their sequence, and a sequence can be set back: ranks that were
/// drawn twice must not let a cycle pass, and `rebuild_dependencies` has to mend them.
fn ranks_drawn_from_a_sequence_that_fell_behind(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run(
        "insert into edges values (1, 2); alter sequence edges_rank_rank_seq restart;
         insert into edges values (3, 4), (1, 3)",
    );
    owner.run("select steward.rebuild_dependencies('edges')");
    let problems = owner.rows("select * from steward.verify_dependencies('edges')");
    owner.run("insert into edges values (3, 5)");
    let closed = owner.try_run("insert into edges values (5, 1)");
    assert!(
        closed.is_err(),
        "a cycle was committed: {:?}",
        edges(&mut owner)
    );
    assert!(problems.is_empty(), "rebuilt, and still: {problems:?}");
    assert_ranks_agree(&mut owner);
}

/// An edge may be committed before the rank that it relies on, or after that was taken back. It is listed until the task
/// has a rank again, which its next use or `rebuild_dependencies` sees to.
fn what_is_not_committed_yet_is_listed_as_unranked(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    let mut other = database.owner();
    other.run("begin; insert into edges values (1, 2)");
    owner.run("insert into edges values (3, 2)");
    let verify = "select problem, task, depends_on from steward.verify_dependencies('edges')";
    assert_eq!(owner.rows(verify), ["unranked|3|2"]);
    other.run("rollback");
    assert_eq!(owner.rows(verify), ["unranked|3|2"]);
    owner.run("insert into edges values (2, 9)");
    assert_eq!(owner.rows(verify), Vec::<String>::new());
    assert_eq!(owner.sqlstate("insert into edges values (9, 3)"), "23514");
}
