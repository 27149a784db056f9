//! Progress of parents, and the flag of tasks that are late.

use steward_tests::{Database, Session, Test};

mod attaching;
mod bulk;
mod concurrency;
mod delay;
mod histories;
mod partitions;
mod rights;
mod statements;
mod values;

/// Every test of the folder.
pub(crate) fn all() -> Vec<Test> {
    [
        values::tests(),
        statements::tests(),
        partitions::tests(),
        rights::tests(),
        attaching::tests(),
        bulk::tests(),
        concurrency::tests(),
        histories::tests(),
        delay::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Milestones, and tasks that belong to them.
const TABLES: &str = "
    create table milestones (id integer primary key, title text, progress integer default 0);
    create table tasks (
        id integer primary key, milestone_id integer references milestones, status text not null default 'todo'
    )";

const ROLL_UP: &str = "select steward.roll_up_progress('tasks')";

fn owner_of_milestones(database: &Database) -> Session {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("insert into milestones select n, 'm' || n from generate_series(1, 3) as n");
    owner.run(ROLL_UP);
    owner
}

/// The milestones as `id|progress`.
fn progress(session: &mut Session) -> Vec<String> {
    session.rows("select id, progress from milestones order by id")
}

/// What plain SQL counts, for milestones and tasks of integers.
const ORACLE: &str = "
    select m.id, coalesce(round(100.0 * count(*) filter (where t.status = 'done')
            / nullif(count(*) filter (where t.status <> 'cancelled'), 0)), 0)
    from milestones as m left join tasks as t on t.milestone_id = m.id group by m.id order by m.id";

/// Fails where the progress is not what plain SQL counts, or a counter is not what is there.
#[track_caller]
fn assert_right(session: &mut Session) {
    assert_eq!(progress(session), session.rows(ORACLE));
    assert_eq!(
        session.rows("select * from steward.verify_progress('tasks')"),
        [""; 0]
    );
}
