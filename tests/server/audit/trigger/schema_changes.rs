//! The audited table and the log change, and what was worked out about them is forgotten.

use steward_tests::{Database, tests};

use super::{AUDIT, count, entries, new_entries, owner_with_log};

tests![
    a_column_that_is_renamed,
    a_renamed_column_of_a_trigger_that_fires_always,
    a_table_and_a_schema_with_another_name,
    a_type_that_changes,
    a_type_that_changes_in_another_session,
    a_key_that_changes,
    a_log_with_another_name,
    a_log_with_more_columns,
    a_log_with_a_column_that_must_not_be_null,
    a_log_with_a_second_sequence,
    a_log_with_a_check,
    a_log_with_indexes_that_are_computed,
    a_log_without_its_columns,
    partitions_that_come_and_go,
    a_log_without_any_partition,
];

fn a_column_that_is_renamed(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key, a text, b text, code text)");
    owner.run("select steward.audit('tasks', 'audit.log', ignore => '{a}', redact => '{b}', key => '{code}', require_actor => true)");
    for (column, renamed) in [("a", "a'"), ("b", "\"B\""), ("code", "c")] {
        let new = crate::hostile::identifier(renamed);
        owner.run(&format!("alter table tasks rename {column} to {new}"));
        let refusal =
            owner.refusal("set app.user_id = 'u'; insert into tasks values (1, 'a', 'b', 'c')");
        assert_eq!(
            refusal.to_string(),
            format!(
                "42703: trigger steward_audit on public.tasks needs column {column} of table public.tasks, which does not exist\n\
                 DETAIL: The column was renamed or dropped after the trigger was created.\n\
                 HINT: Attach again with the column's new name: select steward.audit('public.tasks', 'audit.log', \
                 ignore => array['a'], redact => array['b'], key => array['code'], require_actor => true);\n\
                 SCHEMA: public\n\
                 TABLE: tasks\n\
                 COLUMN: {column}"
            )
        );
        assert_eq!(owner.sqlstate("truncate tasks"), "42703");
        // As the hint says.
        let hint = refusal.hint().expect("a hint");
        let call = hint.split_once(": ").expect("a call").1.replace(
            &format!("array['{column}']"),
            &format!("array[{}]", crate::hostile::literal(renamed)),
        );
        owner.run(&call);
        owner.run(
            "set app.user_id = 'u'; insert into tasks values (1, 'a', 'b', 'c'); delete from tasks",
        );
        owner.run(&format!("alter table tasks rename {new} to {column}"));
        owner.run(&call.replace(&crate::hostile::literal(renamed), &format!("'{column}'")));
    }
}

fn a_renamed_column_of_a_trigger_that_fires_always(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key, a text)");
    owner.run("select steward.audit('tasks', 'audit.log', ignore => '{a}', always => true, name => 'mine'); alter table tasks rename a to b");
    let refusal = owner.refusal("insert into tasks values (1)");
    let hint = refusal
        .hint()
        .expect("a hint")
        .split_once(": ")
        .expect("a call")
        .1
        .replace("'a'", "'b'");
    owner.run(&hint);
    assert_eq!(
        owner.rows("select name, enabled from steward.attachments order by name"),
        ["mine|always", "mine_truncate|always"],
        "{hint}"
    );
}

fn a_table_and_a_schema_with_another_name(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create schema one; create table one.tasks (id serial primary key); select steward.audit('one.tasks', 'audit.log'); insert into one.tasks default values");
    owner.run("alter table one.tasks rename to things; insert into one.things default values");
    owner.run("alter table one.things set schema public; insert into things default values");
    owner.run("alter table things set schema one; insert into one.things default values");
    database.owner().run("alter schema one rename to two");
    owner.run("insert into two.things default values; truncate two.things");
    assert_eq!(
        owner.rows("select schema_name || '.' || table_name from audit.log order by sequence"),
        [
            "one.tasks",
            "one.things",
            "public.things",
            "one.things",
            "two.things",
            "two.things"
        ]
    );
}

