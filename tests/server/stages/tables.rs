//! Every kind of table, on both sides.

use steward_tests::{Database, Session, tests};

use super::{TABLES, TRACK, assert_histories_are_whole, transitions};

tests![
    unlogged,
    temporary,
    a_temporary_destination_of_a_lasting_table,
    partitioned,
    rows_that_move_between_partitions,
    a_row_that_moves_with_a_changed_stage,
    a_partition_with_its_own_order_of_columns,
    partitions_that_come_later,
    a_partition_that_leaves_keeps_the_rule,
    a_partition_that_leaves_without_the_rule_and_comes_back,
    a_partitioned_destination,
    a_partition_alone,
    tables_with_inheritance_children,
    what_is_no_table,
    a_destination_that_is_dropped,
];

fn unlogged(database: &Database) {
    let mut owner = database.owner();
    owner.run(&TABLES.replace("create table", "create unlogged table"));
    owner.run(TRACK);
    owner.run("insert into tasks values (1, 'one', 'a'); update tasks set stage = 'b'");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b"]);
}

fn temporary(database: &Database) {
    let mut owner = database.owner();
    for _ in 0..3 {
        owner.run(&TABLES.replace("create table", "create temporary table"));
        owner.run(TRACK);
        owner.run("insert into tasks values (1, 'one', 'a'); update tasks set stage = 'b'");
        assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b"]);
        owner.run("drop table tasks, history");
    }
}

fn a_temporary_destination_of_a_lasting_table(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("drop table history; create temporary table history (task integer, before text, after text, at timestamptz, lasted bigint)");
    let schema = owner.value("select nspname from pg_namespace where oid = pg_my_temp_schema()");
    assert_eq!(
        owner.refusal(TRACK).to_string(),
        format!(
            "42809: temporary table {schema}.history cannot record the transitions of public.tasks, which is not temporary\n\
             HINT: Other sessions could not write it: name an ordinary table.\n\
             SCHEMA: {schema}\n\
             TABLE: history"
        )
    );
}

const PARTITIONED: &str = "
    create table tasks (id integer, title text, stage text not null) partition by list (title);
    create table here partition of tasks for values in ('here');
    create table there partition of tasks for values in ('there');
    create table elsewhere partition of tasks for values in ('x', 'y') partition by list (title);
    create table elsewhere_x partition of elsewhere for values in ('x');
    create table history (
        task integer not null, before text, after text not null, at timestamptz not null, lasted bigint
    );
    create index on history (task, at)";

fn owner_of_partitioned(database: &Database) -> Session {
    let mut owner = database.owner();
    owner.run(PARTITIONED);
    owner.run(TRACK);
    owner
}

fn partitioned(database: &Database) {
    let mut owner = owner_of_partitioned(database);
    owner.run(
        "insert into tasks values (1, 'here', 'a'), (2, 'there', 'a');
         insert into there values (3, 'there', 'a');
         insert into elsewhere_x values (4, 'x', 'a');
         update tasks set stage = 'b';
         update here set stage = 'c'",
    );
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b", "b|c"]);
    for task in 2..=4 {
        assert_eq!(transitions(&mut owner, task), ["NULL|a", "a|b"]);
    }
    assert_histories_are_whole(&mut owner);
    assert_eq!(
        owner.rows("select target, name from steward.attachments"),
        ["tasks|steward_stage"]
    );
}

fn rows_that_move_between_partitions(database: &Database) {
    let mut owner = owner_of_partitioned(database);
    owner.run("insert into tasks values (1, 'here', 'a')");
    for place in ["there", "x", "here", "there"] {
        owner.run(&format!("update tasks set title = '{place}'"));
    }
    assert_eq!(
        transitions(&mut owner, 1),
        ["NULL|a"],
        "moving is no transition"
    );
    owner.run("update tasks set stage = 'b'");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b"]);
}

fn a_row_that_moves_with_a_changed_stage(database: &Database) {
    let mut owner = owner_of_partitioned(database);
    owner.run("insert into tasks values (1, 'here', 'a')");
    owner.run("select pg_sleep(0.05)");
    owner.run("update tasks set title = 'there', stage = 'b'");
    owner.run("update tasks set title = 'x', stage = 'c'");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b", "b|c"]);
    assert!(owner.holds("select lasted between 50 and 10000 from history where after = 'b'"));
    assert_histories_are_whole(&mut owner);
}

fn a_partition_with_its_own_order_of_columns(database: &Database) {
    let mut owner = owner_of_partitioned(database);
    owner.run(
        "create table odd (gone integer, stage text not null, gone_too text, title text, id integer);
         alter table odd drop column gone, drop column gone_too;
         alter table tasks attach partition odd for values in ('odd');
         insert into tasks values (1, 'odd', 'a'), (2, 'here', 'a');
         update tasks set stage = 'b';
         update tasks set title = 'odd', stage = 'c' where id = 2;
         update tasks set title = 'here', stage = 'c' where id = 1",
    );
    for task in 1..=2 {
        assert_eq!(transitions(&mut owner, task), ["NULL|a", "a|b", "b|c"]);
    }
}

fn partitions_that_come_later(database: &Database) {
    let mut owner = owner_of_partitioned(database);
    owner.run(
        "create table late partition of tasks for values in ('late');
         create table joined (like tasks);
         insert into joined values (1, 'joined', 'a');
         alter table tasks attach partition joined for values in ('joined');
         insert into tasks values (2, 'late', 'a');
         update tasks set stage = 'b'",
    );
    // Rows that came with a partition were not under the rule before.
    assert_eq!(transitions(&mut owner, 1), ["a|b"]);
    assert_eq!(transitions(&mut owner, 2), ["NULL|a", "a|b"]);
    owner.run("select steward.detach('tasks', 'stages'); update tasks set stage = 'c'");
    assert_eq!(transitions(&mut owner, 1), ["a|b"]);
}

