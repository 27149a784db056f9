//! `undo`: what it refuses.

use steward_tests::{Database, Session, tests};

use super::entry;

tests![
    a_redacted_value,
    text_that_looks_like_a_redacted_value,
    a_row_that_was_changed_since,
    a_row_that_is_there_again_or_no_more,
    a_row_whose_secret_was_changed_since,
    columns_that_are_gone,
    a_truncate,
    entries_that_are_none,
    a_trigger_that_keeps_the_row,
    a_change_at_the_same_time,
];

fn refusal(session: &mut Session, key: &str, sequence: &str) -> String {
    session
        .refusal(&format!("select steward.undo('tasks', {key}, {sequence})"))
        .to_string()
}

fn a_redacted_value(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run("insert into tasks values (1, 'write', 'new', 'one'); update tasks set secret = 'two', title = 'read'; delete from tasks");
    let delete = entry(&mut owner, "1", 3);
    let expected = |sequence: &str| {
        format!(
            "55000: entry {sequence} cannot be undone: column secret of table public.tasks is redacted\n\
             DETAIL: Of a redacted column the log holds that it changed, never what it was: {{\"redacted\": true}} stands for the value.\n\
             HINT: Put the row back by hand, with a value for that column.\n\
             SCHEMA: public\nTABLE: tasks\nCOLUMN: secret"
        )
    };
    assert_eq!(refusal(&mut owner, "1", &delete), expected(&delete));
    owner.run("insert into tasks values (1, 'read', 'new', 'two')");
    let update = entry(&mut owner, "1", 2);
    assert_eq!(refusal(&mut owner, "1", &update), expected(&update));
}

fn text_that_looks_like_a_redacted_value(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        r#"select steward.create_audit_log('audit.log');
         create table t (id integer primary key, words text, j jsonb);
         select steward.audit('t', 'audit.log');
         insert into t values (1, '{"redacted": true}', '{"redacted": true, "x": 1}'), (2, 'x', '{"redacted": true}'),
             (3, 'x', '{"too_large": 12}'), (4, 'x', '{"too_large": "12"}');
         delete from t"#,
    );
    let undo = |id| {
        format!("select steward.undo('t', {id}, max(sequence)) from steward.history('t', {id})")
    };
    owner.run(&undo(1));
    owner.run(&undo(4));
    assert_eq!(
        owner.rows("select * from t order by id"),
        [
            r#"1|{"redacted": true}|{"x": 1, "redacted": true}"#,
            r#"4|x|{"too_large": "12"}"#
        ]
    );
    // What a column really holds cannot be told from what stands for a value.
    for id in [2, 3] {
        let refusal = owner.refusal(&undo(id));
        assert!(
            refusal.sqlstate() == "55000" && refusal.to_string().contains("COLUMN: j"),
            "{refusal}"
        );
    }
}

fn a_row_that_was_changed_since(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run(
        "insert into tasks values (1, 'write'); update tasks set title = 'read';
         update tasks set state = 'x'; update tasks set title = 'sleep'",
    );
    let (first, second, last) = (
        entry(&mut owner, "1", 2),
        entry(&mut owner, "1", 3),
        entry(&mut owner, "1", 4),
    );
    assert_eq!(
        refusal(&mut owner, "1", &first),
        format!(
            "55000: entry {first} cannot be undone: the row {{\"id\": 1}} is not what it left, it has other values in title\n\
             DETAIL: Later entries about it: {second}, {last}.\n\
             HINT: Undo the later entries first, the newest before the others; or change the row by hand.\n\
             SCHEMA: public\nTABLE: tasks"
        )
    );
    let insert = entry(&mut owner, "1", 1);
    assert!(refusal(&mut owner, "1", &insert).contains("it has other values in state, title"));
    // What another column became does not matter.
    owner.run(&format!("select steward.undo('tasks', 1, {second})"));
    assert_eq!(owner.value("select title, state from tasks"), "sleep|new");
    // Past the audit.
    owner.run(
        "alter table tasks disable trigger user; update tasks set title = 'x'; alter table tasks enable trigger user;
         insert into tasks values (2); alter table tasks disable trigger user; update tasks set title = 'y' where id = 2;
         alter table tasks enable trigger user",
    );
    let insert = entry(&mut owner, "2", 1);
    assert!(
        refusal(&mut owner, "2", &insert).contains("DETAIL: The log has no later entry about it")
    );
}

fn a_row_that_is_there_again_or_no_more(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run(
        "select steward.audit('tasks', 'audit.log');
         insert into tasks values (1, 'write'); update tasks set title = 'read'; delete from tasks",
    );
    let (insert, update, delete) = (
        entry(&mut owner, "1", 1),
        entry(&mut owner, "1", 2),
        entry(&mut owner, "1", 3),
    );
    for sequence in [&insert, &update] {
        let refusal = refusal(&mut owner, "1", sequence);
        assert!(
            refusal.contains("is not what it left, it is not there"),
            "{refusal}"
        );
        assert!(refusal.contains(&delete), "{refusal}");
    }
    owner.run("insert into tasks values (1, 'read')");
    let again = entry(&mut owner, "1", 4);
    let refusal = refusal(&mut owner, "1", &delete);
    assert!(
        refusal.contains("there is a row with its key")
            && refusal.contains(&format!("Later entries about it: {again}.")),
        "{refusal}"
    );
}

