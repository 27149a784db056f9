//! The rules' own writes for those who may not write there themselves, and what the rules tell of rows that are hidden.

use steward_tests::{Database, tests};

use super::{CARLOS, EMIL, NOOR, YUKI, act, acting, seeded};

tests![
    a_members_day,
    an_admin_clears_up,
    a_viewers_day,
    rules_tell_of_what_is_seen,
    history_is_for_those_who_take_part,
    it_works_in_a_renamed_schema_and_under_any_search_path,
];

/// Versions, log, progress, readiness, ranks and times write themselves.
fn a_members_day(database: &Database) {
    let mut owner = seeded(database);
    let mut yuki = acting(database, YUKI);
    yuki.run(&format!(
        "set app.change_summary = 'Dogs';
         update documents set content = content || ' Dogs go free.', status = 'review' where title = 'Fares and discounts';
         select steward.complete_task('tasks', id) from tasks where title = 'Pay by card';
         insert into tasks (project_id, title, creator_id, parent_task_id)
             select project_id, 'Say thank you', '{YUKI}', id from tasks where title = 'Sell a ticket';
         insert into task_dependencies (task_id, depends_on_task_id)
             select t.id, o.id from tasks as t, tasks as o where t.title = 'Say thank you' and o.title = 'Send the receipt'"
    ));
    assert_eq!(
        yuki.value(
            "select v.version_number, u.username, v.change_summary from document_versions as v
             join user_names as u on u.id = v.author_id where v.content like '%Dogs go free.'"
        ),
        "4|yuki.tanabe|Dogs"
    );
    assert_eq!(
        yuki.value("select progress from projects where status = 'active'"),
        "43"
    );
    assert_eq!(
        yuki.rows("select title from steward.blockers('tasks', (select id from tasks where title = 'Say thank you')) order by depth"),
        ["Send the receipt"]
    );
    assert_eq!(
        yuki.sqlstate("select complete_task(id) from tasks where title = 'Say thank you'"),
        "55000"
    );
    assert_eq!(
        yuki.sqlstate(
            "insert into task_dependencies (task_id, depends_on_task_id)
             select o.id, t.id from tasks as t, tasks as o where t.title = 'Say thank you' and o.title = 'Send the receipt'"
        ),
        "23514"
    );
    assert_eq!(
        yuki.sqlstate(
            "update tasks set parent_task_id = (select id from tasks where title = 'Say thank you') where title = 'Sell a ticket'"
        ),
        "23514"
    );
    assert!(yuki.holds("select count(*) = 1 from steward.claim_task('tasks', 'yuki')"));
    assert_eq!(
        owner.rows(
            "select table_name, action, count(*) from audit_log where actor = '55742b87-9bf8-539d-a2bd-fac4ad079764'
             group by 1, 2 order by 1, 2"
        ),
        ["documents|UPDATE|1", "tasks|INSERT|1", "tasks|UPDATE|1"]
    );
    for verify in [
        "verify_dependencies('task_dependencies')",
        "verify_tasks('tasks')",
        "verify_progress('tasks')",
    ] {
        assert_eq!(
            owner.rows(&format!("select * from steward.{verify}")),
            [""; 0],
            "{verify}"
        );
    }
}

fn an_admin_clears_up(database: &Database) {
    let mut owner = seeded(database);
    let mut emil = acting(database, EMIL);
    emil.run(
        "delete from tasks where title = 'The purchase hangs when the network goes';
         delete from documents where title = 'Fares and discounts';
         update projects set status = 'archived' where status = 'active'",
    );
    assert_eq!(
        owner.value(
            "select (select count(*) from file_attachments where filename in ('pier.mp4', 'nightly.log', 'agreement.pdf')),
                 (select count(*) from document_versions where content like '# Fares%'),
                 (select archived_at is not null from projects where name = 'Tickets on the phone')"
        ),
        "0|0|t"
    );
    // The project takes everything along, with the rights of nobody but its owner.
    assert_eq!(emil.rows("delete from projects returning 1"), [""; 0]);
    act(&mut emil, NOOR);
    assert_eq!(
        emil.rows("delete from projects returning name"),
        ["Tickets on the phone"]
    );
    assert_eq!(
        owner.value(
            "select count(*) from tasks where project_id = '830a5ac6-3abd-5755-9461-34f52fcaae90'"
        ),
        "0"
    );
}

fn a_viewers_day(database: &Database) {
    drop(seeded(database));
    let mut carlos = acting(database, CARLOS);
    assert_eq!(carlos.value("select count(*) from tasks"), "30");
    for (statement, refused) in [
        ("update tasks set title = 'x' returning 1", None),
        ("delete from tasks returning 1", None),
        ("delete from task_dependencies returning 1", None),
        ("delete from file_attachments returning 1", None),
        ("delete from project_members returning 1", None),
        ("delete from projects returning 1", None),
        ("select * from steward.claim_task('tasks', 'carlos')", None),
        ("select steward.complete_task('tasks', id) from tasks where title = 'Pay by card'", Some("P0002")),
        (
            "merge into tasks as t using (select id from tasks) as s on s.id = t.id when matched then update set title = 'x'",
            Some("42501"),
        ),
        (
            "insert into tasks (id, project_id, title, creator_id) select id, project_id, title, steward.current_user_uuid() from tasks
             on conflict (id) do update set title = 'x'",
            Some("42501"),
        ),
    ] {
        match (carlos.try_rows(statement), refused) {
            (Ok(rows), None) => assert_eq!(rows, [""; 0], "{statement}"),
            (Err(refusal), Some(code)) => assert_eq!(refusal.sqlstate(), code, "{statement}"),
            (outcome, _) => panic!("{statement}: {outcome:?}"),
        }
    }
    carlos.run("select complete_task(id) from tasks");
    assert_eq!(
        carlos.value("select count(*) from tasks where status = 'done'"),
        "15"
    );
}

