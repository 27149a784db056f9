//! What has to end in an error, or be answered, and must never end the server: each case has a server of its own.

use std::path::Path;

use steward_tests::{Database, Role, Server, Session, tests};

tests![
    a_search_meets_a_task_that_another_transaction_has_placed,
    a_search_meets_a_task_that_is_placed_in_another_scope,
    keys_of_a_type_that_does_not_take_them,
    a_temporary_file_that_grows_too_large,
    a_question_in_a_parallel_query,
    a_foreign_table_with_the_trigger,
    verify_with_nodes_of_another_type,
    verify_with_scopes_of_another_type,
];

/// Runs the statements in order; the last one may be refused, but not with an internal error, and the server lives.
#[track_caller]
fn assert_survives(setup: &str, last: &str) {
    let server = Server::start().expect("a server");
    assert_survives_on(&server, setup, last);
}

#[track_caller]
fn assert_survives_on(server: &Server, setup: &str, last: &str) {
    let mut session: Session = server.session("steward_template", Role::Superuser);
    session.run(setup);
    let result = session.client().batch_execute(last);
    if let Err(error) = &result {
        let code = error.code().map(postgres::error::SqlState::code);
        assert!(
            code.is_some_and(|code| code != "XX000"),
            "{error:?}\nin: {last}"
        );
    }
    assert!(!session.client().is_closed(), "the server died of: {last}");
    session.run("select 1");
}

fn edges_of(key: &str) -> String {
    format!(
        "create table edges (task_id {key}, depends_on {key});
         create index on edges (task_id); create index on edges (depends_on);"
    )
}

/// Anybody who may read the edges can ask this.
fn keys_of_a_type_that_does_not_take_them(_: &Database) {
    let setup = edges_of("bigint") + super::GUARD + "; insert into edges values (-1, -2)";
    let server = Server::start().expect("a server");
    assert_survives_on(
        &server,
        &setup,
        "select * from steward.topological_order('edges', null::date)",
    );
    for exemplar in [
        "null::bigint[]",
        "null::regclass",
        "row(1, 2)",
        "null::steward.attachments",
        "null::jsonb",
    ] {
        assert_survives_on(
            &server,
            "",
            &format!("select * from steward.topological_order('edges', {exemplar})"),
        );
    }
}

fn a_temporary_file_that_grows_too_large(_: &Database) {
    assert_survives(
        &(edges_of("bigint")
            + "insert into edges select i, i + 1 from generate_series(1, 100000) as i;"
            + super::GUARD
            + "; set temp_file_limit = '1MB'; set work_mem = '64kB'"),
        "select count(*) from steward.topological_order('edges')",
    );
}

/// Anyone can call a function of theirs parallel safe, whatever it calls.
fn a_question_in_a_parallel_query(_: &Database) {
    assert_survives(
        "create type kind as enum ('a', 'b');
         create table edges (task_id bigint, depends_on bigint, kind kind);
         create index on edges (task_id); create index on edges (depends_on);
         select steward.guard_dependencies('edges', kind => 'kind', blocking_kinds => '{a}');
         insert into edges select i, i + 1, 'a' from generate_series(1, 100) as i;
         create function is_blocked(task bigint) returns boolean language plpgsql parallel safe as
         $$begin return steward.would_cycle('edges', 5::bigint, task); end$$;
         create table tasks as select i::bigint as id from generate_series(1, 1000) as i; analyze tasks;
         set force_parallel_mode = on; set parallel_setup_cost = 0; set parallel_tuple_cost = 0;
         set min_parallel_table_scan_size = 0",
        "select count(*) from tasks where is_blocked(id)",
    );
}

/// PostgreSQL takes ordinary AFTER ROW triggers on foreign tables, which are stored in no way that a check could look at.
fn a_foreign_table_with_the_trigger(_: &Database) {
    let server = Server::start().expect("a server");
    let url = server
        .cluster()
        .connection_string("steward_template", Role::Superuser.name());
    let configuration: postgres::Config = url.parse().expect("a connection string");
    let folder = configuration
        .get_hosts()
        .iter()
        .find_map(|host| match host {
            postgres::config::Host::Unix(path) => Some(path.as_path()),
            postgres::config::Host::Tcp(_) => None,
        })
        .map_or_else(String::new, |path: &Path| path.display().to_string());
    let port = configuration.get_ports().first().copied().unwrap_or(5432);
    assert_survives_on(
        &server,
        &format!(
            "create extension postgres_fdw;
             create server loop foreign data wrapper postgres_fdw
             options (host '{folder}', port '{port}', dbname 'steward_template');
             create user mapping for current_user server loop options (user '{}');
             create table real_edges (task_id bigint, depends_on bigint);
             create foreign table edges (task_id bigint, depends_on bigint)
             server loop options (table_name 'real_edges');
             create trigger by_hand after insert on edges for each row
             execute function steward.check_dependency('task_id', 'depends_on')",
            Role::Superuser.name()
        ),
        "insert into edges values (1, 2)",
    );
}

