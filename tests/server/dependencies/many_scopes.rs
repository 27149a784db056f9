//! A transaction over more scopes than the server has room for locks: it locks the whole graph instead, and still
//! excludes whoever deals out the ranks of one of its scopes again.

use steward_tests::{Database, Role, Server, Session, tests};

tests![
    a_statement_over_many_scopes,
    a_savepoint_for_each_scope,
    a_cycle_with_an_escalated_transaction,
    a_cycle_with_one_that_escalates_too_late,
    a_rollback_gives_the_whole_graph_back,
    a_prepared_transaction_keeps_the_whole_graph,
    escalated_transactions_append_side_by_side,
];

const EDGES: &str = "create table edges (task_id integer, depends_on integer, scope integer);
     create index on edges (task_id); create index on edges (depends_on);
     select steward.guard_dependencies('edges', scope => 'scope');
     -- Task 1 below task 3, and no edge between them; the same in scope 2.
     insert into edges values (1, 2, 1), (3, 1, 1), (11, 12, 2), (13, 11, 2); delete from edges where task_id in (3, 13)";

/// In so many scopes that the whole graph is locked, and in scope 1.
const MANY: &str =
    "insert into edges select i, i + 1000000, i from generate_series(1000, 1300) as i";

/// Disagrees with the ranks.
const RE_RANK: &str = "insert into edges values (1, 3, 1)";
const RE_RANK_ANOTHER: &str = "insert into edges values (11, 13, 2)";
/// Agrees with them, and closes the cycle.
const APPEND: &str = "insert into edges values (3, 1, 1)";

fn owner(database: &Database) -> Session {
    let mut owner = database.owner();
    owner.run(EDGES);
    owner
}

fn impatient(database: &Database) -> Session {
    let mut session = database.owner();
    session.run("set lock_timeout = '300ms'");
    session
}

#[track_caller]
fn assert_whole(session: &mut Session) {
    let problems = session.rows("select * from steward.verify_dependencies('edges')");
    assert!(problems.is_empty(), "{problems:?}");
}

#[track_caller]
fn assert_few_locks(session: &mut Session) {
    let locks = session.value(
        "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()",
    );
    let locks: u32 = locks.parse().expect("a number");
    assert!((200..1000).contains(&locks), "{locks} locks");
}

/// On a server of its own, since all sessions share the locks.
fn a_statement_over_many_scopes(_: &Database) {
    let server = Server::start().expect("a server");
    let mut owner = server.session("steward_template", Role::Superuser);
    owner.run(EDGES);
    owner.run("begin; delete from edges");
    owner.run("insert into edges select i, i + 1000000, i from generate_series(1, 20000) as i");
    assert_few_locks(&mut owner);
    owner.run("insert into edges select i + 2000000, i + 3000000, i from generate_series(1, 20000) as i; commit; begin");
    // All of these disagree with the ranks, and new ones agree in between.
    owner.run(
        "insert into edges
         select case n when 1 then i + 1000000 else i + 4000000 end, i + 2000000, i
         from generate_series(1, 20000) as i, generate_series(1, 2) as n order by i, n",
    );
    assert_few_locks(&mut owner);
    owner.run("commit");
    let refusal = owner
        .refusal("insert into edges select i + 3000000, i, i from generate_series(1, 20000) as i");
    assert_eq!(refusal.sqlstate(), "23514", "{refusal}");
    assert_whole(&mut owner);
}

/// The number of locks is kept though the locks of a savepoint may be given back.
fn a_savepoint_for_each_scope(_: &Database) {
    let server = Server::start().expect("a server");
    let mut owner = server.session("steward_template", Role::Superuser);
    owner.run(EDGES);
    owner.run(
        "do $$
        begin
            for i in 100..10000 loop
                begin
                    insert into edges values (i, i + 1000000, i);
                    if i % 3 = 0 then raise division_by_zero; end if;
                exception when division_by_zero then null;
                end;
            end loop;
        end $$",
    );
    assert_whole(&mut owner);
}

fn a_cycle_with_an_escalated_transaction(database: &Database) {
    let mut observer = owner(database);
    let (mut many, mut other) = (database.owner(), impatient(database));
    many.run(
        "begin; insert into edges select i, i + 1000000, i from generate_series(1000, 1010) as i",
    );
    // The control: a few scopes are in nobody's way.
    other.run(&format!("begin; {RE_RANK_ANOTHER}; rollback"));
    many.run(MANY);
    many.run(APPEND);
    assert_eq!(other.sqlstate(RE_RANK), "55P03");
    assert_eq!(other.sqlstate(RE_RANK_ANOTHER), "55P03");
    other.run("insert into edges values (4, 1, 1), (5, 6, 70)");
    other.run("set lock_timeout = 0");
    let waiting = other.start(RE_RANK);
    waiting.until_blocked(&mut observer);
    many.run("commit");
    let (_, result) = waiting.finish();
    assert_eq!(result.expect_err("a cycle").sqlstate(), "23514");
    assert_whole(&mut observer);
}

fn a_cycle_with_one_that_escalates_too_late(database: &Database) {
    let mut observer = owner(database);
    let (mut many, mut other) = (database.owner(), database.owner());
    other.run(&format!("begin; {RE_RANK}"));
    many.run("begin");
    let waiting = many.start(MANY);
    waiting.until_blocked(&mut observer);
    other.run("commit");
    let (mut many, result) = waiting.finish();
    result.expect("no error");
    assert_eq!(many.sqlstate(APPEND), "23514");
    assert_whole(&mut observer);
}

fn a_rollback_gives_the_whole_graph_back(database: &Database) {
    let mut observer = owner(database);
    let (mut many, mut other) = (database.owner(), impatient(database));
    many.run(&format!(
        "begin; savepoint before; {MANY}; rollback to before"
    ));
    other.run(&format!("begin; {RE_RANK}; rollback"));
    // It has to be asked for again, though the transaction once had it.
    many.run(APPEND);
    assert_eq!(other.sqlstate(RE_RANK), "55P03");
    many.run("commit");
    assert_eq!(other.sqlstate(RE_RANK), "23514");
    assert_whole(&mut observer);
}

fn a_prepared_transaction_keeps_the_whole_graph(database: &Database) {
    let mut observer = owner(database);
    let (mut many, mut other) = (database.owner(), impatient(database));
    many.run(&format!(
        "begin; {MANY}; {APPEND}; prepare transaction 'many_scopes'"
    ));
    assert_eq!(other.sqlstate(RE_RANK), "55P03");
    many.run("commit prepared 'many_scopes'");
    assert_eq!(other.sqlstate(RE_RANK), "23514");
    assert_whole(&mut observer);
}

fn escalated_transactions_append_side_by_side(database: &Database) {
    let mut observer = owner(database);
    let mut sessions = [(); 2].map(|()| impatient(database));
    for (session, number) in sessions.iter_mut().zip(1..) {
        session.run(&format!(
            "begin; insert into edges select i + {number}000000, i, i from generate_series(1000, 1600) as i"
        ));
    }
    for (session, number) in sessions.iter_mut().zip(3..) {
        session.run(&format!(
            "insert into edges select i + {number}000000, i, i from generate_series(1600, 1000, -1) as i; commit"
        ));
    }
    assert_whole(&mut observer);
}
