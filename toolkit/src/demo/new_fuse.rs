//! The walk through New Fuse: timestamps, stages, dependencies, and a table of one's own.

use super::walk::Cell::{Is, Null, Varies};
use super::walk::{Statement, Step, Walk};

/// What is shown of New Fuse.
pub(super) static WALK: Walk = Walk {
    blueprint: "new_fuse",
    role: "fuse_app",
    about_role: "which is no superuser, owns none of these tables,\n\
                 and may write all of them but those that the rules write.",
    preparation: "
        create role fuse_app login;
        create schema fuse_app authorization fuse_app;
        grant usage on schema new_fuse to fuse_app;
        grant select, insert, update, delete on all tables in schema new_fuse to fuse_app;
        revoke insert, update, delete on new_fuse.stage_transitions, new_fuse.feature_dependencies_rank,
            new_fuse.tasks_readiness, new_fuse.tasks_progress from fuse_app;
        revoke all on new_fuse.schema_migrations from fuse_app;
        alter role fuse_app set search_path = fuse_app, new_fuse;",
    steps: &[
        ATTACHED,
        STAMP,
        COMPLETION,
        HISTORY,
        NOT_ALLOWED,
        CYCLE,
        OWN_TABLE,
        MISSING_INDEX,
    ],
    documents: &[
        "docs/timestamps.md",
        "docs/stages.md",
        "docs/progress.md",
        "docs/blueprints/new_fuse.md",
    ],
};

const ATTACHED: Step = Step {
    title: "The rules of a schema",
    reason: "They are ordinary triggers: \\d shows them, pg_dump carries them, this view lists them.",
    statements: &[Statement::returns(
        "select distinct target::text, capability from steward.attachments\n\
         where pg_table_is_visible(target) order by target, capability;",
        &[
            &[Is("feature_dependencies"), Is("dependencies")],
            &[Is("features"), Is("stages")],
            &[Is("features"), Is("timestamps")],
            &[Is("messages"), Is("timestamps")],
            &[Is("tasks"), Is("progress")],
            &[Is("tasks"), Is("tasks")],
            &[Is("tasks"), Is("timestamps")],
            &[Is("users"), Is("timestamps")],
        ],
    )],
};

const STAMP: Step = Step {
    title: "An UPDATE stamps its rows, and the stamp cannot be forged",
    reason: "Whatever a client sends, the column holds the time of the transaction: the value of now().",
    statements: &[Statement::returns(
        "update tasks set status = 'in_progress', updated_at = '2000-01-01'\n\
         where title = 'Sketch the three views' returning updated_at, updated_at = now() as is_now;",
        &[&[Varies, Is("t")]],
    )],
};

const COMPLETION: Step = Step {
    title: "A completed task says when it was, and takes its feature further",
    reason: "The share is written by the rule; who writes tasks needs no right on features for it.",
    statements: &[
        Statement::changes(
            1,
            "update tasks set status = 'completed' where title = 'Sketch the three views';",
        ),
        Statement::returns(
            "select t.completed_at is not null as stamped, round(f.completion_percentage) as percent\n\
             from tasks t join features f on f.id = t.feature_id where t.title = 'Sketch the three views';",
            &[&[Is("t"), Is("33")]],
        ),
    ],
};

const HISTORY: Step = Step {
    title: "A feature that moves through stages writes its own history",
    reason: "With the milliseconds in each stage. An UPDATE that leaves the stage as it was writes nothing.",
    statements: &[
        Statement::changes(
            1,
            "insert into features (name, description, current_stage)\n\
             values ('Dark mode', 'Light text on a dark ground.', 'planning');",
        ),
        Statement::is_done("select pg_sleep(0.2);"),
        Statement::changes(
            1,
            "update features set current_stage = 'design' where name = 'Dark mode';",
        ),
        Statement::changes(
            1,
            "update features set current_stage = 'design', description = 'White on black.' where name = 'Dark mode';",
        ),
        Statement::returns(
            "select t.from_stage, t.to_stage, t.duration\n\
             from stage_transitions t join features f on f.id = t.feature_id\n\
             where f.name = 'Dark mode' order by t.\"timestamp\";",
            &[
                &[Null, Is("planning"), Null],
                &[Is("planning"), Is("design"), Varies],
            ],
        ),
    ],
};

const NOT_ALLOWED: Step = Step {
    title: "Who may write the rows may neither write the history nor switch off the rule",
    reason: "The rule writes as the owner of the history, so an application needs no right to do so.",
    statements: &[
        Statement::is_refused(
            "insert into stage_transitions (to_stage) values ('released');",
            &["42501"],
        ),
        Statement::is_refused("select steward.detach('features', 'stages');", &["42501"]),
    ],
};

const CYCLE: Step = Step {
    title: "A feature cannot be built on one that is built on it",
    reason: "Offline mode needs Message threads, which need Single sign-on. The error names that way round.",
    statements: &[Statement::is_refused(
        "insert into feature_dependencies (feature_id, depends_on)\n\
         select f.id, d.id from features f, features d\n\
         where f.name = 'Single sign-on' and d.name = 'Offline mode';",
        &["23514"],
    )],
};

const OWN_TABLE: Step = Step {
    title: "A table of your own, in one call",
    reason: "Any table, any names; no superuser is needed.",
    statements: &[
        Statement::is_done(
            "create table tickets (id bigint primary key, state text not null,\n\
             \x20                     touched timestamptz not null default now());",
        ),
        Statement::is_done("select steward.track_updated_at('tickets', column_name => 'touched');"),
        Statement::changes(
            1,
            "insert into tickets values (1, 'open', '2026-01-01 00:00+00');",
        ),
        Statement::returns(
            "update tickets set state = 'answered' where id = 1 returning touched = now() as is_now;",
            &[&[Is("t")]],
        ),
    ],
};

const MISSING_INDEX: Step = Step {
    title: "A call that cannot work says how to mend it",
    reason: "Refused when attaching, rather than slow at every UPDATE from then on.",
    statements: &[
        Statement::is_done(
            "create table ticket_history (ticket_id bigint not null, from_stage text, to_stage text,\n\
             \x20                            \"timestamp\" timestamptz, duration bigint);",
        ),
        Statement::is_refused_with_hint(
            "select steward.track_stages('tickets', stage => 'state',\n\
             \x20                           destination => 'ticket_history', row_column => 'ticket_id');",
            &["55000"],
            CREATE_INDEX,
        ),
        Statement::is_done(CREATE_INDEX),
        Statement::is_done(
            "select steward.track_stages('tickets', stage => 'state',\n\
             \x20                           destination => 'ticket_history', row_column => 'ticket_id');",
        ),
    ],
};

/// Run as the HINT gives it.
const CREATE_INDEX: &str = "create index on fuse_app.ticket_history (ticket_id);";
