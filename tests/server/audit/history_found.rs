//! `history`: how the entries of a row are found, and by whom.

use steward_tests::{Database, Role, tests};

tests![
    a_table_that_was_renamed,
    a_table_that_took_the_name_of_another,
    a_column_of_the_key_that_was_renamed,
    partitions_and_rows_that_move,
    a_log_that_was_restored,
    a_truncate_from_before_a_restore,
    several_logs_or_none,
    it_reads_with_the_rights_of_who_asks,
    in_a_read_only_transaction,
    a_hostile_search_path,
    by_the_index,
];

fn a_table_that_was_renamed(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run(
        "insert into tasks values (1, 'write'); alter table tasks rename to jobs;
         alter table jobs rename title to name; create schema other; alter table jobs set schema other;
         update other.jobs set name = 'read'",
    );
    assert_eq!(
        super::history(&mut owner, "'other.jobs', 1")[1..],
        [r#"UPDATE|{"name": "write"}|{"name": "read"}"#]
    );
    assert_eq!(super::history(&mut owner, "'other.jobs', 1").len(), 2);
}

fn a_table_that_took_the_name_of_another(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run(
        "insert into tasks values (1, 'of the first'); alter table tasks rename to tasks_before;
         create table tasks (id integer primary key, title text); select steward.audit('tasks', 'audit.log');
         insert into tasks values (1, 'of the second')",
    );
    let titles = |owner: &mut steward_tests::Session, table| {
        owner.rows(&format!(
            "select after ->> 'title' from steward.history('{table}', 1)"
        ))
    };
    assert_eq!(titles(&mut owner, "tasks"), ["of the second"]);
    assert_eq!(titles(&mut owner, "tasks_before"), ["of the first"]);
    // One that is dropped takes its history along: else whoever makes a table of its name could write it.
    owner.run(
        "drop table tasks; create table tasks (id integer primary key, title text);
         select steward.audit('tasks', 'audit.log'); insert into tasks values (1, 'of the third')",
    );
    assert_eq!(titles(&mut owner, "tasks"), ["of the third"]);
}

fn a_column_of_the_key_that_was_renamed(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run(
        "insert into tasks values (1, 'write'); alter table tasks rename id to number;
         update tasks set title = 'read'",
    );
    assert_eq!(super::history(&mut owner, "'tasks', 1").len(), 1);
    assert_eq!(
        super::history(&mut owner, "'tasks', '{\"id\": 1}'::jsonb").len(),
        1
    );
    // Where the key was named, the trigger itself asks for the new name.
    owner.run(
        "create table t (a integer, b integer); select steward.audit('t', 'audit.log', key => '{a}');
         alter table t rename a to c",
    );
    let refusal = owner.refusal("select steward.history('t', 1)");
    assert_eq!(refusal.sqlstate(), "42703", "{refusal}");
}

fn partitions_and_rows_that_move(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "select steward.create_audit_log('audit.log');
         create table parts (v integer, id integer, kind text, primary key (id, kind)) partition by list (kind);
         create table a partition of parts for values in ('a');
         create table b (kind text not null, id integer not null, v integer);
         alter table parts attach partition b for values in ('b');
         select steward.audit('parts', 'audit.log', key => '{id}');
         insert into parts values (1, 7, 'a'); update parts set v = 2; update parts set kind = 'b'; update b set v = 3",
    );
    for target in ["parts", "a", "b"] {
        let changes = owner.rows(&format!(
            "select after ->> 'v' from steward.history('{target}', 7) where after ? 'v'"
        ));
        assert_eq!(changes.first().map(String::as_str), Some("1"), "{target}");
        assert_eq!(changes.last().map(String::as_str), Some("3"), "{target}");
        assert!(changes.contains(&"2".to_owned()), "{target}");
    }
    // A partition that is dropped, with its oid, leaves the history to the table.
    let before = super::history(&mut owner, "'parts', 7");
    owner.run("drop table a");
    assert_eq!(super::history(&mut owner, "'parts', 7"), before);
}

