//! Every kind of table.

use steward_tests::{Database, Session, tests};

tests![
    unlogged,
    temporary,
    temporary_and_dropped_on_commit,
    partitioned,
    partitions_that_come_later,
    a_partition_with_its_own_order_of_columns,
    rows_that_move_between_partitions,
    a_partition_alone,
    inherited_tables_come_first,
    what_is_no_table,
    a_table_of_the_system,
];

/// Whether an UPDATE of every row leaves each with the transaction's timestamp.
fn stamps_every_row(owner: &mut Session, table: &str) -> bool {
    owner.run(&format!("begin; update {table} set body = body || '!'"));
    let all = owner.holds(&format!("select bool_and(updated_at = now()) from {table}"));
    owner.run("rollback");
    all
}

fn unlogged(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create unlogged table t (body text, updated_at timestamptz); insert into t values ('a');
         select steward.track_updated_at('t')",
    );
    assert!(stamps_every_row(&mut owner, "t"));
}

fn temporary(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create temporary table t (body text, updated_at timestamptz); insert into t values ('a');
         select steward.track_updated_at('t')",
    );
    assert!(stamps_every_row(&mut owner, "t"));
    owner.run(
        "drop table t; create temporary table t (updated_at timestamptz, body text);
        insert into t (body) values ('a'); select steward.track_updated_at('t')",
    );
    assert!(stamps_every_row(&mut owner, "t"));
}

fn temporary_and_dropped_on_commit(database: &Database) {
    let mut owner = database.owner();
    for _ in 0..3 {
        owner.run(
            "begin;
             create temporary table t (body text, updated_at timestamptz) on commit drop;
             insert into t values ('a');
             select steward.track_updated_at('t');
             update t set body = 'b'",
        );
        assert!(owner.holds("select updated_at = now() from t"));
        owner.run("commit");
    }
}

const PARTITIONED: &str = "
    create table t (id integer, body text, updated_at timestamptz default '2001-01-01') partition by range (id);
    create table low partition of t for values from (0) to (100);
    create table high partition of t for values from (100) to (200) partition by list (body);
    create table high_rest partition of high default;
    insert into t (id, body) values (1, 'a'), (101, 'b');
    select steward.track_updated_at('t')";

fn partitioned(database: &Database) {
    let mut owner = database.owner();
    owner.run(PARTITIONED);
    assert!(stamps_every_row(&mut owner, "t"));
    assert!(stamps_every_row(&mut owner, "low"));
    assert!(stamps_every_row(&mut owner, "high_rest"));
    assert_eq!(
        owner.rows("select target, name from steward.attachments"),
        ["t|steward_updated_at"]
    );
    owner.run("select steward.detach('t', 'timestamps')");
    assert!(!stamps_every_row(&mut owner, "t"));
}

fn partitions_that_come_later(database: &Database) {
    let mut owner = database.owner();
    owner.run(PARTITIONED);
    owner.run(
        "create table made partition of t for values from (200) to (300);
         create table joined (like t);
         alter table t attach partition joined for values from (300) to (400);
         insert into t values (201, 'a'), (301, 'a')",
    );
    assert!(stamps_every_row(&mut owner, "made"));
    assert!(stamps_every_row(&mut owner, "joined"));
    owner.run("alter table t detach partition joined");
    assert!(
        !stamps_every_row(&mut owner, "joined"),
        "a table on its own again"
    );
}

fn a_partition_with_its_own_order_of_columns(database: &Database) {
    let mut owner = database.owner();
    owner.run(PARTITIONED);
    owner.run(
        "create table odd (gone integer, updated_at timestamptz, body text, id integer);
         alter table odd drop column gone;
         alter table t attach partition odd for values from (500) to (600);
         insert into t values (501, 'a', '2001-01-01')",
    );
    // In one statement, so that what is kept for one partition cannot be taken for another.
    assert!(stamps_every_row(&mut owner, "t"));
    assert_eq!(owner.value("select id, body from odd"), "501|a");
}

fn rows_that_move_between_partitions(database: &Database) {
    let mut owner = database.owner();
    owner.run(PARTITIONED);
    owner.run("begin; update t set id = id + 100 where id = 1");
    assert_eq!(
        owner.rows("select tableoid::regclass, id, updated_at = now() from t order by id, body"),
        ["high_rest|101|t", "high_rest|101|f"]
    );
}

fn a_partition_alone(database: &Database) {
    let mut owner = database.owner();
    owner.run(PARTITIONED);
    owner.run("select steward.detach('t', 'timestamps'); select steward.track_updated_at('low')");
    assert!(stamps_every_row(&mut owner, "low"));
    assert!(!stamps_every_row(&mut owner, "high"));
    assert_eq!(
        owner.rows("select target from steward.attachments"),
        ["low"]
    );
}

fn inherited_tables_come_first(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table parent (body text, updated_at timestamptz);
         create table child (extra integer) inherits (parent);
         insert into parent values ('a'); insert into child values ('b')",
    );
    assert_eq!(
        owner
            .refusal("select steward.track_updated_at('parent')")
            .to_string(),
        "55000: table public.child inherits from public.parent and is not tracked\n\
         DETAIL: A trigger of a table does not fire for the rows of tables that inherit from it.\n\
         HINT: Attach to the child first: select steward.track_updated_at('public.child', column_name => 'updated_at');\n\
         SCHEMA: public\n\
         TABLE: parent"
    );
    // The hint is a statement that mends it.
    owner.run(
        "select steward.track_updated_at('public.child', column_name => 'updated_at');
         select steward.track_updated_at('parent')",
    );
    assert!(stamps_every_row(&mut owner, "parent"));
    assert!(stamps_every_row(&mut owner, "only child"));
}

fn what_is_no_table(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table t (updated_at timestamptz);
         create view v as select * from t;
         create materialized view m as select * from t;
         create index i on t (updated_at);
         create sequence s;
         create type c as (updated_at timestamptz)",
    );
    for object in ["v", "m", "i", "s", "c"] {
        let refusal = owner.refusal(&format!("select steward.track_updated_at('{object}')"));
        assert_eq!(
            refusal.to_string(),
            format!(
                "42809: public.{object} is not a table\n\
                 DETAIL: A rule can be attached to an ordinary or a partitioned table.\n\
                 SCHEMA: public\n\
                 TABLE: {object}"
            )
        );
    }
    assert_eq!(
        owner
            .refusal("select steward.track_updated_at(4000000000::oid)")
            .to_string(),
        "42704: there is no relation with oid 4000000000\n\
         HINT: Name the table, as in 'tasks' or 'my_schema.tasks'."
    );
}

fn a_table_of_the_system(database: &Database) {
    let mut superuser = database.superuser();
    let refusal = superuser.refusal("select steward.track_updated_at('pg_catalog.pg_statistic_ext_data', column_name => 'stxoid')");
    assert_eq!(refusal.sqlstate(), "42809");
    let mut owner = database.owner();
    assert_eq!(
        owner.sqlstate("select steward.track_updated_at('pg_class')"),
        "42501"
    );
}
