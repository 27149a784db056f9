//! `ready_tasks` and claims: what can be begun, and who is at it.

use steward_tests::{Database, Session, Test};

mod claiming;
mod completing;
mod order;
mod random;
mod rights;
mod sessions;

/// Every test of both.
pub(crate) fn all() -> Vec<Test> {
    [
        order::tests(),
        rights::tests(),
        claiming::tests(),
        completing::tests(),
        sessions::tests(),
        random::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

const LEVELS: [&str; 3] = ["read committed", "repeatable read", "serializable"];

/// Tasks with priorities of an enum, and dates; the higher the number, the less urgent.
const TASKS: &str = "
    create type urgency as enum ('urgent', 'high', 'medium', 'low');
    create table tasks (
        id integer primary key, title text, status text not null default 'open',
        priority urgency, due_date date, completed_at timestamptz, assigned_to text
    );
    create table edges (task_id integer not null, depends_on integer not null, primary key (task_id, depends_on));
    create index on edges (depends_on);
    select steward.guard_dependencies('edges');";

const TRACK: &str = "select steward.track_completion('tasks', edges => 'edges')";

/// Tasks 1 to `count`, all of which can be begun.
fn owner_of_tasks(database: &Database, count: u32) -> Session {
    let mut owner = database.owner();
    owner.run(TASKS);
    owner.run(TRACK);
    owner.run(&format!(
        "insert into tasks (id, priority) select id, 'high' from generate_series(1, {count}) as id"
    ));
    owner
}

/// The task and the token of a claim.
#[track_caller]
fn claim(session: &mut Session, who: &str) -> (String, String) {
    let claim = session.value(&format!(
        "select task, token from steward.claim_task('tasks', '{who}')"
    ));
    let (task, token) = claim.split_once('|').expect("two columns");
    (task.to_owned(), token.to_owned())
}

fn ready(session: &mut Session) -> Vec<String> {
    session.rows("select * from steward.ready_tasks('tasks')")
}

/// Lets all leases end now.
fn expire(owner: &mut Session) {
    owner.run(
        "update tasks_readiness set claimed_until = clock_timestamp() - interval '1 second' \
         where claimed_until is not null",
    );
}
