//! TRUNCATE: one entry, with the number of rows that the planner expected.

use steward_tests::{Database, Session, tests};

use super::{AUDIT, count, entries, owner_with_log};

tests![
    a_table,
    a_truncate_that_is_rolled_back,
    partitions,
    a_partition_that_came_later,
    cascade_and_identity,
    two_destinations,
    a_truncate_without_its_row_trigger,
];

fn truncates(session: &mut Session) -> Vec<String> {
    session.rows("select table_name, table_oid::regclass, key, before, after from audit.log where action = 'TRUNCATE' order by sequence")
}

fn a_table(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key)");
    owner.run(AUDIT);
    owner.run("insert into tasks select generate_series(1, 1000); analyze tasks; truncate tasks");
    assert_eq!(
        truncates(&mut owner),
        [r#"tasks|tasks|NULL|{"estimated_rows": 1000}|NULL"#]
    );
    assert!(owner.holds("select key_hash is null and actor = 'owner' and actor_source = 'role' from audit.log where action = 'TRUNCATE'"));
}

fn a_truncate_that_is_rolled_back(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key)");
    owner.run(AUDIT);
    owner.run("begin; truncate tasks; rollback; begin; savepoint s; truncate tasks; rollback to s; commit");
    assert_eq!(count(&mut owner, "audit.log"), 0);
}

const PARTITIONED: &str = "
    create table tasks (id integer primary key) partition by range (id);
    create table low partition of tasks for values from (0) to (100);
    create table high partition of tasks for values from (100) to (1000) partition by range (id);
    create table high_one partition of high for values from (100) to (200)";

fn partitions(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(PARTITIONED);
    owner.run(AUDIT);
    owner.run("insert into tasks select generate_series(1, 50); insert into tasks select generate_series(101, 110); analyze tasks; analyze low; analyze high_one");
    owner.run("truncate low");
    assert_eq!(
        truncates(&mut owner),
        [r#"tasks|low|NULL|{"estimated_rows": 50}|NULL"#]
    );
    owner.run("truncate high");
    assert!(
        truncates(&mut owner)[1..]
            .contains(&r#"tasks|high|NULL|{"estimated_rows": 10}|NULL"#.to_owned())
    );
    let before = truncates(&mut owner).len();
    owner.run("insert into tasks select generate_series(1, 20); analyze low; truncate tasks");
    let all = &truncates(&mut owner)[before..];
    assert_eq!(
        all.iter()
            .filter(|entry| entry.starts_with("tasks|tasks|"))
            .count(),
        1,
        "{all:?}"
    );
    let tables: Vec<_> = all
        .iter()
        .filter_map(|entry| entry.split('|').nth(1))
        .collect();
    let mut once = tables.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), tables.len(), "{all:?}");
    // Detaching takes the triggers of the partitions along.
    owner.run("select steward.detach('tasks', 'audit'); truncate tasks; truncate low; insert into tasks values (1)");
    assert_eq!(owner.value("select count(*) from pg_trigger as t join pg_proc as p on p.oid = tgfoid where proname like 'record_%'"), "0");
    let after = truncates(&mut owner).len();
    assert_eq!(after, before + all.len());
}

fn a_partition_that_came_later(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(PARTITIONED);
    owner.run(AUDIT);
    owner.run("create table later partition of tasks for values from (1000) to (2000); insert into tasks values (1500); update later set id = 1501; truncate later");
    assert_eq!(count(&mut owner, "audit.log"), 3, "the rows are recorded");
    assert!(truncates(&mut owner).is_empty());
    owner.run(AUDIT);
    owner.run("truncate later");
    assert_eq!(truncates(&mut owner).len(), 1);
    // A partition that leaves keeps its own triggers and records under its own name.
    owner.run("alter table tasks detach partition low; insert into low values (1); truncate low");
    assert_eq!(
        owner.rows("select action, table_name from audit.log order by sequence desc limit 2"),
        ["TRUNCATE|low", "INSERT|low"]
    );
}

fn cascade_and_identity(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(
        "create table tasks (id integer primary key generated always as identity);
         create table notes (id integer primary key, task integer references tasks);
         create table quiet (id integer primary key, task integer references tasks);
         select steward.audit('notes', 'audit.log')",
    );
    owner.run(AUDIT);
    owner.run("insert into tasks default values; insert into notes values (1, 1); truncate tasks restart identity cascade; insert into tasks default values");
    let entries = entries(&mut owner);
    assert_eq!(entries.len(), 5, "{entries:#?}");
    let mut tables = truncates(&mut owner);
    tables.sort();
    assert!(
        tables[0].starts_with("notes|") && tables[1].starts_with("tasks|"),
        "{tables:?}"
    );
    assert_eq!(entries[4], r#"INSERT|{"id": 1}|NULL|{"id": 1}"#);
    owner.run("truncate tasks, notes, quiet");
    assert_eq!(truncates(&mut owner).len(), 4);
}

fn two_destinations(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(
        "create table tasks (id integer primary key); create table own (action text, entity_id integer, changes jsonb);
         select steward.create_audit_log('audit.second'); select steward.audit('tasks', 'own'); select steward.audit('tasks', 'audit.second')",
    );
    owner.run(AUDIT);
    owner.run("insert into tasks values (1); truncate tasks");
    for table in ["audit.log", "audit.second", "own"] {
        assert_eq!(
            owner.rows(&format!("select action from {table}")),
            ["INSERT", "TRUNCATE"],
            "{table}"
        );
    }
    assert_eq!(
        owner.value("select steward.detach('tasks', 'audit', 'steward_audit')"),
        "2"
    );
    owner.run("truncate tasks");
    assert_eq!(count(&mut owner, "own"), 2);
    assert_eq!(count(&mut owner, "audit.log"), 3);
    assert_eq!(count(&mut owner, "audit.second"), 3);
}

fn a_truncate_without_its_row_trigger(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key)");
    owner.run(AUDIT);
    owner.run("drop trigger steward_audit on tasks; insert into tasks values (1)");
    let refusal = owner.refusal("truncate tasks");
    assert_eq!(refusal.sqlstate(), "39P01");
    assert!(refusal.hint().is_some());
    owner.run(AUDIT);
    owner.run("truncate tasks");
    assert_eq!(truncates(&mut owner).len(), 1);
}
