//! Who gets in by which condition, and for which command.

use steward_tests::{Database, Role, Session, tests};

use super::super::super::hostile;
use super::{PROJECT_IDS, TASK_IDS, acting, owner_of_projects, restricted, sees};

tests![
    by_owner_and_membership,
    by_role_in_the_membership_table,
    nobody_sees_nothing,
    by_assigned_role_and_by_role_of_the_user,
    by_parent,
    restrictive_policies,
    several_calls_are_alternatives,
    for_some_commands_only,
    the_membership_table_itself,
    a_change_of_membership_counts_at_once,
    keys_of_every_type,
    hostile_names,
    partitioned_tables,
];

/// How many rows a statement writes for a user; a refusal gives its SQLSTATE.
fn writes(database: &Database, user: i64, statement: &str) -> String {
    let mut session = acting(database, user);
    match session.client().execute(statement, &[]) {
        Ok(count) => count.to_string(),
        Err(error) => steward_tests::Refusal::of(&error).sqlstate().to_owned(),
    }
}

fn by_owner_and_membership(database: &Database) {
    let _owner = restricted(database);
    for (user, projects, tasks) in [
        (1, "1", ""),
        (2, "1 2", "1 2"),
        (3, "1 2 3", "1 2 3 4"),
        (4, "1 3", "1 2 5 6"),
        (5, "", ""),
    ] {
        assert_eq!(sees(database, user, PROJECT_IDS), projects, "{user}");
        assert_eq!(sees(database, user, TASK_IDS), tasks, "{user}");
    }
}

fn by_role_in_the_membership_table(database: &Database) {
    let _owner = restricted(database);
    let insert = "insert into tasks values (100, 1, null, null, 'new')";
    let update = "update tasks set title = 'changed' where id = 1";
    let delete = "delete from tasks where id = 6 or id = 1";
    // admin, member, viewer of project 1; nobody.
    for (user, inserted, updated, deleted) in [
        (2, "1", "1", "23503"),
        (3, "1", "1", "0"),
        (4, "42501", "0", "23503"),
        (5, "42501", "0", "0"),
    ] {
        assert_eq!(writes(database, user, insert), inserted, "insert by {user}");
        assert_eq!(writes(database, user, update), updated, "update by {user}");
        assert_eq!(writes(database, user, delete), deleted, "delete by {user}");
    }
    // Nobody moves a row to where they may not write.
    assert_eq!(
        writes(database, 3, "update tasks set project_id = 2 where id = 1"),
        "42501"
    );
    assert_eq!(
        writes(
            database,
            3,
            "update tasks set title = 'x' where project_id = 2"
        ),
        "0"
    );
    assert_eq!(
        writes(database, 4, "select from tasks where id = 1 for update"),
        "0"
    );
}

fn nobody_sees_nothing(database: &Database) {
    let _owner = restricted(database);
    for identity in [
        "",
        "set app.current_user_id = ''",
        "set app.current_user_id = 'x'",
        "set app.user_id = '1 or 1=1'",
    ] {
        let mut writer = database.session(Role::Writer);
        writer.run(identity);
        assert!(writer.rows("select from tasks").is_empty(), "{identity}");
        assert!(writer.rows("select from projects").is_empty(), "{identity}");
        assert_eq!(
            writer.sqlstate("insert into tasks values (100, 1)"),
            "42501",
            "{identity}"
        );
        writer.run("update tasks set title = 'x'; delete from tasks");
    }
    let mut owner = database.owner();
    assert_eq!(
        owner.value("select count(*) from tasks where title like 'task %'"),
        "6"
    );
}

fn by_assigned_role_and_by_role_of_the_user(database: &Database) {
    let mut owner = owner_of_projects(database);
    owner.run("select steward.restrict('tasks', owner => 'assignee', assigned_role => 'role', user_roles => '{manager}')");
    for (user, role, expected) in [
        (1, "null", "1"),
        (1, "'tester'", "1 2 4 6"),
        (1, "'designer'", "1 3 5"),
        (9, "'manager'", "1 2 3 4 5 6"),
        (9, "'managers'", ""),
        (9, "null", ""),
    ] {
        let mut writer = database.session(Role::Writer);
        writer.run(&format!("begin; select steward.act_as({user}, {role})"));
        assert_eq!(writer.rows(TASK_IDS).join(" "), expected, "{user} {role}");
    }
}

