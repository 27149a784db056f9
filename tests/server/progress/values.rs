//! What the progress is: percentages, weights, and the types of the column.

use steward_tests::{Database, tests};

use super::{ROLL_UP, TABLES, assert_right, owner_of_milestones, progress};

tests![
    the_share_of_tasks_that_are_done,
    rows_that_are_there_are_brought_in,
    a_parent_without_tasks,
    every_type_of_the_column,
    numbers_are_rounded_as_the_column_has_them,
    weights,
    weights_that_count_for_nothing,
    a_weight_that_is_gone,
    statuses_of_an_enum,
    keys_of_every_type,
    a_column_that_is_updated_is_the_users,
];

fn the_share_of_tasks_that_are_done(database: &Database) {
    let mut owner = owner_of_milestones(database);
    let mut check = |statement: &str, expected: [&str; 3]| {
        owner.run(statement);
        assert_eq!(progress(&mut owner), expected, "{statement}");
        assert_right(&mut owner);
    };
    check(
        "insert into tasks values (1, 1, 'todo')",
        ["1|0", "2|0", "3|0"],
    );
    check("update tasks set status = 'done'", ["1|100", "2|0", "3|0"]);
    check(
        "insert into tasks values (2, 1), (3, 1)",
        ["1|33", "2|0", "3|0"],
    );
    check(
        "update tasks set status = 'done' where id = 2",
        ["1|67", "2|0", "3|0"],
    );
    check(
        "update tasks set status = 'cancelled' where id = 3",
        ["1|100", "2|0", "3|0"],
    );
    check(
        "update tasks set status = 'todo' where id = 2",
        ["1|50", "2|0", "3|0"],
    );
    check(
        "update tasks set milestone_id = 2 where id = 1",
        ["1|0", "2|100", "3|0"],
    );
    check(
        "update tasks set milestone_id = null where id = 1",
        ["1|0", "2|0", "3|0"],
    );
    check(
        "update tasks set milestone_id = 3, status = 'todo' where id = 1",
        ["1|0", "2|0", "3|0"],
    );
    check(
        "update tasks set milestone_id = 2, status = 'done'",
        ["1|0", "2|100", "3|0"],
    );
    check("delete from tasks where id = 1", ["1|0", "2|100", "3|0"]);
    check(
        "insert into tasks values (4, 2, 'todo'), (5, 3, 'done'), (6, null, 'done'), (7, 2, 'todo')",
        ["1|0", "2|50", "3|100"],
    );
    check("update tasks set id = id + 100", ["1|0", "2|50", "3|100"]);
    check("truncate tasks", ["1|0", "2|0", "3|0"]);
    check(
        "insert into tasks values (1, 1, 'done')",
        ["1|100", "2|0", "3|0"],
    );
    check("delete from tasks", ["1|0", "2|0", "3|0"]);
    assert_eq!(
        owner.value("select count(*) from tasks_progress"),
        "0",
        "no counter is left of parents without tasks"
    );
}

fn rows_that_are_there_are_brought_in(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run(
        "insert into milestones values (1, '', 77), (2, '', null), (3, '', 50), (4, '', 0);
         insert into tasks values (1, 1, 'done'), (2, 1, 'todo'), (3, 2, 'cancelled'), (4, 3, 'done'), (5, 3, 'cancelled'), (6, null, 'done')",
    );
    owner.run(ROLL_UP);
    assert_eq!(progress(&mut owner), ["1|50", "2|0", "3|100", "4|0"]);
    assert_right(&mut owner);
}

fn a_parent_without_tasks(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run(
        "insert into milestones values (1), (2); insert into tasks values (1, 2, 'cancelled')",
    );
    owner.run("select steward.roll_up_progress('tasks', empty => 100)");
    assert_eq!(progress(&mut owner), ["1|100", "2|100"]);
    owner.run("insert into tasks values (2, 1), (3, 2)");
    assert_eq!(progress(&mut owner), ["1|0", "2|0"]);
    owner.run("update tasks set status = 'cancelled'");
    assert_eq!(progress(&mut owner), ["1|100", "2|100"]);
    // A new one has what its column's default says until it has a task.
    owner.run("insert into milestones values (3)");
    assert_eq!(progress(&mut owner), ["1|100", "2|100", "3|0"]);
}

