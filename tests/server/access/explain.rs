//! `explain_access`: that it says what the policies do.

use steward_tests::{Database, Role, Session, tests};

use super::configure;
use super::restrict::{acting, restricted};

tests![
    it_agrees_with_what_happens,
    it_names_what_is_missing,
    policies_of_other_tables_count,
    roles_that_policies_do_not_bind,
    nobody_asks_who_may_not,
    nothing_is_left_of_it,
    a_policys_code_gains_nothing,
];

fn verdicts(owner: &mut Session, call: &str) -> Vec<String> {
    owner.rows(&format!(
        "select command || ' ' || allowed from steward.explain_access({call}) where policy is null"
    ))
}

/// For every user and task, against the statements themselves.
fn it_agrees_with_what_happens(database: &Database) {
    let mut owner = restricted(database);
    owner.run(
        "truncate comments; create policy no_third on tasks as restrictive for delete using (id <> 3);
         select steward.restrict('tasks', owner => 'assignee', name => 'assignee', database_roles => '{writer}')",
    );
    for user in 1..=5 {
        for task in 1..=6 {
            let does = |statement: &str| {
                let mut session = acting(database, user);
                session.client().execute(statement, &[]).unwrap_or_default() == 1
            };
            let row: Vec<_> = owner
                .value(&format!("select coalesce(project_id::text, ''), coalesce(assignee::text, '') from tasks where id = {task}"))
                .split('|')
                .map(str::to_owned)
                .collect();
            let expected = [
                (
                    "select",
                    does(&format!("select from tasks where id = {task}")),
                ),
                (
                    "insert",
                    does(&format!(
                        "insert into tasks values (100, {}, {})",
                        row[0], row[1]
                    )),
                ),
                (
                    "update",
                    does(&format!("update tasks set role = role where id = {task}")),
                ),
                (
                    "delete",
                    does(&format!("delete from tasks where id = {task}")),
                ),
            ]
            .map(|(command, allowed)| format!("{command} {allowed}"));
            let call = format!("'tasks', {task}, '{user}', database_role => 'writer'");
            let mut superuser = database.superuser();
            assert_eq!(
                verdicts(&mut superuser, &call),
                expected,
                "user {user}, task {task}"
            );
        }
    }
}

fn it_names_what_is_missing(database: &Database) {
    let _owner = restricted(database);
    let mut superuser = database.superuser();
    let explain = |superuser: &mut Session, user: &str| {
        superuser.rows(&format!(
            "select command, allowed, policy, holds, explanation from steward.explain_access('tasks', '1', {user})
             where command in ('select', 'delete')"
        ))
    };
    let condition = |roles: &str| {
        format!(
            "(project_id = ANY (ARRAY( SELECT public.project_members_of_current_user({roles}) AS project_members_of_current_user)))"
        )
    };
    let (all, managers) = (
        condition("NULL::text[]"),
        condition("ARRAY['owner'::text, 'admin'::text]"),
    );
    assert_eq!(
        explain(&mut superuser, "'3'"),
        [
            "select|t|NULL|NULL|let through by: steward_select".to_owned(),
            format!("select|t|steward_select|t|permissive; holds: {all}"),
            "delete|f|NULL|NULL|no policy lets the row through: steward_delete".to_owned(),
            format!("delete|f|steward_delete|f|permissive; does not hold: {managers}"),
        ]
    );
    assert_eq!(
        explain(&mut superuser, "null")[0],
        "select|f|NULL|NULL|no policy lets the row through: steward_select"
    );
    superuser.run("revoke delete on tasks from writer; drop policy steward_select on tasks");
    let explained = explain(&mut superuser, "'2'");
    assert_eq!(
        explained[0],
        "select|f|NULL|NULL|no policy for select is for role writer"
    );
    assert_eq!(
        explained[1],
        "delete|f|NULL|NULL|the role has no right to: grant delete on public.tasks to writer;"
    );
    assert_eq!(
        superuser.rows("select explanation from steward.explain_access('tasks', 77, '1')"),
        ["public.tasks has no row with the key '77'"]
    );
    assert_eq!(
        superuser.sqlstate("select steward.explain_access('tasks', 'x', '1')"),
        "22P02"
    );
    assert_eq!(
        superuser
            .sqlstate("select steward.explain_access('project_members', 'x', '1', null, 'writer')"),
        "42704"
    );
}