fn a_type_that_changes(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create type pair as (a integer); create table tasks (id integer primary key, v integer, p pair)");
    owner.run(AUDIT);
    owner.run("insert into tasks values (1, 7, row(1))");
    let mut seen = 1;
    for (kind, value, shown) in [
        ("text", "'t'", "\"t\""),
        ("boolean", "true", "true"),
        ("bigint", "9", "9"),
        (
            "timestamptz",
            "'2024-07-01 12:00+00'",
            "\"2024-07-01T12:00:00+00:00\"",
        ),
        ("jsonb", "'[1]'", "[1]"),
        (
            "uuid",
            "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
            "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"",
        ),
        ("integer[]", "'{1,2}'", "[1, 2]"),
        ("smallint", "3", "3"),
        ("name", "'n'", "\"n\""),
        ("box", "'(1,1),(0,0)'", "\"(1,1),(0,0)\""),
    ] {
        owner.run(&format!("alter table tasks alter v type {kind} using null; begin; update tasks set v = {value}; update tasks set v = {value}; commit"));
        assert_eq!(
            new_entries(&mut owner, &mut seen),
            [format!(
                "UPDATE|{{\"id\": 1}}|{{\"v\": null}}|{{\"v\": {shown}}}"
            )]
        );
    }
    owner.run("alter type pair add attribute b text; update tasks set p = row(1, null); update tasks set p = row(1, 'b')");
    assert_eq!(
        new_entries(&mut owner, &mut seen),
        [r#"UPDATE|{"id": 1}|{"p": {"a": 1, "b": null}}|{"p": {"a": 1, "b": "b"}}"#]
    );
}

fn a_type_that_changes_in_another_session(database: &Database) {
    let mut owner = owner_with_log(database);
    let mut other = database.owner();
    owner.run(
        "create table tasks (id integer primary key, v integer); insert into tasks values (1, 1)",
    );
    owner.run(AUDIT);
    owner.run("prepare p as update tasks set v = v; prepare q as delete from tasks; begin; update tasks set v = 2; rollback");
    for (kind, using) in [
        ("text", "'long text that is no pointer'"),
        ("bigint", "5"),
        ("bytea", "'abc'"),
        ("boolean", "true"),
    ] {
        other.run(&format!(
            "alter table tasks alter v type {kind} using {using}"
        ));
        owner.run("begin; insert into tasks select 2, v from tasks; execute q; rollback");
        other
            .run("alter table tasks drop v, add v text; alter table tasks add w integer default 7");
        owner.run("begin; insert into tasks (id) values (2); delete from tasks; rollback");
        other.run("alter table tasks drop w");
    }
    assert_eq!(count(&mut owner, "audit.log"), 0);
}

fn a_key_that_changes(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key, code text)");
    owner.run(AUDIT);
    owner.run("insert into tasks values (1, 'c'); alter table tasks rename id to number; update tasks set code = 'd'");
    database
        .owner()
        .run("alter table tasks drop constraint tasks_pkey, add primary key (code)");
    owner.run("update tasks set number = 2");
    assert_eq!(
        owner.rows("select key from audit.log order by sequence"),
        [r#"{"id": 1}"#, r#"{"number": 1}"#, r#"{"code": "d"}"#]
    );
}

fn a_log_with_another_name(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id serial primary key)");
    owner.run(AUDIT);
    owner.run("insert into tasks default values; alter table audit.log rename to entries; insert into tasks default values; alter schema audit rename to log; insert into tasks default values");
    database
        .owner()
        .run("alter schema log rename to old; create schema log");
    owner.run("insert into tasks default values; truncate tasks");
    assert_eq!(count(&mut owner, "old.entries"), 5);
}

fn a_log_with_more_columns(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id serial primary key)");
    owner.run(AUDIT);
    owner.run("insert into tasks default values; alter table audit.log add note text default 'n'; insert into tasks default values");
    owner.run("alter table audit.log add upper_action text generated always as (lower(action)) stored; insert into tasks default values");
    assert_eq!(
        owner.rows("select note, upper_action from audit.log order by sequence"),
        ["n|insert"; 3]
    );
    owner.run("alter table audit.log drop note; insert into tasks default values; alter table audit.log drop upper_action; insert into tasks default values");
    assert_eq!(count(&mut owner, "audit.log"), 5);
}

fn a_log_with_a_column_that_must_not_be_null(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id serial primary key)");
    owner.run(AUDIT);
    owner.run("insert into tasks default values; alter table audit.log add at_night boolean not null default false; insert into tasks default values");
    assert_eq!(owner.rows("select at_night from audit.log"), ["f"; 2]);
    owner.run("alter table audit.log alter at_night drop default");
    assert_eq!(
        owner.sqlstate("insert into tasks default values"),
        "23502",
        "its constraint holds"
    );
}

/// Only the sequence that the column `sequence` draws from counts.
fn a_log_with_a_second_sequence(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id serial primary key)");
    owner.run("create sequence audit.a start 1000; alter table audit.log add number bigint default nextval('audit.a'); alter sequence audit.a owned by audit.log.number");
    owner.run(AUDIT);
    owner.run("insert into tasks default values; insert into tasks default values");
    assert_eq!(
        owner.rows("select sequence, number from audit.log order by sequence"),
        ["1|1000", "2|1001"]
    );
}

fn a_log_with_a_check(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id serial primary key)");
    owner.run(AUDIT);
    owner.run("insert into tasks default values; alter table audit.log add constraint no_deletes check (action <> 'DELETE')");
    assert_eq!(owner.sqlstate("delete from tasks"), "23514");
    // On the present partition alone, too, whose change is none of the log.
    owner.run("alter table audit.log drop constraint no_deletes; delete from tasks; insert into tasks default values");
    let partition = owner.value("select tableoid::regclass from audit.log limit 1");
    database.owner().run(&format!(
        "alter table {partition} add constraint no_deletes check (action <> 'DELETE') not valid"
    ));
    assert_eq!(owner.sqlstate("delete from tasks"), "23514");
}

