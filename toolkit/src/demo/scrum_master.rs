//! The walk through Scrum Master: everybody's own rows, accounts that stay, issues that reach somebody, texts that are kept.

use super::walk::Cell::{Is, Null};
use super::walk::{Statement, Step, Walk};

/// What is shown of Scrum Master.
pub(super) static WALK: Walk = Walk {
    blueprint: "scrum_master",
    role: "scrum_app",
    about_role: "which is no superuser and owns none of these tables.\n\
                 It has the rights of application_user, and the policies decide which rows.",
    preparation: "
        create role scrum_app login in role application_user;
        alter role scrum_app set search_path = scrum_master;",
    steps: &[
        SIGN_IN,
        RETIRED,
        KEPT_USER,
        TASK,
        ISSUE,
        EDIT,
        DIRECT_MESSAGE,
    ],
    documents: &[
        "docs/blueprints/scrum_master.md",
        "docs/access.md",
        "docs/tasks.md",
        "docs/progress.md",
    ],
};

const AS_DEVELOPER: Statement =
    Statement::is_done("set app.user_id = 1; set app.user_role = 'developer';");
const AS_MANAGER: Statement =
    Statement::is_done("set app.user_id = 2; set app.user_role = 'project_manager';");
const AS_ADMIN: Statement = Statement::is_done("set app.user_id = 3; set app.user_role = 'admin';");
const AS_TESTER: Statement =
    Statement::is_done("set app.user_id = 6; set app.user_role = 'tester';");

const SIGN_IN: Step = Step {
    title: "Everybody sees what is theirs, whatever the query forgets to ask",
    reason: "Who signs in is nobody yet, and is told no more than it takes.",
    statements: &[
        Statement::returns(
            "select * from sign_in('dev1');",
            &[&[Is("1"), Is("developer")]],
        ),
        AS_DEVELOPER,
        Statement::returns(
            "select id, email, (select count(*) from user_names) as names from users;",
            &[&[Is("1"), Is("dev1@example.com"), Is("9")]],
        ),
        Statement::is_refused("update users set role = 'admin' where id = 1;", &["42501"]),
    ],
};

const RETIRED: Step = Step {
    title: "Who has left sees nothing, and gets no work",
    reason: "From the moment at which the account is retired, whatever their session still says.",
    statements: &[
        Statement::is_done("set app.user_id = 9; set app.user_role = 'developer';"),
        Statement::returns(
            "select count(*) as users, (select count(*) from tasks) as tasks from users;",
            &[&[Is("0"), Is("0")]],
        ),
        AS_MANAGER,
        Statement::is_refused(
            "update tasks set assigned_user_id = 9 where title = 'Show open issues by priority';",
            &["23514"],
        ),
    ],
};

const KEPT_USER: Step = Step {
    title: "A user whom anything refers to stays",
    reason: "The error says what to do instead. Admins do it through a view that shows everybody's account but their own.",
    statements: &[
        AS_ADMIN,
        Statement::is_refused_with_hint(
            "delete from users where github_id = 'dev1';",
            &["23503"],
            "update scrum_master.users set is_active = false where id = 1;",
        ),
        Statement::changes(
            1,
            "update user_accounts set is_active = false where github_id = 'dev2';",
        ),
    ],
};

const TASK: Step = Step {
    title: "A task goes step by step, and whom it concerns is told",
    reason: "Nobody skips a step. Who asked for the task hears that it is done.",
    statements: &[
        Statement::is_done("set app.user_id = 8; set app.user_role = 'developer';"),
        Statement::is_refused(
            "update tasks set status = 'done' where title = 'Show open issues by priority';",
            &["23514"],
        ),
        Statement::changes(
            1,
            "update tasks set status = 'in_progress' where title = 'Show open issues by priority';",
        ),
        Statement::changes(
            1,
            "update tasks set status = 'done' where title = 'Show open issues by priority';",
        ),
        AS_MANAGER,
        Statement::returns(
            "select type, title from notifications where title like 'Completed: Show%';",
            &[&[
                Is("task_completed"),
                Is("Completed: Show open issues by priority"),
            ]],
        ),
    ],
};

const ISSUE: Step = Step {
    title: "Who reports an issue need not know who looks into it",
    reason: "Its assignee is told; without one, every project manager. Nobody could write them a notification themselves.",
    statements: &[
        AS_TESTER,
        Statement::changes(
            1,
            "insert into triage_items (reporter_id, title, description) values (6, 'The board is empty', 'Since noon.');",
        ),
        Statement::is_refused(
            "insert into notifications (user_id, type, title, message) values (2, 'system', 'Hello', 'From a tester');",
            &["42501"],
        ),
        AS_MANAGER,
        Statement::returns(
            "select type, title from notifications where title like '%board is empty';",
            &[&[
                Is("issue_reported"),
                Is("Issue reported: The board is empty"),
            ]],
        ),
    ],
};

const EDIT: Step = Step {
    title: "A message that is edited says so, and its old text is kept",
    reason: "Who sees the message can read its old texts.",
    statements: &[
        AS_TESTER,
        Statement::changes(
            1,
            "update chat_messages set message = 'Good now, in all browsers.' where message = 'Good now.';",
        ),
        Statement::returns(
            "select e.old_message, m.message, m.is_edited from chat_message_edits e join chat_messages m on m.id = e.message_id\n\
             order by e.id desc limit 1;",
            &[&[Is("Good now."), Is("Good now, in all browsers."), Is("t")]],
        ),
    ],
};

const DIRECT_MESSAGE: Step = Step {
    title: "A direct message is in no channel, though the column has a default",
    reason: "So no list of a channel shows it; and the policies show it to the two alone.",
    statements: &[
        AS_DEVELOPER,
        Statement::returns(
            "insert into chat_messages (sender_id, recipient_id, message) values (1, 2, 'Only for you.') returning channel;",
            &[&[Null]],
        ),
    ],
};