fn by_parent(database: &Database) {
    let mut owner = restricted(database);
    owner.run(
        "select steward.restrict('comments', parent => 'tasks', database_roles => '{writer}')",
    );
    let ids = "select id from comments order by id";
    assert_eq!(sees(database, 4, ids), "1 2 3 4 9 10 11 12");
    assert_eq!(sees(database, 5, ids), "");
    // Who reads a task need not be allowed to write its comments.
    for (user, inserted, deleted) in [
        (2, "1", "1"),
        (3, "1", "1"),
        (4, "42501", "0"),
        (5, "42501", "0"),
    ] {
        assert_eq!(
            writes(database, user, "insert into comments values (100, 1)"),
            inserted,
            "{user}"
        );
        assert_eq!(
            writes(database, user, "delete from comments where id = 1"),
            deleted,
            "{user}"
        );
    }
    assert_eq!(
        writes(database, 3, "update comments set task_id = 3 where id = 1"),
        "42501"
    );
    // A parent without policies: only reading can be decided by it.
    owner.run("create table drafts (id bigint primary key); create table lines (id bigint, draft bigint references drafts)");
    let refusal = owner.refusal("select steward.restrict('lines', parent => 'drafts')");
    assert_eq!(
        (refusal.sqlstate(), refusal.message()),
        ("55000", "no policy says who may update public.drafts")
    );
    owner.run("select steward.restrict('lines', parent => 'drafts', commands => '{select}')");
    let refusal = owner.refusal("select steward.restrict('lines', parent => 'tasks')");
    assert_eq!(refusal.sqlstate(), "22023");
    assert_eq!(
        owner.sqlstate("select steward.restrict('tasks', parent => 'tasks')"),
        "22023"
    );
}

fn restrictive_policies(database: &Database) {
    let mut owner = owner_of_projects(database);
    owner.run(
        "alter table tasks enable row level security; create policy everything on tasks using (true);
         select steward.restrict('tasks', members => 'project_members', member_role => 'role', writers => '{admin}',
             restrictive => true, name => 'limits')",
    );
    assert_eq!(sees(database, 4, TASK_IDS), "1 2 5 6");
    assert_eq!(
        writes(database, 4, "update tasks set title = 'x' where id = 1"),
        "0"
    );
    assert_eq!(
        writes(database, 2, "update tasks set title = 'x' where id = 1"),
        "1"
    );
    owner.run("drop policy everything on tasks");
    assert_eq!(
        sees(database, 4, TASK_IDS),
        "",
        "what is restrictive lets nobody in"
    );
}

fn several_calls_are_alternatives(database: &Database) {
    let mut owner = owner_of_projects(database);
    owner.run(
        "select steward.restrict('tasks', members => 'project_members', commands => '{select}', name => 'members');
         select steward.restrict('tasks', owner => 'assignee', name => 'assignee')",
    );
    assert_eq!(sees(database, 4, TASK_IDS), "1 2 4 5 6");
    assert_eq!(writes(database, 4, "update tasks set role = null"), "1");
    assert_eq!(
        owner.rows("select policy, command from steward.restrictions order by 1"),
        ["assignee|all", "members_select|select"]
    );
}

fn for_some_commands_only(database: &Database) {
    let mut owner = owner_of_projects(database);
    owner.run(
        "select steward.restrict('tasks', owner => 'assignee', commands => '{update,select}')",
    );
    assert_eq!(writes(database, 1, "update tasks set role = 'x'"), "1");
    assert_eq!(writes(database, 1, "delete from tasks"), "0");
    assert_eq!(
        writes(database, 1, "insert into tasks values (100, 1, 1)"),
        "42501"
    );
    assert_eq!(writes(database, 1, "truncate tasks"), "42501");
}

/// A membership table that is protected by its own rows: no recursion, and nobody makes himself a member.
fn the_membership_table_itself(database: &Database) {
    let mut owner = restricted(database);
    owner.run(
        "select steward.restrict('project_members', members => 'project_members', member_role => 'role',
             writers => '{owner,admin}', database_roles => '{writer}')",
    );
    let members = "select project_id || '/' || user_id from project_members order by 1";
    assert_eq!(sees(database, 3, members), "1/2 1/3 1/4 2/3");
    assert_eq!(sees(database, 5, members), "");
    assert_eq!(
        writes(
            database,
            2,
            "insert into project_members values (1, 5, 'viewer')"
        ),
        "1"
    );
    for (user, statement) in [
        (3, "insert into project_members values (1, 5, 'viewer')"),
        (5, "insert into project_members values (1, 5, 'owner')"),
        (2, "insert into project_members values (2, 2, 'owner')"),
        (
            2,
            "update project_members set project_id = 3 where user_id = 2",
        ),
    ] {
        assert_eq!(writes(database, user, statement), "42501", "{statement}");
    }
    assert_eq!(
        writes(
            database,
            3,
            "update project_members set role = 'owner' where user_id = 3"
        ),
        "0"
    );
    assert_eq!(
        owner.value("select count(*) from pg_proc where proname like '%of_current_user%' and pronamespace = 'public'::regnamespace"),
        "1",
        "one function for all tables that are protected by it"
    );
}

