//! Which task comes first.

use steward_tests::{Database, Session, tests};

use super::{TASKS, TRACK, claim, expire, owner_of_tasks, ready};
use crate::hostile;

tests![
    an_enum_orders_itself,
    a_list_comes_first,
    numbers_ascend,
    the_highest_first,
    the_highest_first_of_an_enum,
    texts_need_a_list,
    a_list_given_when_attaching,
    without_a_priority,
    only_what_can_be_begun,
    an_expired_claim_takes_its_place_again,
    keys_of_every_type,
    most_rows,
    lists_that_make_no_sense,
    hostile_names,
    a_hostile_search_path,
    in_a_read_only_transaction,
    not_tracked,
];

fn ordered(session: &mut Session, options: &str) -> String {
    session
        .rows(&format!(
            "select * from steward.ready_tasks('tasks'{options})"
        ))
        .join(" ")
}

fn an_enum_orders_itself(database: &Database) {
    let mut owner = database.owner();
    owner.run(TASKS);
    owner.run(TRACK);
    owner.run(
        "insert into tasks (id, priority, due_date) values
         (1, null, null), (2, 'low', null), (3, 'urgent', null), (4, 'urgent', '2030-02-01'),
         (5, 'urgent', '2030-01-01'), (6, 'medium', null), (7, 'urgent', '2030-01-01'), (8, null, '2030-01-01')",
    );
    assert_eq!(ordered(&mut owner, ""), "5 7 4 3 6 2 8 1");
    // A change of what they are ordered by counts.
    owner.run("update tasks set priority = 'urgent', due_date = '2029-01-01' where id = 1");
    assert_eq!(ordered(&mut owner, ", 2"), "1 5");
}

fn a_list_comes_first(database: &Database) {
    let mut owner = database.owner();
    owner.run(TASKS);
    owner.run(TRACK);
    owner.run(
        "insert into tasks (id, priority) values
         (1, null), (2, 'low'), (3, 'urgent'), (4, 'urgent'), (5, 'high'), (6, 'medium'), (7, 'medium')",
    );
    let with =
        |owner: &mut Session, list: &str| ordered(owner, &format!(", priorities => '{list}'"));
    assert_eq!(with(&mut owner, "{low,high}"), "2 5 3 4 6 7 1");
    assert_eq!(with(&mut owner, "{medium}"), "6 7 3 4 5 2 1");
    assert_eq!(
        with(&mut owner, "{low,medium,high,urgent}"),
        "2 6 7 5 3 4 1"
    );
    assert_eq!(with(&mut owner, "{}"), "3 4 5 6 7 2 1");
    // Named twice, a priority comes where it is named first.
    assert_eq!(ordered(&mut owner, ", 2, '{low,high,low}'"), "2 5");
}

fn numbers_ascend(database: &Database) {
    for number in [
        "smallint",
        "integer",
        "bigint",
        "numeric",
        "double precision",
    ] {
        let mut owner = database.owner();
        owner.run(&format!(
            "drop table if exists tasks cascade;
             create table tasks (id integer primary key, status text, priority {number});
             select steward.track_completion('tasks', completed_at => null);
             insert into tasks values (1, null, 10), (2, 'open', 9), (3, 'open', null), (4, 'open', -1)"
        ));
        assert_eq!(ordered(&mut owner, ""), "4 2 1 3", "{number}");
        assert_eq!(
            ordered(&mut owner, ", priorities => '{10}'"),
            "1 4 2 3",
            "{number}"
        );
    }
}