fn every_type_of_the_column(database: &Database) {
    let mut owner = database.owner();
    for (number, (column_type, third, two_thirds)) in [
        ("smallint", "33", "67"),
        ("integer", "33", "67"),
        ("bigint", "33", "67"),
        ("numeric(5,2)", "33.33", "66.67"),
        ("numeric(3)", "33", "67"),
        ("numeric(4,1)", "33.3", "66.7"),
        ("numeric", "33.3333333333333333", "66.6666666666666667"),
        ("real", "33.333332", "66.666664"),
        ("float", "33.333333333333336", "66.66666666666667"),
        ("percentage", "33.3", "66.7"),
    ]
    .into_iter()
    .enumerate()
    {
        if column_type == "percentage" {
            owner.run("create domain percentage as numeric(4,1) check (value between 0 and 100)");
        }
        owner.run(&format!(
            "create table features_{number} (id integer primary key, completion {column_type} default 0);
             create table tasks_{number} (feature integer references features_{number}, status text);
             insert into features_{number} values (1);
             select steward.roll_up_progress('tasks_{number}', parent => 'feature', progress => 'completion');
             insert into tasks_{number} values (1, 'done'), (1, null), (1, 'todo')"
        ));
        let completion = format!("select completion from features_{number}");
        assert_eq!(owner.value(&completion), third, "{column_type}");
        owner.run(&format!(
            "update tasks_{number} set status = 'done' where status is null"
        ));
        assert_eq!(owner.value(&completion), two_thirds, "{column_type}");
        owner.run(&format!("update tasks_{number} set status = 'done'"));
        assert!(
            owner.holds(&format!("select completion = 100 from features_{number}")),
            "{column_type}"
        );
        let verify = format!("select * from steward.verify_progress('tasks_{number}')");
        assert_eq!(owner.rows(&verify), [""; 0], "{column_type}");
    }
}

fn numbers_are_rounded_as_the_column_has_them(database: &Database) {
    let mut owner = owner_of_milestones(database);
    owner.run(
        "insert into tasks select n, 1, case when n <= 199 then 'done' else 'todo' end from generate_series(1, 200) as n",
    );
    // 99.5
    assert_eq!(progress(&mut owner)[0], "1|100");
    owner.run("update tasks set status = 'todo' where id = 1");
    assert_eq!(progress(&mut owner)[0], "1|99");
}

fn weights(database: &Database) {
    let mut owner = database.owner();
    for (number, column_type) in ["smallint", "integer", "bigint", "numeric", "numeric(9,3)"]
        .into_iter()
        .enumerate()
    {
        owner.run(&format!(
            "create table m{number} (id text primary key, progress numeric(5,2));
             create table t{number} (id integer, m text references m{number}, status text, points {column_type});
             insert into m{number} values ('a'), ('b');
             insert into t{number} values (1, 'a', 'done', 3);
             select steward.roll_up_progress('t{number}', parent => 'm', weight => 'points');
             insert into t{number} values (2, 'a', 'todo', 5), (3, 'a', 'cancelled', 100), (4, 'b', 'done', 1)"
        ));
        let progress = format!("select id, progress from m{number} order by id");
        let mut check = |statement: &str, expected: [&str; 2]| {
            owner.run(&statement.replace("TASKS", &format!("t{number}")));
            assert_eq!(
                owner.rows(&progress),
                expected,
                "{column_type}: {statement}"
            );
            let verify = format!("select * from steward.verify_progress('t{number}')");
            assert_eq!(owner.rows(&verify), [""; 0], "{column_type}: {statement}");
        };
        check("select 'TASKS'", ["a|37.50", "b|100.00"]);
        check(
            "update TASKS set points = 7 where id = 1",
            ["a|58.33", "b|100.00"],
        );
        check(
            "update TASKS set m = 'b' where id = 2",
            ["a|100.00", "b|16.67"],
        );
        check(
            "update TASKS set points = points * 10, m = 'b'",
            ["a|0.00", "b|61.54"],
        );
        check("delete from TASKS where id = 4", ["a|0.00", "b|58.33"]);
        check("truncate TASKS", ["a|0.00", "b|0.00"]);
    }
    // Sums are exact, however often they change.
    owner.run("insert into t3 select n, 'a', 'done', 0.1 from generate_series(1, 10) as n; insert into t3 values (0, 'a', 'todo', 1)");
    assert_eq!(
        owner.value("select progress from m3 where id = 'a'"),
        "50.00"
    );
    assert_eq!(
        owner.value("select done, total from t3_progress"),
        "1.0|2.0"
    );
}

