//! What a role under policies may try to see or write more.

use steward_tests::{Database, Role, tests};

use super::{TASK_IDS, acting, restricted, sees};

tests![
    leaks_of_constraints,
    functions_in_conditions_see_no_other_rows,
    a_hostile_search_path,
    the_function_tells_nobody_of_others,
    copy_and_truncate,
    merge_and_on_conflict,
    a_planted_function_is_not_taken,
    a_function_is_taken_for_what_it_reads,
];

/// A violated constraint tells that a row is there, as PostgreSQL has it, and nothing that is in it.
fn leaks_of_constraints(database: &Database) {
    let _owner = restricted(database);
    for (statement, sqlstate) in [
        // A row of project 2, which user 2 does not see.
        ("insert into tasks values (3, 1, null, null, 'x')", "23505"),
        (
            "insert into tasks values (99, 1, null, null, 'task 3')",
            "23505",
        ),
        ("update tasks set id = 3 where id = 1", "23505"),
    ] {
        let mut writer = acting(database, 2);
        let refusal = writer.refusal(statement);
        assert_eq!(
            (refusal.sqlstate(), refusal.detail()),
            (sqlstate, None),
            "{statement}"
        );
    }
    // A key that the writer has typed may be told; what is behind it is not.
    let mut writer = acting(database, 2);
    let refusal = writer.refusal("insert into tasks values (98, 77)");
    assert_eq!(
        refusal.sqlstate(),
        "42501",
        "the policy comes before the foreign key"
    );
}

fn functions_in_conditions_see_no_other_rows(database: &Database) {
    let mut owner = restricted(database);
    owner.run("grant create on schema public to writer");
    let mut writer = acting(database, 2);
    writer.run(
        "create table seen (title text);
         create function spy(title text) returns boolean language plpgsql cost 0.0001
             as $$ begin insert into seen values (title); return true; end $$;
         create function cheap(bigint, bigint) returns boolean language plpgsql cost 0.0001
             as $$ begin insert into seen values ($1::text); return true; end $$;
         create operator === (function = cheap, leftarg = bigint, rightarg = bigint)",
    );
    writer.run("select from tasks where spy(title); select from tasks where id === 1");
    assert_eq!(
        writer.rows("select distinct title from seen order by 1"),
        ["1", "2", "task 1", "task 2"]
    );
}

fn a_hostile_search_path(database: &Database) {
    let mut owner = restricted(database);
    owner.run("create schema trap; grant all on schema trap to writer");
    let mut writer = acting(database, 5);
    writer.run(
        "create function trap.current_user_bigint() returns bigint language sql as 'select 3::bigint';
         create function trap.project_members_of_current_user(text[]) returns setof bigint language sql as 'select 1::bigint';
         create table trap.project_members (project_id bigint, user_id bigint, role text);
         insert into trap.project_members values (1, 5, 'owner'), (2, 5, 'owner');
         create function trap.always(bigint, bigint) returns boolean language sql as 'select true';
         create operator trap.= (function = trap.always, leftarg = bigint, rightarg = bigint);
         create temporary table project_members (project_id bigint, user_id bigint, role text);
         insert into project_members values (1, 5, 'owner');
         set search_path = trap, pg_temp, public, pg_catalog",
    );
    assert!(writer.rows("select from public.tasks").is_empty());
    assert_eq!(
        writer.sqlstate("insert into public.tasks values (100, 1)"),
        "42501"
    );
}

fn the_function_tells_nobody_of_others(database: &Database) {
    let mut owner = restricted(database);
    owner.run("revoke all on project_members from writer");
    assert_eq!(
        sees(database, 3, TASK_IDS),
        "1 2 3 4",
        "no right on the members is needed"
    );
    let mut writer = acting(database, 3);
    assert_eq!(
        writer.rows("select * from project_members_of_current_user(null) order by 1"),
        ["1", "2"]
    );
    assert_eq!(
        writer.rows("select * from project_members_of_current_user('{viewer}')"),
        ["2"]
    );
    let mut nobody = database.session(Role::Writer);
    assert!(
        nobody
            .rows("select * from project_members_of_current_user(null)")
            .is_empty()
    );
    let mut stranger = database.session(Role::Stranger);
    assert_eq!(
        stranger.sqlstate("select * from public.project_members_of_current_user(null)"),
        "42501"
    );
}

