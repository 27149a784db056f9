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
    a_policys_code_is_nobody_else_where_that_has_to_be_sealed,
    an_update_is_asked_twice,
    rows_of_odd_tables,
    a_schema_that_may_not_be_used,
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

/// With a sealed identity being required, naming another in a setting is not believed in there either.
fn a_policys_code_is_nobody_else_where_that_has_to_be_sealed(database: &Database) {
    let mut owner = restricted(database);
    owner.run(
        "create table loot (who text, task bigint); grant insert on loot to writer;
         create function gain() returns boolean language plpgsql as
             $$ begin perform set_config('app.current_user_id', '2', true), set_config('app.user_id', '2', true);
             insert into public.loot select steward.current_user_id(), id from public.tasks; return true; end $$;
         create table trap (id bigint primary key); insert into trap values (1); grant select on trap to writer;
         alter table trap enable row level security; create policy trap on trap for select to writer using (gain())",
    );
    let call = "'trap', 1, '5'";
    let loot = "select count(*), min(who) from loot";
    let mut superuser = database.superuser();
    assert_eq!(verdicts(&mut superuser, call)[0], "select true");
    assert_eq!(
        owner.value(loot),
        "2|2",
        "the control: settings are believed"
    );
    owner.run("truncate loot");
    configure(database, "steward.require_sealed_identity", "on");
    let mut superuser = database.superuser();
    superuser.run("select steward.current_user_id()");
    assert_eq!(verdicts(&mut superuser, call)[0], "select true");
    assert_eq!(owner.value(loot), "0|NULL");
}

/// As the row is, and as it is written: either may be let through by another policy.
fn an_update_is_asked_twice(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table t (id bigint primary key, a integer); insert into t values (1, 1); grant select, update, delete on t to writer;
         alter table t enable row level security; create policy seen on t for select to writer using (true)",
    );
    let updates = |database: &Database| {
        let mut writer = database.session(Role::Writer);
        writer
            .client()
            .execute("update t set a = a where id = 1", &[])
            .is_ok_and(|count| count == 1)
    };
    let explained = |superuser: &mut Session| {
        superuser.rows(
            "select allowed, policy, holds, explanation from steward.explain_access('t', 1, null, null, 'writer') where command = 'update'",
        )
    };
    let mut superuser = database.superuser();
    owner.run(
        "create policy look on t for update to writer using (id = 1) with check (false);
         create policy write on t for update to writer using (false) with check (a = 1)",
    );
    assert!(updates(database));
    assert_eq!(
        explained(&mut superuser),
        [
            "t|NULL|NULL|let through by: look, write",
            "t|look|f|permissive; holds for the row that is there: (id = 1); does not hold for the row that is written: false",
            "t|write|f|permissive; does not hold for the row that is there: false; holds for the row that is written: (a = 1)",
        ]
    );
    owner.run("drop policy write on t");
    assert!(!updates(database));
    assert_eq!(
        explained(&mut superuser)[0],
        "f|NULL|NULL|no policy lets the row be written: look"
    );
    // WITH CHECK alone lets nobody look at a row.
    owner.run(
        "drop policy look on t; create policy write on t for update to writer with check (true)",
    );
    assert!(!updates(database));
    assert_eq!(
        explained(&mut superuser)[..2],
        [
            "f|NULL|NULL|no policy lets the row through: write",
            "f|write|f|permissive; has no condition for the row that is there; holds for the row that is written: true",
        ]
    );
    owner.run("alter policy write on t using (true)");
    assert!(updates(database));
    // A statement that reads no column is not asked whether it may see the row.
    owner.run("drop policy seen on t");
    assert!(!updates(database));
    let mut writer = database.session(Role::Writer);
    writer.run("begin");
    let blind = writer.client().execute("update t set a = 2", &[]);
    assert_eq!(blind.expect("an update"), 1);
    writer.run("rollback");
    assert_eq!(
        explained(&mut superuser)[0],
        "f|NULL|NULL|the row cannot be seen: its select is refused (a statement that reads no column of the table reaches it all the same)"
    );
}

/// A column that bears the name by which a query knows the table, and a policy that is given the whole row.
fn rows_of_odd_tables(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table odd (t bigint primary key, odd text, gone integer); alter table odd drop gone; insert into odd values (1, $$a,\"b$$);
         grant select on odd to writer; alter table odd enable row level security;
         create function is_mine(odd) returns boolean language sql stable as $f$ select $1.t = 1 and $1.odd = $$a,\"b$$ $f$;
         create table single (t bigint primary key); insert into single values (5); grant select on single to writer;
         alter table single enable row level security; create policy p on single to writer using (t = 5);
         create policy p on odd to writer using (is_mine(odd.*))",
    );
    let mut superuser = database.superuser();
    for (call, table) in [("'odd', 1, null", "odd"), ("'single', 5, null", "single")] {
        assert_eq!(
            verdicts(&mut superuser, call),
            [
                "select true",
                "insert false",
                "update false",
                "delete false"
            ]
        );
        let mut writer = database.session(Role::Writer);
        assert_eq!(writer.rows(&format!("select from {table}")).len(), 1);
    }
}

fn a_schema_that_may_not_be_used(database: &Database) {
    let mut owner = restricted(database);
    owner.run(
        "create schema closed; create table closed.t (id bigint primary key); insert into closed.t values (1);
         grant select on closed.t to writer; alter table closed.t enable row level security;
         create policy p on closed.t to writer using (true)",
    );
    let mut writer = database.session(Role::Writer);
    assert_eq!(writer.sqlstate("select from closed.t"), "42501");
    assert_eq!(
        database.superuser().rows(
            "select distinct allowed, explanation from steward.explain_access('closed.t', 1, '2')"
        ),
        ["f|the role may not use the schema: grant usage on schema closed to writer;"]
    );
}
