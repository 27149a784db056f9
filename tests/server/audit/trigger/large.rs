//! Values that are large, and values that `jsonb` does not take: neither fails the write.

use steward_tests::{Database, tests};

use super::{AUDIT, count, owner_with_log};

tests![
    large_values,
    values_that_jsonb_does_not_take,
    json_that_jsonb_does_not_take,
];

fn large_values(database: &Database) {
    const MEGABYTES: usize = 10;
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key, body text, data bytea, document jsonb, n integer);
        alter table tasks alter body set storage external, alter data set storage external");
    owner.run(AUDIT);
    owner.run(&format!(
        "insert into tasks select 1, repeat('x', {MEGABYTES} * 1048576), convert_to(repeat('y', {MEGABYTES} * 1048576), 'UTF8'),
             jsonb_build_object('a', repeat('z', {MEGABYTES} * 1048576)), 0"
    ));
    assert!(owner.holds("select after = to_jsonb(t) from audit.log cross join tasks as t"));
    owner.run("update tasks set n = 1; update tasks set body = body || '!'; update tasks set document = document || '{\"b\": 1}'");
    assert_eq!(
        owner.rows(
            "select (select string_agg(k, ',') from jsonb_object_keys(after) as k), length(after ->> 'body') - length(before ->> 'body')
             from audit.log where action = 'UPDATE' order by sequence"
        ),
        ["n|NULL", "body|1", "document|NULL"]
    );
    // An unchanged value out of line is not read: neither the table's, nor anything of the log's.
    let mut superuser = database.superuser();
    let read = "select coalesce(sum(heap_blks_read + heap_blks_hit + toast_blks_hit + toast_blks_read), 0) from pg_statio_user_tables where relname = 'tasks'";
    superuser.run("select pg_stat_force_next_flush()");
    owner.run("select pg_stat_force_next_flush()");
    let before: i64 = superuser.value(read).parse().expect("a number");
    owner.run("update tasks set n = 2; update tasks set n = 3");
    owner.run("select pg_stat_force_next_flush()");
    owner.run("select 1");
    superuser.run("select pg_stat_clear_snapshot()");
    let after: i64 = superuser.value(read).parse().expect("a number");
    assert!(after - before < 100, "{} blocks were read", after - before);
}

/// More than a `jsonb` can hold must not fail the write.
fn values_that_jsonb_does_not_take(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key, data bytea, flags boolean[], bits varbit, numbers smallint[])");
    owner.run(AUDIT);
    owner.run("insert into tasks values (1, convert_to(repeat('x', 135 * 1048576), 'UTF8'))");
    owner.run("insert into tasks (id, flags) select 2, array_fill(true, array[24 * 1048576])");
    owner.run("insert into tasks (id, bits) select 3, repeat('1', 280 * 1048576)::varbit");
    owner.run(
        "insert into tasks (id, numbers) select 4, array_fill(1::smallint, array[20 * 1048576])",
    );
    assert_eq!(
        owner.rows("select key -> 'id', (select string_agg(k, ',') from jsonb_each(after) as e (k, v) where v ? 'too_large') from audit.log order by sequence"),
        ["1|data", "2|flags", "3|bits", "4|numbers"]
    );
    owner.run("update tasks set data = null, flags = null, bits = null, numbers = null; delete from tasks");
    assert_eq!(count(&mut owner, "audit.log"), 12);
}

/// `json` holds what `jsonb` refuses.
fn json_that_jsonb_does_not_take(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id serial primary key, data json)");
    owner.run(AUDIT);
    for data in [
        r#"{"a": "\u0000"}"#,
        r#"["\ud800"]"#,
        r#"["\udc00\ud800"]"#,
        "1e1000000",
        "[-1.5E+999999]",
    ] {
        owner.run(&format!("insert into tasks (data) values ('{data}')"));
        assert_eq!(
            owner.value("select after ->> 'data' from audit.log order by sequence desc limit 1"),
            data,
            "as a text"
        );
        owner.run("delete from tasks");
    }
    for data in [
        r#"{"a": "\\u0000", "b": "\ud83d\ude00", "c": "\\\\ud800", "d": "1e1000000"}"#,
        "[1e100, -0.5e-10, 12]",
    ] {
        owner.run(&format!("insert into tasks (data) values ('{data}')"));
        assert_eq!(
            owner.value("select after -> 'data' from audit.log order by sequence desc limit 1"),
            owner.value(&format!("select '{data}'::jsonb"))
        );
    }
}
