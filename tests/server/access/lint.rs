//! `lint_access`: each rule finds its case, and nothing where all is well.

use steward_tests::{Database, Role, Session, tests};

use super::restrict::{PROJECTS, SCHEMA, TASKS};

tests![
    nothing_where_all_is_well,
    tables,
    views,
    functions,
    conditions,
    conditions_that_open_otherwise,
    a_condition_that_is_too_deep,
    conditions_of_the_documents,
    recursion,
    a_membership_table_that_is_forced,
    grants_of_columns,
    roles_above_policies,
    partitions,
    it_runs_for_everybody_and_in_every_schema,
];

fn found(session: &mut Session) -> Vec<String> {
    session.rows("select level, rule, object from steward.lint_access('public')")
}

fn nothing_where_all_is_well(database: &Database) {
    let mut owner = database.owner();
    owner.run(SCHEMA);
    owner.run(PROJECTS);
    owner.run(TASKS);
    owner.run(
        "select steward.restrict('comments', parent => 'tasks', database_roles => '{writer}');
         select steward.restrict('project_members', members => 'project_members', database_roles => '{writer}');
         select steward.restrict('users', owner => 'id', database_roles => '{writer}')",
    );
    assert_eq!(
        found(&mut owner),
        ["comments", "project_members", "projects", "tasks", "users"]
            .map(|table| format!("note|owner_without_force|public.{table}"))
    );
    for table in ["comments", "projects", "tasks", "users"] {
        owner.run(&format!("alter table {table} force row level security"));
    }
    assert_eq!(
        found(&mut owner),
        ["note|owner_without_force|public.project_members"]
    );
}

fn tables(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table open (id integer); grant select, update on open to writer; grant select on open to stranger;
         create table unused (id integer);
         create table silent (id integer); alter table silent enable row level security, force row level security; grant select on silent to writer;
         create table idle (id integer primary key); create policy p on idle using (id = 1);
         create table wide (id integer primary key); alter table wide enable row level security, force row level security;
         create policy p on wide using (id = steward.current_user_bigint()); grant all on wide to writer;
         create table everybodys (id integer primary key); alter table everybodys enable row level security, force row level security;
         create policy p on everybodys using (id = steward.current_user_bigint()); grant select, insert on everybodys to public",
    );
    assert_eq!(
        found(&mut owner),
        [
            "error|public_grants|public.everybodys",
            "error|rls_disabled|public.open",
            "warning|policies_without_rls|public.idle",
            "warning|rls_without_policy|public.silent",
            "warning|truncate_bypasses|public.wide",
            "note|rls_disabled_unused|public.idle",
            "note|rls_disabled_unused|public.unused",
        ]
    );
    assert_eq!(
        owner.rows("select problem, mend from steward.lint_access('public') where rule in ('rls_disabled', 'public_grants', 'truncate_bypasses')"),
        [
            "every role may: INSERT, SELECT|revoke all on public.everybodys from public;",
            "others than the owner may use it (stranger: SELECT; writer: SELECT, UPDATE), and no policy says which rows|select steward.restrict('public.open', ...); or, where every row is meant: alter table public.open enable row level security; create policy everybody on public.open for select using (true);",
            "writer may REFERENCES, TRIGGER, TRUNCATE, for which policies do not count|revoke references, trigger, truncate on public.wide from writer;",
        ]
    );
}

fn views(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table t (id integer primary key); alter table t enable row level security, force row level security;
         create policy p on t using (id = steward.current_user_bigint());
         create view bypassing as select * from t; create view above as select * from bypassing;
         create view invoking with (security_invoker = true) as select * from t;
         create view meant with (security_invoker = false) as select count(*) from t;
         create view own as select * from t; create materialized view kept as select * from t;
         create view written as select * from t; grant insert, delete on written to writer;
         grant select on bypassing, above, invoking, meant, kept to writer",
    );
    assert_eq!(
        found(&mut owner),
        ["above", "bypassing", "kept", "written"]
            .map(|view| format!("error|view_bypasses|public.{view}"))
    );
    owner.run("alter table t no force row level security");
    let mut writer = database.session(Role::Writer);
    assert_eq!(
        writer.sqlstate("insert into t values (1)"),
        "42501",
        "as it says"
    );
    writer.run("insert into written values (1)");
}

