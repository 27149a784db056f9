//! The blueprint New Fuse: its document's requirements, its way up and down, its seeds and its rules.

use steward_tests::{Database, Session, Test, catalog, tests};
use steward_toolkit::blueprint::{self, Blueprint};
use steward_toolkit::migration::{Migration, Script};

mod requirements;
mod rules;

/// Every test of the blueprint.
pub(crate) fn all() -> Vec<Test> {
    [tests(), requirements::tests(), rules::tests()]
        .into_iter()
        .flatten()
        .collect()
}

tests![
    every_step_up_down_and_up_again,
    all_the_way_down_leaves_nothing,
    two_schemas_of_one_database,
    the_snapshot_sees_every_difference,
    seeds_again_change_nothing,
    seeds_are_the_same_everywhere,
    a_seeded_row_that_was_deleted_comes_back,
];

fn new_fuse() -> &'static Blueprint {
    blueprint::find("new_fuse").expect("the blueprint")
}

fn migrations() -> Vec<Migration> {
    new_fuse()
        .migrations()
        .expect("sound migrations")
        .migrations
}

#[track_caller]
fn run(session: &mut Session, script: &Script) {
    let result = session.client().batch_execute(&script.sql);
    if let Err(error) = result {
        panic!(
            "{}: {}",
            script.file.display(),
            steward_tests::Refusal::of(&error)
        );
    }
}

fn down(migration: &Migration) -> &Script {
    migration.down.as_ref().expect("a way back")
}

/// A session of the plain owner in a new schema, whose `search_path` is that schema alone.
fn session_in(database: &Database, schema: &str) -> Session {
    let mut session = database.superuser();
    session.run(&format!("create schema {schema} authorization owner"));
    let mut session = database.owner();
    session.run(&format!("set search_path = {schema}"));
    session
}

/// The blueprint in the schema `fuse`.
pub(crate) fn migrated(database: &Database) -> Session {
    let mut session = session_in(database, "fuse");
    for migration in &migrations() {
        run(&mut session, &migration.up);
    }
    session
}

/// The same with the development data.
pub(crate) fn seeded(database: &Database) -> Session {
    let mut session = migrated(database);
    seed(&mut session);
    session
}

fn seed(session: &mut Session) {
    let script = new_fuse().seed("dev").expect("the development data");
    session.run("begin");
    run(session, &script);
    session.run("commit");
}

/// The facts of one that the other lacks, so that a difference can be read.
#[track_caller]
fn assert_same(found: &[String], expected: &[String], when: &str) {
    let surplus: Vec<_> = found
        .iter()
        .filter(|fact| !expected.contains(fact))
        .collect();
    let missing: Vec<_> = expected
        .iter()
        .filter(|fact| !found.contains(fact))
        .collect();
    assert!(
        found == expected,
        "{when}\nsurplus: {surplus:#?}\nmissing: {missing:#?}"
    );
}

fn every_step_up_down_and_up_again(database: &Database) {
    let mut session = session_in(database, "fuse");
    let migrations = migrations();
    let mut states = vec![catalog::snapshot(&mut session, "fuse")];
    for migration in &migrations {
        let name = &migration.name;
        let before = states.last().expect("a state").clone();
        run(&mut session, &migration.up);
        let after = catalog::snapshot(&mut session, "fuse");
        assert_ne!(after, before, "{name} does something");
        run(&mut session, down(migration));
        assert_same(
            &catalog::snapshot(&mut session, "fuse"),
            &before,
            &format!("{name} down"),
        );
        run(&mut session, &migration.up);
        assert_same(
            &catalog::snapshot(&mut session, "fuse"),
            &after,
            &format!("{name} up again"),
        );
        states.push(after);
    }
    // With rows in the tables, and each step from the end.
    seed(&mut session);
    for (index, migration) in migrations.iter().enumerate().rev() {
        run(&mut session, down(migration));
        let found = catalog::snapshot(&mut session, "fuse");
        assert_same(
            &found,
            &states[index],
            &format!("{} down from the end", migration.name),
        );
    }
    for (index, migration) in migrations.iter().enumerate() {
        run(&mut session, &migration.up);
        let found = catalog::snapshot(&mut session, "fuse");
        assert_same(
            &found,
            &states[index + 1],
            &format!("{} up from the start", migration.name),
        );
    }
}

