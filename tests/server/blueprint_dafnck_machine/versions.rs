//! The versions of documents, which write themselves: through a role that may not write them, and by sessions that
//! change one document at the same time.

use steward_tests::{Database, Session, tests};

use super::{LEVELS, another_application, application, migrated, seeded};

tests![
    each_change_of_the_content_is_a_version,
    nothing_else_is,
    no_content_is_empty_content,
    the_author_is_who_acts_if_it_is_a_user,
    an_author_who_is_just_being_deleted_fails_nothing,
    the_summary_is_a_setting,
    an_application_cannot_write_them,
    a_given_version_is_an_import,
    two_sessions_get_the_next_two_numbers,
    above_read_committed_the_second_tries_again,
    many_sessions_leave_no_gap,
    numbers_of_a_sequence_leave_gaps,
    it_works_in_a_renamed_schema_and_under_any_search_path,
];

const EMIL: &str = "4bbf66a3-1145-5c11-85a1-4088e9fb7717";
const NOOR: &str = "08506aea-6d48-56f8-b6cf-b53bd949c60e";

/// Numbers and contents of the versions of the document `Signed`.
fn versions(session: &mut Session) -> Vec<String> {
    session.rows(
        "select v.version_number, v.content from document_versions as v join documents as d on d.id = v.document_id
         where d.title = 'Signed' order by 1",
    )
}

/// A document `Signed` by Emil, with the content `one`.
fn with_a_document(database: &Database) -> Session {
    drop(seeded(database));
    let mut writer = application(database);
    writer.run(&format!(
        "insert into documents (project_id, title, content, author_id)
         select id, 'Signed', 'one', '{EMIL}' from projects where name = 'Tickets on the phone'"
    ));
    writer
}

fn each_change_of_the_content_is_a_version(database: &Database) {
    let mut writer = with_a_document(database);
    writer.run(
        "update documents set content = 'two' where title = 'Signed';
         insert into documents (id, project_id, title, content, author_id)
             select id, project_id, title, 'three', author_id from documents where title = 'Signed'
             on conflict (id) do update set content = excluded.content, version = excluded.version",
    );
    assert_eq!(versions(&mut writer), ["1|one", "2|two", "3|three"]);
    assert_eq!(
        writer.value("select version, content from documents where title = 'Signed'"),
        "3|three"
    );
    assert_eq!(
        writer.value(
            "select v.created_at = d.updated_at from documents as d
             join document_versions as v on v.document_id = d.id and v.version_number = d.version where d.title = 'Signed'"
        ),
        "t"
    );
}

fn nothing_else_is(database: &Database) {
    let mut writer = with_a_document(database);
    writer.run(
        "update documents set title = 'S', content = content where title = 'Signed';
         update documents set title = 'Signed', version = 17, status = 'published' where title = 'S';
         update documents set version = null where title = 'Signed'",
    );
    assert_eq!(versions(&mut writer), ["1|one"]);
    assert_eq!(
        writer.value("select version from documents where title = 'Signed'"),
        "1"
    );
    writer.run("begin; update documents set content = 'two' where title = 'Signed'; rollback");
    writer.run("update documents set content = 'three' where title = 'Signed'");
    assert_eq!(versions(&mut writer), ["1|one", "2|three"], "no gap");
}

fn no_content_is_empty_content(database: &Database) {
    let mut writer = with_a_document(database);
    writer.run(
        "update documents set content = null where title = 'Signed';
         update documents set content = '' where title = 'Signed';
         update documents set content = null where title = 'Signed'",
    );
    assert_eq!(versions(&mut writer), ["1|one", "2|"]);
    assert_eq!(
        writer.value(
            "select version_number, v.content = '' from document_versions as v join documents as d on d.id = v.document_id
             where d.title = 'What passengers have to know'"
        ),
        "1|t",
        "one that began without"
    );
}

