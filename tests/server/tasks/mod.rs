//! `track_completion`: what is done, what is ready and what blocks it, kept honest whoever writes.

use steward_tests::{Database, Session, Test};

mod attaching;
mod blocked;
mod churn;
mod completion;
mod concurrency;
mod functions;
mod hints;
mod loaded;
mod overtaken;
mod rights;
mod statements;
mod tables;
mod unnoted;

pub(crate) use churn::tests as churn_tests;

/// Every test of the capability but the long ones.
pub(crate) fn all() -> Vec<Test> {
    [
        attaching::tests(),
        blocked::tests(),
        completion::tests(),
        concurrency::tests(),
        functions::tests(),
        hints::tests(),
        loaded::tests(),
        overtaken::tests(),
        rights::tests(),
        statements::tests(),
        tables::tests(),
        unnoted::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Tasks and their dependencies as the defaults expect them.
const TABLES: &str = "
    create table tasks (
        id integer primary key, title text, status text not null default 'todo', completed_at timestamptz
    );
    create table edges (
        task_id integer not null references tasks on delete cascade on update cascade,
        depends_on integer not null references tasks on delete cascade on update cascade,
        primary key (task_id, depends_on)
    );
    create index on edges (depends_on)";

const GUARD: &str = "select steward.guard_dependencies('edges')";
const TRACK: &str = "select steward.track_completion('tasks', edges => 'edges')";

fn owner_of_tracked_tasks(database: &Database) -> Session {
    owner_with(database, TRACK)
}

/// With another attach call.
fn owner_with(database: &Database, track: &str) -> Session {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run(GUARD);
    owner.run(track);
    owner
}

/// Tasks from 1 to 5: 2 waits for 1, 3 waits for 1 and 2, 4 for 3; 5 stands alone.
const CHAIN: &str = "
    insert into tasks (id, title) select i, 'Task ' || i from generate_series(1, 5) as i;
    insert into edges values (2, 1), (3, 1), (3, 2), (4, 3)";

/// What is kept, as `task|state|open blockers|ready`.
fn kept(session: &mut Session) -> Vec<String> {
    session.rows("select task, state, open_blockers, is_ready from tasks_readiness order by task")
}

/// The tasks that are ready.
fn ready(session: &mut Session) -> Vec<String> {
    session.rows("select task from tasks_readiness where is_ready order by task")
}

/// Fails where what is kept is not what tasks and dependencies say.
#[track_caller]
fn assert_verified(session: &mut Session, tasks: &str) {
    let problems = session.rows(&format!("select * from steward.verify_tasks('{tasks}')"));
    assert!(problems.is_empty(), "{problems:#?}");
}
