//! What happens to a tracked table after it was attached, in this session and in another one.

use steward_tests::{Database, Role, Session, tests};

use super::owner_of_tracked_tasks;
use crate::hostile::{self, identifier, literal};

tests![
    prepared_statements_across_alter_table,
    renaming_the_table_and_its_schema,
    a_new_owner,
    a_column_that_is_gone_is_named,
    attaching_again_as_the_hint_says_mends_it,
    a_column_that_is_dropped_and_added_again,
    a_column_of_another_type,
    a_column_that_is_no_timestamp_any_more,
    hostile_names,
];

/// Updates row 1 in a session that has done so before; true where it is stamped.
fn stamps(session: &mut Session, table: &str, column: &str) -> bool {
    session.holds(&format!(
        "update {table} set title = title || '.' where id = 1 returning {column} = now()"
    ))
}

fn prepared_statements_across_alter_table(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let mut other = database.owner();
    other.run(
        "prepare touch as update tasks set title = 'x' where id = 1 returning updated_at = now()",
    );
    assert!(other.holds("execute touch"));
    for change in [
        "alter table tasks add column first integer",
        "alter table tasks drop column first",
        "alter table tasks alter column title type varchar(100)",
        "alter table tasks add column later text default 'x'",
        "alter table tasks alter column updated_at type timestamptz(0)",
        "alter table tasks drop column later",
    ] {
        owner.run(change);
        let stamped = other.holds(&if change.contains("(0)") {
            // The prepared statement's result may not change its type.
            "update tasks set title = 'x' where id = 1 returning updated_at = now()::timestamptz(0)".to_owned()
        } else {
            "update tasks set title = 'x' where id = 1 returning updated_at in (now(), now()::timestamptz(0))".to_owned()
        });
        assert!(stamped, "{change}");
        assert_eq!(other.rows("execute touch").len(), 1, "{change}");
    }
}

fn renaming_the_table_and_its_schema(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let mut other = database.owner();
    assert!(stamps(&mut other, "tasks", "updated_at"));
    owner.run("alter table tasks rename to jobs");
    assert!(stamps(&mut other, "jobs", "updated_at"));
    let mut superuser = database.superuser();
    superuser.run("create schema one authorization owner");
    owner.run("alter table jobs set schema one");
    assert!(stamps(&mut other, "one.jobs", "updated_at"));
    superuser.run("alter schema one rename to two");
    assert!(stamps(&mut other, "two.jobs", "updated_at"));
    assert_eq!(
        owner.value("select target, definition like '%ON two.jobs%' from steward.attachments"),
        "two.jobs|t"
    );
}

fn a_new_owner(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let mut superuser = database.superuser();
    superuser.run("alter table tasks owner to stranger");
    assert_eq!(
        owner.sqlstate("select steward.track_updated_at('tasks')"),
        "42501"
    );
    let mut stranger = database.session(Role::Stranger);
    assert!(stamps(&mut stranger, "tasks", "updated_at"));
    stranger.run("select steward.detach('tasks', 'timestamps')");
    assert!(stranger.rows("select from steward.attachments").is_empty());
}

fn a_column_that_is_gone_is_named(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let mut other = database.owner();
    assert!(stamps(&mut other, "tasks", "updated_at"));
    owner.run("alter table tasks rename updated_at to changed_at");
    let expected = "42703: trigger steward_updated_at on public.tasks needs column updated_at of table public.tasks, \
                    which does not exist\n\
                    DETAIL: The column was renamed or dropped after the trigger was created.\n\
                    HINT: Attach again with the column's new name: \
                    select steward.track_updated_at('public.tasks', column_name => 'new_name');\n\
                    SCHEMA: public\n\
                    TABLE: tasks\n\
                    COLUMN: updated_at";
    for session in [&mut owner, &mut other] {
        assert_eq!(
            session.refusal("update tasks set title = 'x'").to_string(),
            expected
        );
    }
    owner.run("alter table tasks rename changed_at to updated_at");
    assert!(stamps(&mut other, "tasks", "updated_at"));
    owner.run("alter table tasks drop column updated_at");
    assert_eq!(
        other.refusal("update tasks set title = 'x'").to_string(),
        expected
    );
}

