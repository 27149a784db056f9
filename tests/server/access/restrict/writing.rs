//! The policies as they are written: again, with other arguments, through a dump, and undone.

use steward_tests::{Database, Role, tests};

use super::{PROJECTS, SCHEMA, TASK_IDS, TASKS, acting, owner_of_projects, restricted, sees};

tests![
    ordinary_policies_in_the_fast_form,
    again_does_nothing,
    other_arguments_replace,
    a_policy_that_was_edited_is_written_again,
    a_policy_of_somebody_elses_stays,
    undone,
    the_call_that_is_kept_writes_the_same,
    renamed,
    dump_and_restore,
    views_read_for_whoever_asks,
    forced,
    missing_indexes_are_told,
    wrong_arguments,
    the_array_is_computed_once_and_the_index_used,
];

fn ordinary_policies_in_the_fast_form(database: &Database) {
    let mut owner = restricted(database);
    assert_eq!(
        owner.rows("select policyname, cmd, roles, qual, with_check from pg_policies where tablename = 'tasks' order by 1"),
        [
            "steward_delete|DELETE|{writer}|(project_id = ANY (ARRAY( SELECT project_members_of_current_user(ARRAY['owner'::text, 'admin'::text]) AS project_members_of_current_user)))|NULL",
            "steward_insert|INSERT|{writer}|NULL|(project_id = ANY (ARRAY( SELECT project_members_of_current_user(ARRAY['owner'::text, 'admin'::text, 'member'::text]) AS project_members_of_current_user)))",
            "steward_select|SELECT|{writer}|(project_id = ANY (ARRAY( SELECT project_members_of_current_user(NULL::text[]) AS project_members_of_current_user)))|NULL",
            "steward_update|UPDATE|{writer}|(project_id = ANY (ARRAY( SELECT project_members_of_current_user(ARRAY['owner'::text, 'admin'::text, 'member'::text]) AS project_members_of_current_user)))|(project_id = ANY (ARRAY( SELECT project_members_of_current_user(ARRAY['owner'::text, 'admin'::text, 'member'::text]) AS project_members_of_current_user)))",
        ]
    );
    assert_eq!(
        owner.rows(
            "select prosecdef, provolatile, proparallel, proconfig, proowner::regrole, proacl from pg_proc
             where proname = 'project_members_of_current_user'"
        ),
        [r#"t|s|s|{"search_path=pg_catalog, pg_temp"}|owner|{owner=X/owner,writer=X/owner}"#]
    );
    // The same for every command: one policy.
    owner.run("select steward.restrict('comments', user_roles => '{admin}', name => 'admins')");
    assert_eq!(
        owner.rows("select policyname, cmd from pg_policies where tablename = 'comments'"),
        ["admins|ALL"]
    );
}

const STATE: &str = "select oid, polname, obj_description(oid, 'pg_policy') from pg_policy union all
    select oid, proname, null from pg_proc where proname like '%of_current_user%' and pronamespace <> 'steward'::regnamespace order by 1";

fn again_does_nothing(database: &Database) {
    let mut owner = restricted(database);
    let before = owner.rows(STATE);
    // A reader would make it wait for the lock of a change.
    let mut reader = acting(database, 3);
    assert_eq!(reader.rows(TASK_IDS).len(), 4);
    owner.run("set lock_timeout = '1s'");
    owner.run(TASKS);
    owner.run(PROJECTS);
    assert_eq!(owner.rows(STATE), before);
    assert!(owner.notices().is_empty());
    assert_eq!(
        owner.sqlstate(&TASKS.replace("{owner,admin}", "{owner}")),
        "55P03",
        "the control: a change does wait"
    );
}

fn other_arguments_replace(database: &Database) {
    let mut owner = restricted(database);
    owner.run("select steward.restrict('tasks', owner => 'assignee')");
    assert_eq!(sees(database, 3, TASK_IDS), "3");
    assert_eq!(
        owner.rows("select policyname, roles from pg_policies where tablename = 'tasks'"),
        ["steward|{public}"]
    );
    owner.run("alter table tasks disable row level security; select steward.restrict('tasks', owner => 'assignee')");
    assert_eq!(
        sees(database, 3, TASK_IDS),
        "3",
        "row level security is on again"
    );
}

fn a_policy_that_was_edited_is_written_again(database: &Database) {
    let mut owner = restricted(database);
    owner.run("alter policy steward_select on tasks using (true)");
    assert_eq!(
        sees(database, 5, TASK_IDS),
        "1 2 3 4 5 6",
        "edited by hand, it is what it says"
    );
    owner.run(TASKS);
    assert_eq!(sees(database, 5, TASK_IDS), "");
    owner.run("drop policy steward_select on tasks");
    owner.run(TASKS);
    assert_eq!(sees(database, 3, TASK_IDS), "1 2 3 4");
    owner.run("revoke execute on function project_members_of_current_user(text[]) from writer");
    assert_eq!(acting(database, 3).sqlstate(TASK_IDS), "42501");
    owner.run(TASKS);
    assert_eq!(sees(database, 3, TASK_IDS), "1 2 3 4");
}

fn a_policy_of_somebody_elses_stays(database: &Database) {
    let mut owner = owner_of_projects(database);
    owner.run("create policy steward_select on tasks for select using (false)");
    assert_eq!(
        owner.refusal(TASKS).to_string(),
        "42710: policy steward_select of table public.tasks was not written by restrict\n\
         HINT: Drop it, or give another name: name => '...'.\nSCHEMA: public\nTABLE: tasks"
    );
    assert_eq!(owner.value("select count(*) from pg_policy"), "1");
    assert_eq!(owner.value("select steward.unrestrict('tasks')"), "0");
    assert_eq!(owner.value("select count(*) from pg_policy"), "1");
}

fn undone(database: &Database) {
    let mut owner = restricted(database);
    owner.run("select steward.restrict('tasks', owner => 'assignee', name => 'assignee')");
    assert_eq!(
        owner.value("select steward.unrestrict('tasks', 'steward')"),
        "4"
    );
    assert_eq!(sees(database, 3, TASK_IDS), "3");
    let _before = owner.notices();
    assert_eq!(owner.value("select steward.detach('tasks', 'access')"), "1");
    assert_eq!(
        owner.notices(),
        [
            "NOTICE: row level security of public.tasks stays on: nobody but its owner sees a row\n\
          HINT: To open it to all who have rights on it: alter table public.tasks disable row level security;"
        ]
    );
    assert_eq!(sees(database, 3, TASK_IDS), "");
    assert_eq!(
        owner.value(
            "select count(*) from pg_proc where proname = 'project_members_of_current_user'"
        ),
        "1"
    );
    owner.run("select steward.detach('projects', 'access')");
    assert_eq!(
        owner.value(
            "select count(*) from pg_proc where proname = 'project_members_of_current_user'"
        ),
        "0",
        "the function goes with the last policy that asks it"
    );
}

fn the_call_that_is_kept_writes_the_same(database: &Database) {
    let mut owner = restricted(database);
    owner.run(
        "select steward.restrict('comments', parent => 'tasks', commands => '{select}', force => true, name => 'it''s');
         select steward.restrict('comments', user_roles => '{a,\"b c\"}', restrictive => true, name => 'limit')",
    );
    let policies = "select tablename, policyname, permissive, roles, cmd, qual, with_check from pg_policies order by 1, 2";
    let before = owner.rows(policies);
    let calls = owner.rows("select distinct call from steward.restrictions where call is not null");
    assert_eq!(calls.len(), 4);
    owner.run("select steward.unrestrict(target) from (select distinct target from steward.restrictions) as t");
    assert!(owner.rows(policies).is_empty());
    // Parents first.
    for table in ["projects", "tasks", "comments"] {
        for call in &calls {
            if call.contains(&format!("restrict('public.{table}'")) {
                owner.run(call);
            }
        }
    }
    assert_eq!(owner.rows(policies), before);
}

fn renamed(database: &Database) {
    let mut owner = restricted(database);
    owner.run(
        "alter table project_members rename to memberships; alter table memberships rename user_id to member;
         alter table memberships rename project_id to project; alter table tasks rename project_id to project; alter table tasks rename to jobs;
         create table project_members (project_id bigint, user_id bigint, role text); insert into project_members values (3, 3, 'owner')",
    );
    assert_eq!(
        sees(database, 3, "select id from jobs order by id"),
        "1 2 3 4"
    );
    owner.run(
        "select steward.restrict('jobs', members => 'memberships', member_user => 'member', database_roles => '{writer}')",
    );
    assert_eq!(
        sees(database, 4, "select id from jobs order by id"),
        "1 2 5 6"
    );
}

fn dump_and_restore(database: &Database) {
    let mut owner = restricted(database);
    owner.run(
        "select steward.restrict('comments', parent => 'tasks', database_roles => '{writer}')",
    );
    let dump = database.client_program("pg_dump", &["--schema=public"]);
    let another = database.create_another().expect("a database");
    let mut superuser = another.superuser();
    superuser.run(
        "drop schema public cascade; alter default privileges grant usage on schemas to public",
    );
    another.load(&dump);
    for user in 1..=5 {
        for query in [
            TASK_IDS,
            super::PROJECT_IDS,
            "select id from comments order by id",
        ] {
            let query = query.replace("from ", "from public.");
            assert_eq!(
                sees(&another, user, &query),
                sees(database, user, &query),
                "{user}: {query}"
            );
        }
    }
    let mut owner = another.owner();
    owner.run("set search_path = public, pg_catalog");
    let before = owner.rows(STATE);
    owner.run(TASKS);
    assert_eq!(
        owner.rows(STATE),
        before,
        "after a restore it is there, too"
    );
}

fn views_read_for_whoever_asks(database: &Database) {
    let mut owner = owner_of_projects(database);
    owner.run(
        "create view open_tasks as select * from tasks; create view names as select title from open_tasks;
         create view deliberate with (security_invoker = false) as select count(*) from tasks;
         grant select on open_tasks, names, deliberate to writer",
    );
    owner.run(TASKS);
    let notices = owner.notices();
    assert_eq!(notices.len(), 2, "{notices:?}");
    assert!(
        notices[0].starts_with(
            "NOTICE: view public.names reads with the rights of whoever asks from now on"
        ),
        "{notices:?}"
    );
    assert_eq!(
        sees(database, 2, "select id from open_tasks order by id"),
        "1 2"
    );
    assert_eq!(
        sees(database, 2, "select title from names order by title"),
        "task 1 task 2"
    );
    assert_eq!(sees(database, 5, "select from open_tasks"), "");
    assert_eq!(sees(database, 2, "select * from deliberate"), "6");
}

fn forced(database: &Database) {
    let mut owner = owner_of_projects(database);
    owner.run(TASKS);
    assert_eq!(
        owner.rows(TASK_IDS).len(),
        6,
        "maintenance runs as the owner"
    );
    owner.run(&TASKS.replace("database_roles => '{writer}'", "force => true"));
    assert!(owner.rows(TASK_IDS).is_empty());
    owner.run("begin; select steward.act_as(3)");
    assert_eq!(owner.rows(TASK_IDS).len(), 4);
    owner.run("rollback");
    // A forced membership table would ask itself.
    let refusal = owner.refusal(
        "select steward.restrict('project_members', members => 'project_members', force => true)",
    );
    assert_eq!(
        (refusal.sqlstate(), refusal.message()),
        (
            "55000",
            "row level security of the membership table public.project_members cannot be forced upon its owner"
        )
    );
    owner.run("alter table project_members enable row level security, force row level security");
    assert_eq!(owner.sqlstate(PROJECTS), "55000");
}

fn missing_indexes_are_told(database: &Database) {
    let mut owner = owner_of_projects(database);
    owner.run("drop index tasks_project_id_idx, project_members_user_id_idx");
    owner.run(TASKS);
    assert_eq!(
        owner.notices(),
        [
            "WARNING: no index of public.tasks begins with project_id, by which its policies search\nHINT: create index on public.tasks (project_id);",
            "WARNING: no index of public.project_members begins with user_id, by which its policies search\nHINT: create index on public.project_members (user_id);",
        ]
    );
}

fn wrong_arguments(database: &Database) {
    let mut owner = owner_of_projects(database);
    owner.run(
        "create view v as select * from tasks; create table loose (id integer, project bigint)",
    );
    for (arguments, sqlstate) in [
        ("null", "22023"),
        ("0, owner => 'id'", "42704"),
        ("'v', owner => 'id'", "42809"),
        ("'tasks'", "22023"),
        ("'tasks', owner => 'nobody'", "42703"),
        ("'tasks', owner => 'assignee', name => ''", "22023"),
        ("'tasks', owner => 'assignee', name => null", "22023"),
        (
            "'tasks', owner => 'assignee', commands => '{drop}'",
            "22023",
        ),
        ("'tasks', owner => 'assignee', commands => '{}'", "22023"),
        (
            "'tasks', owner => 'assignee', database_roles => '{nobody_here}'",
            "42704",
        ),
        (
            "'tasks', owner => 'assignee', database_roles => '{null}'",
            "22023",
        ),
        ("'tasks', readers => '{a}'", "22023"),
        (
            "'tasks', members => 'project_members', readers => '{a}'",
            "22023",
        ),
        (
            "'tasks', members => 'project_members', member_user => 'x'",
            "42703",
        ),
        (
            "'tasks', members => 'project_members', member_role => 'x'",
            "42703",
        ),
        (
            "'tasks', members => 'project_members', member_key => 'role', member_of => 'id'",
            "42809",
        ),
        ("'tasks', members => 'v'", "42809"),
        ("'loose', members => 'project_members'", "22023"),
        ("'tasks', parent_column => 'project_id'", "22023"),
        ("'loose', parent => 'tasks'", "22023"),
    ] {
        assert_eq!(
            owner.sqlstate(&format!("select steward.restrict({arguments})")),
            sqlstate,
            "{arguments}"
        );
    }
    owner.run("select steward.restrict('loose', members => 'project_members', member_key => 'project_id', member_of => 'project')");
    let mut writer = database.session(Role::Writer);
    assert_eq!(
        writer.sqlstate("select steward.restrict('tasks', owner => 'assignee')"),
        "42501"
    );
    assert_eq!(
        writer.sqlstate("select steward.unrestrict('tasks')"),
        "42501"
    );
    let mut stranger = database.session(Role::Stranger);
    stranger.run("create table stranger.t (id bigint, project bigint)");
    assert_eq!(
        stranger.sqlstate("select steward.restrict('stranger.t', members => 'public.project_members', member_key => 'project_id', member_of => 'project')"),
        "42501",
        "members of somebody else's table"
    );
}

fn the_array_is_computed_once_and_the_index_used(database: &Database) {
    let mut owner = database.owner();
    owner.run(SCHEMA);
    owner.run(
        "insert into projects select n, 1, '' from generate_series(10, 500) as n;
         insert into tasks select n, 10 + n % 490, null, null, null from generate_series(100, 20000) as n; analyze",
    );
    owner.run(TASKS);
    let mut writer = acting(database, 3);
    let plan = writer
        .rows("explain (costs off) select * from tasks")
        .join("\n");
    assert!(
        plan.contains("InitPlan")
            && plan.contains("tasks_project_id_idx")
            && !plan.contains("SubPlan"),
        "{plan}"
    );
}