/// PostgreSQL leaves a trigger that is bound to another table with the partition, and the view lists it.
fn a_partition_that_leaves_keeps_the_rule(database: &Database) {
    let mut owner = owner_of_partitioned(database);
    owner.run(
        "insert into tasks values (1, 'here', 'a');
         alter table tasks detach partition here;
         update here set stage = 'b'",
    );
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b"]);
    assert_eq!(
        owner.rows("select target from steward.attachments order by target::text"),
        ["here", "tasks"]
    );
    // It still belongs to the partitioned table's, and comes back or goes with that only.
    assert_eq!(
        owner.sqlstate("alter table tasks attach partition here for values in ('here')"),
        "42710"
    );
    assert_eq!(
        owner.sqlstate("select steward.detach('here', 'stages')"),
        "55000"
    );
    owner.run(
        "select steward.detach('tasks', 'stages');
         alter table tasks attach partition here for values in ('here')",
    );
    owner.run(TRACK);
    owner.run("update tasks set stage = 'c'");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b", "b|c"]);
    assert_eq!(
        owner.rows("select target from steward.attachments"),
        ["tasks"]
    );
}

fn a_partition_that_leaves_without_the_rule_and_comes_back(database: &Database) {
    let mut owner = owner_of_partitioned(database);
    owner.run(
        "insert into tasks values (1, 'here', 'a');
         begin;
         select steward.detach('tasks', 'stages');
         alter table tasks detach partition here",
    );
    owner.run(TRACK);
    owner.run("commit; update here set stage = 'b'");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a"], "a table of its own");
    assert_eq!(
        owner.rows("select target from steward.attachments"),
        ["tasks"]
    );
    owner.run("alter table tasks attach partition here for values in ('here'); update tasks set stage = 'c'");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "b|c"]);
}

fn a_partitioned_destination(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table tasks (id integer primary key, title text, stage text not null);
         create table history (task integer not null, before text, after text not null, at timestamptz not null, lasted bigint)
             partition by list (after);
         create index on history (task, at);
         create table history_a partition of history for values in ('a');
         create table history_rest partition of history default",
    );
    owner.run(TRACK);
    owner.run("insert into tasks values (1, 'one', 'a'); update tasks set stage = 'b'; update tasks set stage = 'a'");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b", "b|a"]);
    assert_eq!(owner.value("select count(*) from history_a"), "2");
    assert_histories_are_whole(&mut owner);
    // A partition of the destination that goes takes its rows along, and nothing else.
    owner.run("drop table history_rest; create table other partition of history default; update tasks set stage = 'b'");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "b|a", "a|b"]);
}

fn a_partition_alone(database: &Database) {
    let mut owner = database.owner();
    owner.run(PARTITIONED);
    owner.run(&TRACK.replace("'tasks'", "'here'"));
    owner.run("insert into tasks values (1, 'here', 'a'), (2, 'there', 'a'); update tasks set stage = 'b'");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b"]);
    assert!(transitions(&mut owner, 2).is_empty());
    // A row that comes in from a partition without the rule has no history yet.
    owner.run("update tasks set title = 'here' where id = 2");
    assert_eq!(transitions(&mut owner, 2), ["NULL|b"]);
}

fn tables_with_inheritance_children(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("create table child () inherits (tasks)");
    assert_eq!(
        owner.refusal(TRACK).to_string(),
        "55000: other tables inherit from public.tasks\n\
         DETAIL: A trigger of a table does not fire for the rows of tables that inherit from it.\n\
         HINT: Attach to the children, or use a partitioned table, whose partitions follow it.\n\
         SCHEMA: public\n\
         TABLE: tasks"
    );
    owner.run(&TRACK.replace("'tasks'", "'child'"));
    owner.run("insert into child values (1, 'one', 'a'); update tasks set stage = 'b'");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b"]);
    owner.run("drop table child");
    owner.run(TRACK);
}

fn what_is_no_table(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("create view v as select * from tasks; create view w as select * from history");
    assert_eq!(
        owner.refusal(&TRACK.replace("'tasks'", "'v'")).to_string(),
        "42809: public.v is not a table\n\
         DETAIL: A rule can be attached to an ordinary or a partitioned table.\n\
         SCHEMA: public\n\
         TABLE: v"
    );
    assert_eq!(
        owner
            .refusal(&TRACK.replace("'history'", "'w'"))
            .to_string(),
        "42809: public.w is not a table\nSCHEMA: public\nTABLE: w"
    );
    assert_eq!(
        owner
            .refusal(&TRACK.replace("'history'", "'tasks'"))
            .sqlstate(),
        "42703",
        "the table itself has no such columns"
    );
    owner.run("alter table tasks add task integer, add before text, add after text, add at timestamptz, add lasted bigint");
    assert_eq!(
        owner
            .refusal(&TRACK.replace("'history'", "'tasks'"))
            .to_string(),
        "42809: table public.tasks cannot record its own transitions\n\
         HINT: Name another table with destination => '...'.\n\
         SCHEMA: public\n\
         TABLE: tasks"
    );
}

/// The trigger is bound to the destination and goes with it, so writers are not left with an error.
fn a_destination_that_is_dropped(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run(TRACK);
    owner.run("insert into tasks values (1, 'one', 'a')");
    owner.run("drop table history");
    assert!(owner.rows("select from steward.attachments").is_empty());
    owner.run("update tasks set stage = 'b'");
}