fn attaching_again_as_the_hint_says_mends_it(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("alter table tasks rename updated_at to changed_at");
    let hint = owner
        .refusal("update tasks set title = 'x'")
        .hint()
        .expect("a hint")
        .to_owned();
    let (_, call) = hint.split_once(": ").expect("a statement in the hint");
    owner.run(&call.replace("new_name", "changed_at"));
    assert!(stamps(&mut owner, "tasks", "changed_at"));
    assert_eq!(
        owner.rows("select arguments from steward.attachments"),
        ["{changed_at}"]
    );
}

fn a_column_that_is_dropped_and_added_again(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let mut other = database.owner();
    assert!(stamps(&mut other, "tasks", "updated_at"));
    owner.run("alter table tasks drop column updated_at, add column filler integer default 7");
    owner.run("alter table tasks add column updated_at timestamp(0)");
    assert!(other.holds(
        "update tasks set title = 'x' where id = 1 returning updated_at = now()::timestamp(0) and filler = 7"
    ));
}

fn a_column_of_another_type(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let mut other = database.owner();
    for (zone, column_type) in [
        ("Asia/Tokyo", "timestamp"),
        ("Asia/Tokyo", "timestamptz"),
        ("UTC", "timestamp(3)"),
    ] {
        owner.run(&format!(
            "alter table tasks alter column updated_at type {column_type}"
        ));
        other.run(&format!("set timezone = '{zone}'"));
        let update = format!(
            "update tasks set title = 'x' where id = 1 returning updated_at = now()::{column_type}"
        );
        assert!(other.holds(&update), "{column_type}");
    }
}

fn a_column_that_is_no_timestamp_any_more(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("alter table tasks alter column updated_at type date");
    assert_eq!(
        owner.refusal("update tasks set title = 'x'").to_string(),
        "42809: column updated_at of table public.tasks is no longer a timestamp\n\
         HINT: Give the column a timestamp type, or detach: select steward.detach('public.tasks', 'timestamps');\n\
         SCHEMA: public\n\
         TABLE: tasks\n\
         COLUMN: updated_at"
    );
    owner.run("select steward.detach('public.tasks', 'timestamps'); update tasks set title = 'x'");
}

fn hostile_names(database: &Database) {
    let mut owner = database.owner();
    let mut superuser = database.superuser();
    for name in hostile::names() {
        let quoted = identifier(&name);
        superuser.run(&format!("create schema {quoted} authorization owner"));
        let table = format!("{quoted}.{quoted}");
        owner.run(&format!(
            "create table {table} (id integer, title text, {quoted} timestamptz);
             insert into {table} values (1, 'a')"
        ));
        let target = literal(&table);
        let column = literal(&name);
        for only_changes in [false, true] {
            let call = format!(
                "select steward.track_updated_at({target}, column_name => {column}, only_changes => {only_changes}, name => {column})"
            );
            owner.run(&call);
            assert!(stamps(&mut owner, &table, &quoted), "{name}");
            let row = format!(
                "select count(*), bool_and(target = {target}::regclass and name = {column} and arguments[1] = {column}), min(t.oid) \
                 from steward.attachments join pg_trigger as t on tgrelid = target and tgname = name \
                 where target = {target}::regclass"
            );
            let before = owner.value(&row);
            assert!(before.starts_with("1|t|"), "{name}: {before}");
            owner.run(&call);
            assert_eq!(owner.value(&row), before, "again is nothing: {name}");
        }
        let detached = owner.value(&format!(
            "select steward.detach({target}, 'timestamps', name => {column})"
        ));
        assert_eq!(detached, "1", "{name}");
        // The name that the function makes of the column's.
        owner.run(&format!(
            "select steward.track_updated_at({target}, column_name => {column})"
        ));
        assert!(stamps(&mut owner, &table, &quoted), "{name}");
    }
}
