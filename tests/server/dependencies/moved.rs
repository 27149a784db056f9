//! A task that goes from one scope to another while others write, or while an edge holds it that no rank speaks of.

use steward_tests::{Database, Session, Waiting, tests};

tests![
    a_task_whose_rank_was_taken_back,
    a_whole_scope_is_ranked_without_the_tasks_of_others,
    moved_on_while_the_lock_was_waited_for,
];

const EDGES_BY_SCOPE: &str =
    "create table edges (task_id integer, depends_on integer, scope integer);
     create index on edges (task_id); create index on edges (depends_on);
     select steward.guard_dependencies('edges', scope => 'scope')";

fn owner_of_scopes(database: &Database) -> Session {
    let mut owner = database.owner();
    owner.run(EDGES_BY_SCOPE);
    owner
}

#[track_caller]
fn assert_whole(owner: &mut Session) {
    let in_two_scopes = owner.rows(
        "select node, array_agg(distinct scope) from edges, unnest(array[task_id, depends_on]) as node
         group by node having count(distinct scope) > 1",
    );
    let problems = owner.rows("select * from steward.verify_dependencies('edges')");
    assert!(
        in_two_scopes.is_empty()
            && problems
                .iter()
                .all(|problem| problem.starts_with("unranked")),
        "in two scopes: {in_two_scopes:?}, problems: {problems:?}"
    );
}

/// Task 1 has an edge in scope 1 but no rank: whoever placed it was aborted. It still belongs to scope 1.
fn a_task_whose_rank_was_taken_back(database: &Database) {
    let mut owner = owner_of_scopes(database);
    let mut other = database.owner();
    other.run("begin; insert into edges values (1, 2, 1)");
    owner.run("insert into edges values (1, 3, 1)");
    other.run("rollback");
    let outcomes: Vec<_> = [
        "insert into edges values (1, 9, 2)",
        // These bring task 1 below task 3 while its edge in scope 1 is not looked at, and home again.
        "insert into edges values (8, 7, 2)",
        "insert into edges values (7, 1, 2)",
        "delete from edges where scope = 2",
        "insert into edges values (3, 1, 1)",
    ]
    .map(|statement| {
        owner
            .try_run(statement)
            .map_err(|refusal| refusal.to_string())
    })
    .into_iter()
    .collect();
    assert_whole(&mut owner);
    assert!(outcomes[4].is_err(), "{outcomes:?}");
}

/// A statement with so many edges that its scope is ranked as a whole, of which one edge uses a task of another scope.
fn a_whole_scope_is_ranked_without_the_tasks_of_others(database: &Database) {
    let mut owner = owner_of_scopes(database);
    owner.run("insert into edges values (1, 2, 1)");
    let result = owner.try_run(
        "insert into edges
         select * from (values (101, 102, 2), (103, 104, 2), (102, 103, 2)) as edge
         union all select 1001, 101, 2
         union all select 1001 + i, 1000 + i, 2 from generate_series(1, 12000) as i
         union all select 1, 13001, 2",
    );
    assert_whole(&mut owner);
    assert!(result.is_err(), "an edge across scopes was accepted");
}

/// A session waits for the scope that a task was in; meanwhile the task goes to a third scope, where an edge that is not
/// committed uses it.
fn moved_on_while_the_lock_was_waited_for(database: &Database) {
    let mut owner = owner_of_scopes(database);
    let mut observer = database.owner();
    let [mut holds, mut moves, mut queued, mut late] = [(); 4].map(|()| database.owner());
    // Task 1 is in scope 1 by its rank, and no edge holds it. Scope 1 has other tasks.
    owner.run(
        "insert into edges values (1, 2, 1), (50, 51, 1); delete from edges where task_id = 1",
    );
    holds.run("begin; insert into edges values (50, 52, 1)");
    moves.run("begin");
    let moves =
        moves.start("insert into edges values (1, 3, 2); delete from edges where task_id = 1");
    moves.until_blocked(&mut observer);
    queued.run("begin");
    let queued = queued.start("insert into edges values (50, 53, 1)");
    queued.until_blocked(&mut observer);
    let third = database.owner().start("insert into edges values (1, 4, 3)");
    third.until_blocked(&mut observer);
    holds.run("commit");
    let finish = |waiting: Waiting| {
        let (session, result) = waiting.finish();
        result.expect("no error");
        session
    };
    finish(moves).run("commit");
    // Scope 1 is now held by `queued`, and `third` still waits for it.
    let mut queued = finish(queued);
    late.run("begin; insert into edges values (1, 5, 2)");
    queued.run("commit");
    std::thread::sleep(std::time::Duration::from_millis(300));
    late.run("commit");
    let (_, result) = third.finish();
    assert_whole(&mut owner);
    if let Err(refusal) = result {
        assert!(
            ["23514", "40001", "40P01"].contains(&refusal.sqlstate()),
            "{refusal}"
        );
    }
}
