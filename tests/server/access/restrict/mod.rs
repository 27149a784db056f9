//! `restrict`: the policies that it writes, and whom they let in.

use steward_tests::{Database, Role, Session, Test, tests};

mod attacks;
mod conditions;
mod parents;
mod writing;

/// Every test of it.
pub(super) fn all() -> Vec<Test> {
    [
        tests(),
        conditions::tests(),
        parents::tests(),
        writing::tests(),
        attacks::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

tests![
    the_tests_role_is_plain,
    without_the_policies_the_tests_would_fail,
];

/// Projects 1 to 3 with a member of each role; user 1 owns project 1, user 5 is nobody's member. Each project has
/// two tasks, and each task two comments.
pub(super) const SCHEMA: &str = "
    create type project_role as enum ('owner', 'admin', 'member', 'viewer');
    create table users (id bigint primary key, name text unique);
    create table projects (id bigint primary key, owner_id bigint references users, name text);
    create table project_members (project_id bigint references projects on delete cascade, user_id bigint references users,
        role project_role not null, primary key (project_id, user_id));
    create index on project_members (user_id);
    create index on projects (owner_id);
    create table tasks (id bigint primary key, project_id bigint references projects, assignee bigint, role text, title text unique);
    create index on tasks (project_id);
    create table comments (id bigint primary key, task_id bigint references tasks, text text);
    create index on comments (task_id);
    insert into users select n, 'user ' || n from generate_series(1, 9) as n;
    insert into projects select n, n, 'project ' || n from generate_series(1, 3) as n;
    insert into project_members values (1, 2, 'admin'), (1, 3, 'member'), (1, 4, 'viewer'), (2, 3, 'viewer'), (3, 4, 'owner');
    insert into tasks select n, 1 + (n - 1) / 2, n, case when n % 2 = 0 then 'tester' else 'designer' end, 'task ' || n
        from generate_series(1, 6) as n;
    insert into comments select n, 1 + (n - 1) / 2, 'comment ' || n from generate_series(1, 12) as n;
    grant select, insert, update, delete on all tables in schema public to writer";

pub(super) const PROJECTS: &str = "select steward.restrict('projects', owner => 'owner_id', members => 'project_members', member_role => 'role',
    writers => '{owner,admin}', managers => '{owner}', database_roles => '{writer}')";
pub(super) const TASKS: &str =
    "select steward.restrict('tasks', members => 'project_members', member_role => 'role',
    writers => '{owner,admin,member}', managers => '{owner,admin}', database_roles => '{writer}')";

fn owner_of_projects(database: &Database) -> Session {
    let mut owner = database.owner();
    owner.run(SCHEMA);
    owner
}

pub(super) fn restricted(database: &Database) -> Session {
    let mut owner = owner_of_projects(database);
    owner.run(PROJECTS);
    owner.run(TASKS);
    owner
}

/// The plain role of an application, in a transaction for that user.
pub(super) fn acting(database: &Database, user: i64) -> Session {
    let mut writer = database.session(Role::Writer);
    writer.run(&format!("begin; select steward.act_as({user})"));
    writer
}

/// The values that `query` gives a user, with blanks between them.
pub(super) fn sees(database: &Database, user: i64, query: &str) -> String {
    acting(database, user).rows(query).join(" ")
}

const TASK_IDS: &str = "select id from tasks order by id";
const PROJECT_IDS: &str = "select id from projects order by id";

fn the_tests_role_is_plain(database: &Database) {
    let _owner = restricted(database);
    let mut writer = database.session(Role::Writer);
    assert!(writer.holds(
        "select not (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb) and not pg_has_role('owner', 'member')
             and row_security_active('tasks') and row_security_active('projects')
         from pg_roles where rolname = current_user"
    ));
}

fn without_the_policies_the_tests_would_fail(database: &Database) {
    let mut owner = restricted(database);
    assert_eq!(sees(database, 3, TASK_IDS), "1 2 3 4");
    assert_eq!(sees(database, 5, TASK_IDS), "");
    owner.run("alter table tasks disable row level security");
    assert_eq!(sees(database, 3, TASK_IDS), "1 2 3 4 5 6");
    assert_eq!(sees(database, 5, TASK_IDS), "1 2 3 4 5 6");
    owner.run("alter table tasks enable row level security; select steward.unrestrict('tasks')");
    assert_eq!(sees(database, 3, TASK_IDS), "");
}