/// A condition that reads another table under policies is asked as whoever it is about.
fn policies_of_other_tables_count(database: &Database) {
    let mut owner = restricted(database);
    owner.run(
        "select steward.restrict('comments', parent => 'tasks', database_roles => '{writer}')",
    );
    let mut superuser = database.superuser();
    for (user, expected) in [
        (2, "select true insert true update true delete true"),
        (4, "select true insert false update false delete false"),
        (5, "select false insert false update false delete false"),
    ] {
        let call = format!("'comments', 1, '{user}'");
        assert_eq!(
            verdicts(&mut superuser, &call).join(" "),
            expected,
            "{user}"
        );
    }
}

fn roles_that_policies_do_not_bind(database: &Database) {
    let mut owner = restricted(database);
    let call = "select explanation from steward.explain_access('tasks', 1, null, database_role => 'owner') where command = 'select'";
    assert_eq!(
        owner.rows(call),
        ["the role owns the table, whose policies are not forced upon the owner"]
    );
    owner.run("alter table tasks disable row level security");
    assert_eq!(owner.rows(call), ["row level security of the table is off"]);
}

fn nobody_asks_who_may_not(database: &Database) {
    let mut owner = restricted(database);
    owner.run("create table t (id bigint primary key); insert into t values (1)");
    assert_eq!(
        owner.sqlstate("select * from steward.explain_access('t', 1, '1')"),
        "22023",
        "no role is named"
    );
    assert_eq!(
        owner
            .refusal("select * from steward.explain_access('tasks', 1, '1')")
            .message(),
        "must be a member of role writer"
    );
    let mut writer = database.session(Role::Writer);
    assert_eq!(
        writer.sqlstate("select * from steward.explain_access('tasks', 1, '1')"),
        "42501"
    );
    // Where an identity has to be sealed, an owner could be anybody in the conditions of its own table.
    configure(database, "steward.require_sealed_identity", "on");
    let mut owner = database.owner();
    owner.run("select steward.current_user_id()");
    assert_eq!(
        owner.sqlstate(
            "select * from steward.explain_access('t', 1, '1', database_role => 'owner')"
        ),
        "42501"
    );
    let mut superuser = database.superuser();
    superuser.run("select steward.current_user_id()");
    assert_eq!(
        verdicts(&mut superuser, "'tasks', 1, '3'")[0],
        "select true"
    );
}

fn nothing_is_left_of_it(database: &Database) {
    let _owner = restricted(database);
    let mut superuser = database.superuser();
    superuser.run("set app.current_user_id = '9'; begin");
    assert_eq!(verdicts(&mut superuser, "'tasks', 1, '3'").len(), 4);
    let who =
        "select steward.current_user_id(), current_user, current_setting('app.user_id', true)";
    assert_eq!(superuser.value(who), "9|postgres|");
    superuser.run("commit");
    // After an error, too.
    superuser.run("create policy broken on tasks to writer using (1 / (id - id) = 1)");
    assert_eq!(
        superuser.sqlstate("select * from steward.explain_access('tasks', 1, '3')"),
        "22012"
    );
    assert_eq!(
        superuser.value("select steward.current_user_id(), current_user"),
        "9|postgres"
    );
}

/// A superuser who asks runs what the owner of the table has put into its policies.
fn a_policys_code_gains_nothing(database: &Database) {
    let mut owner = restricted(database);
    for attempt in [
        "reset role",
        "set role postgres",
        "set session authorization postgres",
        "alter role writer superuser",
        "create temporary table trap (id integer)",
    ] {
        owner.run(&format!(
            "create or replace function gain() returns boolean language plpgsql as $$ begin {attempt}; return true; end $$;
             drop policy if exists trap on tasks; create policy trap on tasks for select to writer using (gain())"
        ));
        let mut superuser = database.superuser();
        assert_eq!(
            superuser.sqlstate("select * from steward.explain_access('tasks', 1, '5')"),
            "42501",
            "{attempt}"
        );
    }
    owner.run(
        "create or replace function gain() returns boolean language plpgsql as
             $$ begin perform set_config('search_path', 'trap', false), set_config('app.user_id', '7', false); return current_user = 'writer'; end $$",
    );
    let mut superuser = database.superuser();
    superuser.run("set app.user_id = '1'");
    let kept = "select current_setting('search_path'), current_setting('app.user_id')";
    let before = superuser.value(kept);
    assert_eq!(
        verdicts(&mut superuser, "'tasks', 1, '5'")[0],
        "select true"
    );
    assert_eq!(superuser.value(kept), before);
}
