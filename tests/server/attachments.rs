//! The view `steward.attachments` and `steward.detach`.

use steward_tests::{Database, Role, Session, tests};

use crate::errors::assert_must_be_owner;

tests![
    every_column_of_the_view,
    arguments_are_told_apart,
    triggers_of_others_are_not_listed,
    enabled_as_the_catalog_has_it,
    partitions_are_not_listed,
    the_definition_makes_the_same_trigger,
    anyone_may_read_the_view,
    detach_drops_what_the_view_lists,
    detach_of_nothing_is_a_notice,
    detach_from_a_partition,
    detach_from_what_was_a_partition,
    detach_by_the_name_that_was_given,
    wrong_arguments_of_detach,
];

const TABLES: &str = "
    create table tasks (id integer primary key, stage text not null, updated_at timestamptz, seen_at timestamptz);
    create table history (
        feature_id integer, from_stage text, to_stage text not null, timestamp timestamptz not null, duration bigint
    );
    create index on history (feature_id)";

const TRACK_STAGES: &str =
    "select steward.track_stages('tasks', stage => 'stage', destination => 'history')";

fn owner_of_attached(database: &Database) -> Session {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("select steward.track_updated_at('tasks', only_changes => true)");
    owner.run(TRACK_STAGES);
    owner
}

fn every_column_of_the_view(database: &Database) {
    let mut owner = owner_of_attached(database);
    assert_eq!(
        owner.rows("select * from steward.attachments order by capability"),
        [
            "tasks|stages|steward_stage|{id,stage,feature_id,from_stage,to_stage,timestamp,duration}|history|origin|\
             CREATE CONSTRAINT TRIGGER steward_stage AFTER INSERT OR UPDATE ON public.tasks FROM history \
             NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION \
             steward.record_stage_transition('id', 'stage', 'feature_id', 'from_stage', 'to_stage', 'timestamp', 'duration')",
            "tasks|timestamps|steward_updated_at|{updated_at,only_changes}|NULL|origin|\
             CREATE TRIGGER steward_updated_at BEFORE UPDATE ON public.tasks FOR EACH ROW EXECUTE FUNCTION \
             steward.set_updated_at('updated_at', 'only_changes')",
        ]
    );
}

/// Arguments are kept in one value with a zero byte after each.
fn arguments_are_told_apart(database: &Database) {
    let mut owner = database.owner();
    owner.run("create table t (updated_at timestamptz)");
    for arguments in [
        &[][..],
        &[""],
        &["", ""],
        &["", "", "a"],
        &["a", ""],
        &["\\000"],
        &["a\\000b", "\\"],
        &["\\\\000", "\\0", "0"],
        &["00", "a0", "0a", "\u{10}", "p"],
        &["it's", "\"q\"", "{a,b}", "NULL", "a,b"],
        &["ä€😀", "\n\t "],
        &["Ā", "ȀĀ"],
    ] {
        let literals: Vec<_> = arguments
            .iter()
            .map(|argument| crate::hostile::literal(argument))
            .collect();
        let literals = literals.join(", ");
        owner.run(&format!(
            "create trigger by_hand before update on t for each row execute function steward.set_updated_at({literals})"
        ));
        assert!(
            owner.holds(&format!(
                "select arguments = array[{literals}]::text[] from steward.attachments"
            )),
            "{arguments:?} reads as {}",
            owner.value("select arguments from steward.attachments")
        );
        owner.run("drop trigger by_hand on t");
    }
}

fn triggers_of_others_are_not_listed(database: &Database) {
    let mut owner = database.owner();
    database
        .superuser()
        .run("create schema \"Steward\" authorization owner");
    owner.run(
        "create table parents (id integer primary key);
         create table t (id integer references parents, updated_at timestamptz);
         create function public.set_updated_at() returns trigger language plpgsql as 'begin return new; end';
         create function \"Steward\".set_updated_at() returns trigger language plpgsql as 'begin return new; end';
         create trigger steward_updated_at before update on t for each row execute function public.set_updated_at();
         create trigger steward_other before update on t for each row execute function \"Steward\".set_updated_at()",
    );
    assert!(owner.rows("select from steward.attachments").is_empty());
    assert_eq!(owner.value("select steward.detach('t', 'timestamps')"), "0");
    assert_eq!(
        owner.value(
            "select count(*) from pg_trigger where tgrelid = 't'::regclass and not tgisinternal"
        ),
        "2"
    );
}

