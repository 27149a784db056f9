//! The walk through Jadugar: tasks that wait for each other, what one asks of them, and who changed what.

use super::walk::Cell::{Is, Null};
use super::walk::{Statement, Step, Walk};

/// What is shown of Jadugar.
pub(super) static WALK: Walk = Walk {
    blueprint: "jadugar",
    role: "jadugar_app",
    about_role: "which is no superuser, owns none of these tables,\n\
                 and may write all of them but those that the rules write.",
    preparation: "
        create role jadugar_app login;
        grant usage on schema jadugar to jadugar_app;
        grant select, insert, update, delete on all tables in schema jadugar to jadugar_app;
        revoke insert, update, delete on jadugar.task_dependencies_rank, jadugar.tasks_readiness,
            jadugar.tasks_progress, jadugar.audit_logs from jadugar_app;
        revoke all on jadugar.schema_migrations from jadugar_app;
        alter role jadugar_app set search_path = jadugar;",
    steps: &[
        CYCLE,
        WAY_ROUND,
        NEW_TASK,
        ORDER,
        CRITICAL_PATH,
        COMPLETION,
        TWO_SESSIONS,
        AUDIT,
    ],
    documents: &[
        "docs/dependencies.md",
        "docs/tasks.md",
        "docs/progress.md",
        "docs/audit.md",
        "docs/blueprints/jadugar.md",
    ],
};

const CYCLE: Step = Step {
    title: "A dependency that would close a cycle is refused, however long the way round",
    reason: "At every isolation level, from every client. The error names the way; a form can ask beforehand.",
    statements: &[
        Statement::is_refused(
            "insert into task_dependencies (task_id, depends_on) select first.id, last.id from tasks first, tasks last\n\
             where first.title = 'Replace the old search page' and last.title = 'Switch off the old servers';",
            &["23514"],
        ),
        Statement::returns(
            "select steward.would_cycle('task_dependencies', task => first.id, depends_on => last.id) from tasks first, tasks last\n\
             where first.title = 'Replace the old search page' and last.title = 'Switch off the old servers';",
            &[&[Is("t")]],
        ),
    ],
};

const WAY_ROUND: Step = Step {
    title: "Why does the one wait for the other?",
    reason: "The shortest chain between them, with the titles of its tasks.",
    statements: &[Statement::returns(
        "select t.title, t.status from tasks first, tasks last,\n\
         \x20    unnest(steward.dependency_path('task_dependencies', last.id, first.id)) with ordinality as p (id, place)\n\
         join tasks t on t.id = p.id::uuid\n\
         where first.title = 'Replace the old search page' and last.title = 'Switch off the old servers' order by p.place;",
        &[
            &[Is("Switch off the old servers"), Is("NOT_STARTED")],
            &[Is("Archive the old database"), Is("NOT_STARTED")],
            &[
                Is("Run both shops side by side for two weeks"),
                Is("NOT_STARTED"),
            ],
            &[Is("Move all customers in one night"), Is("NOT_STARTED")],
            &[Is("Replace the old search page"), Is("BLOCKED")],
        ],
    )],
};

const NEW_TASK: Step = Step {
    title: "A new task on top of old ones costs two look-ups a dependency",
    reason: "It agrees with the order that is kept, so nothing is searched for and no other writer waits.",
    statements: &[
        Statement::changes(
            1,
            "insert into tasks (title, status, priority) values ('Celebrate', 'NOT_STARTED', 'LOW');",
        ),
        Statement::changes(
            2,
            "insert into task_dependencies (task_id, depends_on) select t.id, d.id from tasks t, tasks d\n\
             where t.title = 'Celebrate' and d.title in ('Switch off the old servers', 'Archive the old database');",
        ),
    ],
};