fn the_highest_first(database: &Database) {
    let mut owner = database.owner();
    for number in ["smallint", "bigint", "numeric", "double precision"] {
        owner.run(&format!(
            "drop table if exists tasks cascade;
             create table tasks (id integer primary key, status text, priority {number}, due_date date);
             select steward.track_completion('tasks', completed_at => null, highest_first => true);
             insert into tasks values
                 (1, 'open', 9, null), (2, 'open', 10, '2030-02-01'), (3, 'open', null, null), (4, 'open', -1, null),
                 (5, 'open', 10, '2030-01-01'), (6, 'open', 10, null), (7, 'open', 9, null), (8, 'done', 99, null)"
        ));
        assert_eq!(ordered(&mut owner, ""), "5 2 6 1 7 4 3", "{number}");
        assert_eq!(ordered(&mut owner, ", 4"), "5 2 6 1", "{number}");
        let list = ", priorities => '{-1,9}'";
        assert_eq!(ordered(&mut owner, list), "4 1 7 5 2 6 3", "{number}");
    }
    // Claims that have expired take their places again, among themselves too.
    assert_eq!(claim(&mut owner, "a").0, "5");
    assert_eq!(claim(&mut owner, "a").0, "2");
    assert_eq!(ordered(&mut owner, ""), "6 1 7 4 3");
    expire(&mut owner);
    assert_eq!(ordered(&mut owner, ""), "5 2 6 1 7 4 3");
    for task in ["5", "2", "6", "1", "7", "4", "3"] {
        assert_eq!(claim(&mut owner, "b").0, task);
    }
    expire(&mut owner);
    assert_eq!(ordered(&mut owner, ""), "5 2 6 1 7 4 3");
    // The control: the lowest first.
    owner.run("select steward.track_completion('tasks', completed_at => null)");
    expire(&mut owner);
    assert_eq!(ordered(&mut owner, ""), "4 1 7 5 2 6 3");
}

fn the_highest_first_of_an_enum(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create type level as enum ('low', 'medium', 'high');
         create table tasks (id integer primary key, status text, priority level);
         select steward.track_completion('tasks', completed_at => null, highest_first => true);
         insert into tasks values (1, 'open', 'medium'), (2, 'open', 'high'), (3, 'open', 'low'), (4, 'open', null)",
    );
    assert_eq!(ordered(&mut owner, ""), "2 1 3 4");
    assert_eq!(ordered(&mut owner, ", priorities => '{medium}'"), "1 2 3 4");
}

fn texts_need_a_list(database: &Database) {
    let mut owner = database.owner();
    for text in ["text", "varchar(20)", "level"] {
        owner.run(&format!(
            "drop table if exists tasks cascade;
             drop domain if exists level;
             create domain level as text check (value <> '');
             create table tasks (id integer primary key, status text, priority {text});
             select steward.track_completion('tasks', completed_at => null);
             insert into tasks values (1, 'open', 'low'), (2, 'open', 'high'), (3, 'open', 'a'), (4, 'open', null),
                 (5, 'open', 'Zz')"
        ));
        let refusal = owner.refusal("select steward.ready_tasks('tasks')");
        assert_eq!(refusal.sqlstate(), "22023", "{refusal}");
        assert!(
            refusal
                .hint()
                .is_some_and(|hint| hint.contains("priorities => '{urgent,high,medium,low}'")),
            "{refusal}"
        );
        assert_eq!(
            owner.sqlstate("select steward.claim_task('tasks', 'a')"),
            "22023"
        );
        // Those that are not listed follow by their bytes.
        assert_eq!(
            ordered(&mut owner, ", priorities => '{high,low}'"),
            "2 1 5 3 4",
            "{text}"
        );
    }
}

fn a_list_given_when_attaching(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table tasks (id integer primary key, status text, priority text);
         select steward.track_completion('tasks', completed_at => null, priorities => '{high,low}');
         insert into tasks values (1, 'open', 'low'), (2, 'open', 'high'), (3, 'open', 'none')",
    );
    assert_eq!(ordered(&mut owner, ""), "2 1 3");
    assert_eq!(ordered(&mut owner, ", priorities => '{none}'"), "3 2 1");
    assert_eq!(claim(&mut owner, "a").0, "2");
}

fn without_a_priority(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table tasks (id integer primary key, status text, due_date date);
         select steward.track_completion('tasks', completed_at => null);
         insert into tasks values (1, 'open', null), (2, 'open', '2030-02-01'), (3, 'open', '2030-01-01')",
    );
    assert_eq!(ordered(&mut owner, ""), "3 2 1");
    let refusal = owner.refusal("select steward.ready_tasks('tasks', priorities => '{high}')");
    assert_eq!(refusal.sqlstate(), "22023", "{refusal}");
    owner.run("select steward.track_completion('tasks', completed_at => null, due => '')");
    assert_eq!(ordered(&mut owner, ""), "1 2 3");
}

