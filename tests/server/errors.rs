//! Errors are PostgreSQL's own way of failing: with all fields, no text of ours added, and a session
//! that goes on.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use steward_tests::{Database, Refusal, Role, Server, Session, tests};
use steward_toolkit::cluster::ClusterOptions;

tests![
    functions_called_as_they_are_not_meant,
    triggers_of_another_kind,
    an_error_does_not_end_the_transaction_of_a_savepoint,
    errors_by_the_thousand,
    the_context_names_the_statement,
    a_backtrace_is_never_added,
];

/// The refusal of every call that takes the table's owner.
#[track_caller]
pub(crate) fn assert_must_be_owner(refusal: &Refusal, schema: &str, table: &str) {
    let hint = refusal.hint().unwrap_or_default();
    assert!(
        hint.ends_with(" as the table's owner, or as a member of the owning role."),
        "{hint}"
    );
    assert_eq!(
        refusal.to_string(),
        format!(
            "42501: must be owner of table {schema}.{table}\nHINT: {hint}\nSCHEMA: {schema}\nTABLE: {table}"
        )
    );
}

fn functions_called_as_they_are_not_meant(database: &Database) {
    let mut owner = database.owner();
    for function in ["set_updated_at", "record_stage_transition"] {
        let refusal = owner.refusal(&format!("select steward.{function}()"));
        assert_eq!(
            refusal.to_string(),
            format!(
                "39P01: steward.{function}() was not called as a trigger\n\
                 HINT: Attach it to a table; `select * from steward.attachments` lists what is attached."
            )
        );
    }
}

fn triggers_of_another_kind(database: &Database) {
    let mut owner = database.owner();
    owner.run("create table t (id integer, updated_at timestamptz); insert into t values (1)");
    for (kind, message, hint) in [
        (
            "after update on t for each row",
            "trigger wrong on public.t is not a row-level BEFORE trigger",
            "Write BEFORE ... FOR EACH ROW EXECUTE FUNCTION steward.set_updated_at(...).",
        ),
        (
            "before update on t for each statement",
            "trigger wrong on public.t is not a row-level BEFORE trigger",
            "Write BEFORE ... FOR EACH ROW EXECUTE FUNCTION steward.set_updated_at(...).",
        ),
        (
            "before insert or update on t for each row",
            "trigger wrong on public.t does not fire on UPDATE alone",
            "Create it with select steward.track_updated_at(...), or write BEFORE UPDATE.",
        ),
        (
            "before delete on t for each row",
            "trigger wrong on public.t does not fire on UPDATE alone",
            "Create it with select steward.track_updated_at(...), or write BEFORE UPDATE.",
        ),
    ] {
        owner.run(&format!(
            "create trigger wrong {kind} execute function steward.set_updated_at()"
        ));
        let statement = match kind {
            _ if kind.contains("insert") => "insert into t values (2)",
            _ if kind.contains("delete") => "delete from t",
            _ => "update t set id = 3",
        };
        assert_eq!(
            owner.refusal(statement).to_string(),
            format!("39P01: {message}\nHINT: {hint}\nSCHEMA: public\nTABLE: t")
        );
        owner.run("drop trigger wrong on t");
    }
    // Arguments that the function does not take, and a trigger on a view.
    owner.run("create trigger wrong before update on t for each row execute function steward.set_updated_at('updated_at', 'always')");
    assert_eq!(
        owner.refusal("update t set id = 3").to_string(),
        "39P01: trigger wrong on public.t has arguments that steward.set_updated_at() does not take\n\
         HINT: The arguments are the column's name and, optionally, 'only_changes'.\n\
         SCHEMA: public\n\
         TABLE: t"
    );
    owner.run(
        "create view v as select * from t;
         create trigger wrong instead of update on v for each row execute function steward.set_updated_at()",
    );
    assert_eq!(owner.sqlstate("update v set id = 3"), "39P01");
    assert_eq!(owner.value("select id from t"), "1", "no row was lost");
}

