//! `flag_delayed`: one statement that sets and clears.

use steward_tests::{Database, Role, Session, tests};

tests![
    sets_and_clears_and_says_so,
    the_second_run_changes_nothing,
    dates_last_to_their_end,
    timestamps_without_time_zone,
    statuses_of_an_enum,
    statuses_that_are_null,
    the_rights_of_the_caller,
    the_policies_of_the_caller,
    triggers_see_the_change,
    read_only_transactions,
    partitioned_tables,
    hostile_names,
    it_finds_late_tasks_by_the_index_that_it_names,
    two_runs_at_the_same_time,
    wrong_arguments,
];

const TASKS: &str = "
    create table tasks (
        id integer primary key, status varchar(20) not null default 'todo', end_date timestamptz, is_delayed boolean default false
    )";

fn owner_of_tasks(database: &Database) -> Session {
    let mut owner = database.owner();
    owner.run(TASKS);
    owner
}

fn flagged(session: &mut Session, arguments: &str) -> Vec<String> {
    session.rows(&format!(
        "select * from steward.flag_delayed({arguments}) order by task"
    ))
}

fn sets_and_clears_and_says_so(database: &Database) {
    let mut owner = owner_of_tasks(database);
    owner.run(
        "insert into tasks values
            (1, 'todo', now() - interval '1 second', false), (2, 'todo', now() + interval '1 day', false),
            (3, 'done', now() - interval '1 day', false), (4, 'cancelled', now() - interval '1 day', null),
            (5, 'in_progress', now() - interval '1 day', null), (6, 'todo', null, false),
            (11, 'todo', now() - interval '1 day', true), (12, 'todo', now() + interval '1 day', true),
            (13, 'done', now() - interval '1 day', true), (14, 'cancelled', now() - interval '1 day', true),
            (16, 'todo', null, true)",
    );
    assert_eq!(
        flagged(&mut owner, "'tasks'"),
        ["1|t", "12|f", "13|f", "14|f", "16|f", "5|t"]
    );
    assert_eq!(
        owner.rows("select id, is_delayed from tasks order by id"),
        [
            "1|t", "2|f", "3|f", "4|NULL", "5|t", "6|f", "11|t", "12|f", "13|f", "14|f", "16|f"
        ]
    );
    owner.run("update tasks set status = 'done' where id = 1; update tasks set end_date = now() + interval '1 h' where id = 5");
    assert_eq!(flagged(&mut owner, "'tasks'"), ["1|f", "5|f"]);
    // Another time than now.
    assert_eq!(
        flagged(&mut owner, "'tasks', at => now() + interval '2 hours'"),
        ["5|t"]
    );
    // A done status of one's own.
    assert_eq!(
        flagged(
            &mut owner,
            "'tasks', done => '{closed}', cancelled => '{}', at => now()"
        ),
        ["1|t", "13|t", "14|t", "3|t", "4|t", "5|f"]
    );
}

fn the_second_run_changes_nothing(database: &Database) {
    let mut owner = owner_of_tasks(database);
    owner.run("insert into tasks select n, 'todo', now() - interval '1 day', false from generate_series(1, 50) as n");
    assert_eq!(flagged(&mut owner, "'tasks'").len(), 50);
    let versions = "select max(xmin::text::bigint), max(xmax::text::bigint) from tasks";
    let before = owner.value(versions);
    assert!(flagged(&mut owner, "'tasks'").is_empty());
    assert_eq!(owner.value(versions), before, "no row is written again");
}

fn dates_last_to_their_end(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table tasks (id integer primary key, status text, due_date date, late boolean not null default false);
         insert into tasks values (1, 'open', '2026-03-10'), (2, 'open', '2026-03-09'), (3, 'open', '2026-03-11')",
    );
    let call = "'tasks', due => 'due_date', flag => 'late', at => '2026-03-10 23:59:59+00'";
    owner.run("set time zone 'UTC'");
    assert_eq!(flagged(&mut owner, call), ["2|t"]);
    // There it is the 11th already.
    owner.run("set time zone 'Asia/Kolkata'");
    assert_eq!(flagged(&mut owner, call), ["1|t"]);
    owner.run("set time zone 'UTC'");
    assert_eq!(flagged(&mut owner, call), ["1|f"]);
}

fn timestamps_without_time_zone(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create domain moment as timestamp; create domain mark as boolean;
         create table tasks (id uuid primary key, status text, due moment, late mark);
         insert into tasks values ('00000000-0000-0000-0000-000000000001', 'open', '2026-03-10 12:00'), \
            ('00000000-0000-0000-0000-000000000002', 'open', '2026-03-10 12:00:01');
         set time zone 'Asia/Kolkata'",
    );
    assert_eq!(
        flagged(
            &mut owner,
            "'tasks', 'due', 'late', at => '2026-03-10 06:30:01+00'"
        ),
        ["00000000-0000-0000-0000-000000000001|t"]
    );
}