/// The refusal names what the task waits for, but not where that is hidden.
fn rules_tell_of_what_is_seen(database: &Database) {
    let mut owner = seeded(database);
    owner.run("update projects set visibility = 'private'");
    let mut yuki = acting(database, YUKI);
    assert_eq!(
        yuki.value("select count(*) from steward.ready_tasks('tasks', null::uuid)"),
        "6"
    );
    // Emil, who takes part in both, lets a task of hers wait for one that she does not see.
    act(&mut yuki, EMIL);
    yuki.run(
        "update tasks set status = 'pending' where title = 'Switch off the old boards';
         insert into task_dependencies (task_id, depends_on_task_id)
             select t.id, o.id from tasks as t, tasks as o where t.title = 'Pay by card' and o.title = 'Switch off the old boards'",
    );
    act(&mut yuki, YUKI);
    let hidden = owner.value("select id from tasks where title = 'Switch off the old boards'");
    let refusal = yuki.refusal("select complete_task(id) from tasks where title = 'Pay by card'");
    assert_eq!(refusal.sqlstate(), "55000");
    assert!(
        !format!("{refusal:?}").contains(&hidden) && !format!("{refusal:?}").contains("old boards"),
        "{refusal:?}"
    );
    for query in [
        "select task from steward.blockers('tasks', (select id from tasks where title = 'Pay by card'))",
        "select dependency from steward.dependencies('task_dependencies', (select id from tasks where title = 'Pay by card'))",
        "select depends_on_task_id from task_dependencies",
        "select task from steward.ready_tasks('tasks', null::uuid) as task",
    ] {
        assert!(!yuki.rows(query).contains(&hidden), "{query}");
    }
}

fn history_is_for_those_who_take_part(database: &Database) {
    let mut owner = seeded(database);
    let mut session = acting(database, YUKI);
    session.run("update tasks set status = 'done' where title = 'Pay by card'");
    let history = "select h.action, u.username, h.after ->> 'status' from tasks as t, steward.history('tasks', t.id) as h
         join user_names as u on u.id::text = h.actor where t.title = 'Pay by card'";
    let recorded = ["INSERT|noor.haddad|in_progress", "UPDATE|yuki.tanabe|done"];
    for user in [YUKI, CARLOS, NOOR] {
        act(&mut session, user);
        assert_eq!(session.rows(history), recorded);
        assert_eq!(
            session.value(
                "select count(*) from audit_log where table_name in ('users', 'project_members')"
            ),
            "0"
        );
    }
    // Who merely reads an internal project does not read what it was before.
    owner.run("select sign_up('hermit@example.com', 'hermit', 'x')");
    let hermit = owner.value("select id from users where username = 'hermit'");
    act(&mut session, &hermit);
    assert_eq!(
        session.value("select count(*) from tasks where title = 'Pay by card'"),
        "1"
    );
    assert_eq!(session.rows(history), [""; 0]);
    assert_eq!(session.value("select count(*) from audit_log"), "0");
    // What is gone is for administrators, and not for whoever knows its id and makes another task of the same.
    act(&mut session, EMIL);
    let task = session.value("delete from tasks where title = 'Pay by card' returning id");
    act(&mut session, &hermit);
    session.run(&format!(
        "insert into projects (name, owner_id) values ('Mine', '{hermit}');
         insert into tasks (id, project_id, title, creator_id) select '{task}', id, 'Mine', '{hermit}' from projects where name = 'Mine'"
    ));
    assert_eq!(
        session.rows(&format!(
            "select action, after ->> 'title' from steward.history('tasks', '{task}'::uuid)"
        )),
        ["INSERT|Mine"]
    );
    act(&mut session, EMIL);
    let gone = "select count(*) from audit_log where before ->> 'title' = 'Pay by card'";
    assert_eq!(session.value(gone), "0");
    assert_eq!(owner.value(gone), "1");
}

fn it_works_in_a_renamed_schema_and_under_any_search_path(database: &Database) {
    let mut owner = seeded(database);
    owner.run("alter schema dafnck rename to \"Dafnck's\"");
    let mut session = database.superuser();
    session.run("set search_path = ''; set session authorization application_role");
    act(&mut session, YUKI);
    session.run(
        "update \"Dafnck's\".documents set content = 'x' where title = 'Fares and discounts';
         insert into \"Dafnck's\".tasks (project_id, title, creator_id, parent_task_id)
             select project_id, 'Part', steward.current_user_uuid(), id from \"Dafnck's\".tasks where title = 'Sell a ticket'",
    );
    assert_eq!(
        session.value(
            "select count(*), (select count(*) from \"Dafnck's\".document_versions where content = 'x') from \"Dafnck's\".tasks"
        ),
        "31|1"
    );
    assert_eq!(
        session.value("select \"Dafnck's\".sign_up('a@example.com', 'abc', '$6$a$b') is not null, \"Dafnck's\".password_salt('abc')"),
        "t|NULL"
    );
    assert_eq!(
        session.value("select \"Dafnck's\".password_salt('abc'), \"Dafnck's\".sign_in('abc', '$6$a$b', 't') is not null"),
        "$6$a|t"
    );
}