fn an_error_does_not_end_the_transaction_of_a_savepoint(database: &Database) {
    let mut owner = database.owner();
    owner.run("create table t (updated_at timestamptz); begin");
    owner.run("savepoint s");
    for call in [
        "'t', column_name => 'nope'",
        "null",
        "'t', column_name => 'ctid'",
    ] {
        owner.refusal(&format!("select steward.track_updated_at({call})"));
        owner.run("rollback to s");
    }
    owner.run("select steward.track_updated_at('t'); commit");
    assert_eq!(owner.value("select count(*) from steward.attachments"), "1");
}

/// A session whose errors were kept would grow, and one whose error stack was left full would PANIC.
fn errors_by_the_thousand(database: &Database) {
    // Only a superuser may look at the memory of his session.
    let mut session = database.superuser();
    session.run(
        "create table t (id integer, updated_at timestamptz); insert into t values (1);
         select steward.track_updated_at('t');
         alter table t rename updated_at to gone",
    );
    let process = session.process();
    session.run(
        "do $$ begin
             for n in 1..5000 loop
                 begin
                     update t set id = n;
                     raise 'not refused';
                 exception when undefined_column then
                 end;
                 begin
                     perform steward.track_updated_at('t', column_name => 'nope');
                     raise 'not refused';
                 exception when undefined_column then
                 end;
             end loop;
         end $$",
    );
    assert_eq!(
        session.value("select pg_backend_pid()"),
        process.to_string()
    );
    assert!(session.holds("select sum(total_bytes) < 50000000 from pg_backend_memory_contexts"));
}

fn the_context_names_the_statement(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table t (id integer, updated_at timestamptz); insert into t values (1);
         select steward.track_updated_at('t');
         alter table t rename updated_at to gone;
         create function touch() returns void language plpgsql as $$ begin update t set id = 2; end $$",
    );
    let refusal = owner.refusal("select touch()");
    let context = refusal.context().expect("a context");
    assert!(context.contains("PL/pgSQL function touch()"), "{context}");
}

/// Programs of the server that run with `RUST_BACKTRACE=1`, as an administrator may have set it.
fn programs_with_backtrace(programs: &Path, folder: &Path) {
    for program in ["initdb", "postgres"] {
        let script = folder.join(program);
        let text = format!(
            "#!/bin/sh\nRUST_BACKTRACE=1 exec '{}' \"$@\"\n",
            programs.join(program).display()
        );
        fs::write(&script, text).expect("a script");
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("its mode");
    }
}

fn a_backtrace_is_never_added(database: &Database) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("its mode");
    let programs = database.server().cluster().bin_directory();
    programs_with_backtrace(programs, folder.path());
    let options = ClusterOptions {
        bin_directory: Some(folder.path().to_path_buf()),
        ..ClusterOptions::default()
    };
    let server = Arc::new(Server::start_with(&options).expect("a server"));
    let database = Database::create(Arc::clone(&server)).expect("a database");
    let mut superuser = database.superuser();
    superuser.run("create temporary table environment (line text); copy environment from program 'echo $RUST_BACKTRACE'");
    assert_eq!(
        superuser.value("select line from environment"),
        "1",
        "the control"
    );

    let mut owner = database.owner();
    owner.run(
        "create table t (id integer, updated_at timestamptz); insert into t values (1);
         select steward.track_updated_at('t')",
    );
    check_details(&mut owner);
    let mut writer = database.session(Role::Writer);
    let refusal = writer.refusal("select steward.track_updated_at('t')");
    assert_eq!((refusal.sqlstate(), refusal.detail()), ("42501", None));
}

fn check_details(owner: &mut Session) {
    let refusal = owner.refusal("select steward.track_updated_at('t', column_name => 'nope')");
    assert_eq!(refusal.detail(), Some("Its columns are: id, updated_at."));
    let refusal = owner.refusal("select steward.track_updated_at(null)");
    assert_eq!(refusal.detail(), None);
    owner.run("create trigger zz before insert on t for each row execute function steward.set_updated_at()");
    let refusal =
        owner.refusal("select steward.track_updated_at('t', only_changes => true, name => 'zz')");
    assert_eq!(
        (refusal.sqlstate(), refusal.detail()),
        ("42710", None),
        "an error of PostgreSQL's own"
    );
    owner.run("alter table t rename updated_at to gone");
    let refusal = owner.refusal("update t set id = 2");
    assert_eq!(
        refusal.detail(),
        Some("The column was renamed or dropped after the trigger was created.")
    );
}
