//! What happens to the tables after the rule was attached, in this session and in another one.

use steward_tests::{Database, Session, tests};

use super::{TABLES, TRACK, assert_histories_are_whole, owner_of_tracked_tasks, transitions};
use crate::hostile::{self, identifier, literal};

tests![
    prepared_statements_across_alter_table,
    renaming_the_tables,
    moving_the_tables_to_another_schema,
    renaming_the_schema,
    a_column_of_the_table_that_is_renamed,
    a_column_of_the_destination_that_is_renamed,
    attaching_again_as_the_hint_says_mends_it,
    columns_that_are_dropped_and_added_again,
    a_key_of_another_type,
    a_stage_that_gets_new_values,
    a_destination_that_is_created_anew,
    hostile_names,
];

/// A session whose rule has its statements prepared.
fn used(database: &Database) -> Session {
    let mut other = database.owner();
    other.run("insert into tasks values (1, 'one', 'a'); update tasks set stage = 'b'");
    other
}

fn prepared_statements_across_alter_table(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let mut other = used(database);
    other.run("prepare advance (text) as update tasks set stage = $1 where id = 1");
    for (number, change) in [
        "alter table history add column first integer default 7",
        "alter table history drop column first",
        "alter table tasks drop column title",
        "alter table tasks add column later text default 'x'",
        "alter table tasks alter column stage type varchar(20)",
        "alter table history alter column after type varchar(20)",
        "alter table history alter column lasted type numeric",
        "create index on history (at)",
        "drop index history_task_at_idx",
    ]
    .into_iter()
    .enumerate()
    {
        owner.run(change);
        other.run(&format!("execute advance ('s{number}')"));
    }
    assert_eq!(transitions(&mut owner, 1).len(), 11);
    assert_histories_are_whole(&mut owner);
}

fn renaming_the_tables(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let mut other = used(database);
    owner.run("alter table history rename to log");
    other.run("update tasks set stage = 'c'");
    owner.run("alter table tasks rename to jobs");
    other.run("update jobs set stage = 'd'");
    // Another table that takes the old name is not meant.
    owner.run("create table history (like log)");
    other.run("update jobs set stage = 'e'");
    assert!(owner.rows("select from history").is_empty());
    assert_eq!(
        owner.rows("select after from log order by at"),
        ["a", "b", "c", "d", "e"]
    );
}

fn moving_the_tables_to_another_schema(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let mut other = used(database);
    database
        .superuser()
        .run("create schema elsewhere authorization owner");
    owner.run("alter table history set schema elsewhere");
    other.run("update tasks set stage = 'c'");
    owner.run("alter table tasks set schema elsewhere");
    other.run("update elsewhere.tasks set stage = 'd'");
    assert_eq!(owner.value("select count(*) from elsewhere.history"), "4");
}

fn renaming_the_schema(database: &Database) {
    let mut superuser = database.superuser();
    superuser.run(
        "create schema one authorization owner; alter role owner in database postgres reset all",
    );
    let mut owner = database.owner();
    owner.run(&format!("set search_path = one; {TABLES}; {TRACK}"));
    owner.run("insert into tasks values (1, 'one', 'a'); update tasks set stage = 'b'");
    superuser.run("alter schema one rename to two");
    owner.run("set search_path = two");
    owner.run("update tasks set stage = 'c'");
    // Tables of the same names where the schema was before are not meant.
    superuser.run("create schema one authorization owner");
    owner.run(&format!(
        "set search_path = one; {TABLES}; set search_path = two"
    ));
    owner.run("update tasks set stage = 'd'");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b", "b|c", "c|d"]);
    assert!(owner.rows("select from one.history").is_empty());
}

fn a_column_of_the_table_that_is_renamed(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let mut other = used(database);
    owner.run("alter table tasks rename stage to phase");
    assert_eq!(
        other.refusal("update tasks set phase = 'c'").to_string(),
        "42703: trigger steward_stage on public.tasks needs column stage of table public.tasks, which does not exist\n\
         DETAIL: The column was renamed or dropped after the trigger was created.\n\
         HINT: Attach again with the column's new name: select steward.track_stages('public.tasks', stage => 'stage', \
         destination => 'public.history', key => 'id', row_column => 'task', from_column => 'before', \
         to_column => 'after', at_column => 'at', duration_column => 'lasted');\n\
         SCHEMA: public\n\
         TABLE: tasks\n\
         COLUMN: stage"
    );
}

fn a_column_of_the_destination_that_is_renamed(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let mut other = used(database);
    owner.run("alter table history rename at to happened_at");
    let refusal = other.refusal("update tasks set stage = 'c'");
    assert!(
        refusal.to_string().starts_with(
            "42703: trigger steward_stage on public.tasks needs column at of table public.history, which does not exist\n"
        ),
        "{refusal}"
    );
    assert!(
        refusal
            .to_string()
            .ends_with("\nSCHEMA: public\nTABLE: history\nCOLUMN: at"),
        "{refusal}"
    );
    owner.run(&TRACK.replace("at_column => 'at'", "at_column => 'happened_at'"));
    other.run("update tasks set stage = 'c'");
    assert_eq!(other.value("select count(*) from history"), "3");
}

