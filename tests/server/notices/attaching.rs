//! `notify_on` as a call.

use steward_tests::{Database, Session, tests};

use super::{NOTIFY, TABLES, owner_of_notified_tasks, told};
use crate::hostile;

tests![
    again_with_the_same_arguments,
    again_with_other_arguments,
    detached_the_notices_stay,
    labels_that_the_table_does_not_take,
    what_cannot_work_is_refused,
    hostile_names,
    dumped_and_restored,
    a_destination_that_is_dropped,
];

fn again_with_the_same_arguments(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    let state = "select oid, tgname from pg_trigger where tgrelid = 'tasks'::regclass order by oid";
    let before = owner.rows(state);
    owner.run("begin");
    owner.run(NOTIFY);
    assert_eq!(
        owner.rows("select mode from pg_locks where relation = 'tasks'::regclass"),
        ["AccessShareLock"]
    );
    owner.run("commit");
    assert_eq!(owner.rows(state), before);
    assert_eq!(
        owner.rows("select capability, name, bound_table from steward.attachments order by 2"),
        [
            "notices|steward_tell|notifications",
            "notices|steward_tell_begin|NULL",
            "notices|steward_tell_flush|NULL"
        ]
    );
}

fn again_with_other_arguments(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run("select steward.notify_on('tasks', events => '{\"completed\": \"system\"}')");
    assert_eq!(owner.value("select count(*) from steward.attachments"), "3");
    owner.run("insert into tasks values (1, 'one', 'todo', 1); update tasks set status = 'done'");
    assert_eq!(told(&mut owner), ["1|system|1"]);
}

fn detached_the_notices_stay(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run("insert into tasks values (1, 'one', 'todo', 1)");
    assert_eq!(
        owner.value("select steward.detach('tasks', 'notices')"),
        "3"
    );
    owner.run("update tasks set assigned_to = 2");
    assert_eq!(told(&mut owner), ["1|task_assigned|1"]);
}

fn labels_that_the_table_does_not_take(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    let refusal = owner.refusal(
        "select steward.notify_on('tasks', events => '{\"unblocked\": \"task_unblocked\"}')",
    );
    assert_eq!(
        refusal.to_string(),
        "22023: column type of table public.notifications does not take 'task_unblocked' for unblocked\n\
         HINT: Constraint notifications_type_check says: ((type)::text = ANY ((ARRAY['task_assigned'::character varying, \
         'task_delayed'::character varying, 'task_completed'::character varying, 'issue_reported'::character varying, \
         'system'::character varying])::text[])). Map the event to a label that it takes, or to null.\n\
         SCHEMA: public\n\
         TABLE: notifications\n\
         COLUMN: type"
    );
    owner.run("alter table notifications drop constraint notifications_type_check");
    let long = "x".repeat(51);
    let refusal = owner.refusal(&format!(
        "select steward.notify_on('tasks', events => '{{\"assigned\": \"{long}\"}}')"
    ));
    assert_eq!(refusal.hint(), Some("It holds at most 50 characters."));
    owner.run("create type kind as enum ('a', 'b'); alter table notifications alter type type kind using 'a'");
    let refusal =
        owner.refusal("select steward.notify_on('tasks', events => '{\"assigned\": \"c\"}')");
    assert_eq!(
        (refusal.sqlstate(), refusal.hint()),
        ("22023", Some("Its labels are: a, b."))
    );
    owner.run("select steward.notify_on('tasks', events => '{\"assigned\": \"b\"}')");
}