fn a_log_with_indexes_that_are_computed(database: &Database) {
    for index in [
        "create index on audit.log (lower(actor))",
        "create index on audit.log (actor) where action = 'DELETE'",
        "create index on audit.log using gin (after jsonb_path_ops)",
        "create index on audit.log using hash (actor)",
        "create unique index on audit.log (sequence, logged_at)",
        "create index on audit.log using spgist (actor)",
        "create statistics audit.s on lower(actor) from audit.log",
    ] {
        let database = database.create_another().expect("a database");
        let mut owner = owner_with_log(&database);
        owner.run("create table tasks (id serial primary key)");
        owner.run(AUDIT);
        owner.run("insert into tasks default values");
        owner.run(index);
        owner.run("insert into tasks default values; delete from tasks; analyze audit.log; set enable_seqscan = off");
        assert_eq!(entries(&mut owner).len(), 4, "{index}");
        for question in [
            "lower(actor) = 'owner'",
            "actor = 'owner'",
            "sequence > 0",
            "action = 'DELETE' and actor = 'owner' or action = 'INSERT'",
            "after @> '{}' or after is null",
        ] {
            assert_eq!(
                count(&mut owner, &format!("audit.log where {question}")),
                4,
                "{index}: {question}"
            );
        }
    }
}

fn a_log_without_its_columns(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id serial primary key)");
    owner.run(AUDIT);
    owner.run("insert into tasks default values");
    database
        .owner()
        .run("alter table audit.log drop actor_source");
    assert_eq!(owner.sqlstate("insert into tasks default values"), "42809");
    database.owner().run("alter table audit.log add actor_source text; alter table audit.log alter actor type varchar(5)");
    assert_eq!(owner.sqlstate("insert into tasks default values"), "42809");
    database
        .owner()
        .run("alter table audit.log alter actor type text");
    owner.run("insert into tasks default values");
    assert_eq!(
        owner.rows("select actor, actor_source from audit.log order by sequence"),
        ["owner|NULL", "owner|role"]
    );
}

fn partitions_that_come_and_go(database: &Database) {
    let mut owner = owner_with_log(database);
    let mut other = database.owner();
    owner.run("create table tasks (id serial primary key)");
    owner.run(AUDIT);
    owner.run("insert into tasks default values");
    let current = owner.value("select tableoid::regclass from audit.log");
    other.run(&format!("alter table audit.log detach partition {current}"));
    owner.run("insert into tasks default values");
    assert_eq!(
        owner.value("select tableoid::regclass from audit.log"),
        "audit.log_default"
    );
    other.run(&format!(
        "drop table {current}; select steward.extend_audit_log('audit.log')"
    ));
    owner.run("insert into tasks default values");
    assert_eq!(
        owner.rows("select distinct tableoid::regclass from audit.log"),
        std::slice::from_ref(&current)
    );
    // In one transaction, and back.
    owner.run(&format!("begin; savepoint s; alter table audit.log detach partition {current}; insert into tasks default values; rollback to s; insert into tasks default values; commit"));
    assert_eq!(count(&mut owner, &current), 3);
    assert_eq!(count(&mut owner, "audit.log"), 3);
    owner.run("insert into tasks default values");
    other.run(&format!("drop table {current}"));
    owner.run("insert into tasks default values");
    owner.run("begin; drop table audit.log_default");
    assert_eq!(
        owner.refusal("insert into tasks default values").sqlstate(),
        "23514"
    );
    owner.run("rollback");
    owner.run("insert into tasks default values");
    assert_eq!(count(&mut owner, "audit.log_default"), 2);
}

fn a_log_without_any_partition(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id serial primary key)");
    owner.run(AUDIT);
    owner.run("do $$ declare p regclass; begin for p in select relid from pg_partition_tree('audit.log') where isleaf loop execute format('drop table %s', p); end loop; end $$");
    let refusal = owner.refusal("insert into tasks default values");
    assert_eq!(
        (refusal.sqlstate(), refusal.hint()),
        (
            "23514",
            Some("select steward.extend_audit_log('audit.log');")
        )
    );
    owner.run(refusal.hint().expect("a hint"));
    owner.run("insert into tasks default values");
    // A partition that is partitioned itself is written by a statement.
    owner.run("drop table audit.log_default; create table audit.rest partition of audit.log default partition by list (action);
        create table audit.rest_i partition of audit.rest for values in ('INSERT'); create table audit.rest_d partition of audit.rest default");
    owner.run("do $$ declare p regclass; begin for p in select inhrelid from pg_inherits where inhparent = 'audit.log'::regclass and inhrelid <> 'audit.rest'::regclass loop execute format('drop table %s', p); end loop; end $$");
    owner.run("insert into tasks default values; delete from tasks");
    assert_eq!(count(&mut owner, "audit.rest_i"), 1);
    assert!(count(&mut owner, "audit.rest_d") > 0);
}