const ORDER: Step = Step {
    title: "In which order can it be done?",
    reason: "Each after all that it waits for; those of one depth can be done at the same time. What is left, from the first:",
    statements: &[Statement::returns(
        "select o.depth, t.title, t.status from steward.topological_order('task_dependencies', null::uuid) o\n\
         join tasks t on t.id = o.task where t.status <> 'COMPLETED' order by o.depth, t.title limit 2;",
        &[
            &[
                Is("0"),
                Is("Decide how passwords are moved"),
                Is("NOT_STARTED"),
            ],
            &[
                Is("1"),
                Is("Sign the contract with the payment provider"),
                Is("IN_PROGRESS"),
            ],
        ],
    )],
};

const CRITICAL_PATH: Step = Step {
    title: "What decides when everything is done?",
    reason: "The longest chain of tasks; here, what is next of it.",
    statements: &[Statement::returns(
        "select c.\"position\", t.title, t.status from steward.critical_path('task_dependencies') c\n\
         join tasks t on t.id = c.task::uuid where t.status <> 'COMPLETED' order by c.\"position\" limit 2;",
        &[
            &[
                Is("7"),
                Is("Measure relevance against the old search"),
                Is("IN_PROGRESS"),
            ],
            &[Is("8"), Is("Replace the old search page"), Is("BLOCKED")],
        ],
    )],
};

const COMPLETION: Step = Step {
    title: "Nothing is completed before what it waits for, and a milestone is as far as its tasks",
    reason: "Whichever statement tries. The error names the blockers; the milestone's progress is written by the rule.",
    statements: &[
        Statement::is_refused(
            "update tasks set status = 'COMPLETED' where title = 'Replace the old search page';",
            &["55000"],
        ),
        Statement::changes(
            1,
            "update tasks set status = 'COMPLETED' where title = 'Filter by language and format';",
        ),
        Statement::returns(
            "select title, progress from milestones where title = 'Search';",
            &[&[Is("Search"), Is("71")]],
        ),
    ],
};

const TWO_SESSIONS: Step = Step {
    title: "Two sessions at the same time: each adds one half of a cycle",
    reason: "Neither sees the other's row. The second waits for the first, and is refused when that commits.",
    statements: &[
        Statement::is_done("begin;"),
        Statement::changes(
            1,
            "insert into task_dependencies (task_id, depends_on) select t.id, d.id from tasks t, tasks d\n\
             where t.title = 'Write to every customer' and d.title like 'Sign the contract%';",
        ),
        Statement::is_refused(
            "insert into task_dependencies (task_id, depends_on) select t.id, d.id from tasks t, tasks d\n\
             where t.title like 'Sign the contract%' and d.title = 'Write to every customer';",
            &["23514"],
        )
        .after_waiting(),
        Statement::is_done("commit;"),
    ],
};

const AUDIT: Step = Step {
    title: "Who changed what is recorded, and what is secret is not",
    reason: "The application says for whom it acts. It may read the log, and has no other right on it.",
    statements: &[
        // Viktor Hahn.
        Statement::is_done("set app.current_user_id = 'cfa5d2ad-2359-564f-a36b-77226c9fc867';"),
        Statement::changes(
            1,
            "update users set role = 'MANAGER', password_hash = 'a new secret' where name = 'Lena Fischer';",
        ),
        Statement::returns(
            "select h.action, by.name as by, h.before ->> 'role' as before, h.after ->> 'role' as after,\n\
             \x20      h.after -> 'password_hash' as password_hash from users u, steward.history('users', u.id) h\n\
             left join users by on by.id::text = h.actor where u.name = 'Lena Fischer';",
            &[
                &[
                    Is("INSERT"),
                    Is("Asha Menon"),
                    Null,
                    Is("DEVELOPER"),
                    Is(REDACTED),
                ],
                &[
                    Is("UPDATE"),
                    Is("Viktor Hahn"),
                    Is("DEVELOPER"),
                    Is("MANAGER"),
                    Is(REDACTED),
                ],
            ],
        ),
        Statement::is_refused("delete from audit_logs;", &["42501"]),
    ],
};

/// What stands for a secret.
const REDACTED: &str = "{\"redacted\": true}";