/// Under a prepared plan, in another role, in the same transaction.
fn a_change_of_membership_counts_at_once(database: &Database) {
    let mut owner = restricted(database);
    let mut writer = database.session(Role::Writer);
    writer.run("set plan_cache_mode = force_generic_plan; prepare list as select id from tasks order by id");
    let list = |writer: &mut Session| {
        writer.run("begin; select steward.act_as(5)");
        let rows = writer.rows("execute list").join(" ");
        writer.run("commit");
        rows
    };
    assert_eq!(list(&mut writer), "");
    owner.run("insert into project_members values (2, 5, 'viewer')");
    assert_eq!(list(&mut writer), "3 4");
    owner.run("delete from project_members where user_id = 5");
    assert_eq!(list(&mut writer), "");
    // The owner's plan is not the member's: who the policies apply to is part of it.
    let mut session = database.superuser();
    session.run("set role writer; prepare list as select count(*) from tasks");
    for (role, expected) in [("writer", "0"), ("owner", "6"), ("writer", "0")] {
        session.run(&format!("set role {role}"));
        assert_eq!(session.value("execute list"), expected, "{role}");
    }
}

fn keys_of_every_type(database: &Database) {
    let mut owner = database.owner();
    for (number, (key, first, second)) in [
        (
            "uuid",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            "b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        ),
        ("smallint", "1", "2"),
        ("integer", "1", "2"),
        ("bigint", "1", "9000000000"),
        ("text", "a", "b'"),
        ("varchar(40)", "a", "b"),
        ("key_domain", "1", "2"),
    ]
    .into_iter()
    .enumerate()
    {
        if key == "key_domain" {
            owner.run("create domain key_domain as integer");
        }
        let (first, second) = (hostile::literal(first), hostile::literal(second));
        owner.run(&format!(
            "create schema s{number}; create table s{number}.teams (id {key} primary key);
             create table s{number}.members (team {key} references s{number}.teams, user_id {key});
             create table s{number}.docs (id integer, team {key} references s{number}.teams, author {key});
             create index on s{number}.members (user_id); create index on s{number}.docs (team); create index on s{number}.docs (author);
             insert into s{number}.teams values ({first}), ({second});
             insert into s{number}.members values ({first}, {first}), ({second}, {second});
             insert into s{number}.docs values (1, {first}, null), (2, {second}, {first}), (3, {second}, {second});
             grant usage on schema s{number} to writer; grant select on s{number}.docs to writer;
             select steward.restrict('s{number}.docs', owner => 'author', members => 's{number}.members')"
        ));
        let mut writer = database.session(Role::Writer);
        writer.run(&format!("begin; select steward.act_as({first})"));
        assert_eq!(
            writer
                .rows(&format!("select id from s{number}.docs order by 1"))
                .join(" "),
            "1 2",
            "{key}"
        );
    }
    for other in ["numeric", "json", "date", "char(4)"] {
        owner.run(&format!("create table other (a {other})"));
        assert_eq!(
            owner.sqlstate("select steward.restrict('other', owner => 'a')"),
            "42809",
            "{other}"
        );
        owner.run("drop table other");
    }
}

fn hostile_names(database: &Database) {
    let mut owner = database.owner();
    for name in hostile::names() {
        let (quoted, literal) = (hostile::identifier(&name), hostile::literal(&name));
        let table = hostile::literal(&format!("{quoted}.{quoted}"));
        let members =
            hostile::identifier(&format!("{}m", name.chars().take(20).collect::<String>()));
        owner.run(&format!(
            "create schema {quoted}; create table {quoted}.{quoted} ({quoted} bigint primary key);
             create table {quoted}.{members} ({quoted} bigint references {quoted}.{quoted}, m bigint, r text);
             insert into {quoted}.{quoted} values (1), (2); insert into {quoted}.{members} values (2, 7, {literal});
             create index on {quoted}.{members} (m);
             select steward.restrict({table}, members => {}, member_user => 'm', member_role => 'r', readers => array[{literal}],
                 name => {literal});
             grant usage on schema {quoted} to writer; grant select on {quoted}.{quoted} to writer",
            hostile::literal(&format!("{quoted}.{members}")),
        ));
        assert_eq!(
            sees(database, 7, &format!("select * from {quoted}.{quoted}")),
            "2",
            "{name}"
        );
        assert_eq!(
            owner.value(&format!("select steward.unrestrict({table}, {literal})")),
            "1",
            "{name}"
        );
    }
}

fn partitioned_tables(database: &Database) {
    let mut owner = owner_of_projects(database);
    owner.run(
        "create table events (project_id bigint references projects, at date) partition by range (at);
         create index on events (project_id);
         create table events_1 partition of events for values from ('2026-01-01') to ('2027-01-01');
         insert into events select n % 3 + 1, '2026-05-05' from generate_series(1, 9) as n;
         grant select on events to writer;
         select steward.restrict('events', members => 'project_members')",
    );
    assert_eq!(
        sees(database, 2, "select distinct project_id from events"),
        "1"
    );
    assert_eq!(sees(database, 5, "select from events"), "");
}
