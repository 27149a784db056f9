//! Every step of every blueprint goes up, down and up again, and leaves what the catalogs held before.

use steward_tests::{Database, Session, catalog, tests};

use super::{Sample, assert_same, down, run};

tests![
    every_step_up_down_and_up_again,
    all_the_way_down_leaves_nothing,
    every_blueprint_twice_in_one_database,
    the_snapshot_sees_every_difference,
];

fn every_step_up_down_and_up_again(database: &Database) {
    for sample in Sample::every() {
        let mut session = sample.empty(database);
        let states = each_step_alone(&sample, &mut session);
        // With rows in the tables, and each step from the end.
        sample.seed(&mut session);
        from_the_end_and_back(&sample, &mut session, &states);
    }
}

/// The state before the first step and the one after each.
fn each_step_alone(sample: &Sample, session: &mut Session) -> Vec<Vec<String>> {
    let schema = &sample.schema;
    let mut states = vec![catalog::snapshot(session, schema)];
    for migration in &sample.migrations() {
        let name = format!("{schema}: {}", migration.name);
        let before = states.last().expect("a state").clone();
        run(session, &migration.up);
        let after = catalog::snapshot(session, schema);
        assert_ne!(after, before, "{name} does something");
        run(session, down(migration));
        let found = catalog::snapshot(session, schema);
        assert_same(&found, &before, &format!("{name} down"));
        run(session, &migration.up);
        let found = catalog::snapshot(session, schema);
        assert_same(&found, &after, &format!("{name} up again"));
        states.push(after);
    }
    states
}

fn from_the_end_and_back(sample: &Sample, session: &mut Session, states: &[Vec<String>]) {
    let migrations = sample.migrations();
    for (migration, state) in migrations.iter().zip(states).rev() {
        run(session, down(migration));
        let found = catalog::snapshot(session, &sample.schema);
        assert_same(&found, state, &format!("{} down", migration.name));
    }
    for (migration, state) in migrations.iter().zip(&states[1..]) {
        run(session, &migration.up);
        let found = catalog::snapshot(session, &sample.schema);
        assert_same(&found, state, &format!("{} up", migration.name));
    }
}

fn all_the_way_down_leaves_nothing(database: &Database) {
    for sample in Sample::every() {
        let mut session = sample.migrated(database);
        sample.all_the_way_down(&mut session);
        // Without CASCADE: it has to be empty.
        let drop = format!("drop schema {}", sample.schema);
        database.superuser().run(&drop);
        assert!(session.rows("select from steward.attachments").is_empty());
    }
}

/// Each of them in two schemas, all seeded; what the one of a pair goes through leaves the others alone.
fn every_blueprint_twice_in_one_database(database: &Database) {
    let mut staying = Vec::new();
    let mut leaving = Vec::new();
    for sample in Sample::every() {
        let other = sample.in_schema(&format!("{}_2", sample.schema));
        leaving.push((other.seeded(database), other));
        staying.push((sample.seeded(database), sample));
    }
    let mut states = |when: &str| -> Vec<String> {
        let mut facts = Vec::new();
        for (session, sample) in &mut staying {
            facts.extend(catalog::snapshot(session, &sample.schema));
            let rows = super::seeds::rows(session, "t.xmin, t");
            assert!(rows.len() > 100, "{}: {when}", sample.schema);
            facts.extend(rows);
        }
        facts
    };
    let before = states("at first");
    for (session, sample) in &mut leaving {
        sample.seed(session);
        sample.all_the_way_down(session);
        let when = format!("after {} has gone", sample.schema);
        assert_same(&states(&when), &before, &when);
    }
}

/// The control for all of the above.
fn the_snapshot_sees_every_difference(database: &Database) {
    let sample = Sample::new("new_fuse", "fuse");
    let mut session = sample.migrated(database);
    let before = catalog::snapshot(&mut session, "fuse");
    for difference in [
        "drop index idx_tasks_status",
        "alter index idx_tasks_status rename to i",
        "alter table tasks alter status drop default",
        "alter table tasks alter title type varchar(254)",
        "alter table tasks alter title drop not null",
        "alter table tasks add column extra text",
        "alter table tasks drop column feature_id; alter table tasks add column feature_id uuid",
        "alter table tasks disable trigger update_tasks_updated_at",
        "alter table tasks rename constraint tasks_pkey to p",
        "alter table features drop constraint features_completion_percentage_check",
        "alter table tasks enable row level security",
        "create policy p on tasks using (true)",
        "grant select on tasks to writer",
        "grant select (title) on tasks to writer",
        "grant usage on schema fuse to writer",
        "alter default privileges in schema fuse grant select on tables to writer",
        "alter table tasks set (fillfactor = 70)",
        "comment on column tasks.title is 'other'",
        "comment on trigger update_tasks_updated_at on tasks is 'other'",
        "comment on constraint users_email_key on users is null",
        "create type t as enum ('a')",
        "create domain d as text",
        "create sequence s",
        "create view v as select 1 as one",
        "alter function update_updated_at_column() cost 5",
        "select steward.detach('features', 'stages')",
        "select steward.detach('feature_dependencies', 'dependencies')",
        "select steward.track_updated_at('tasks', only_changes => true)",
    ] {
        session.run(&format!("begin; {difference}"));
        let found = catalog::snapshot(&mut session, "fuse");
        assert_ne!(found, before, "{difference}");
        session.run("rollback");
    }
    let found = catalog::snapshot(&mut session, "fuse");
    assert_same(&found, &before, "all rolled back");
}