fn a_row_whose_secret_was_changed_since(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run("insert into tasks values (1), (2); update tasks set secret = 'x' where id = 1");
    let insert = entry(&mut owner, "1", 1);
    assert!(refusal(&mut owner, "1", &insert).contains("a redacted column of it changed"));
    let insert = entry(&mut owner, "2", 1);
    owner.run(&format!("select steward.undo('tasks', 2, {insert})"));
    assert_eq!(owner.rows("select id from tasks"), ["1"]);
}

fn columns_that_are_gone(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run(
        "select steward.audit('tasks', 'audit.log');
         insert into tasks values (1, 'write'), (2, 'x'); update tasks set title = 'read' where id = 1;
         delete from tasks where id = 2; alter table tasks rename title to name",
    );
    for (key, place) in [("1", 2), ("2", 2)] {
        let sequence = entry(&mut owner, key, place);
        assert_eq!(
            refusal(&mut owner, key, &sequence),
            format!(
                "42703: entry {sequence} cannot be undone: table public.tasks has no column title any more\n\
                 DETAIL: The log names columns as they were called when it was written.\n\
                 HINT: If it was renamed or dropped, put the row back by hand: select steward.as_of(...) shows what it was.\n\
                 SCHEMA: public\nTABLE: tasks\nCOLUMN: title"
            )
        );
    }
    // What is deleted need not be put anywhere.
    owner.run("alter table tasks rename name to title; insert into tasks values (3, 'x'); alter table tasks drop column title");
    let insert = entry(&mut owner, "3", 1);
    owner.run(&format!("select steward.undo('tasks', 3, {insert})"));
}

fn a_truncate(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run("insert into tasks values (1); truncate tasks");
    let truncate = entry(&mut owner, "1", 2);
    assert_eq!(
        refusal(&mut owner, "1", &truncate),
        format!(
            "55000: entry {truncate} is a TRUNCATE, which cannot be undone\n\
             DETAIL: A TRUNCATE removes rows without looking at them: the log does not hold them.\n\
             HINT: What the log still holds of a row before it: select steward.as_of(...).\n\
             SCHEMA: public\nTABLE: tasks"
        )
    );
}

fn entries_that_are_none(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run("insert into tasks values (1), (2)");
    let other = entry(&mut owner, "2", 1);
    for sequence in [other.as_str(), "0", "-1", "9223372036854775807"] {
        assert_eq!(
            refusal(&mut owner, "1", sequence),
            format!(
                "42704: log audit.log has no entry {sequence} about the row {{\"id\": 1}} of table public.tasks\n\
                 HINT: Its entries: select * from steward.history('public.tasks', '{{\"id\": 1}}'::pg_catalog.jsonb, 'audit.log');\n\
                 SCHEMA: public\nTABLE: tasks"
            )
        );
    }
    assert_eq!(
        owner.rows("select * from steward.history('public.tasks', '{\"id\": 1}'::pg_catalog.jsonb, 'audit.log')").len(),
        1
    );
}

fn a_trigger_that_keeps_the_row(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run(
        "select steward.audit('tasks', 'audit.log'); insert into tasks values (1), (2); delete from tasks where id = 2;
         create function keep() returns trigger language plpgsql as 'begin return null; end';
         create trigger keep before insert or delete on tasks for each row execute function keep()",
    );
    for (key, place) in [("1", 1), ("2", 2)] {
        let sequence = entry(&mut owner, key, place);
        let refusal = refusal(&mut owner, key, &sequence);
        assert!(refusal.starts_with("55000: entry"), "{refusal}");
        assert!(
            refusal.contains("A policy or a trigger of the table left it as it is."),
            "{refusal}"
        );
    }
}

fn a_change_at_the_same_time(database: &Database) {
    for level in ["read committed", "repeatable read", "serializable"] {
        let another = database.create_another().expect("a database");
        let mut owner = super::owner_of_audited_tasks(&another);
        owner.run("insert into tasks values (1, 'write'); update tasks set title = 'read'");
        let update = entry(&mut owner, "1", 2);
        owner.run("begin; update tasks set title = 'sleep'");
        let mut other = another.owner();
        other.run(&format!("set default_transaction_isolation = '{level}'"));
        let waiting = other.start(&format!("select steward.undo('tasks', 1, {update})"));
        waiting.until_blocked(&mut another.superuser());
        owner.run("commit");
        let (_, outcome) = waiting.finish();
        assert_eq!(
            outcome.expect_err("a conflict").sqlstate(),
            "40001",
            "{level}"
        );
        assert_eq!(owner.value("select title from tasks"), "sleep");
    }
}