fn statuses_of_an_enum(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create type status_type as enum ('NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'COMPLETED');
         create domain state as status_type;
         create table tasks (id bigint primary key, status state not null, end_date date not null, is_delayed boolean not null);
         insert into tasks values (1, 'BLOCKED', '2020-01-01', false), (2, 'COMPLETED', '2020-01-01', true),
             (3, 'COMPLETED', '2020-01-01', false)",
    );
    assert_eq!(
        flagged(&mut owner, "'tasks', done => '{COMPLETED}'"),
        ["1|t", "2|f"],
        "the enum need not have cancelled"
    );
    let refusal = owner.refusal("select steward.flag_delayed('tasks')");
    assert_eq!(
        refusal.to_string(),
        "22023: column status of table public.tasks has no status 'done'\n\
         HINT: Its statuses are: NOT_STARTED, IN_PROGRESS, BLOCKED, COMPLETED.\n\
         SCHEMA: public\n\
         TABLE: tasks\n\
         COLUMN: status"
    );
}

fn statuses_that_are_null(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table tasks (id integer, status text, end_date date, is_delayed boolean);
         insert into tasks values (1, null, '2020-01-01', null), (2, null, '2020-01-01', true), (3, null, '9999-01-01', true)",
    );
    assert_eq!(flagged(&mut owner, "'tasks'"), ["1|t", "3|f"]);
}

fn the_rights_of_the_caller(database: &Database) {
    let mut owner = owner_of_tasks(database);
    owner.run("insert into tasks values (1, 'todo', '2020-01-01')");
    let mut writer = database.session(Role::Writer);
    assert_eq!(
        writer.sqlstate("select steward.flag_delayed('tasks')"),
        "42501"
    );
    owner.run("grant select on tasks to writer");
    assert_eq!(
        writer.sqlstate("select steward.flag_delayed('tasks')"),
        "42501"
    );
    owner.run("grant update (is_delayed) on tasks to writer");
    assert_eq!(flagged(&mut writer, "'tasks'"), ["1|t"]);
}

fn the_policies_of_the_caller(database: &Database) {
    let mut owner = owner_of_tasks(database);
    owner.run(
        "insert into tasks select n, 'todo', '2020-01-01' from generate_series(1, 4) as n;
         alter table tasks enable row level security;
         create policy even on tasks to writer using (id % 2 = 0);
         grant select, update on tasks to writer",
    );
    assert_eq!(
        flagged(&mut database.session(Role::Writer), "'tasks'"),
        ["2|t", "4|t"]
    );
    assert_eq!(flagged(&mut owner, "'tasks'"), ["1|t", "3|t"]);
}

fn triggers_see_the_change(database: &Database) {
    let mut owner = owner_of_tasks(database);
    owner.run(
        "alter table tasks add updated_at timestamptz; create table told (id integer, delayed boolean);
         create function tell() returns trigger language plpgsql as $$ begin
             insert into told values (new.id, new.is_delayed); return null;
         end $$;
         create trigger tell after update of is_delayed on tasks for each row execute function tell();
         select steward.track_updated_at('tasks');
         insert into tasks values (1, 'todo', '2020-01-01', false), (2, 'done', '2020-01-01', true)",
    );
    flagged(&mut owner, "'tasks'");
    assert_eq!(owner.rows("select * from told order by id"), ["1|t", "2|f"]);
    assert_eq!(
        owner.value("select count(*) from tasks where updated_at is not null"),
        "2"
    );
}

fn read_only_transactions(database: &Database) {
    let mut owner = owner_of_tasks(database);
    assert_eq!(
        owner.sqlstate("begin read only; select steward.flag_delayed('tasks')"),
        "25006"
    );
}

fn partitioned_tables(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table tasks (id integer, status text not null, end_date date, is_delayed boolean default false) partition by list (status);
         create table tasks_open partition of tasks for values in ('todo', 'in_progress');
         create table tasks_done partition of tasks for values in ('done');
         insert into tasks values (1, 'todo', '2020-01-01', false), (2, 'done', '2020-01-01', true)",
    );
    assert_eq!(flagged(&mut owner, "'tasks'"), ["1|t", "2|f"]);
}

fn hostile_names(database: &Database) {
    let mut owner = database.owner();
    for name in crate::hostile::names() {
        let (identifier, literal) = (
            crate::hostile::identifier(&name),
            crate::hostile::literal(&name),
        );
        let table = crate::hostile::literal(&identifier);
        owner.run(&format!(
            "create table {identifier} ({identifier} timestamptz, status text, k text, f boolean);
             insert into {identifier} values ('2020-01-01', 'todo', {literal}), ('2020-01-01', {literal}, 'x')"
        ));
        let call = format!(
            "select task = {literal}, delayed from steward.flag_delayed({table}, due => {literal}, flag => 'f', key => 'k', \
             done => array[{literal}]::text[], cancelled => array['it''s', '\"', '{{', '\\x']::text[])"
        );
        assert_eq!(owner.rows(&call), ["t|t"], "{name}");
    }
}

