//! The walk through Scrum Master: accounts that stay, issues that reach somebody, texts that are kept.

use super::walk::Cell::{Is, Null};
use super::walk::{Statement, Step, Walk};

/// What is shown of Scrum Master.
pub(super) static WALK: Walk = Walk {
    blueprint: "scrum_master",
    role: "scrum_app",
    about_role: "which is no superuser, owns none of these tables,\n\
                 and may write all of them but those that the rules write.",
    preparation: "
        create role scrum_app login;
        grant usage on schema scrum_master to scrum_app;
        grant select, insert, update, delete on all tables in schema scrum_master to scrum_app;
        grant usage, select on all sequences in schema scrum_master to scrum_app;
        revoke insert, update, delete on scrum_master.chat_message_edits,
            scrum_master.tasks_readiness, scrum_master.triage_items_readiness from scrum_app;
        revoke all on scrum_master.schema_migrations from scrum_app;
        alter role scrum_app set search_path = scrum_master;",
    steps: &[
        KEPT_USER,
        TASK,
        ISSUE,
        READING,
        RESOLUTION,
        EDIT,
        DIRECT_MESSAGE,
    ],
    documents: &[
        "docs/blueprints/scrum_master.md",
        "docs/tasks.md",
        "docs/progress.md",
    ],
};

const KEPT_USER: Step = Step {
    title: "A user whom anything refers to stays",
    reason: "The error says what to do instead.",
    statements: &[Statement::is_refused_with_hint(
        "delete from users where github_id = 'dev1';",
        &["23503"],
        "update scrum_master.users set is_active = false where id = 1;",
    )],
};

const TASK: Step = Step {
    title: "A task goes step by step, and whom it concerns is told",
    reason: "Nobody skips a step. Who asked for the task hears that it is done; when that was is stamped.",
    statements: &[
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
        Statement::returns(
            "select u.username, n.type, t.completed_at is not null as stamped from notifications n join users u on u.id = n.user_id\n\
             join tasks t on t.id = n.related_task_id where n.title = 'Completed: Show open issues by priority';",
            &[&[Is("projectmanager1"), Is("task_completed"), Is("t")]],
        ),
    ],
};

const ISSUE: Step = Step {
    title: "Who reports an issue need not know who looks into it",
    reason: "Its assignee is told; without one, every project manager. No right to write their notifications is needed.",
    statements: &[
        Statement::changes(
            1,
            "insert into triage_items (reporter_id, title, description) values (6, 'The board is empty', 'Since noon.');",
        ),
        Statement::returns(
            "select u.username, n.type, n.title from notifications n join users u on u.id = n.user_id\n\
             where n.title like '%board is empty' order by u.id;",
            &[
                &[
                    Is("projectmanager1"),
                    Is("issue_reported"),
                    Is("Issue reported: The board is empty"),
                ],
                &[
                    Is("Hina Aslam"),
                    Is("issue_reported"),
                    Is("Issue reported: The board is empty"),
                ],
            ],
        ),
    ],
};

const READING: Step = Step {
    title: "When a notification was read follows from whether it was",
    reason: "Marked as unread again, it has no time.",
    statements: &[
        Statement::returns(
            "update notifications set is_read = true, read_at = '2000-01-01'\n\
             where title like '%board is empty' and user_id = 2 returning read_at = now() as is_now;",
            &[&[Is("t")]],
        ),
        Statement::returns(
            "update notifications set is_read = false\n\
             where title like '%board is empty' and user_id = 2 returning read_at;",
            &[&[Null]],
        ),
    ],
};

const RESOLUTION: Step = Step {
    title: "Who closes an issue has looked into it, and says how it ended",
    reason: "When that was is stamped.",
    statements: &[
        Statement::changes(
            1,
            "update triage_items set status = 'in_review' where title = 'The board is empty';",
        ),
        Statement::is_refused(
            "update triage_items set status = 'resolved' where title = 'The board is empty';",
            &["23514"],
        ),
        Statement::returns(
            "update triage_items set status = 'resolved', resolution = 'The socket is open again.'\n\
             where title = 'The board is empty' returning resolved_at = now() as is_now;",
            &[&[Is("t")]],
        ),
    ],
};

const EDIT: Step = Step {
    title: "A message that is edited says so, and its old text is kept",
    reason: "The application can read the old texts, and neither write nor remove them.",
    statements: &[
        Statement::returns(
            "update chat_messages set message = 'Good now, in all browsers.'\n\
             where message = 'Good now.' returning is_edited, edited_at = now() as is_now;",
            &[&[Is("t"), Is("t")]],
        ),
        Statement::returns(
            "select e.old_message, m.message from chat_message_edits e join chat_messages m on m.id = e.message_id\n\
             order by e.id desc limit 1;",
            &[&[Is("Good now."), Is("Good now, in all browsers.")]],
        ),
        Statement::is_refused("delete from chat_message_edits;", &["42501"]),
    ],
};

const DIRECT_MESSAGE: Step = Step {
    title: "A direct message is in no channel, though the column has a default",
    reason: "So no list of a channel shows it.",
    statements: &[Statement::returns(
        "insert into chat_messages (sender_id, recipient_id, message) values (1, 2, 'Only for you.') returning channel;",
        &[&[Null]],
    )],
};