fn what_cannot_work_is_refused(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run(
        "create view v as select * from notifications;
         create table needy (user_id integer, type text, title text, message text, related_task_id integer, owner text not null);
         create table late (user_id integer references users deferrable, type text, title text, message text, related_task_id integer);
         create table other (user_id uuid, type text, title text, message text, related_task_id integer);
         create table loose (user_id integer, type text, message text, related_task_id integer);
         create temporary table fleeting (user_id integer, type text, title text, message text, related_task_id integer)",
    );
    for (arguments, expected) in [
        ("null", "22023: argument \"tasks\" must not be NULL"),
        ("'tasks', 'v'", "42809: public.v is not a table"),
        (
            "'tasks', 'tasks', user_column => 'id', type_column => 'title', message_column => null, task_column => null",
            "42809: table public.tasks cannot hold the notices about itself",
        ),
        (
            "'tasks', 'needy'",
            "55000: column owner of table public.needy must not be NULL, and a notice has nothing for it",
        ),
        (
            "'tasks', 'late'",
            "55000: constraint late_user_id_fkey of table public.late is deferrable",
        ),
        (
            "'tasks', 'other'",
            "42809: column user_id of table public.other has another type than column assigned_to of table public.tasks",
        ),
        ("'tasks', 'fleeting'", "42809: temporary table"),
        (
            "'tasks', events => '{}'",
            "22023: argument \"events\" names no event",
        ),
        (
            "'tasks', events => '[]'",
            "22023: argument \"events\" is not an object",
        ),
        (
            "'tasks', events => '{\"started\": \"system\"}'",
            "22023: there is no event 'started'",
        ),
        (
            "'tasks', events => null",
            "22023: argument \"events\" must not be NULL",
        ),
        (
            "'tasks', creator => 'x'",
            "42703: column x of table public.tasks does not exist",
        ),
        (
            "'tasks', task_column => 'x'",
            "42703: column x of table public.notifications does not exist",
        ),
        (
            "'tasks', flag => 'status'",
            "42809: column status of table public.tasks is not boolean",
        ),
        (
            "'tasks', 'loose', title_column => 'message'",
            "42701: column \"message\" specified more than once",
        ),
    ] {
        let refusal = owner.refusal(&format!("select steward.notify_on({arguments})"));
        let told = refusal.to_string();
        assert!(told.starts_with(expected), "{arguments}: {told}");
    }
    assert_eq!(owner.rows("select from steward.attachments"), [""; 0]);
    owner.run("drop table notifications cascade");
    let refusal = owner.refusal(NOTIFY);
    assert_eq!(
        (refusal.sqlstate(), refusal.message()),
        ("42704", "table public.notifications does not exist")
    );
}

fn hostile_names(database: &Database) {
    let mut owner = database.owner();
    for name in hostile::names() {
        let (identifier, literal) = (hostile::identifier(&name), hostile::literal(&name));
        let table = hostile::literal(&identifier);
        owner.run(&format!(
            "create schema s; set search_path = s;
             create table tasks ({identifier} text primary key, status text, a text);
             create table {identifier} ({identifier} text check ({identifier} <> 'never'), u text, t text);
             select steward.notify_on('tasks', destination => {table}, events => jsonb_build_object('assigned', {literal}, 'completed', 'x'),
                 key => {literal}, assignee => 'a', creator => null, title => {literal}, done => array[{literal}]::text[],
                 user_column => 'u', type_column => {literal}, title_column => null, message_column => null, task_column => 't', name => {literal});
             insert into tasks values ({literal}, 'todo', {literal}); update tasks set status = {literal}"
        ));
        assert_eq!(
            owner.rows(&format!(
                "select u = {literal}, t = {literal}, {identifier} in ({literal}, 'x') from {identifier}"
            )),
            ["t|t|t", "t|t|t"],
            "{name}"
        );
        owner.run("drop schema s cascade");
    }
}

fn dumped_and_restored(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run("insert into tasks values (1, 'one', 'todo', 1)");
    let restored = database.restored();
    let attachments = |session: &mut Session| {
        session.rows("select * from steward.attachments order by target::text, name")
    };
    let mut after = restored.owner();
    assert_eq!(attachments(&mut after), attachments(&mut owner));
    assert_eq!(
        told(&mut after),
        ["1|task_assigned|1"],
        "none is told again"
    );
    after.run("update tasks set status = 'done'");
    assert_eq!(told(&mut after), ["1|task_completed|1"]);
}

fn a_destination_that_is_dropped(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run("insert into tasks values (1, 'one', 'todo', 1); drop table notifications; update tasks set assigned_to = 2");
    assert_eq!(
        owner.value("select steward.detach('tasks', 'notices')"),
        "2"
    );
}
