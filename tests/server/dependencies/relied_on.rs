//! Several sessions rely on a rank that its maker takes back, and go on using the task.

use steward_tests::{Database, Session, tests};

tests![
    all_who_relied_use_the_task_again,
    as_a_task,
    who_did_not_rely_waits,
    after_a_return_to_a_savepoint,
    the_rank_is_forgotten_with_the_savepoint,
];

const EDGES: &str =
    "create table edges (task_id integer, depends_on integer, primary key (task_id, depends_on));
     create index on edges (depends_on);
     select steward.guard_dependencies('edges')";

/// Two sessions that relied on the rank that a third one gave task 1 and has taken back.
fn relying(database: &Database, placing: &str, relying: [&str; 2]) -> [Session; 2] {
    let mut places = database.owner();
    places.run(&format!("begin; insert into edges values {placing}"));
    let sessions = relying.map(|edge| {
        let mut session = database.owner();
        session.run("set lock_timeout = '1s'");
        session.run(&format!("begin; insert into edges values {edge}"));
        session
    });
    places.run("rollback");
    sessions
}

#[track_caller]
fn assert_whole(session: &mut Session) {
    let problems = session.rows("select * from steward.verify_dependencies('edges')");
    assert!(problems.is_empty(), "{problems:?}");
}

#[track_caller]
fn assert_refused(session: &mut Session, edges: &[&str]) {
    for edge in edges {
        let insert = format!("insert into edges values {edge}");
        assert_eq!(session.sqlstate(&insert), "23514", "{edge}");
    }
}

fn all_who_relied_use_the_task_again(database: &Database) {
    let mut owner = database.owner();
    owner.run(EDGES);
    let [mut one, mut other] = relying(database, "(100, 1)", ["(2, 1)", "(3, 1)"]);
    one.run("insert into edges values (20, 1)");
    other.run("insert into edges values (30, 1), (1, 31)");
    one.run("insert into edges values (1, 21), (21, 22)");
    // Whichever of them has given the rank again, the other one has edges that stand on it.
    one.run("rollback");
    other.run("insert into edges values (32, 1), (1, 33); commit");
    assert_whole(&mut owner);
    assert_refused(&mut owner, &["(1, 3)", "(1, 30)", "(1, 32)", "(33, 3)"]);
}

fn as_a_task(database: &Database) {
    let mut owner = database.owner();
    owner.run(EDGES);
    let [mut one, mut other] = relying(database, "(1, 100)", ["(1, 2)", "(1, 3)"]);
    other.run("insert into edges values (1, 30)");
    one.run("insert into edges values (1, 20), (21, 1)");
    other.run("rollback");
    one.run("insert into edges values (22, 1); commit");
    assert_whole(&mut owner);
    assert_refused(&mut owner, &["(2, 1)", "(20, 21)", "(2, 22)"]);
}

/// The control: the lock that those who rely on a rank hold is there, and somebody has to wait for it.
fn who_did_not_rely_waits(database: &Database) {
    let mut owner = database.owner();
    owner.run(EDGES);
    let [mut one, mut other] = relying(database, "(100, 1)", ["(2, 1)", "(3, 1)"]);
    owner.run("set lock_timeout = '300ms'");
    assert_eq!(owner.sqlstate("insert into edges values (40, 1)"), "55P03");
    // Once one who relied has given the task its rank again, nobody has anything to wait for.
    one.run("insert into edges values (20, 1)");
    owner.run("insert into edges values (40, 1)");
    one.run("commit");
    other.run("commit");
    assert_whole(&mut owner);
    assert_refused(&mut owner, &["(1, 2)", "(1, 40)"]);
}

fn after_a_return_to_a_savepoint(database: &Database) {
    let mut owner = database.owner();
    owner.run(EDGES);
    let [mut one, mut other] = relying(database, "(100, 1)", ["(2, 1)", "(3, 1)"]);
    one.run(
        "savepoint before; insert into edges values (20, 1); rollback to before; release before",
    );
    one.run("insert into edges values (1, 50)");
    other.run("insert into edges values (1, 51)");
    one.run("commit");
    other.run("commit");
    assert_whole(&mut owner);
    assert_refused(&mut owner, &["(50, 2)", "(51, 3)"]);
}

/// A rank that was relied on in a savepoint says nothing after the return to it: the locks were given back, and
/// others have dealt out ranks since.
fn the_rank_is_forgotten_with_the_savepoint(database: &Database) {
    let mut owner = database.owner();
    owner.run(EDGES);
    owner.run("insert into edges values (5, 6)");
    let mut places = database.owner();
    places.run("begin; insert into edges values (100, 1)");
    let mut relies = database.owner();
    relies.run("begin; savepoint before; insert into edges values (2, 1); rollback to before");
    let mut commits = database.owner();
    commits.run("insert into edges values (5, 1)");
    places.run("rollback");
    // Task 5 goes below the rank that task 1 had, and task 1 waits for nothing yet.
    owner.run("insert into edges values (7, 8), (8, 5)");
    owner.run("insert into edges values (6, 9)");
    let result = relies.try_run("insert into edges values (30, 1), (1, 31)");
    if let Err(refusal) = result {
        assert!(
            ["40001", "40P01"].contains(&refusal.sqlstate()),
            "{refusal}"
        );
        relies.run("rollback");
    } else {
        relies.run("commit");
    }
    let problems = owner
        .rows("select * from steward.verify_dependencies('edges') where problem <> 'unranked'");
    assert!(problems.is_empty(), "{problems:?}");
    assert_refused(&mut owner, &["(1, 5)"]);
}