fn functions(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create function open() returns integer language sql security definer as 'select 1';
         create function pinned() returns integer language sql security definer set search_path = pg_catalog, pg_temp as 'select 1';
         create function narrow() returns integer language sql security definer set search_path = pg_catalog, pg_temp as 'select 1';
         create function parsed() returns integer language sql security definer begin atomic select 1; end;
         revoke execute on function narrow(), parsed() from public;
         create function invoker() returns integer language sql as 'select 1';
         create function trigger_function() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp
             as 'begin return new; end'",
    );
    assert_eq!(
        found(&mut owner),
        [
            "error|definer_search_path|public.open()",
            "warning|definer_for_everybody|public.open()",
            "warning|definer_for_everybody|public.pinned()",
        ]
    );
}

/// The rules that a policy with this condition breaks.
fn of_condition(database: &Database, condition: &str, rest: &str) -> Vec<String> {
    let mut owner = database.owner();
    owner.run(&format!(
        "drop table if exists t, other cascade; create table other (id bigint, user_id bigint);
         create table t (id bigint primary key, owner_id bigint, flag boolean); alter table t enable row level security, force row level security;
         create or replace function volatile_user() returns bigint language sql as 'select 1::bigint';
         create or replace function stable_user() returns bigint language sql stable as 'select 1::bigint';
         create or replace function is_mine(bigint) returns boolean language sql stable as 'select true';
         create policy p on t {rest} using ({condition})"
    ));
    owner.rows("select level || ' ' || rule from steward.lint_access('public') where rule not like 'rls_disabled%' and rule not like 'definer%'")
}

fn conditions(database: &Database) {
    for (condition, rest, expected) in [
        ("id = (select steward.current_user_bigint())", "", vec![]),
        ("id = steward.current_user_bigint()", "", vec![]),
        ("id = (select stable_user())", "", vec![]),
        (
            "id = any (array(select o.id from other as o where o.user_id = (select stable_user())))",
            "",
            vec![],
        ),
        ("flag and id = (select stable_user())", "", vec![]),
        ("false", "", vec![]),
        ("true", "", vec!["error policy_always_true"]),
        ("1 = 1 or 2 = 3", "", vec!["error policy_always_true"]),
        ("true", "for select", vec!["note policy_always_true"]),
        ("true", "as restrictive", vec!["warning rls_without_policy"]),
        (
            "id = stable_user()",
            "",
            vec!["warning policy_calls_per_row"],
        ),
        ("is_mine(id)", "", vec!["warning policy_calls_per_row"]),
        (
            "id = volatile_user()",
            "",
            vec!["warning policy_calls_volatile"],
        ),
        (
            "exists (select from other as o where o.id = t.id)",
            "",
            vec!["warning policy_query_per_row"],
        ),
        (
            "owner_id = (select steward.current_user_bigint())",
            "",
            vec!["warning policy_column_without_index"],
        ),
        (
            "(select stable_user()) is null or id = (select stable_user())",
            "",
            vec!["error identity_opens"],
        ),
        (
            "id = coalesce((select stable_user()), id)",
            "",
            vec!["error identity_opens"],
        ),
        ("id is null and id = (select stable_user())", "", vec![]),
        (
            "id = (select current_setting('app.user_id')::bigint)",
            "",
            vec!["warning identity_fails"],
        ),
        (
            "id = (select current_setting('app.user_id', true)::bigint)",
            "",
            vec!["warning identity_fails"],
        ),
        (
            "id = (select nullif(current_setting('app.user_id', true), '')::bigint)",
            "",
            vec![],
        ),
        (
            "id = current_setting('app.user_id')::bigint",
            "",
            vec!["warning identity_fails", "warning policy_calls_per_row"],
        ),
    ] {
        assert_eq!(
            of_condition(database, condition, rest),
            expected,
            "{condition} {rest}"
        );
    }
}

