//! With whose rights tasks are read and claimed. Each as a plain role.

use steward_tests::{Database, Role, Session, tests};

use super::{claim, owner_of_tasks, ready};

tests![
    who_may_not_read_gets_nothing,
    who_may_not_update_claims_nothing,
    policies_hide_tasks,
    a_policy_for_updates,
    the_side_table_needs_no_right,
    a_task_that_is_not_there,
];

fn writer(database: &Database) -> Session {
    database.session(Role::Writer)
}

fn who_may_not_read_gets_nothing(database: &Database) {
    let mut owner = owner_of_tasks(database, 3);
    let mut writer = writer(database);
    let refusal = writer.refusal("select steward.ready_tasks('tasks')");
    assert_eq!(
        (refusal.sqlstate(), refusal.message()),
        ("42501", "permission denied for table tasks")
    );
    owner.run("delete from tasks");
    assert_eq!(
        writer.sqlstate("select steward.ready_tasks('tasks')"),
        "42501",
        "without any task"
    );
    owner.run("insert into tasks values (1); grant select (title) on tasks to writer");
    assert_eq!(
        writer.sqlstate("select steward.ready_tasks('tasks')"),
        "42501"
    );
    owner.run("grant select (id) on tasks to writer");
    assert_eq!(ready(&mut writer), ["1"]);
}

fn who_may_not_update_claims_nothing(database: &Database) {
    let mut owner = owner_of_tasks(database, 3);
    owner.run("grant select on tasks to writer; grant update (title) on tasks to writer");
    let mut writer = writer(database);
    for call in [
        "claim_task('tasks', 'a')",
        "extend_claim('tasks', 1, 0)",
        "release_claim('tasks', 1, 0)",
    ] {
        assert_eq!(
            writer.sqlstate(&format!("select steward.{call}")),
            "42501",
            "{call}"
        );
    }
    owner.run("grant update (status) on tasks to writer");
    assert_eq!(claim(&mut writer, "w").0, "1");
    owner.run("revoke select on tasks from writer");
    assert_eq!(
        writer.sqlstate("select steward.claim_task('tasks', 'a')"),
        "42501"
    );
}

const POLICIES: &str = "
    grant select, update on tasks to writer;
    alter table tasks enable row level security;
    create policy seen on tasks for select to writer using (title = 'mine');
    create policy changed on tasks for update to writer using (title = 'mine');
    update tasks set title = 'mine' where id % 100 = 7";

fn policies_hide_tasks(database: &Database) {
    let mut owner = owner_of_tasks(database, 3000);
    owner.run(POLICIES);
    let mut writer = writer(database);
    let mine = (0..30)
        .map(|hundred| (100 * hundred + 7).to_string())
        .collect::<Vec<_>>();
    assert_eq!(ready(&mut writer), mine);
    assert_eq!(
        writer.rows("select * from steward.ready_tasks('tasks', 2)"),
        ["7", "107"]
    );
    for expected in &mine {
        assert_eq!(claim(&mut writer, "w").0, *expected);
    }
    assert_eq!(ready(&mut writer), [""; 0]);
    assert_eq!(
        writer.rows("select * from steward.claim_task('tasks', 'w')"),
        [""; 0]
    );
    // The owner is not bound by them, until they are forced.
    assert_eq!(claim(&mut owner, "o").0, "1");
    owner.run("alter table tasks force row level security");
    assert_eq!(ready(&mut owner), [""; 0]);
    assert_eq!(
        owner.rows("select * from steward.claim_task('tasks', 'o')"),
        [""; 0]
    );
    // Negative control: without the policies they are seen.
    owner.run("alter table tasks no force row level security; alter table tasks disable row level security");
    assert_eq!(ready(&mut writer)[..2], ["2", "3"]);
}

fn a_policy_for_updates(database: &Database) {
    let mut owner = owner_of_tasks(database, 3);
    owner.run(
        "grant select, update on tasks to writer;
         alter table tasks enable row level security;
         create policy seen on tasks for select to writer using (true);
         create policy changed on tasks for update to writer using (id = 2)",
    );
    let mut writer = writer(database);
    assert_eq!(ready(&mut writer), ["1", "2", "3"]);
    assert_eq!(claim(&mut writer, "w").0, "2");
    assert_eq!(
        writer.rows("select * from steward.claim_task('tasks', 'w')"),
        [""; 0]
    );
}

fn the_side_table_needs_no_right(database: &Database) {
    let mut owner = owner_of_tasks(database, 3);
    owner.run("grant select, update on tasks to writer");
    let mut writer = writer(database);
    assert_eq!(writer.sqlstate("select from tasks_readiness"), "42501");
    let (task, token) = claim(&mut writer, "w");
    writer.run(&format!(
        "select steward.extend_claim('tasks', {task}, {token})"
    ));
    writer.run(&format!(
        "select steward.release_claim('tasks', {task}, {token})"
    ));
    assert_eq!(ready(&mut writer), ["1", "2", "3"]);
}

fn a_task_that_is_not_there(database: &Database) {
    let mut owner = owner_of_tasks(database, 8);
    owner.run(POLICIES);
    let mut writer = writer(database);
    for call in [
        "extend_claim('tasks', 9, 1)",
        "release_claim('tasks', 9, 1)",
        "extend_claim('tasks', 8, 0)",
        "release_claim('tasks', 8, 0)",
    ] {
        let refusal = writer.refusal(&format!("select steward.{call}"));
        assert_eq!(refusal.sqlstate(), "P0002", "{refusal}");
    }
    assert_eq!(
        writer.sqlstate("select steward.release_claim('tasks', 'x', 1)"),
        "22P02"
    );
}