fn weights_that_count_for_nothing(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run(
        "alter table tasks add points numeric; insert into milestones values (1);
         select steward.roll_up_progress('tasks', weight => 'points', empty => 7);
         insert into tasks values (1, 1, 'done', null), (2, 1, 'done', -5), (3, 1, 'done', 'NaN'), (4, 1, 'done', 'Infinity'),
             (5, 1, 'done', '-Infinity'), (6, 1, 'done', 0)",
    );
    assert_eq!(progress(&mut owner), ["1|7"]);
    owner.run("insert into tasks values (7, 1, 'todo', 1)");
    assert_eq!(progress(&mut owner), ["1|0"]);
    owner.run("update tasks set points = 1 where id = 2");
    assert_eq!(progress(&mut owner), ["1|50"]);
    assert_eq!(
        owner.rows("select * from steward.verify_progress('tasks')"),
        [""; 0]
    );
    owner.run("truncate tasks");
    assert_eq!(progress(&mut owner), ["1|7"]);
}

fn a_weight_that_is_gone(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("alter table tasks add points integer; select steward.roll_up_progress('tasks', weight => 'points')");
    owner.run("alter table tasks drop column points");
    for call in ["verify_progress", "rebuild_progress"] {
        let refusal = owner.refusal(&format!("select steward.{call}('tasks')"));
        assert_eq!(
            refusal.message(),
            "column points of table public.tasks does not exist",
            "{refusal}"
        );
    }
}

fn statuses_of_an_enum(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create type status_type as enum ('NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'COMPLETED', 'OBSOLETE');
         create domain state as status_type;
         create table milestones (id uuid primary key default gen_random_uuid(), progress integer default 0);
         create table tasks (id integer primary key, milestone_id uuid references milestones, status state);
         insert into milestones default values;
         select steward.roll_up_progress('tasks', done => '{COMPLETED}', cancelled => '{OBSOLETE}');
         insert into tasks select n, id, (enum_range(null::status_type))[n] from milestones, generate_series(1, 5) as n",
    );
    assert_eq!(owner.value("select progress from milestones"), "25");
    assert_eq!(
        owner.rows("select * from steward.verify_progress('tasks')"),
        [""; 0]
    );
    // A session that works the rule out anew finds that a status has another name.
    owner.run("alter type status_type rename value 'COMPLETED' to 'DONE'");
    let refusal = database
        .owner()
        .refusal("update tasks set status = 'DONE' where id = 1");
    let told = refusal.to_string();
    assert!(
        told.starts_with(
            "42809: column status of table public.tasks has changed since the rule was attached\n"
        ),
        "{told}"
    );
    assert!(
        told.contains("HINT: Attach again: select steward.roll_up_progress('public.tasks'"),
        "{told}"
    );
}

fn keys_of_every_type(database: &Database) {
    let mut owner = database.owner();
    for (number, (of_tasks, of_parents, key)) in [
        ("uuid", "uuid", "'00000000-0000-0000-0000-00000000000a'"),
        ("integer", "integer", "-7"),
        ("bigint", "bigint", "9000000000"),
        ("text", "text", "'it''s \"{,}\\'"),
        ("varchar(9)", "text", "'ä'"),
        ("text collate \"C\"", "text collate \"POSIX\"", "'ä'"),
        ("bigint", "integer", "7"),
        ("integer", "bigint", "7"),
    ]
    .into_iter()
    .enumerate()
    {
        owner.run(&format!(
            "create table p{number} (id {of_parents} primary key, progress integer);
             create table t{number} (parent {of_tasks}, status text);
             insert into p{number} values ({key});
             select steward.roll_up_progress('t{number}', parent => 'parent', destination => 'p{number}');
             insert into t{number} values ({key}, 'done'), ({key}, 'todo')"
        ));
        assert_eq!(
            owner.value(&format!("select progress from p{number}")),
            "50",
            "{of_tasks}"
        );
    }
    // A number that no parent's key can be is that of a parent that is not there.
    owner.run("insert into t6 values (4294967303, 'done')");
    assert_eq!(owner.value("select progress from p6"), "50");
}

fn a_column_that_is_updated_is_the_users(database: &Database) {
    let mut owner = owner_of_milestones(database);
    owner.run("insert into tasks values (1, 1, 'done'), (2, 1, 'todo'); update milestones set progress = 99 where id = 1");
    assert_eq!(progress(&mut owner)[0], "1|99");
    assert_eq!(
        owner.rows("select * from steward.verify_progress('tasks')"),
        ["progress|1|it is 99 and should be 50"]
    );
    owner.run("insert into tasks values (3, 1, 'todo')");
    assert_eq!(progress(&mut owner)[0], "1|33");
    assert_right(&mut owner);
}