fn enabled_as_the_catalog_has_it(database: &Database) {
    let mut owner = owner_of_attached(database);
    for (action, expected) in [
        ("enable always", "always"),
        ("enable replica", "replica"),
        ("disable", "disabled"),
        ("enable", "origin"),
    ] {
        owner.run(&format!(
            "alter table tasks {action} trigger steward_updated_at"
        ));
        assert_eq!(
            owner.rows("select enabled from steward.attachments order by capability"),
            ["origin", expected]
        );
    }
}

fn partitions_are_not_listed(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table t (id integer, updated_at timestamptz) partition by range (id);
         create table low partition of t for values from (0) to (10);
         select steward.track_updated_at('t');
         create table high partition of t for values from (10) to (20);
         create trigger own before update on high for each row execute function steward.set_updated_at()",
    );
    assert_eq!(
        owner.rows("select target, name from steward.attachments order by 1"),
        ["t|steward_updated_at", "high|own"]
    );
}

fn the_definition_makes_the_same_trigger(database: &Database) {
    let mut owner = owner_of_attached(database);
    let before = owner.rows("select * from steward.attachments order by name");
    for (name, definition) in ["steward_stage", "steward_updated_at"].map(|name| {
        (
            name,
            owner.value(&format!(
                "select definition from steward.attachments where name = '{name}'"
            )),
        )
    }) {
        owner.run(&format!("drop trigger {name} on tasks; {definition}"));
    }
    assert_eq!(
        owner.rows("select * from steward.attachments order by name"),
        before
    );
}

fn anyone_may_read_the_view(database: &Database) {
    owner_of_attached(database);
    let mut stranger = database.session(Role::Stranger);
    stranger.run("set search_path = stranger");
    assert_eq!(
        stranger.rows("select target, capability from steward.attachments order by 2"),
        ["public.tasks|stages", "public.tasks|timestamps"]
    );
    assert_eq!(stranger.sqlstate("create table steward.mine ()"), "42501");
}

fn detach_drops_what_the_view_lists(database: &Database) {
    let mut owner = owner_of_attached(database);
    owner.run("select steward.track_updated_at('tasks', column_name => 'seen_at', name => 'seen')");
    assert_eq!(
        owner.value("select steward.detach('tasks', 'timestamps', name => 'seen')"),
        "1"
    );
    assert_eq!(
        owner.rows("select name from steward.attachments order by 1"),
        ["steward_stage", "steward_updated_at"]
    );
    owner.run("select steward.track_updated_at('tasks', column_name => 'seen_at')");
    assert_eq!(
        owner.value("select steward.detach('tasks', 'timestamps')"),
        "2"
    );
    assert_eq!(
        owner.rows("select name from steward.attachments"),
        ["steward_stage"]
    );
    owner.run("insert into tasks values (1, 'a')");
    assert_eq!(owner.value("select steward.detach('tasks', 'stages')"), "1");
    owner.run("update tasks set stage = 'b'");
    assert_eq!(
        owner.rows("select to_stage from history"),
        ["a"],
        "what was written stays"
    );
    // In the transaction that attached it, too.
    owner.run("begin");
    owner.run(TRACK_STAGES);
    owner.run("update tasks set stage = 'c'");
    assert_eq!(owner.value("select steward.detach('tasks', 'stages')"), "1");
    owner.run("update tasks set stage = 'd'; commit");
    assert_eq!(owner.rows("select to_stage from history"), ["a", "c"]);
}

