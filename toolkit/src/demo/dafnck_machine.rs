//! The walk through DafnckMachine: versions that write themselves, kinds of dependencies, parts of tasks, what waits, attachments.

use super::walk::Cell::{Is, Null};
use super::walk::{Statement, Step, Walk};

/// What is shown of DafnckMachine.
pub(super) static WALK: Walk = Walk {
    blueprint: "dafnck_machine",
    role: "dafnck_app",
    about_role: "which is no superuser, owns none of these tables,\n\
                 and may write all of them but the versions, what is counted of the tasks, and the audit log.",
    preparation: "
        create role dafnck_app login;
        grant usage on schema dafnck_machine to dafnck_app;
        grant select, insert, update, delete on all tables in schema dafnck_machine to dafnck_app;
        revoke insert, update, delete on dafnck_machine.document_versions, dafnck_machine.task_dependencies_rank,
            dafnck_machine.tasks_parents_rank, dafnck_machine.tasks_readiness, dafnck_machine.tasks_progress,
            dafnck_machine.audit_log from dafnck_app;
        revoke all on dafnck_machine.schema_migrations from dafnck_app;
        alter role dafnck_app set search_path = dafnck_machine;",
    steps: &[VERSIONS, TWO_SESSIONS, KINDS, PARTS, WAITING, ATTACHMENTS, HISTORY],
    documents: &["docs/blueprints/dafnck_machine.md"],
};

const VERSIONS: Step = Step {
    title: "A document keeps its versions by itself",
    reason: "The application says for whom it acts, and what was changed. It has no right to write the versions.",
    statements: &[
        // Emil Strand.
        Statement::is_done("set app.current_user_id = '4bbf66a3-1145-5c11-85a1-4088e9fb7717';"),
        Statement::is_done("set app.change_summary = 'Dogs';"),
        Statement::changes(
            1,
            "update documents set content = content || ' Dogs go free.' where title = 'Fares and discounts';",
        ),
        Statement::is_done("reset app.change_summary;"),
        Statement::returns(
            "select v.version_number, u.username, v.change_summary, right(v.content, 22) as ends_with\n\
             from documents d join document_versions v on v.document_id = d.id join users u on u.id = v.author_id\n\
             where d.title = 'Fares and discounts' and v.version_number > 2 order by 1;",
            &[
                &[
                    Is("3"),
                    Is("yuki.tanabe"),
                    Is("Bicycles"),
                    Is(" a folded one nothing."),
                ],
                &[
                    Is("4"),
                    Is("emil.strand"),
                    Is("Dogs"),
                    Is("nothing. Dogs go free."),
                ],
            ],
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
            "select v.version_number, v.content, d.version from documents d join document_versions v on v.document_id = d.id\n\
             where d.title = 'What passengers have to know' order by 1;",
            &[
                &[Is("1"), Is(""), Is("3")],
                &[Is("2"), Is("Bring a coat."), Is("3")],
                &[Is("3"), Is("Bring a hat."), Is("3")],
            ],
        ),
    ],
};

const KINDS: Step = Step {
    title: "Some links order the work, others do not",
    reason: "'blocks' and 'subtask_of' do. The opening waits for the trial, and that for the sale.",
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
    ],
};

const PARTS: Step = Step {
    title: "No task is a part of itself, not even through others",
    reason: "The column parent_task_id is guarded too.",
    statements: &[Statement::is_refused(
        "update tasks set parent_task_id = (select id from tasks where title = 'Pay by card') where title = 'Sell a ticket';",
        &["23514"],
    )],
};

const WAITING: Step = Step {
    title: "A task is not done before what it waits for",
    reason: "What can be begun is known at any time; here the two that are the most urgent.",
    statements: &[
        Statement::is_refused(
            "select complete_task(id) from tasks where title = 'Send the receipt';",
            &["55000"],
        ),
        Statement::returns(
            "select t.title, t.priority, t.due_date::date from steward.ready_tasks('tasks', null::uuid, 2) with ordinality\n\
             as ready (task, place) join tasks t on t.id = ready.task order by place;",
            &[
                &[Is("Pay by card"), Is("urgent"), Is("2026-11-18")],
                &[
                    Is("Check a ticket on board"),
                    Is("urgent"),
                    Is("2026-11-30"),
                ],
            ],
        ),
    ],
};

const ATTACHMENTS: Step = Step {
    title: "A file belongs to a task, a document or a project that is there, and goes with it",
    reason: "A type and an id are all that the application writes; a foreign key for each of the three is behind them.",
    statements: &[
        Statement::is_refused(
            "update file_attachments set entity_id = '11111111-2222-4333-8444-555555555555' where filename = 'pier.mp4';",
            &["23503"],
        ),
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
        Statement::returns(
            "select complete_task(id) from tasks where title = 'Pay by card';",
            &[&[Null]],
        ),
        Statement::returns(
            "select name, progress from projects where status = 'active';",
            &[&[Is("Tickets on the phone"), Is("47")]],
        ),
        Statement::returns(
            "select h.action, u.username, h.before ->> 'status' as before, h.after ->> 'status' as after\n\
             from tasks t, steward.history('tasks', t.id) h join users u on u.id::text = h.actor where t.title = 'Pay by card';",
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