/// The statement's plan is not to be seen from outside; what it reads is.
fn it_finds_late_tasks_by_the_index_that_it_names(database: &Database) {
    let mut owner = owner_of_tasks(database);
    owner.run(
        "insert into tasks select n, case when n % 1000 = 0 then 'todo' else 'done' end, now() - interval '1 day', false
         from generate_series(1, 30000) as n;
         analyze tasks",
    );
    assert_eq!(flagged(&mut owner, "'tasks'").len(), 30);
    let notices = owner.notices();
    assert_eq!(
        notices,
        [
            "NOTICE: delayed tasks of public.tasks are looked for in the whole table\n\
             HINT: create index on public.tasks (end_date) where is_delayed is not true and status <> 'done' and status <> 'cancelled'; \
             create index on public.tasks (is_delayed) where is_delayed;"
        ]
    );
    assert!(
        reads_the_whole_table(&mut owner),
        "without an index the whole table is read"
    );
    let hint = notices[0]
        .split_once("HINT: ")
        .expect("a hint")
        .1
        .to_owned();
    // In a table of its own: an index on rows that were updated is not used by whoever is older than it, and so
    // not while any other transaction of the server is.
    owner.run("drop table tasks");
    owner.run(TASKS);
    owner.run(&hint);
    owner.run(
        "insert into tasks select n, case when n % 500 = 0 then 'todo' else 'done' end, now() - interval '1 day', false
         from generate_series(1, 30000) as n;
         analyze tasks",
    );
    owner.notices();
    assert!(!reads_the_whole_table(&mut owner));
    assert_eq!(owner.notices(), [""; 0]);
    assert_eq!(
        owner.value("select count(*) from tasks where is_delayed"),
        "60"
    );
    owner.run("update tasks set status = 'done' where id = 500");
    assert!(!reads_the_whole_table(&mut owner));
    assert_eq!(
        owner.value("select count(*) from tasks where is_delayed"),
        "59"
    );
}

/// Runs it, and counts how often this transaction has read the whole table.
fn reads_the_whole_table(session: &mut Session) -> bool {
    let scans = "select seq_scan from pg_stat_xact_user_tables where relname = 'tasks'";
    session.run("begin");
    let before = session.value(scans);
    flagged(session, "'tasks'");
    let after = session.value(scans);
    session.run("commit");
    before != after
}

fn two_runs_at_the_same_time(database: &Database) {
    let mut owner = owner_of_tasks(database);
    owner.run("insert into tasks values (1, 'todo', '2020-01-01'), (2, 'todo', '2020-01-01')");
    let mut first = database.owner();
    first.run("begin; select steward.flag_delayed('tasks')");
    let second = database
        .owner()
        .start("create temporary table changed as select * from steward.flag_delayed('tasks')");
    second.until_blocked(&mut owner);
    first.run("commit");
    let (mut second, result) = second.finish();
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(
        second.rows("select * from changed"),
        [""; 0],
        "it saw that it was done"
    );
}

fn wrong_arguments(database: &Database) {
    let mut owner = owner_of_tasks(database);
    owner.run("create view v as select * from tasks");
    for (arguments, expected) in [
        ("null", "22023: argument \"tasks\" must not be NULL"),
        ("'v'", "42809: public.v is not a table"),
        (
            "'tasks', due => null",
            "22023: argument \"due\" must not be NULL",
        ),
        (
            "'tasks', at => null",
            "22023: argument \"at\" must not be NULL",
        ),
        (
            "'tasks', done => '{a,null}'",
            "22023: argument \"done\" must not contain NULL",
        ),
        (
            "'tasks', done => '{a}', cancelled => '{b,a}'",
            "22023: status 'a' is both done and cancelled",
        ),
        (
            "'tasks', due => 'nothing'",
            "42703: column nothing of table public.tasks does not exist",
        ),
        (
            "'tasks', due => 'status'",
            "42809: column status of table public.tasks does not hold times",
        ),
        (
            "'tasks', flag => 'status'",
            "42809: column status of table public.tasks is not boolean",
        ),
    ] {
        let refusal = owner.refusal(&format!("select steward.flag_delayed({arguments})"));
        let told = refusal.to_string();
        assert_eq!(told.lines().next(), Some(expected), "{arguments}");
    }
    assert_eq!(
        owner.sqlstate("select steward.flag_delayed('nothing')"),
        "42P01"
    );
}