fn detach_of_nothing_is_a_notice(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("begin");
    assert_eq!(owner.value("select steward.detach('tasks', 'stages')"), "0");
    assert_eq!(
        owner.notices(),
        ["NOTICE: stages is not attached to public.tasks"]
    );
    assert_eq!(
        owner.rows("select mode from pg_locks where relation = 'tasks'::regclass"),
        ["AccessShareLock"]
    );
    owner.run("commit; select steward.track_updated_at('tasks')");
    assert_eq!(
        owner.value("select steward.detach('tasks', 'timestamps', name => 'my \"own\"')"),
        "0"
    );
    assert_eq!(
        owner.notices(),
        ["NOTICE: timestamps is not attached to public.tasks under the name \"my \"\"own\"\"\""]
    );
}

fn detach_from_a_partition(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table t (id integer, updated_at timestamptz) partition by range (id);
         create table low partition of t for values from (0) to (10);
         select steward.track_updated_at('t')",
    );
    assert_eq!(
        owner.value("select steward.detach('low', 'timestamps')"),
        "0"
    );
    assert_eq!(
        owner.notices(),
        ["NOTICE: timestamps is not attached to public.low\n\
          HINT: What a partition has from its parent is detached from the parent."]
    );
    assert_eq!(
        owner
            .refusal("select steward.track_updated_at('low', only_changes => true)")
            .to_string(),
        "42809: trigger steward_updated_at of partition public.low belongs to the partitioned table\n\
         HINT: Make the call for the partitioned table; its partitions follow.\n\
         SCHEMA: public\n\
         TABLE: low"
    );
}

fn detach_from_what_was_a_partition(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "select steward.create_audit_log('audit.log');
         create table t (id integer primary key) partition by range (id);
         create table low partition of t for values from (0) to (10);
         select steward.audit('t', 'audit.log'); alter table t detach partition low",
    );
    let detach = "select steward.detach('low', 'audit')";
    assert_eq!(
        owner.refusal(detach).to_string(),
        "55000: trigger steward_audit of public.low belongs to public.t, of which it was a partition\n\
         DETAIL: It goes when the trigger of the whole goes.\n\
         HINT: Detach from public.t, and attach to it again, in one transaction.\n\
         SCHEMA: public\nTABLE: low"
    );
    owner.run("select steward.detach('t', 'audit')");
    assert_eq!(
        owner.value("select count(*) from pg_trigger where tgrelid = 'low'::regclass and tgname = 'steward_audit'"),
        "0"
    );
}

fn detach_by_the_name_that_was_given(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table t (id integer primary key, parent integer); create index on t (parent);
         select steward.guard_dependencies('t', task => 'id', depends_on => 'parent', name => 'parents')",
    );
    let detach = "select steward.detach('t', 'dependencies', name => 'parents')";
    assert_eq!(owner.value(detach), "1");
    assert_eq!(owner.value(detach), "0");
}

fn wrong_arguments_of_detach(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("create view v as select 1 as one");
    for (call, expected) in [
        (
            "null, 'stages'",
            "22023: argument \"target\" must not be NULL",
        ),
        (
            "'tasks', null",
            "22023: argument \"capability\" must not be NULL",
        ),
        (
            "'v', 'stages'",
            "42809: public.v is not a table\n\
             DETAIL: A rule can be attached to an ordinary or a partitioned table.\n\
             SCHEMA: public\n\
             TABLE: v",
        ),
    ] {
        let refusal = owner.refusal(&format!("select steward.detach({call})"));
        assert_eq!(refusal.to_string(), expected);
    }
    let refusal = owner.refusal("select steward.detach('pg_class', 'stages')");
    assert_must_be_owner(&refusal, "pg_catalog", "pg_class");
    let refusal = owner.refusal("select steward.detach('tasks', 'it''s')");
    assert_eq!(
        (refusal.sqlstate(), refusal.message()),
        ("22023", "there is no capability 'it''s'")
    );
    let hint = refusal.hint().unwrap_or_default();
    assert!(
        hint.starts_with("The capabilities are: timestamps, stages"),
        "{hint}"
    );
}
