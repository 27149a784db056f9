//! Rows that are written as their parent is updated: by whom the parent's policies let, and by nobody else.

use steward_tests::{Database, Role, tests};

use super::{acting, restricted};

tests![
    a_policy_of_one_role_lets_no_other_in,
    a_policy_for_a_group_holds_for_its_members,
    a_parent_that_hides_nothing_is_told,
];

const BY_TASK: &str = "select steward.restrict('comments', parent => 'tasks'";

fn may_write(database: &Database, role: Role, user: i64) -> bool {
    let mut session = database.session(role);
    session.run(&format!("begin; select steward.act_as({user})"));
    let updated = session
        .client()
        .execute("update public.comments set text = text where id = 1", &[])
        .expect("an update");
    updated == 1
}

fn a_policy_of_one_role_lets_no_other_in(database: &Database) {
    let mut owner = restricted(database);
    owner.run(
        "grant usage on schema public to stranger; grant select, update on tasks, comments to stranger;
         create policy all_of_them on tasks to stranger using (true)",
    );
    let refusal = owner.refusal(&format!(
        "{BY_TASK}, database_roles => '{{writer,stranger}}')"
    ));
    assert_eq!(
        refusal.to_string(),
        "55000: who may update public.tasks is not the same for the roles writer, stranger\n\
         DETAIL: A row is written by whoever may update its parent.\n\
         HINT: Make a call for each role: database_roles => '{...}', name => '...'.\n\
         SCHEMA: public\nTABLE: tasks"
    );
    for role in ["writer", "stranger"] {
        owner.run(&format!(
            "{BY_TASK}, database_roles => '{{{role}}}', name => '{role}s')"
        ));
    }
    // The first comment is of a task of project 1, which user 4 only reads.
    assert!(may_write(database, Role::Writer, 2));
    assert!(!may_write(database, Role::Writer, 4));
    assert!(may_write(database, Role::Stranger, 4), "the control");
    // For everybody only what lets everybody in counts.
    assert_eq!(
        owner.sqlstate(&format!("{BY_TASK}, name => 'everybodys')")),
        "55000"
    );
    owner.run("create policy one on tasks for update using (id = 1)");
    owner.run(&format!("{BY_TASK}, name => 'everybodys')"));
    assert!(owner.holds(
        "select with_check like '%id = 1%' and with_check not like '%true%' and with_check not like '%project_id%'
         from pg_policies where policyname = 'everybodys_update'"
    ));
}

fn a_policy_for_a_group_holds_for_its_members(database: &Database) {
    let mut owner = restricted(database);
    let group = format!("{}_group", database.name());
    let mut superuser = database.superuser();
    superuser.run(&format!("create role {group}; grant {group} to writer"));
    owner.run(&format!(
        "create policy not_the_first on tasks as restrictive for update to {group} using (id <> 1)"
    ));
    let update = "update tasks set title = title where id = 1";
    let updated = acting(database, 2).client().execute(update, &[]);
    assert_eq!(updated.expect("an update"), 0);
    owner.run(&format!("{BY_TASK}, database_roles => '{{writer}}')"));
    assert!(!may_write(database, Role::Writer, 2), "nor its comments");
    owner.run("drop policy not_the_first on tasks");
    owner.run(&format!("{BY_TASK}, database_roles => '{{writer}}')"));
    assert!(may_write(database, Role::Writer, 2), "the control");
    superuser.run(&format!("drop role {group}"));
}

fn a_parent_that_hides_nothing_is_told(database: &Database) {
    let mut owner = restricted(database);
    owner.run("alter table tasks disable row level security");
    owner.notices();
    owner.run(&format!("{BY_TASK}, commands => '{{select}}')"));
    assert_eq!(
        owner.notices(),
        [
            "WARNING: public.tasks has no row level security: whoever may read it sees every row of public.comments\n\
          HINT: Restrict public.tasks, too."
        ]
    );
}