/// In other words than `is null`, and beside a condition about the row.
fn conditions_that_open_otherwise(database: &Database) {
    for (condition, expected) in [
        (
            "id is not distinct from (select stable_user())",
            vec!["error identity_opens"],
        ),
        (
            "(id <> (select stable_user())) is not true",
            vec!["error identity_opens"],
        ),
        ("(id = (select stable_user())) is true", vec![]),
        (
            "(select current_setting('app.user_id', true)) = '' or id = (select stable_user())",
            vec!["error identity_opens"],
        ),
        (
            "(select current_setting('app.user_id', true)) = 'x' and id = (select stable_user())",
            vec![],
        ),
        (
            "true or id = (select stable_user())",
            vec!["error policy_always_true"],
        ),
        ("false or id = (select stable_user())", vec![]),
        ("(select true)", vec!["error policy_always_true"]),
        ("current_user = 'writer'", vec![]),
    ] {
        assert_eq!(
            of_condition(database, condition, ""),
            expected,
            "{condition}"
        );
    }
}

/// What is not looked at is not said to be well.
fn a_condition_that_is_too_deep(database: &Database) {
    let deep = |depth: usize| {
        let condition = format!(
            "{}id is null or true{}",
            "not (".repeat(depth),
            ")".repeat(depth)
        );
        of_condition(database, &condition, "")
    };
    assert_eq!(deep(300), ["warning policy_unread"]);
    assert_eq!(deep(2), ["error policy_always_true"]);
}

/// The policies that the documents of two blueprints show.
fn conditions_of_the_documents(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table projects (id uuid primary key, owner_id uuid); create index on projects (owner_id);
         create table project_members (project_id uuid, user_id uuid);
         alter table projects enable row level security, force row level security;
         create policy project_access_policy on projects for all to writer using (
             owner_id = current_setting('app.current_user_id')::uuid
             or id in (select project_id from project_members where user_id = current_setting('app.current_user_id')::uuid))",
    );
    assert_eq!(
        found(&mut owner),
        [
            "warning|identity_fails|project_access_policy on public.projects",
            "warning|policy_calls_per_row|project_access_policy on public.projects",
            "note|rls_disabled_unused|public.project_members",
        ]
    );
}

fn recursion(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table a (id bigint primary key); create table b (id bigint primary key); create table c (id bigint primary key);
         alter table a enable row level security, force row level security; alter table b enable row level security, force row level security;
         alter table c enable row level security, force row level security;
         create policy pa on a using (id = any (array(select b.id from b)));
         create policy pb on b using (id = any (array(select a.id from a)));
         create policy pc on c using (id = any (array(select a.id from a)));
         grant select on a, b, c to writer",
    );
    assert_eq!(
        found(&mut owner),
        [
            "error|policy_recursion|pa on public.a",
            "error|policy_recursion|pb on public.b"
        ]
    );
    let mut writer = database.session(Role::Writer);
    assert_eq!(writer.sqlstate("select from a"), "42P17", "as it says");
}

fn a_membership_table_that_is_forced(database: &Database) {
    let mut owner = database.owner();
    owner.run(SCHEMA);
    owner.run(TASKS);
    owner.run(
        "select steward.restrict('project_members', members => 'project_members', database_roles => '{writer}')",
    );
    let recursion =
        "select object from steward.lint_access('public') where rule = 'policy_recursion'";
    assert!(owner.rows(recursion).is_empty());
    owner.run("alter table project_members force row level security");
    assert_eq!(owner.rows(recursion), ["public.project_members"]);
    let mut writer = database.session(Role::Writer);
    writer.run("begin; select steward.act_as(3)");
    assert!(writer.rows("select from tasks").is_empty(), "as it says");
}