fn the_author_is_who_acts_if_it_is_a_user(database: &Database) {
    let mut writer = with_a_document(database);
    for (number, (actor, author)) in [
        (NOOR, NOOR),
        ("11111111-2222-4333-8444-555555555555", EMIL),
        ("nightly import", EMIL),
        ("", EMIL),
        ("{08506aea-6d48-56f8-b6cf-b53bd949c60e}", NOOR),
    ]
    .iter()
    .enumerate()
    {
        writer.run(&format!(
            "begin; set local app.current_user_id = '{actor}';
             update documents set content = 'by number {number}' where title = 'Signed'; commit"
        ));
        assert_eq!(
            writer.value(&format!(
                "select author_id from document_versions where content = 'by number {number}'"
            )),
            *author,
            "{actor}"
        );
    }
    assert_eq!(
        writer.value("select author_id from document_versions where content = 'one'"),
        EMIL
    );
}

fn an_author_who_is_just_being_deleted_fails_nothing(database: &Database) {
    let mut first = with_a_document(database);
    first.run(
        "insert into users (id, email, username, password_hash)
         values ('11111111-2222-4333-8444-555555555555', 'new@example.com', 'new', '!')",
    );
    let mut second = another_application(database);
    second.run("set app.current_user_id = '11111111-2222-4333-8444-555555555555'");
    first.run("begin; delete from users where username = 'new'");
    let waiting = second.start("update documents set content = 'two' where title = 'Signed'");
    waiting.until_blocked(&mut database.owner());
    first.run("commit");
    waiting.finish().1.expect("somebody else is the author");
    assert_eq!(
        first.value("select author_id from document_versions where content = 'two'"),
        EMIL
    );
}

fn the_summary_is_a_setting(database: &Database) {
    let mut writer = with_a_document(database);
    writer.run(
        "begin; set local app.change_summary = 'Bicycles'; update documents set content = 'two' where title = 'Signed'; commit;
         update documents set content = 'three' where title = 'Signed'",
    );
    assert_eq!(
        writer.rows(
            "select content, change_summary from document_versions
             where content in ('one', 'two', 'three') order by version_number"
        ),
        ["one|NULL", "two|Bicycles", "three|NULL"]
    );
}

fn an_application_cannot_write_them(database: &Database) {
    let mut writer = with_a_document(database);
    for statement in [
        "insert into document_versions (document_id, version_number, content, author_id)
             select id, 9, '', author_id from documents",
        "update document_versions set content = ''",
        "delete from document_versions",
        "create trigger t after insert on tasks for each row execute function record_document_version()",
        "create temporary table t (id uuid);
             create trigger t after insert on t for each row execute function record_document_version()",
    ] {
        assert_eq!(writer.sqlstate(statement), "42501", "{statement}");
    }
    // A deletion takes them along all the same.
    writer.run("delete from documents where title = 'Signed'");
    assert_eq!(
        writer.value("select count(*) from document_versions where content = 'one'"),
        "0"
    );
}

fn a_given_version_is_an_import(database: &Database) {
    let mut owner = migrated(database);
    owner.run(
        "insert into users (email, username, password_hash) values ('a@example.com', 'ada', '!');
         insert into projects (name, owner_id) select 'P', id from users;
         insert into documents (project_id, title, content, author_id, version, updated_at)
             select p.id, 'Signed', 'three', owner_id, 3, '2026-01-03 12:00+00' from projects as p;
         insert into document_versions (document_id, version_number, content, author_id)
             select id, n, 'old', author_id from documents, generate_series(1, 2) as n;
         update documents set content = 'four'",
    );
    assert_eq!(
        versions(&mut owner),
        ["1|old", "2|old", "3|three", "4|four"]
    );
    assert!(owner.holds(
        "select created_at = '2026-01-03 12:00+00' from document_versions where version_number = 3"
    ));
}

