//! `guard_dependencies`: the dependencies in a table never form a cycle.

use steward_tests::{Database, Refusal, Session, Test, tests};

mod attaching;
mod crash;
mod drawings;
mod hints;
mod keys;
mod kinds;
mod limits;
mod loaded;
mod many_scopes;
mod moved;
mod oracle;
mod partitions;
mod relied_on;
mod rewritten;
mod rights;
mod schema_changes;
mod scopes;
mod side_table;
mod statements;
mod survival;

/// Every test of the capability.
pub(crate) fn all() -> Vec<Test> {
    [
        tests(),
        keys::tests(),
        kinds::tests(),
        scopes::tests(),
        attaching::tests(),
        crash::tests(),
        drawings::tests(),
        hints::tests(),
        statements::tests(),
        partitions::tests(),
        loaded::tests(),
        schema_changes::tests(),
        rights::tests(),
        side_table::tests(),
        limits::tests(),
        moved::tests(),
        many_scopes::tests(),
        relied_on::tests(),
        oracle::tests(),
        rewritten::tests(),
        survival::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

tests![
    a_cycle_is_refused_with_its_path,
    a_task_cannot_wait_for_itself,
    diamonds_are_no_cycles,
    a_parent_column_is_an_edge_table_too,
    disabled_and_replica,
];

/// An edge table as the defaults expect it.
const EDGES: &str = "
    create table edges (
        task_id integer not null, depends_on integer not null, note text, primary key (task_id, depends_on)
    );
    create index on edges (depends_on)";

const GUARD: &str = "select steward.guard_dependencies('edges')";

fn owner_of_guarded_edges(database: &Database) -> Session {
    let mut owner = database.owner();
    owner.run(EDGES);
    owner.run(GUARD);
    owner
}

/// The edges, as `task|dependency`.
fn edges(session: &mut Session) -> Vec<String> {
    session.rows("select task_id, depends_on from edges order by 1, 2")
}

/// Fails where a rank that an edge needs is missing or disagrees with it, or two ranks are the same.
#[track_caller]
fn assert_ranks_agree(session: &mut Session) {
    let broken = session.rows(
        "select task_id, depends_on, t.rank, d.rank from edges
         left join edges_rank as t on t.node = task_id
         left join edges_rank as d on d.node = depends_on
         where (d.rank < t.rank) is not true
         union all
         select null, null, rank, count(*) from edges_rank group by rank having count(*) > 1",
    );
    assert!(broken.is_empty(), "ranks that disagree: {broken:#?}");
}

/// Fails unless the error is that of a cycle in `edges`. Returns the path that it names.
#[track_caller]
fn path_of(refusal: &Refusal) -> String {
    assert_eq!(refusal.sqlstate(), "23514", "{refusal}");
    assert!(
        refusal.to_string().contains("CONSTRAINT: edges_acyclic"),
        "{refusal}"
    );
    let detail = refusal.detail().unwrap_or_default();
    detail
        .trim_start_matches("Each waits for the next: ")
        .trim_end_matches('.')
        .to_owned()
}

fn a_cycle_is_refused_with_its_path(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("insert into edges values (2, 1), (3, 2), (4, 3), (4, 1)");
    let refusal = owner.refusal("insert into edges values (1, 4)");
    let shortest_or_other = path_of(&refusal);
    assert!(
        ["1 -> 4 -> 1", "1 -> 4 -> 3 -> 2 -> 1"].contains(&shortest_or_other.as_str()),
        "{refusal}"
    );
    let text = refusal.to_string();
    for field in ["SCHEMA: public", "TABLE: edges", "HINT: "] {
        assert!(text.contains(field), "{refusal}");
    }
    let refusal = owner.refusal("insert into edges values (1, 3)");
    assert_eq!(path_of(&refusal), "1 -> 3 -> 2 -> 1");
    assert_eq!(edges(&mut owner), ["2|1", "3|2", "4|1", "4|3"]);
    assert_ranks_agree(&mut owner);
}

fn a_task_cannot_wait_for_itself(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    let refusal = owner.refusal("insert into edges values (1, 1)");
    assert_eq!(path_of(&refusal), "1 -> 1");
    owner.run("insert into edges values (1, 2)");
    let refusal = owner.refusal("update edges set depends_on = 1");
    assert_eq!(path_of(&refusal), "1 -> 1");
}

fn diamonds_are_no_cycles(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("insert into edges values (4, 2), (4, 3), (2, 1), (3, 1), (4, 1)");
    owner.run("insert into edges values (1, 0), (5, 4), (5, 1), (3, 2)");
    assert_ranks_agree(&mut owner);
    let refusal = owner.refusal("insert into edges values (2, 3)");
    assert_eq!(path_of(&refusal), "2 -> 3 -> 2");
}

fn a_parent_column_is_an_edge_table_too(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table tasks (id integer primary key, parent_task_id integer references tasks);
         create index on tasks (parent_task_id);
         select steward.guard_dependencies('tasks', task => 'id', depends_on => 'parent_task_id');
         insert into tasks values (1, null), (2, 1), (3, 2)",
    );
    let refusal = owner.refusal("update tasks set parent_task_id = 3 where id = 1");
    assert_eq!(
        (refusal.sqlstate(), refusal.detail().unwrap_or_default()),
        ("23514", "Each waits for the next: 1 -> 3 -> 2 -> 1.")
    );
    owner.run("update tasks set parent_task_id = null where id = 2; update tasks set parent_task_id = 3 where id = 1");
    assert_eq!(owner.sqlstate("insert into tasks values (4, 4)"), "23514");
}

fn disabled_and_replica(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("insert into edges values (1, 2)");
    owner.run("alter table edges disable trigger steward_dependencies; insert into edges values (2, 1); delete from edges where task_id = 2");
    owner.run("alter table edges enable trigger steward_dependencies");
    assert_eq!(
        path_of(&owner.refusal("insert into edges values (2, 1)")),
        "2 -> 1 -> 2"
    );
}