fn copy_and_truncate(database: &Database) {
    let _owner = restricted(database);
    let mut writer = acting(database, 2);
    writer.run("create temporary table copied (id bigint)");
    let mut text = String::new();
    let mut reader = writer
        .client()
        .copy_out("copy (select id from tasks order by id) to stdout")
        .expect("a copy");
    std::io::Read::read_to_string(&mut reader, &mut text).expect("rows");
    drop(reader);
    assert_eq!(text, "1\n2\n");
    let mut text = String::new();
    let mut reader = writer
        .client()
        .copy_out("copy tasks (id) to stdout")
        .expect("a copy");
    std::io::Read::read_to_string(&mut reader, &mut text).expect("rows");
    drop(reader);
    assert_eq!(text.lines().count(), 2);
    assert_eq!(writer.sqlstate("truncate tasks"), "42501");
    writer.run("rollback; begin; select steward.act_as(2)");
    assert_eq!(
        writer.sqlstate("copy tasks from stdin"),
        "0A000",
        "PostgreSQL has no COPY FROM under policies"
    );
}

fn merge_and_on_conflict(database: &Database) {
    let _owner = restricted(database);
    // Task 3 is of project 2, where user 3 only reads, and user 2 nothing.
    for user in [2, 3] {
        for statement in [
            "insert into tasks values (3, 1) on conflict (id) do update set title = 'stolen'",
            "merge into tasks as t using (values (3, 2)) as v (id, project) on t.id = v.id
                 when matched then update set title = 'stolen' when not matched then insert (id, project_id) values (v.id, v.project)",
        ] {
            let mut writer = acting(database, user);
            assert_eq!(writer.sqlstate(statement), "42501", "{user}: {statement}");
        }
    }
    let mut writer = acting(database, 2);
    writer.run("insert into tasks values (3, 1) on conflict do nothing");
    let mut owner = database.owner();
    assert_eq!(
        owner.value("select title from tasks where id = 3"),
        "task 3"
    );
}

/// Somebody who may create in the schema has put a function there before.
fn a_planted_function_is_not_taken(database: &Database) {
    let mut owner = super::owner_of_projects(database);
    owner
        .run("grant create on schema public to stranger; grant usage on schema public to stranger");
    let mut stranger = database.session(Role::Stranger);
    stranger.run(
        "create function public.project_members_of_current_user(roles text[]) returns setof bigint language sql stable security definer
             as 'select n::bigint from generate_series(1, 9) as n';
         grant execute on function public.project_members_of_current_user(text[]) to public;
         comment on function public.project_members_of_current_user(text[]) is
             'Kept by steward.restrict: the project_id that public.project_members has for the current user by user_id, in roles by role.'",
    );
    owner.run(super::TASKS);
    assert_eq!(sees(database, 5, TASK_IDS), "");
    assert_eq!(sees(database, 3, TASK_IDS), "1 2 3 4");
    assert!(owner.holds(
        "select qual like '%project_members_of_current_user_2%' from pg_policies where policyname = 'steward_select'"
    ));
}

/// A function follows its table and columns when they are renamed; others may then bear their names.
fn a_function_is_taken_for_what_it_reads(database: &Database) {
    let mut owner = restricted(database);
    let members = super::SCHEMA
        .split_once("create table project_members")
        .and_then(|(_, rest)| rest.split_once(';'))
        .map(|(definition, _)| format!("create table project_members{definition}"))
        .expect("the definition");
    for rename in [
        format!("alter table project_members rename to members_of_old; {members}; create index on project_members (user_id)"),
        "alter table project_members rename user_id to invited_by; alter table project_members add user_id bigint;
         create index on project_members (user_id); truncate project_members"
            .to_owned(),
    ] {
        owner.run(&rename);
        let key = if rename.contains("invited_by") { ", invited_by" } else { "" };
        let value = if key.is_empty() { "" } else { ", 3" };
        owner.run(&format!(
            "insert into project_members (project_id, user_id, role{key}) values (2, 9, 'viewer'{value})"
        ));
        owner.run(super::TASKS);
        assert_eq!(sees(database, 3, TASK_IDS), "", "no member any more");
        assert_eq!(sees(database, 9, TASK_IDS), "3 4");
        owner.run("truncate project_members");
    }
}
