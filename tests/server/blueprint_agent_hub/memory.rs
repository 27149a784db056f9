//! What agents remember: one memory a key, nothing that has expired, and the most important first.

use std::thread;

use steward_tests::{Database, Role, Session, tests};

use super::{application, migrated};

tests![
    one_memory_a_key,
    what_has_expired_is_not_shown,
    the_most_important_comes_first,
    what_is_remembered_anew_begins_anew,
    forgetting_goes_in_batches,
    forgetting_passes_by_what_is_locked,
    what_is_renewed_while_it_is_swept_stays,
    sessions_remember_the_same_key,
];

const AGENT: &str = "00000000-0000-4000-8000-0000000000a1";
const OTHER: &str = "00000000-0000-4000-8000-0000000000a2";
const PROJECT: &str = "00000000-0000-4000-8000-0000000000b1";

/// Two agents and a project, and the application's session.
fn agents(database: &Database) -> Session {
    migrated(database).run(&format!(
        "insert into users (username, email, password_hash) values ('asha', 'asha@example.com', '!');
         insert into projects (id, name, github_repo, owner_id) select '{PROJECT}', 'hub', 'example/hub', id from users;
         insert into agents (id, name, type) values ('{AGENT}', 'ada', 'coder'), ('{OTHER}', 'bob', 'tester')"
    ));
    application(database)
}

fn remember(session: &mut Session, arguments: &str) -> String {
    session.value(&format!("select remember('{AGENT}', {arguments})"))
}

fn recall(session: &mut Session, arguments: &str) -> Vec<String> {
    session.rows(&format!(
        "select key, value ->> 'v' from recall('{AGENT}'{arguments}) with ordinality order by ordinality"
    ))
}