/// A number that is taken for a key that is stored elsewhere is an address.
fn verify_with_nodes_of_another_type(_: &Database) {
    assert_survives(
        &(edges_of("uuid")
            + super::GUARD
            + "; insert into edges values (gen_random_uuid(), gen_random_uuid());
               alter table edges_rank alter node type bigint using 4096 + rank"),
        "select * from steward.verify_dependencies('edges')",
    );
}

fn verify_with_scopes_of_another_type(_: &Database) {
    assert_survives(
        "create table edges (task_id bigint, depends_on bigint, project text);
         create index on edges (task_id); create index on edges (depends_on);
         select steward.guard_dependencies('edges', scope => 'project');
         insert into edges values (1, 2, 'x');
         alter table edges_rank alter scope type bigint using 4096",
        "select * from steward.verify_dependencies('edges')",
    );
}

/// Of an end that is placed under a shared lock and one that has to be adopted: the first has an uncommitted rank, which
/// whoever ranks the graph meanwhile neither sees nor can make.
fn a_search_meets_a_task_that_another_transaction_has_placed(_: &Database) {
    let server = Server::start().expect("a server");
    let session = || server.session("steward_template", Role::Superuser);
    let mut observer = session();
    observer.run(&(edges_of("bigint") + super::GUARD));
    // 10 waits for 801, which has a rank, and 10 has none.
    with_a_rank_taken_back(&session, "(10, 800)", "(10, 801)");
    observer.run("insert into edges values (700, 699)");
    // 20 has no rank either, and its edge is not committed.
    let [mut taken_back, mut relies] = [session(), session()];
    taken_back.run("begin; insert into edges values (20, 900)");
    relies.run("begin; insert into edges values (20, 901)");
    taken_back.run("rollback");
    let places = session().start("insert into edges values (10, 20)");
    places.until_blocked(&mut observer);
    let ranks = session().start("insert into edges values (801, 700)");
    ranks.until_blocked(&mut observer);
    relies.run("commit");
    for waiting in [ranks, places] {
        assert_retried_at_most(waiting.finish().1);
    }
    observer.run("select 1");
}

fn a_search_meets_a_task_that_is_placed_in_another_scope(_: &Database) {
    let server = Server::start().expect("a server");
    let session = || server.session("steward_template", Role::Superuser);
    let mut observer = session();
    observer.run(
        "create table edges (task_id bigint, depends_on bigint, scope integer);
         create index on edges (task_id); create index on edges (depends_on);
         select steward.guard_dependencies('edges', scope => 'scope')",
    );
    with_a_rank_taken_back(&session, "(10, 800, 1)", "(10, 801, 1)");
    observer.run("insert into edges values (700, 699, 1)");
    let mut places = session();
    // Whether this is refused, since task 10 belongs to scope 1, is another test's question.
    let _ = places.try_run("begin; insert into edges values (10, 20, 2)");
    let mut ranks = session();
    ranks.run("set lock_timeout = '2s'");
    let result = ranks.try_run("insert into edges values (801, 700, 1)");
    if let Err(refusal) = result {
        assert!(
            ["40001", "55P03"].contains(&refusal.sqlstate()),
            "{refusal}"
        );
    }
    observer.run("select 1");
}

/// Leaves `edge` in the table, whose task has no rank.
fn with_a_rank_taken_back(session: &dyn Fn() -> Session, placing: &str, edge: &str) {
    let [mut places, mut relies] = [session(), session()];
    places.run(&format!("begin; insert into edges values {placing}"));
    relies.run(&format!("insert into edges values {edge}"));
    places.run("rollback");
}

#[track_caller]
fn assert_retried_at_most(result: Result<(), steward_tests::Refusal>) {
    if let Err(refusal) = result {
        assert!(
            ["40001", "40P01"].contains(&refusal.sqlstate()),
            "{refusal}"
        );
    }
}
