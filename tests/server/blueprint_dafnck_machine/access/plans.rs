//! How policies are computed: what somebody may read once a statement, and rows found by indexes.

use steward_tests::{Database, Session, tests};

use super::{EMIL, acting, migrated, seeded};

tests![
    memberships_are_asked_once_a_statement,
    rows_are_found_by_indexes,
];

fn plan(session: &mut Session, query: &str) -> String {
    session
        .rows(&format!(
            "explain (analyze, costs off, timing off, summary off) {query}"
        ))
        .join("\n")
}

fn memberships_are_asked_once_a_statement(database: &Database) {
    drop(seeded(database));
    let mut emil = acting(database, EMIL);
    emil.run("set enable_seqscan = off");
    let plan = plan(&mut emil, "select * from tasks");
    assert!(
        plan.contains("InitPlan 1")
            && plan.contains("ProjectSet (actual rows=")
            && plan.contains("loops=1"),
        "{plan}"
    );
    assert!(
        !plan.contains("SubPlan") && !plan.contains("loops=30"),
        "{plan}"
    );
}

/// A project among many, with many tasks, of which few are looked at.
fn rows_are_found_by_indexes(database: &Database) {
    let mut owner = migrated(database);
    database.superuser().run(
        "set search_path = dafnck; set session_replication_role = replica;
         insert into users (id, email, username, password_hash)
             select md5('u' || i)::uuid, 'u' || i || '@example.com', 'user' || i, 'x' from generate_series(1, 100) as i;
         insert into projects (id, name, owner_id)
             select md5('p' || i)::uuid, 'p', md5('u' || i % 100 + 1)::uuid from generate_series(1, 8000) as i;
         insert into projects (name, owner_id, visibility)
             select 'open', md5('u1')::uuid, case i % 2 when 0 then 'internal' else 'public' end::project_visibility
             from generate_series(1, 20) as i;
         insert into tasks (id, project_id, title, creator_id)
             select md5('t' || i)::uuid, md5('p' || i % 400 + 1)::uuid, 't', md5('u1')::uuid from generate_series(1, 20000) as i;
         insert into task_dependencies (task_id, depends_on_task_id)
             select md5('t' || i)::uuid, md5('t' || i - 400)::uuid from generate_series(401, 20000) as i;
         insert into documents (id, project_id, title, author_id)
             select md5('d' || i)::uuid, md5('p' || i % 400 + 1)::uuid, 'd', md5('u1')::uuid from generate_series(1, 20000) as i;
         insert into document_versions (document_id, version_number, content, author_id)
             select md5('d' || i)::uuid, 1, 'd', md5('u1')::uuid from generate_series(1, 20000) as i;
         insert into file_attachments (entity_type, entity_id, filename, original_filename, file_size, mime_type, storage_path, uploader_id)
             select 'task', md5('t' || i)::uuid, 'f', 'f', 1, 'x', 'x', md5('u1')::uuid from generate_series(1, 20000) as i",
    );
    owner.run("analyze");
    let user = owner.value("select md5('u7')::uuid");
    let mut session = acting(database, &user);
    let task = session.value("select id from tasks limit 1");
    for (query, rows) in [
        ("select * from tasks", "200"),
        (&format!("select * from tasks where id = '{task}'"), "1"),
        (
            &format!("select * from task_dependencies where task_id = '{task}'"),
            "",
        ),
        (
            &format!("select * from file_attachments where task_id = '{task}'"),
            "1",
        ),
        (
            &format!("update tasks set title = 'x' where id = '{task}'"),
            "",
        ),
        (
            "select * from document_versions where document_id = (select min(id::text)::uuid from documents)",
            "1",
        ),
    ] {
        if !rows.is_empty() {
            assert_eq!(
                session.value(&format!("select count(*) from ({query}) as q")),
                rows,
                "{query}"
            );
        }
        session.run("begin");
        let plan = plan(&mut session, query);
        session.run("rollback");
        let scans = plan
            .lines()
            .filter(|line| line.contains("Seq Scan") && !line.contains("never executed"))
            .count();
        assert_eq!(scans, 0, "{query}\n{plan}");
    }
    // Projects are few and small, so that reading all of them is as fast; but indexes serve the policy.
    session.run("set enable_seqscan = off");
    let projects = "select * from projects where name = 'p'";
    assert_eq!(session.rows(projects).len(), 80);
    let indexed = plan(&mut session, projects);
    assert!(!indexed.contains("Seq Scan"), "{indexed}");
    // The control: by the policy of the document as it is written, each row is looked at.
    owner.run(
        "create policy naive on projects to application_role using (
             owner_id = current_setting('app.current_user_id')::uuid
             or exists (select from project_members as m where m.project_id = id and m.user_id = current_setting('app.current_user_id')::uuid))",
    );
    let naive = plan(&mut session, projects);
    assert!(naive.contains("Seq Scan on projects"), "{naive}");
}
