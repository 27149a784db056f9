//! `notify_on`: who is told of what, and what a refusal does.

use steward_tests::{Database, Session, Test};

mod attaching;
mod events;
mod refused;
mod rights;
mod statements;
mod unblocked;

/// Every test of the capability.
pub(crate) fn all() -> Vec<Test> {
    [
        events::tests(),
        statements::tests(),
        refused::tests(),
        unblocked::tests(),
        rights::tests(),
        attaching::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Users, tasks and notifications, as a small application has them.
const TABLES: &str = "
    create table users (id integer primary key, name text);
    create table tasks (
        id integer primary key, title varchar(200), status text not null default 'todo', assigned_to integer,
        created_by integer, is_delayed boolean default false
    );
    create table notifications (
        id integer generated always as identity primary key, user_id integer not null references users,
        type varchar(50) not null check (type in ('task_assigned', 'task_delayed', 'task_completed', 'issue_reported', 'system')),
        title varchar(40) not null, message text not null, related_task_id integer references tasks,
        is_read boolean default false, created_at timestamptz default now()
    );
    insert into users values (1, 'Asha'), (2, 'Bela'), (3, 'Chidi')";

const NOTIFY: &str = "select steward.notify_on('tasks')";

fn owner_of_notified_tasks(database: &Database) -> Session {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run(NOTIFY);
    owner
}

/// What was told since the last call: `user|type|task`.
fn told(session: &mut Session) -> Vec<String> {
    let told = session.rows("select user_id, type, related_task_id from notifications order by id");
    session.run("delete from notifications");
    told
}