fn only_what_can_be_begun(database: &Database) {
    let mut owner = owner_of_tasks(database, 6);
    owner.run("insert into edges values (1, 2), (2, 3)");
    assert_eq!(ready(&mut owner), ["3", "4", "5", "6"]);
    owner.run("update tasks set status = 'done' where id in (3, 4)");
    assert_eq!(ready(&mut owner), ["2", "5", "6"]);
    owner.run("update tasks set status = 'cancelled' where id = 5");
    let (task, _) = claim(&mut owner, "a");
    assert_eq!(task, "2");
    assert_eq!(ready(&mut owner), ["6"]);
    // Uncommitted changes of one's own count, and go.
    owner.run("begin; update tasks set status = 'open' where id = 4");
    assert_eq!(ready(&mut owner), ["4", "6"]);
    owner.run("rollback");
    assert_eq!(ready(&mut owner), ["6"]);
}

fn an_expired_claim_takes_its_place_again(database: &Database) {
    let mut owner = owner_of_tasks(database, 6);
    owner.run("update tasks set priority = 'urgent' where id = 4; update tasks set priority = 'low' where id = 2");
    for expected in ["4", "1", "3"] {
        assert_eq!(claim(&mut owner, "a").0, expected);
    }
    assert_eq!(ready(&mut owner), ["5", "6", "2"]);
    expire(&mut owner);
    assert_eq!(ready(&mut owner), ["4", "1", "3", "5", "6", "2"]);
    assert_eq!(
        ordered(&mut owner, ", priorities => '{low}'"),
        "2 4 1 3 5 6"
    );
    // What is blocked meanwhile does not come back, nor what is done.
    owner.run("insert into edges values (1, 6); update tasks set status = 'done' where id = 3");
    assert_eq!(ready(&mut owner), ["4", "5", "6", "2"]);
    // All have expired.
    for _ in 0..4 {
        claim(&mut owner, "b");
    }
    assert_eq!(ready(&mut owner), [""; 0]);
    expire(&mut owner);
    assert_eq!(ready(&mut owner), ["4", "5", "6", "2"]);
}

fn keys_of_every_type(database: &Database) {
    let mut owner = database.owner();
    for (key, value) in [
        ("integer", "7"),
        ("bigint", "8000000000"),
        ("uuid", "'6f1d3b04-0e5c-4d6e-9f5e-0a2f9a4f8b11'"),
        ("text", "'a''ä€\"'"),
        ("varchar(10)", "'x y'"),
    ] {
        owner.run(&format!(
            "drop table if exists tasks cascade;
             create table tasks (id {key} primary key, status text);
             select steward.track_completion('tasks', completed_at => null);
             insert into tasks values ({value}, 'open')"
        ));
        assert!(
            owner.holds(&format!(
                "select {value}::{key}::text = task from steward.ready_tasks('tasks') as task"
            )),
            "{key}"
        );
        assert!(
            owner.holds(&format!(
                "select {value}::{key} = task from steward.ready_tasks('tasks', key => null::{key}) as task"
            )),
            "{key}"
        );
        assert!(owner.holds(&format!(
            "select steward.release_claim('tasks', {value}::{key}, token) from steward.claim_task('tasks', 'a')"
        )));
        assert!(owner.holds(&format!(
            "select steward.extend_claim('tasks', {value}, token) > now() from steward.claim_task('tasks', 'a')"
        )));
    }
}

fn most_rows(database: &Database) {
    let mut owner = owner_of_tasks(database, 3000);
    let count = |owner: &mut Session, options: &str| {
        owner.value(&format!(
            "select count(*), max(task::integer) from steward.ready_tasks('tasks'{options}) as task"
        ))
    };
    assert_eq!(count(&mut owner, ""), "50|50");
    assert_eq!(count(&mut owner, ", 1"), "1|1");
    assert_eq!(count(&mut owner, ", 2999"), "2999|2999");
    assert_eq!(count(&mut owner, ", 2147483647"), "3000|3000");
    for wrong in ["0", "-1", "null::integer"] {
        let refusal = owner.refusal(&format!("select steward.ready_tasks('tasks', {wrong})"));
        assert_eq!(refusal.sqlstate(), "22023", "{refusal}");
        assert!(
            refusal.hint().is_some_and(|hint| hint.contains("key =>")),
            "{refusal}"
        );
    }
}

fn lists_that_make_no_sense(database: &Database) {
    let mut owner = owner_of_tasks(database, 1);
    let refusal =
        owner.refusal("select steward.ready_tasks('tasks', priorities => '{urgent,hihg}')");
    assert_eq!(
        (refusal.sqlstate(), refusal.message(), refusal.hint()),
        (
            "22023",
            "there is no priority 'hihg'",
            Some("The priorities are: 'urgent', 'high', 'medium', 'low'.")
        )
    );
    let long = "x".repeat(100);
    for list in [
        format!("{{{long}}}"),
        "{\"\"}".to_owned(),
        "{NULL}".to_owned(),
    ] {
        let sql = format!("select steward.claim_task('tasks', 'a', priorities => '{list}')");
        assert_eq!(owner.sqlstate(&sql), "22023", "{list}");
    }
}