fn one_memory_a_key(database: &Database) {
    let mut writer = agents(database);
    let general = remember(&mut writer, r#"'style', 'indent', '{"v": 4}'"#);
    let in_project = remember(
        &mut writer,
        &format!(r#"'style', 'indent', '{{"v": 2}}', '{PROJECT}'"#),
    );
    assert_ne!(general, in_project);
    assert_eq!(recall(&mut writer, ""), ["indent|4"]);
    assert_eq!(
        recall(&mut writer, &format!(", '{PROJECT}'")),
        ["indent|2", "indent|4"]
    );
    // Again, with everything else.
    let again = remember(
        &mut writer,
        r#"'style', 'indent', '{"v": 8}', null, 9, '1 hour'"#,
    );
    assert_eq!(again, general);
    assert_eq!(
        writer.value(&format!(
            "select value, importance, expires_at > now() + interval '59 minutes', created_at < updated_at from agent_memory where id = '{general}'"
        )),
        r#"{"v": 8}|9|t|t"#
    );
    let again = remember(
        &mut writer,
        &format!(r#"'style', 'indent', '{{"v": 3}}', '{PROJECT}'"#),
    );
    assert_eq!(again, in_project);
    remember(&mut writer, r#"'style', 'indent', '{"v": 8}'"#);
    assert_eq!(
        writer.value(&format!(
            "select importance, expires_at from agent_memory where id = '{general}'"
        )),
        "5|NULL"
    );
    // The key of another category, and of another agent, is another one.
    remember(&mut writer, r#"'other', 'indent', '{"v": 1}'"#);
    writer.run(&format!(
        "select remember('{OTHER}', 'style', 'indent', '[]')"
    ));
    assert_eq!(writer.value("select count(*) from agent_memory"), "4");
    assert_eq!(recall(&mut writer, ", category => 'other'"), ["indent|1"]);
    assert_eq!(recall(&mut writer, ", key => 'none'"), [""; 0]);
    assert_eq!(
        writer.sqlstate(&format!(
            "select remember('{AGENT}', 'c', 'k', '[]', null, 11)"
        )),
        "23514"
    );
    assert_eq!(
        writer.sqlstate(&format!("select remember('{PROJECT}', 'c', 'k', '[]')")),
        "23503"
    );
}

fn what_has_expired_is_not_shown(database: &Database) {
    let mut writer = agents(database);
    for (key, lasts) in [
        ("a", "'-1 second'"),
        ("b", "'0'"),
        ("c", "'1 hour'"),
        ("d", "null"),
    ] {
        remember(
            &mut writer,
            &format!(r#"'c', '{key}', '{{"v": 1}}', lasts => {lasts}"#),
        );
    }
    assert_eq!(recall(&mut writer, ""), ["d|1", "c|1"]);
    let shown = "select key from current_agent_memory order by key";
    assert_eq!(writer.rows(shown), ["c", "d"]);
    // By the clock, without anybody sweeping.
    writer.run("update agent_memory set expires_at = clock_timestamp() + interval '300 milliseconds' where key = 'c'");
    assert_eq!(writer.rows(shown), ["c", "d"]);
    writer.run("select pg_sleep(0.31)");
    assert_eq!(writer.rows(shown), ["d"]);
    assert_eq!(writer.value("select count(*) from agent_memory"), "4");
}

fn the_most_important_comes_first(database: &Database) {
    let mut writer = agents(database);
    for (key, importance, project) in [
        ("a", "5", "null"),
        ("b", "10", "null"),
        ("c", "5", &*format!("'{PROJECT}'")),
        ("d", "null", "null"),
        ("e", "5", "null"),
    ] {
        remember(
            &mut writer,
            &format!(r#"'c', '{key}', '{{"v": 0}}', {project}, {importance}"#),
        );
    }
    let in_project = format!(", '{PROJECT}'");
    assert_eq!(
        recall(&mut writer, &in_project),
        ["b|0", "c|0", "e|0", "a|0", "d|0"]
    );
    assert_eq!(recall(&mut writer, ", max_rows => 2"), ["b|0", "e|0"]);
    // Policies of the reader apply, as to any query of its own.
    let mut owner = database.owner();
    owner.run("set search_path = hub; alter table agent_memory enable row level security; create policy p on agent_memory using (key < 'c')");
    assert_eq!(recall(&mut writer, &in_project), ["b|0", "a|0"]);
}

fn what_is_remembered_anew_begins_anew(database: &Database) {
    let mut writer = agents(database);
    let id = remember(&mut writer, r#"'c', 'k', '{"v": 1}'"#);
    for (expires, begins_anew) in [("'-infinity'", "t"), ("now() + interval '1 hour'", "f")] {
        writer.run(&format!(
            "update agent_memory set created_at = '2026-01-01', expires_at = {expires}"
        ));
        assert_eq!(remember(&mut writer, r#"'c', 'k', '{"v": 2}'"#), id);
        assert_eq!(
            writer.value("select created_at > '2026-01-02', expires_at from agent_memory"),
            format!("{begins_anew}|NULL")
        );
    }
}

fn expired(session: &mut Session, memories: usize) {
    session.run(&format!(
        "insert into agent_memory (agent_id, category, key, value, expires_at)
         select '{AGENT}', 'c', n::text, '{{}}', now() - interval '1 hour' + n * interval '1 second'
         from generate_series(1, {memories}) as n"
    ));
}

fn forgetting_goes_in_batches(database: &Database) {
    let mut writer = agents(database);
    expired(&mut writer, 25);
    remember(&mut writer, "'c', 'stays', '{}'");
    remember(&mut writer, "'c', 'stays too', '{}', lasts => '1 minute'");
    assert_eq!(writer.value("select forget_expired(10)"), "10");
    assert_eq!(
        writer.value("select min(key::integer) from agent_memory where key !~ 'stays'"),
        "11",
        "the oldest first"
    );
    assert_eq!(writer.value("select forget_expired()"), "15");
    assert_eq!(writer.value("select forget_expired()"), "0");
    assert_eq!(writer.value("select count(*) from agent_memory"), "2");
}

fn forgetting_passes_by_what_is_locked(database: &Database) {
    let mut writer = agents(database);
    expired(&mut writer, 5);
    let mut other = application(database);
    other.run("begin; select from agent_memory where key in ('2', '4') for update");
    writer.run("set lock_timeout = '5s'");
    assert_eq!(writer.value("select forget_expired()"), "3");
    other.run("commit");
    assert_eq!(writer.value("select forget_expired()"), "2");
}

/// Between its snapshot and its lock, another session remembers the memory anew.
fn what_is_renewed_while_it_is_swept_stays(database: &Database) {
    let mut writer = agents(database);
    expired(&mut writer, 1);
    // Where they do not skip, they meet for certain; the second look is the same.
    let mut owner = database.owner();
    owner.run("set search_path = hub");
    let definition = owner.value("select pg_get_functiondef('forget_expired'::regproc)");
    owner.run(&definition.replace("SKIP LOCKED", ""));
    let mut renewing = application(database);
    renewing.run(&format!(
        "begin; select remember('{AGENT}', 'c', '1', '[]')"
    ));
    let sweeping = writer.start("select forget_expired()");
    sweeping.until_blocked(&mut database.superuser());
    renewing.run("commit");
    let (mut writer, swept) = sweeping.finish();
    swept.expect("it sweeps nothing");
    assert_eq!(
        writer.value("select value, expires_at from agent_memory"),
        "[]|NULL"
    );
}

fn sessions_remember_the_same_key(database: &Database) {
    let mut writer = agents(database);
    for project in ["null".to_owned(), format!("'{PROJECT}'")] {
        let threads: Vec<_> = (0..8)
            .map(|number| {
                let mut session = database.session(Role::Writer);
                session.run("set search_path = hub");
                let project = project.clone();
                thread::spawn(move || {
                    for turn in 0..50 {
                        session.run(&format!(
                            "select remember('{AGENT}', 'c', 'k{}', '[{number}]', {project})",
                            turn % 5
                        ));
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().expect("a session");
        }
    }
    assert_eq!(
        writer.value("select count(*), count(distinct key), count(project_id) from agent_memory"),
        "10|5|5"
    );
}