fn grants_of_columns(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table t (id bigint primary key, secret text); grant select (id) on t to writer; grant update (secret) on t to public;
         create table p (id bigint primary key) partition by range (id); create table p_1 partition of p for values from (1) to (10);
         alter table p enable row level security, force row level security; create policy own on p using (id = steward.current_user_bigint());
         grant select (id) on p_1 to writer; create view v as select * from p; grant select (id) on v to writer",
    );
    assert_eq!(
        found(&mut owner),
        [
            "error|partition_bypasses|public.p_1",
            "error|public_grants|public.t",
            "error|rls_disabled|public.t",
            "error|view_bypasses|public.v",
        ]
    );
    assert_eq!(
        owner.rows("select problem from steward.lint_access('public') where rule in ('rls_disabled', 'public_grants')"),
        [
            "every role may: UPDATE of columns",
            "others than the owner may use it (public: UPDATE of columns; writer: SELECT of columns), and no policy says which rows",
        ]
    );
    owner.run("revoke all on t from public, writer");
    assert_eq!(found(&mut owner)[2], "note|rls_disabled_unused|public.t");
}

fn roles_above_policies(database: &Database) {
    let mut owner = database.owner();
    let (member, above) = (
        format!("{}_member", database.name()),
        format!("{}_above", database.name()),
    );
    let mut superuser = database.superuser();
    superuser.run(&format!(
        "create role {member}; grant owner to {member}; create role {above} bypassrls"
    ));
    owner.run(&format!(
        "create table t (id bigint primary key); grant select on t to {member}; insert into t values (1);
         select steward.restrict('t', owner => 'id', database_roles => '{{writer,{above}}}')"
    ));
    let above_policies =
        "select problem from steward.lint_access('public') where rule = 'role_above_policies'";
    let meant = |role: &str, why: &str| {
        format!("{role} is meant to use it, and its policies do not hold for that role: it {why}")
    };
    let mut both = [
        meant(&member, "has the rights of the owner"),
        meant(&above, "has BYPASSRLS"),
    ];
    both.sort();
    assert_eq!(owner.rows(above_policies), both);
    superuser.run(&format!("set role {member}"));
    assert_eq!(superuser.value("select count(*) from t"), "1", "as it says");
    superuser.run("reset role");
    owner.run("alter table t force row level security");
    assert_eq!(owner.rows(above_policies), [meant(&above, "has BYPASSRLS")]);
    superuser.run(&format!("set role {member}"));
    assert_eq!(superuser.value("select count(*) from t"), "0");
    superuser.run(&format!(
        "reset role; drop table t; drop role {member}, {above}"
    ));
}

fn partitions(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table events (id bigint primary key) partition by range (id);
         create table events_1 partition of events for values from (1) to (10); create table events_2 partition of events for values from (10) to (20);
         alter table events enable row level security, force row level security;
         create policy p on events using (id = (select steward.current_user_bigint())); grant select on events, events_1 to writer",
    );
    assert_eq!(
        found(&mut owner),
        ["error|partition_bypasses|public.events_1"]
    );
}

fn it_runs_for_everybody_and_in_every_schema(database: &Database) {
    let mut stranger = database.session(Role::Stranger);
    stranger.run(
        "create table stranger.\"T'\"\"x\" (id integer primary key); grant select on stranger.\"T'\"\"x\" to public;
         set default_transaction_read_only = on",
    );
    assert_eq!(
        stranger.rows(
            "select rule, object, mend from steward.lint_access()  where rule = 'public_grants'"
        ),
        [r#"public_grants|stranger."T'""x"|revoke all on stranger."T'""x" from public;"#]
    );
    assert_eq!(
        stranger.sqlstate("select * from steward.lint_access('nowhere')"),
        "3F000"
    );
    assert!(
        stranger
            .rows("select * from steward.lint_access('steward')")
            .is_empty(),
        "our own"
    );
}
