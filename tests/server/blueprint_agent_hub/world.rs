//! A small world for the tests of rules: two projects with what can be in one.

use steward_tests::{Database, Session};

use super::{application, migrated};

/// Administrator.
pub(super) const ADA: &str = "11111111-0000-4000-8000-000000000001";
/// Owner of both projects.
pub(super) const BOB: &str = "11111111-0000-4000-8000-000000000002";
pub(super) const WEBSITE: &str = "22222222-0000-4000-8000-000000000001";
pub(super) const PHONE: &str = "22222222-0000-4000-8000-000000000002";
/// Of the website.
pub(super) const CODER: &str = "33333333-0000-4000-8000-000000000001";
/// Of no project.
pub(super) const TESTER: &str = "33333333-0000-4000-8000-000000000002";
/// Of the phone.
pub(super) const REVIEWER: &str = "33333333-0000-4000-8000-000000000003";
/// Of the website.
pub(super) const TALK: &str = "44444444-0000-4000-8000-000000000001";
/// Of no project.
pub(super) const CHAT: &str = "44444444-0000-4000-8000-000000000002";
/// Of the phone.
pub(super) const CALL: &str = "44444444-0000-4000-8000-000000000003";
/// The coder's, in the talk.
pub(super) const ANSWER: &str = "55555555-0000-4000-8000-000000000001";
/// Ada's, in the chat.
pub(super) const QUESTION: &str = "55555555-0000-4000-8000-000000000002";
/// Of the website.
pub(super) const ISSUE: &str = "66666666-0000-4000-8000-000000000001";
/// Of the website.
pub(super) const PULL: &str = "77777777-0000-4000-8000-000000000001";
/// Of the website, the coder's.
pub(super) const TASK: &str = "88888888-0000-4000-8000-000000000001";
/// Of the website, nobody's.
pub(super) const ANOTHER_TASK: &str = "88888888-0000-4000-8000-000000000002";
/// Of the phone, the reviewer's.
pub(super) const PHONE_TASK: &str = "88888888-0000-4000-8000-000000000003";

/// A session of the application in that world.
pub(super) fn inhabited(database: &Database) -> Session {
    drop(migrated(database));
    let mut writer = application(database);
    writer.run(&format!(
        "begin;
         insert into users (id, username, email, password_hash, is_admin) values
             ('{ADA}', 'ada', 'ada@example.com', '!', true), ('{BOB}', 'bob', 'bob@example.com', '!', false);
         insert into projects (id, name, github_repo, owner_id) values
             ('{WEBSITE}', 'Website', 'example/website', '{BOB}'), ('{PHONE}', 'Phone', 'example/phone', '{BOB}');
         insert into agents (id, name, type, project_id) values ('{CODER}', 'Cora', 'coder', '{WEBSITE}'),
             ('{TESTER}', 'Tess', 'tester', null), ('{REVIEWER}', 'Rex', 'reviewer', '{PHONE}');
         insert into conversations (id, type, project_id, created_by_user_id, created_by_agent_id) values
             ('{TALK}', 'task', '{WEBSITE}', null, '{CODER}'), ('{CHAT}', 'general', null, '{ADA}', null),
             ('{CALL}', 'general', '{PHONE}', '{BOB}', null);
         insert into messages (id, conversation_id, author_type, user_id, agent_id, content) values
             ('{ANSWER}', '{TALK}', 'agent', null, '{CODER}', 'Done.'),
             ('{QUESTION}', '{CHAT}', 'user', '{ADA}', null, 'How much?');
         insert into github_issues (id, github_id, number, title, project_id, conversation_id) values
             ('{ISSUE}', 1, 1, 'Broken', '{WEBSITE}', '{TALK}');
         insert into pull_requests (id, github_id, number, title, branch_from, branch_to, project_id, issue_id,
                 conversation_id, created_by_agent_id) values
             ('{PULL}', 2, 2, 'Mend it', 'mend', 'main', '{WEBSITE}', '{ISSUE}', '{TALK}', '{CODER}');
         insert into tasks (id, title, project_id, assigned_to_agent_id, issue_id, pr_id) values
             ('{TASK}', 'Mend it', '{WEBSITE}', '{CODER}', '{ISSUE}', '{PULL}'),
             ('{ANOTHER_TASK}', 'Announce it', '{WEBSITE}', null, null, null),
             ('{PHONE_TASK}', 'Call', '{PHONE}', '{REVIEWER}', null, null);
         commit"
    ));
    writer
}

/// A row of usage with these columns besides the model.
pub(super) fn used(columns: &str, values: &str) -> String {
    format!("insert into token_usage (model, {columns}) values ('m', {values})")
}

/// Expects a refusal with that SQLSTATE by that constraint, with a DETAIL and a HINT.
#[track_caller]
pub(super) fn is_refused(session: &mut Session, statement: &str, constraint: &str) {
    let refusal = session.refusal(statement);
    assert_eq!(refusal.sqlstate(), "23514", "{statement}: {refusal}");
    assert_eq!(
        refusal.constraint(),
        Some(constraint),
        "{statement}: {refusal}"
    );
    assert!(refusal.detail().is_some(), "{refusal}");
}

/// The text with ids in the place of the names above.
pub(super) fn identified(text: &str) -> String {
    // A name that another one ends in comes after it.
    [
        ("ADA", ADA),
        ("WEBSITE", WEBSITE),
        ("PHONE_TASK", PHONE_TASK),
        ("PHONE", PHONE),
        ("CODER", CODER),
        ("TESTER", TESTER),
        ("REVIEWER", REVIEWER),
        ("TALK", TALK),
        ("CHAT", CHAT),
        ("CALL", CALL),
        ("ANSWER", ANSWER),
        ("QUESTION", QUESTION),
        ("PULL", PULL),
        ("ANOTHER_TASK", ANOTHER_TASK),
        ("TASK", TASK),
    ]
    .iter()
    .fold(text.to_owned(), |text, (name, id)| text.replace(name, id))
}
