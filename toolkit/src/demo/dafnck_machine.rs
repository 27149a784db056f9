//! The walk through DafnckMachine: versions that write themselves, kinds of dependencies, parts of tasks, what waits, attachments,
//! and who sees and changes what.

use super::walk::Cell::{Is, Null, Varies};
use super::walk::{Statement, Step, Walk};

/// What is shown of DafnckMachine.
pub(super) static WALK: Walk = Walk {
    blueprint: "dafnck_machine",
    role: "dafnck_app",
    about_role: "which may do what application_role may: it is no superuser, owns none of these tables,\n\
                 and sees and changes the rows of the user for whom it acts; that is Emil Strand until it says another.",
    preparation: "
        create role dafnck_app login in role application_role;
        alter role dafnck_app set search_path = dafnck_machine;
        alter role dafnck_app set app.current_user_id = '4bbf66a3-1145-5c11-85a1-4088e9fb7717';",
    steps: &[
        VERSIONS,
        TWO_SESSIONS,
        KINDS,
        WAITING,
        ATTACHMENTS,
        HISTORY,
        ACCESS,
    ],
    documents: &["docs/blueprints/dafnck_machine.md"],
};

const VERSIONS: Step = Step {
    title: "A document keeps its versions by itself",
    reason: "The application says what was changed, as it says for whom it acts. It has no right to write the versions.",
    statements: &[
        Statement::is_done("set app.change_summary = 'Dogs';"),
        Statement::changes(
            1,
            "update documents set content = content || ' Dogs go free.' where title = 'Fares and discounts';",
        ),
        Statement::is_done("reset app.change_summary;"),
        Statement::returns(
            "select v.version_number, u.username, v.change_summary, right(v.content, 22) as ends_with\n\
             from documents d join document_versions v on v.document_id = d.id join user_names u on u.id = v.author_id\n\
             where d.title = 'Fares and discounts' and v.version_number > 3 order by 1;",
            &[&[
                Is("4"),
                Is("emil.strand"),
                Is("Dogs"),
                Is("nothing. Dogs go free."),
            ]],
        ),
        Statement::is_refused("delete from document_versions;", &["42501"]),
    ],
};

const TWO_SESSIONS: Step = Step {
    title: "Two sessions change one document at the same time",
    reason: "The second waits for the first and gets the next number: none is given twice, and none is left out.",
    statements: &[
        Statement::is_done("begin;"),
        Statement::changes(
            1,
            "update documents set content = 'Bring a coat.' where title = 'What passengers have to know';",
        ),
        Statement::changes(
            1,
            "update documents set content = 'Bring a hat.' where title = 'What passengers have to know';",
        )
        .after_waiting(),
        Statement::is_done("commit;"),
        Statement::returns(
            "select version, content from documents where title = 'What passengers have to know';",
            &[&[Is("3"), Is("Bring a hat.")]],
        ),
    ],
};

const KINDS: Step = Step {
    title: "Some links order the work, others do not",
    reason: "'blocks' and 'subtask_of' do. No task is a part of itself, not even through others.",
    statements: &[
        Statement::changes(
            1,
            "insert into task_dependencies (task_id, depends_on_task_id, dependency_type) select t.id, o.id, 'relates_to'\n\
             from tasks t, tasks o where t.title = 'Sell a ticket' and o.title = 'Open it to everybody';",
        ),
        Statement::is_refused(
            "update task_dependencies set dependency_type = 'blocks'\n\
             where task_id = (select id from tasks where title = 'Sell a ticket');",
            &["23514"],
        ),
        Statement::is_refused(
            "update tasks set parent_task_id = (select id from tasks where title = 'Pay by card') where title = 'Sell a ticket';",
            &["23514"],
        ),
    ],
};

const WAITING: Step = Step {
    title: "A task is not done before what it waits for",
    reason: "What can be begun is known at any time; here what is the most urgent.",
    statements: &[
        Statement::is_refused(
            "select complete_task(id) from tasks where title = 'Send the receipt';",
            &["55000"],
        ),
        Statement::returns(
            "select t.title, t.priority, t.due_date::date from steward.ready_tasks('tasks', null::uuid, 1) with ordinality\n\
             as ready (task, place) join tasks t on t.id = ready.task order by place;",
            &[&[Is("Pay by card"), Is("urgent"), Is("2026-11-18")]],
        ),
    ],
};

const ATTACHMENTS: Step = Step {
    title: "A file belongs to a task, a document or a project that is there, and goes with it",
    reason: "A type and an id are all that the application writes; a foreign key for each of the three is behind them.",
    statements: &[
        Statement::changes(
            1,
            "delete from tasks where title = 'The purchase hangs when the network goes';",
        ),
        Statement::returns(
            "select count(*) from file_attachments where filename in ('pier.mp4', 'nightly.log');",
            &[&[Is("0")]],
        ),
    ],
};

const HISTORY: Step = Step {
    title: "A task is completed, its project comes closer, and the log has it",
    reason: "In a log that nobody writes by hand, not even its owner.",
    statements: &[
        Statement::changes(
            1,
            "update tasks set status = 'done' where title = 'Pay by card';",
        ),
        Statement::returns(
            "select name, progress from projects where status = 'active';",
            &[&[Is("Tickets on the phone"), Is("47")]],
        ),
        Statement::returns(
            "select h.action, u.username, h.before ->> 'status' as before, h.after ->> 'status' as after\n\
             from tasks t, steward.history('tasks', t.id) h join user_names u on u.id::text = h.actor where t.title = 'Pay by card';",
            &[
                &[Is("INSERT"), Is("noor.haddad"), Null, Is("in_progress")],
                &[
                    Is("UPDATE"),
                    Is("emil.strand"),
                    Is("in_progress"),
                    Is("done"),
                ],
            ],
        ),
    ],
};

const ACCESS: Step = Step {
    title: "The same query shows each user what they may read, and a viewer deletes nothing",
    reason: "Carlos Vega is a viewer of the project that is closed here. Mei Lin has just signed up, and reads what is public.",
    statements: &[
        Statement::changes(
            1,
            "update projects set visibility = 'private' where name = 'Tickets on the phone';",
        ),
        Statement::is_done("set app.current_user_id = 'b25f5cf6-bd76-5e1c-ab3e-186286ef7133';"),
        Statement::returns(
            "with gone as (delete from tasks returning id) select (select count(*) from tasks) as seen, count(*) as deleted from gone;",
            &[&[Is("29"), Is("0")]],
        ),
        Statement::returns(
            "select set_config('app.current_user_id', sign_up('mei.lin@example.com', 'mei.lin', '!')::text, false);",
            &[&[Varies]],
        ),
        Statement::returns(
            "with gone as (delete from tasks returning id) select (select count(*) from tasks) as seen, count(*) as deleted from gone;",
            &[&[Is("8"), Is("0")]],
        ),
        Statement::is_refused("select password_hash from users;", &["42501"]),
    ],
};
