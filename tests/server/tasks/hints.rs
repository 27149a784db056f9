//! What whoever attaches for the first time is told: which argument to give, and what works but is hardly meant.

use steward_tests::{Database, Session, tests};

use super::{TRACK, owner_of_tracked_tasks};

tests![
    a_missing_column_names_its_argument,
    a_status_that_cannot_be_one,
    priorities_without_an_order,
    transitions_that_lead_nowhere,
    detaching_from_the_dependencies,
    an_assignee_that_the_column_cannot_hold,
];

#[track_caller]
fn hint(session: &mut Session, call: &str, expected: &str) {
    let refusal = session.refusal(call);
    let hint = refusal.hint().unwrap_or_default();
    assert!(hint.starts_with(expected), "{call}\n{refusal:?}");
}

fn a_missing_column_names_its_argument(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table t (id integer primary key, status text, parent integer references t);
         create table u (id integer primary key)",
    );
    for (call, argument) in [
        ("track_completion('t', key => 'x')", "key"),
        ("track_completion('t', status => 'x')", "status"),
        (
            "track_completion('t', completed_at => null, priority => 'x')",
            "priority",
        ),
        (
            "track_completion('t', completed_at => null, due => 'x')",
            "due",
        ),
        (
            "track_completion('t', completed_at => null, title => 'x')",
            "title",
        ),
        (
            "track_completion('t', completed_at => null, assignee => 'x')",
            "assignee",
        ),
        ("roll_up_progress('t')", "parent"),
        ("roll_up_progress('t', 'parent', status => 'x')", "status"),
        ("roll_up_progress('t', 'parent')", "progress"),
        ("roll_up_progress('t', 'parent', key => 'x')", "key"),
        (
            "roll_up_progress('t', 'parent', progress => 'id', weight => 'x')",
            "weight",
        ),
        (
            "notify_on('t', destination => 'u', events => '{\"assigned\": \"x\"}')",
            "assignee",
        ),
        (
            "notify_on('t', destination => 'u', events => '{\"assigned\": \"x\"}', assignee => 'id', creator => null, title => null)",
            "user_column",
        ),
        (
            "notify_on('t', destination => 'u', events => '{\"completed\": \"x\"}', status => 'x')",
            "status",
        ),
        ("flag_delayed('t')", "due"),
    ] {
        let call = format!("select steward.{call}");
        hint(
            &mut owner,
            &call,
            &format!("Name it with {argument} => '...'."),
        );
    }
}

fn a_status_that_cannot_be_one(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table booleans (id integer primary key, status boolean);
         create table made (id integer primary key, closed boolean,
             status text generated always as (case when closed then 'done' else 'todo' end) stored)",
    );
    for table in ["booleans", "made"] {
        let call = format!("select steward.track_completion('{table}', completed_at => null)");
        assert_eq!(owner.sqlstate(&call), "42809");
        hint(&mut owner, &call, "Name another one with status => '...'.");
    }
}

fn priorities_without_an_order(database: &Database) {
    let mut owner = database.owner();
    owner.run("create table t (id integer primary key, status varchar(20), priority text)");
    let track =
        |more: &str| format!("select steward.track_completion('t', completed_at => null{more})");
    owner.notices();
    owner.run(&track(""));
    let notices = owner.notices();
    assert!(
        notices.len() == 1 && notices[0].contains("priorities => '{"),
        "{notices:?}"
    );
    for quiet in [", priorities => '{high,low}'", ", priority => ''"] {
        owner.run(&track(quiet));
        assert_eq!(owner.notices(), [""; 0], "{quiet}");
    }
}

fn transitions_that_lead_nowhere(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let track = |transitions: &str| {
        format!(
            "select steward.track_completion('tasks', edges => 'edges', transitions => '{transitions}')"
        )
    };
    owner.notices();
    owner.run(&track(r#"{"todo": ["doing"]}"#));
    let notices = owner.notices();
    assert!(
        notices.len() == 1
            && notices[0]
                .starts_with("NOTICE: the transitions let no task of public.tasks become done"),
        "{notices:?}"
    );
    owner.run(&track(r#"{"todo": ["doing"], "doing": ["done"]}"#));
    assert_eq!(owner.notices(), [""; 0]);
    for transitions in [
        r#"{"todo": [null]}"#,
        r#"{"todo": [1]}"#,
        r#"{"todo": [["done"]]}"#,
    ] {
        let refusal = owner.refusal(&track(transitions));
        assert_eq!(refusal.sqlstate(), "22023");
        assert!(
            refusal
                .hint()
                .is_some_and(|hint| hint.starts_with("It is an object of arrays: ")),
            "{refusal}"
        );
    }
}

fn detaching_from_the_dependencies(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.notices();
    owner.run("select steward.detach('edges', 'tasks')");
    assert_eq!(
        owner.notices(),
        ["NOTICE: tasks are detached from public.tasks too"]
    );
    owner.run(TRACK);
    owner.run("select steward.detach('tasks', 'tasks')");
    assert_eq!(owner.notices(), [""; 0]);
}

fn an_assignee_that_the_column_cannot_hold(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table t (id integer primary key, status text, who integer);
         select steward.track_completion('t', completed_at => null, assignee => 'who');
         insert into t values (1)",
    );
    let claim = "select * from steward.claim_task('t', 'agent')";
    assert_eq!(owner.sqlstate(claim), "22P02");
    hint(
        &mut owner,
        claim,
        "The assignee of a claim is written into column who",
    );
    owner.run("select * from steward.claim_task('t', '7')");
}