fn attaching_again_as_the_hint_says_mends_it(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("insert into tasks values (1, 'one', 'a')");
    owner.run("alter table tasks rename stage to phase");
    let hint = owner
        .refusal("update tasks set phase = 'b'")
        .hint()
        .expect("a hint")
        .to_owned();
    let (_, call) = hint.split_once(": ").expect("a statement in the hint");
    owner.run(&call.replace("stage => 'stage'", "stage => 'phase'"));
    owner.run("update tasks set phase = 'b'");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b"]);
    assert_eq!(
        owner.rows("select arguments[2] from steward.attachments"),
        ["phase"]
    );
}

fn columns_that_are_dropped_and_added_again(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let mut other = used(database);
    owner.run("alter table tasks drop column stage, add column filler text; alter table tasks add column stage varchar(9) not null default 'b'");
    other.run("update tasks set stage = 'c'");
    owner.run(
        "alter table history drop column lasted; alter table history add column lasted integer",
    );
    other.run("update tasks set stage = 'd'");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b", "b|c", "c|d"]);
}

fn a_key_of_another_type(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let mut other = used(database);
    owner.run("alter table history alter column task type bigint; alter table tasks alter column id type bigint");
    other.run("update tasks set stage = 'c'; update tasks set id = 10000000000; update tasks set stage = 'd'");
    assert_eq!(
        owner.value("select count(*) from history where task = 10000000000"),
        "1"
    );
    // By a key of another type no previous transition can be found.
    owner.run("alter table tasks alter column id type text");
    assert_eq!(
        other.refusal("update tasks set stage = 'e'").to_string(),
        "42809: column task of table public.history has another type than column id of table public.tasks\n\
         HINT: Give both the type of the key.\n\
         SCHEMA: public\n\
         TABLE: history\n\
         COLUMN: task"
    );
}

fn a_stage_that_gets_new_values(database: &Database) {
    let mut owner = database.owner();
    owner.run("create type phase as enum ('a', 'b')");
    owner.run(TABLES);
    owner.run("alter table tasks alter stage type phase using stage::phase");
    owner.run(TRACK);
    let mut other = used(database);
    owner.run("alter type phase add value 'c'");
    other.run("update tasks set stage = 'c'");
    owner.run("alter type phase rename value 'a' to 'first'");
    other.run("update tasks set stage = 'first'");
    assert_eq!(
        transitions(&mut owner, 1),
        ["NULL|a", "a|b", "b|c", "c|first"]
    );
}

/// A table that has the name of a dropped destination is another table: it has to be named again.
fn a_destination_that_is_created_anew(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let mut other = used(database);
    owner.run("drop table history");
    other.run("update tasks set stage = 'c'");
    owner.run("create table history (task integer, before text, after text not null, at timestamptz, lasted bigint); create index on history (task)");
    owner.run(TRACK);
    other.run("update tasks set stage = 'd'");
    assert_eq!(transitions(&mut owner, 1), ["c|d"]);
}

fn hostile_names(database: &Database) {
    let mut owner = database.owner();
    let mut superuser = database.superuser();
    for name in hostile::names() {
        let quoted = identifier(&name);
        superuser.run(&format!("create schema {quoted} authorization owner"));
        let table = format!("{quoted}.{quoted}");
        // The columns play different roles under names that differ at their end.
        let columns: Vec<String> = ["k", "r", "f", "t", "a", "d"]
            .iter()
            .map(|role| with_ending(&name, role))
            .collect();
        let [key, row, from, to, at, duration] = columns.as_slice() else {
            unreachable!("six columns");
        };
        let history = format!("{quoted}.{}", identifier(&with_ending(&name, "h")));
        owner.run(&format!(
            "create table {table} ({} integer primary key, {quoted} text not null);
             create table {history} ({} integer, {} text, {} text, {} timestamptz, {} bigint);
             create index on {history} ({})",
            identifier(key),
            identifier(row),
            identifier(from),
            identifier(to),
            identifier(at),
            identifier(duration),
            identifier(row),
        ));
        let call = format!(
            "select steward.track_stages({}, stage => {}, destination => {}, key => {}, row_column => {}, from_column => {}, \
             to_column => {}, at_column => {}, duration_column => {}, name => {})",
            literal(&table),
            literal(&name),
            literal(&history),
            literal(key),
            literal(row),
            literal(from),
            literal(to),
            literal(at),
            literal(duration),
            literal(&name),
        );
        owner.run(&call);
        owner.run(&call);
        owner.run(&format!(
            "insert into {table} values (1, 'a'); update {table} set {quoted} = 'b'"
        ));
        assert_eq!(
            owner.rows(&format!(
                "select {}, {} from {history} order by {}",
                identifier(from),
                identifier(to),
                identifier(at)
            )),
            ["NULL|a", "a|b"],
            "{name}"
        );
        let expected = [key, &name, row, from, to, at, duration]
            .map(|argument| literal(argument))
            .join(", ");
        assert!(
            owner.holds(&format!(
                "select count(*) = 1 and bool_and(arguments = array[{expected}] and name = {} and bound_table = {}::regclass) \
                 from steward.attachments where target = {}::regclass",
                literal(&name), literal(&history), literal(&table)
            )),
            "{name}"
        );
    }
}

/// `name` with another ending, within the 63 bytes of a name.
fn with_ending(name: &str, ending: &str) -> String {
    let mut end = name.len().min(63 - ending.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{ending}", &name[..end])
}