fn all_the_way_down_leaves_nothing(database: &Database) {
    let mut session = migrated(database);
    for migration in migrations().iter().rev() {
        run(&mut session, down(migration));
    }
    // Without CASCADE: it has to be empty.
    database.superuser().run("drop schema fuse");
    assert!(session.rows("select from steward.attachments").is_empty());
}

fn two_schemas_of_one_database(database: &Database) {
    let mut one = session_in(database, "one");
    let mut two = session_in(database, "two");
    for migration in &migrations() {
        run(&mut one, &migration.up);
        run(&mut two, &migration.up);
    }
    let before = catalog::snapshot(&mut two, "two");
    seed(&mut two);
    for migration in migrations().iter().rev() {
        run(&mut one, down(migration));
    }
    assert_same(
        &catalog::snapshot(&mut two, "two"),
        &before,
        "the other one goes down",
    );
    assert_eq!(two.value("select count(*) from features"), "8");
}

fn the_snapshot_sees_every_difference(database: &Database) {
    let mut session = migrated(database);
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
        "select steward.track_updated_at('tasks', only_changes => true)",
    ] {
        session.run(&format!("begin; {difference}"));
        assert_ne!(
            catalog::snapshot(&mut session, "fuse"),
            before,
            "{difference}"
        );
        session.run("rollback");
    }
    assert_same(
        &catalog::snapshot(&mut session, "fuse"),
        &before,
        "all rolled back",
    );
}

/// Every row of every table, with the transaction that wrote it.
fn rows(session: &mut Session, columns: &str) -> Vec<String> {
    TABLES
        .iter()
        .flat_map(|table| {
            session.rows(&format!(
                "select '{table}', {columns} from {table} as t order by t::text"
            ))
        })
        .collect()
}

const TABLES: [&str; 8] = [
    "users",
    "features",
    "code_metrics",
    "stage_transitions",
    "feature_dependencies",
    "tasks",
    "messages",
    "attachments",
];

fn seeds_again_change_nothing(database: &Database) {
    let mut session = seeded(database);
    let before = rows(&mut session, "t.xmin, t");
    let schema = catalog::snapshot(&mut session, "fuse");
    assert!(before.len() > 100, "{} rows", before.len());
    seed(&mut session);
    assert_same(&rows(&mut session, "t.xmin, t"), &before, "seeded again");
    assert_same(
        &catalog::snapshot(&mut session, "fuse"),
        &schema,
        "seeded again",
    );
    // What a user changed stays.
    session
        .run("update tasks set title = 'mine' where id = (select min(id::text)::uuid from tasks)");
    let before = rows(&mut session, "t.xmin, t");
    seed(&mut session);
    assert_same(
        &rows(&mut session, "t.xmin, t"),
        &before,
        "seeded over a change",
    );
}

fn seeds_are_the_same_everywhere(database: &Database) {
    let other = database.create_another().expect("a database");
    let mut here = seeded(database);
    let mut there = migrated(&other);
    there.run(
        "set timezone = 'Asia/Tokyo'; set datestyle = 'German'; set intervalstyle = 'iso_8601'",
    );
    seed(&mut there);
    there.run("set timezone = 'UTC'; set datestyle = 'ISO'");
    assert_same(
        &rows(&mut there, "t"),
        &rows(&mut here, "t"),
        "in another time zone",
    );
}

fn a_seeded_row_that_was_deleted_comes_back(database: &Database) {
    let mut session = seeded(database);
    let before = rows(&mut session, "t");
    for table in ["attachments", "messages", "tasks"] {
        session.run(&format!("delete from {table}"));
    }
    session.run("delete from features where name = 'Audit export'");
    assert_ne!(rows(&mut session, "t"), before);
    seed(&mut session);
    assert_same(&rows(&mut session, "t"), &before, "seeded after a deletion");
}