fn a_log_that_was_restored(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run(
        "insert into tasks values (1, 'write'); create table others (id integer primary key);
         select steward.audit('others', 'audit.log'); insert into others values (1)",
    );
    // As after pg_restore: other oids, which may be those of other tables.
    database.superuser().run(
        "update audit.log set incarnation = 1, table_oid =
             case table_name when 'tasks' then 'others'::regclass else 'tasks'::regclass end",
    );
    owner.run("update tasks set title = 'read'");
    assert_eq!(
        super::history(&mut owner, "'tasks', 1"),
        [
            r#"INSERT|NULL|{"id": 1, "state": "new", "title": "write", "secret": {"redacted": true}}"#,
            r#"UPDATE|{"title": "write"}|{"title": "read"}"#,
        ]
    );
    assert_eq!(
        super::history(&mut owner, "'others', 1"),
        [r#"INSERT|NULL|{"id": 1}"#]
    );
}

fn a_truncate_from_before_a_restore(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "select steward.create_audit_log('audit.log');
         create table parts (id integer, kind text, primary key (id, kind)) partition by list (kind);
         create table a partition of parts for values in ('a');
         create table b partition of parts for values in ('b');
         select steward.audit('parts', 'audit.log', key => '{id}');
         insert into parts values (7, 'a'); truncate b",
    );
    let actions = |owner: &mut steward_tests::Session| {
        owner.rows("select action from steward.history('parts', 7)")
    };
    let mut superuser = database.superuser();
    // That of a partition, whose oid another cluster gave to the whole table.
    let change = "update audit.log set table_oid = 'parts'::regclass where action = 'TRUNCATE'";
    superuser.run(&format!("{change}; update audit.log set incarnation = 1"));
    assert_eq!(actions(&mut owner), ["INSERT"]);
    // The control: in the present incarnation that is the whole table.
    superuser.run("update audit.log set incarnation = steward.audit_incarnation('audit.log')");
    assert_eq!(actions(&mut owner), ["INSERT", "TRUNCATE"]);
}

fn several_logs_or_none(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run("create table plain (id integer primary key)");
    let refusal = owner.refusal("select steward.history('plain', 1)");
    assert_eq!(
        refusal.to_string(),
        "42704: the changes of table public.plain are not recorded\n\
         HINT: Record them: select steward.audit('public.plain', '...'); or name the log that they were recorded in with log => '...'.\n\
         SCHEMA: public\nTABLE: plain"
    );
    owner.run(
        "select steward.create_audit_log('audit.second');
         select steward.audit('tasks', 'audit.second', redact => '{title}', name => 'steward_second');
         insert into tasks values (1, 'write')",
    );
    for call in ["history('tasks', 1)", "as_of('tasks', 1, now())"] {
        let refusal = owner.refusal(&format!("select steward.{call}"));
        assert_eq!(refusal.sqlstate(), "42704", "{refusal}");
        let hint = refusal.hint().unwrap_or_default();
        assert!(
            hint.contains("'audit.log'") && hint.contains("'audit.second'"),
            "{refusal}"
        );
    }
    let title = |owner: &mut steward_tests::Session, call: &str| {
        owner.value(&format!("select steward.{call} ->> 'title'"))
    };
    assert_eq!(
        title(&mut owner, "as_of('tasks', 1, now(), log => 'audit.log')"),
        "write"
    );
    assert_eq!(
        title(
            &mut owner,
            "as_of('tasks', 1, now(), log => 'audit.second')"
        ),
        r#"{"redacted": true}"#
    );
    // Nothing is recorded any more, and what was recorded is still there.
    owner.run("select steward.detach('tasks', 'audit')");
    assert_eq!(
        owner.sqlstate("select steward.history('tasks', 1)"),
        "42704"
    );
    assert_eq!(
        super::history(&mut owner, "'tasks', 1, log => 'audit.log'").len(),
        1
    );
    owner.run("create view v as select 1");
    assert_eq!(owner.sqlstate("select steward.history('v', 1)"), "42809");
    assert_eq!(
        owner.sqlstate("select steward.history(1::oid::regclass, 1)"),
        "42704"
    );
}

fn it_reads_with_the_rights_of_who_asks(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run("insert into tasks values (1, 'write'), (2, 'read')");
    let mut writer = database.session(Role::Writer);
    assert_eq!(
        writer
            .refusal("select steward.history('tasks', 1)")
            .to_string(),
        "42501: permission denied to read audit.log, where the changes are recorded\n\
         HINT: Its owner can grant it: grant usage on schema audit to writer; grant select on audit.log to writer;\n\
         SCHEMA: audit\nTABLE: log"
    );
    owner.run("grant usage on schema audit to writer; grant select on audit.log to writer");
    assert_eq!(super::history(&mut writer, "'tasks', 1").len(), 1);
    // To know the row as it is one has to be allowed to read it.
    assert_eq!(
        writer.sqlstate("select steward.as_of('tasks', 1, now())"),
        "42501"
    );
    owner.run(
        "alter table audit.log enable row level security;
         create policy two on audit.log for select to writer using (key = '{\"id\": 2}')",
    );
    assert_eq!(super::history(&mut writer, "'tasks', 1").len(), 0);
    assert_eq!(super::history(&mut writer, "'tasks', 2").len(), 1);
    // A row that a policy hides is put together from what the log shows.
    owner.run(
        "grant select on tasks to writer; alter table tasks enable row level security;
         create policy none on tasks for select to writer using (false)",
    );
    assert_eq!(
        writer.value("select steward.as_of('tasks', 2, now()) ->> 'title'"),
        "read"
    );
    assert_eq!(
        writer.value("select steward.as_of('tasks', 1, now())"),
        "NULL"
    );
}