fn two_sessions_get_the_next_two_numbers(database: &Database) {
    let mut first = with_a_document(database);
    let second = another_application(database);
    first.run("begin; update documents set content = 'first' where title = 'Signed'");
    let waiting = second.start("update documents set content = 'second' where title = 'Signed'");
    waiting.until_blocked(&mut database.owner());
    first.run("commit");
    let (mut second, result) = waiting.finish();
    result.expect("the second goes on from the first");
    assert_eq!(versions(&mut second), ["1|one", "2|first", "3|second"]);

    // What is rolled back leaves its number to the other.
    first.run("begin; update documents set content = 'given up' where title = 'Signed'");
    let waiting = second.start("update documents set content = 'fourth' where title = 'Signed'");
    waiting.until_blocked(&mut database.owner());
    first.run("rollback");
    let (mut second, result) = waiting.finish();
    result.expect("the second goes on");
    assert_eq!(
        versions(&mut second),
        ["1|one", "2|first", "3|second", "4|fourth"]
    );
}

fn above_read_committed_the_second_tries_again(database: &Database) {
    let mut first = with_a_document(database);
    for level in ["repeatable read", "serializable"] {
        let mut second = another_application(database);
        second.run(&format!(
            "begin isolation level {level}; select count(*) from documents"
        ));
        first.run(&format!(
            "begin; update documents set content = '{level}' where title = 'Signed'"
        ));
        let waiting = second.start("update documents set content = 'late' where title = 'Signed'");
        waiting.until_blocked(&mut database.owner());
        first.run("commit");
        let (_, result) = waiting.finish();
        assert_eq!(result.expect_err("the row has changed").sqlstate(), "40001");
    }
    assert_eq!(
        versions(&mut first),
        ["1|one", "2|repeatable read", "3|serializable"]
    );
}

/// Eight sessions at mixed levels, each with 20 changes that it tries until they are done.
fn many_sessions_leave_no_gap(database: &Database) {
    let mut observer = with_a_document(database);
    std::thread::scope(|scope| {
        for number in 0..8 {
            let mut session = another_application(database);
            let level = LEVELS[number % LEVELS.len()];
            scope.spawn(move || {
                session.run(&format!("set default_transaction_isolation = '{level}'"));
                for change in 0..20 {
                    let update = format!(
                        "update documents set content = '{number}/{change}' where title = 'Signed'"
                    );
                    while let Err(refusal) = session.try_run(&update) {
                        assert_eq!(refusal.sqlstate(), "40001", "{refusal}");
                    }
                }
            });
        }
    });
    assert_eq!(
        observer.value(
            "select d.version, count(*), min(version_number), max(version_number), count(distinct v.content)
             from documents as d join document_versions as v on v.document_id = d.id
             where title = 'Signed' group by d.version"
        ),
        "161|161|1|161|161"
    );
}

/// The control: numbers of a sequence, which a transaction that is rolled back has used up.
fn numbers_of_a_sequence_leave_gaps(database: &Database) {
    let mut writer = with_a_document(database);
    database.owner().run(
        "create sequence dafnck.numbers start 2;
         create or replace function dafnck.number_document_version() returns trigger
             language plpgsql security definer as $$
         begin
             new.version := nextval('dafnck.numbers');
             return new;
         end $$",
    );
    writer.run("begin; update documents set content = 'two' where title = 'Signed'; rollback");
    writer.run("update documents set content = 'three' where title = 'Signed'");
    assert_eq!(versions(&mut writer), ["1|one", "3|three"]);
}

fn it_works_in_a_renamed_schema_and_under_any_search_path(database: &Database) {
    let mut writer = with_a_document(database);
    database
        .superuser()
        .run("alter schema dafnck rename to \"Other Schema\"");
    writer.run(
        "set search_path = pg_temp;
         create temporary table document_versions (content text);
         update \"Other Schema\".documents set content = 'two' where title = 'Signed';
         insert into \"Other Schema\".user_sessions (user_id, session_token, expires_at)
             select id, 'x', now() from \"Other Schema\".users where username = 'piet.maas';
         select \"Other Schema\".complete_task(id) from \"Other Schema\".tasks where title = 'Pay by card';
         drop table pg_temp.document_versions;
         set search_path = \"Other Schema\"",
    );
    assert_eq!(versions(&mut writer), ["1|one", "2|two"]);
    assert_eq!(
        writer.value(
            "select (select last_login_at is not null from users where username = 'piet.maas'),
                 (select status from tasks where title = 'Pay by card')"
        ),
        "t|done"
    );
}
