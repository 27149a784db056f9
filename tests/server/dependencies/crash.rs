//! A server that dies while a prepared transaction holds an edge that nobody sees yet. Its locks come back with it.

use std::sync::Arc;

use steward_tests::{Database, Server, Session, tests};

use super::{GUARD, assert_ranks_agree, path_of};

tests![
    a_prepared_edge_keeps_its_graph_over_a_crash,
    the_control_without_a_lock_loses_it,
];

const EDGES: &str = "
    create table edges (task_id integer not null, depends_on integer not null, note text);
    create index on edges (task_id);
    create index on edges (depends_on)";

const COMMITTED: &str = "insert into edges values (1, 2)";
const PREPARED: &str = "begin; insert into edges values (3, 1); prepare transaction 'edge'";

/// With the prepared edge it is a cycle.
const CLOSING: &str = "insert into edges values (2, 3)";

fn a_database() -> Database {
    let server = Arc::new(Server::start().expect("a server"));
    Database::create(server).expect("a database")
}

/// Kills a process of the server.
fn crash(database: &Database) {
    steward_tests::crash::kill(database, database.owner());
    let cluster = database.server().cluster();
    let log = std::fs::read_to_string(cluster.log()).expect("a log");
    assert!(
        log.contains("all server processes terminated; reinitializing"),
        "{log}"
    );
    assert!(log.contains("recovering prepared transaction"), "{log}");
}

fn impatient(database: &Database) -> Session {
    let mut session = database.owner();
    session.run("set lock_timeout = '200ms'");
    session
}

fn a_prepared_edge_keeps_its_graph_over_a_crash(_: &Database) {
    for end in ["commit", "rollback"] {
        let database = a_database();
        database.owner().run(EDGES);
        database.owner().run(GUARD);
        database.owner().run(COMMITTED);
        database.owner().run(PREPARED);
        assert_eq!(impatient(&database).sqlstate(CLOSING), "55P03", "before");
        for _ in 0..2 {
            crash(&database);
            let mut session = impatient(&database);
            assert_eq!(session.sqlstate(CLOSING), "55P03", "{end}");
            // Ranking everything again has to wait too, and so has whoever detaches.
            assert_eq!(
                session.sqlstate("select steward.rebuild_dependencies('edges')"),
                "55P03"
            );
            assert_eq!(
                session.sqlstate("select steward.detach('edges', 'dependencies')"),
                "55P03"
            );
        }
        let mut session = impatient(&database);
        session.run("insert into edges values (4, 1), (2, 5)");
        let waiting = database.owner().start(CLOSING);
        waiting.until_blocked(&mut session);
        session.run(&format!("{end} prepared 'edge'"));
        let (mut closing, result) = waiting.finish();
        if end == "commit" {
            let refusal = result.expect_err("the edge is there");
            assert_eq!(path_of(&refusal), "2 -> 3 -> 1 -> 2");
            assert_eq!(path_of(&session.refusal(CLOSING)), "2 -> 3 -> 1 -> 2");
            session.run("delete from edges where task_id = 3");
            closing.run(CLOSING);
        } else {
            result.expect("the edge is gone");
        }
        assert_eq!(
            path_of(&session.refusal("insert into edges values (3, 1)")),
            "3 -> 1 -> 2 -> 3"
        );
        assert_ranks_agree(&mut session);
        let problems = session.rows("select * from steward.verify_dependencies('edges')");
        assert!(problems.is_empty(), "{problems:?}");
    }
}

/// A trigger that searches without a lock lets the cycle in.
fn the_control_without_a_lock_loses_it(_: &Database) {
    let database = a_database();
    database.owner().run(EDGES);
    database
        .owner()
        .run(include_str!("../../mutants/no_lock.sql"));
    database.owner().run(COMMITTED);
    database.owner().run(PREPARED);
    crash(&database);
    let mut session = impatient(&database);
    session.run(CLOSING);
    session.run("commit prepared 'edge'");
    assert_eq!(
        session.sqlstate(GUARD),
        "23514",
        "the guard finds the cycle"
    );
}