fn in_a_read_only_transaction(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run("insert into tasks values (1, 'write'); update tasks set title = 'read'");
    owner.run("begin transaction isolation level serializable read only");
    assert_eq!(super::history(&mut owner, "'tasks', 1").len(), 2);
    assert!(owner.holds("select steward.as_of('tasks', 1, now()) ->> 'title' = 'read'"));
    assert!(owner.holds("select pg_current_xact_id_if_assigned() is null"));
    assert_eq!(
        owner.sqlstate(
            "select steward.undo('tasks', 1, max(sequence)) from steward.history('tasks', 1)"
        ),
        "25006"
    );
    owner.run("rollback");
    // Both read under the snapshot of the statement that asks.
    owner.run(
        "create function since() returns text language sql stable as
             $$select count(*) || ' ' || (steward.as_of('tasks', 1, clock_timestamp()) ->> 'title') from steward.history('tasks', 1)$$",
    );
    assert_eq!(
        owner.value(
            "with changed as (update tasks set title = 'sleep' returning 1) select since() from changed"
        ),
        "2 read"
    );
    assert_eq!(owner.value("select since()"), "3 sleep");
}

fn a_hostile_search_path(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run("insert into tasks values (1, 'write'); update tasks set title = 'read'");
    let mut superuser = database.superuser();
    superuser.run(
        "create schema hostile; grant all on schema hostile to public; set role stranger;
         create function hostile.never(bigint, bigint) returns boolean language sql as 'select false';
         create function hostile.never(integer, integer) returns boolean language sql as 'select false';
         create function hostile.never(text, text) returns boolean language sql as 'select false';
         create function hostile.never(oid, oid) returns boolean language sql as 'select false';
         create function hostile.never(jsonb, jsonb) returns boolean language sql as 'select false';
         create operator hostile.= (leftarg = bigint, rightarg = bigint, function = hostile.never);
         create operator hostile.= (leftarg = integer, rightarg = integer, function = hostile.never);
         create operator hostile.= (leftarg = text, rightarg = text, function = hostile.never);
         create operator hostile.= (leftarg = oid, rightarg = oid, function = hostile.never);
         create operator hostile.= (leftarg = jsonb, rightarg = jsonb, function = hostile.never);
         create function hostile.jsonb_each(jsonb, out key text, out value jsonb) returns setof record
             language sql as 'select null::text, null::jsonb';
         create function hostile.to_jsonb(anyelement) returns jsonb language sql as $$select '{}'::jsonb$$",
    );
    let mut reader = database.owner();
    reader.run("set search_path = hostile, pg_catalog, public");
    assert!(!reader.holds("select 1 = 1"), "the trap works");
    assert_eq!(super::history(&mut reader, "'tasks', 1").len(), 2);
    assert_eq!(
        reader.value("select steward.as_of('tasks', 1, now()) ->> 'title'"),
        "read"
    );
    let sequence = owner.value("select max(sequence) from steward.history('tasks', 1)");
    assert_eq!(
        reader.value(&format!(
            "select steward.undo('tasks', 1, {sequence}) ->> 'title'"
        )),
        "write"
    );
}

fn by_the_index(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run(
        "insert into tasks (id) select generate_series(1, 20000);
         update tasks set state = 'done'; truncate tasks; analyze audit.log",
    );
    let mut superuser = database.superuser();
    let scans = |superuser: &mut steward_tests::Session| -> (i64, i64) {
        let counts = superuser.value(
            "select sum(seq_scan) || ' ' || sum(idx_scan) from pg_stat_all_tables as t
             join pg_partition_tree('audit.log') as p on p.relid = t.relid where t.n_live_tup > 1000",
        );
        let (sequential, index) = counts.split_once(' ').expect("two counts");
        (
            sequential.parse().expect("a count"),
            index.parse().expect("a count"),
        )
    };
    let ask = |owner: &mut steward_tests::Session, sql: &str| {
        owner.run(sql);
        // What was counted is known to others when the session's statistics are flushed.
        owner.run("select pg_stat_force_next_flush()");
    };
    ask(&mut owner, "select 1");
    let before = scans(&mut superuser);
    ask(
        &mut owner,
        "select * from steward.history('tasks', 77); select steward.as_of('tasks', 78, now())",
    );
    let after = scans(&mut superuser);
    assert_eq!(after.0, before.0, "no scan of the log");
    assert!(after.1 > before.1, "scans of its indexes");
    // The same question without the hash reads everything.
    ask(
        &mut owner,
        "select * from audit.log where key = '{\"id\": 77}'",
    );
    assert!(scans(&mut superuser).0 > after.0);
}