fn hostile_names(database: &Database) {
    let mut owner = database.owner();
    for name in hostile::names() {
        let identifier = hostile::identifier(&name);
        owner.run(&format!(
            "drop schema if exists s cascade; create schema s;
             create table s.{identifier} ({identifier} text primary key, status text, priority text);"
        ));
        let literal = hostile::literal(&name);
        let table = hostile::literal(&format!("s.{identifier}"));
        owner.run(&format!(
            "select steward.track_completion({table}, key => {literal}, completed_at => null, priorities => array[{literal}]);
             insert into s.{identifier} values ('first', 'open', 'z'), ({literal}, 'open', {literal})"
        ));
        assert!(
            owner.holds(&format!(
                "select array(select steward.ready_tasks({table})) = array[{literal}, 'first']"
            )),
            "{name:?}"
        );
        assert!(
            owner.holds(&format!(
                "select task = {literal} and steward.release_claim({table}, task, token) \
                 from steward.claim_task({table}, {literal}, priorities => array[{literal}])"
            )),
            "{name:?}"
        );
    }
}

fn a_hostile_search_path(database: &Database) {
    let mut owner = owner_of_tasks(database, 3);
    owner.run(
        "create schema evil;
         create function evil.eq(integer, integer) returns boolean language sql as 'select 1 / 0 = 1';
         create function evil.any_of(anyelement, anyarray) returns boolean language sql as 'select 1 / 0 = 1';
         create operator evil.= (leftarg = integer, rightarg = integer, function = evil.eq);
         create table evil.tasks (id integer);
         create table evil.tasks_readiness (task integer);
         set search_path = evil, pg_catalog, public",
    );
    let rows = owner.rows("select * from steward.ready_tasks('public.tasks', 2)");
    assert_eq!(rows, ["1", "2"]);
    assert!(owner.holds(
        "select steward.extend_claim('public.tasks', task, token) > now() from steward.claim_task('public.tasks', 'a')"
    ));
}

fn in_a_read_only_transaction(database: &Database) {
    let mut owner = owner_of_tasks(database, 3);
    owner.run("begin read only");
    assert_eq!(ready(&mut owner), ["1", "2", "3"]);
    assert_eq!(
        owner.sqlstate("select steward.claim_task('tasks', 'a')"),
        "25006"
    );
    owner.run("rollback; begin");
    assert_eq!(ready(&mut owner), ["1", "2", "3"]);
    assert!(owner.holds("select pg_current_xact_id_if_assigned() is null"));
    owner.run("rollback");
    // It sees what its transaction sees.
    let mut reader = database.owner();
    reader.run("begin isolation level repeatable read");
    assert_eq!(ready(&mut reader), ["1", "2", "3"]);
    owner.run("update tasks set status = 'done' where id = 1");
    assert_eq!(ready(&mut reader), ["1", "2", "3"]);
    reader.run("commit");
    assert_eq!(ready(&mut reader), ["2", "3"]);
}

fn not_tracked(database: &Database) {
    let mut owner = database.owner();
    owner.run("create table plain (id integer primary key)");
    for call in [
        "ready_tasks('plain')",
        "claim_task('plain', 'a')",
        "extend_claim('plain', 1, 1)",
        "release_claim('plain', 1, 1)",
    ] {
        let refusal = owner.refusal(&format!("select steward.{call}"));
        assert_eq!(refusal.sqlstate(), "42704", "{refusal}");
        assert!(
            refusal
                .hint()
                .is_some_and(|hint| hint.contains("track_completion")),
            "{refusal}"
        );
    }
    owner.run(TASKS);
    owner.run(TRACK);
    for call in [
        "ready_tasks(null)",
        "claim_task(null, 'a')",
        "claim_task('tasks', null)",
        "claim_task('tasks', 'a', null)",
        "extend_claim('tasks', 1, null)",
        "release_claim('tasks', null::integer, 1)",
    ] {
        assert_eq!(
            owner.sqlstate(&format!("select steward.{call}")),
            "22023",
            "{call}"
        );
    }
}
