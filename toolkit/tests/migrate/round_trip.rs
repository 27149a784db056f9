//! Up, down and up again, by every way that the command offers.

use crate::fixture::{Database, Folder};

/// Everything in the schema that a migration could have made, but for the history.
const CATALOG: &str = "select coalesce(string_agg(relkind::text || ' ' || relname, ', ' order by relname), '')
    from pg_class where relnamespace = 'public'::regnamespace and relname not like 'schema_migrations%'";

#[test]
fn up_down_up_leaves_the_same_schema() {
    let database = Database::new();
    let folder = Folder::with_tables(3);
    database
        .migrate(&folder, &["up"])
        .succeeds()
        .says(&["applied V1__step_1", "applied V3__step_3"]);
    let first = database.value(CATALOG);
    assert_eq!(database.applied("public"), "1 2 3");
    database
        .migrate(&folder, &["up"])
        .succeeds()
        .says(&["nothing to do"]);
    database
        .migrate(&folder, &["down", "--all", "--yes"])
        .succeeds();
    assert_eq!(database.value(CATALOG), "");
    assert_eq!(
        database.value("select to_regclass('public.schema_migrations')::text"),
        ""
    );
    database.migrate(&folder, &["up"]).succeeds();
    assert_eq!(database.value(CATALOG), first);
}

#[test]
fn up_and_down_stop_where_they_are_told() {
    let database = Database::new();
    let folder = Folder::with_tables(5);
    for (arguments, applied) in [
        (&["up", "--steps", "2"][..], "1 2"),
        (&["up", "--to", "4"], "1 2 3 4"),
        (&["down", "--yes"], "1 2 3"),
        (&["down", "--steps", "2", "--yes"], "1"),
        (&["goto", "5"], "1 2 3 4 5"),
        (&["goto", "3", "--yes"], "1 2 3"),
        (&["down", "--to", "1", "--yes"], "1"),
        (&["goto", "0", "--yes"], ""),
        (&["goto", "2"], "1 2"),
        (&["down", "--to", "0", "--yes"], ""),
    ] {
        database.migrate(&folder, arguments).succeeds();
        assert_eq!(database.applied("public"), applied, "{arguments:?}");
    }
}

#[test]
fn redo_applies_the_file_as_it_is_now() {
    let database = Database::new();
    let folder = Folder::with_tables(2);
    database.migrate(&folder, &["up"]).succeeds();
    folder.pair(2, "create table other (id int);", "drop table other;");
    database.migrate(&folder, &["redo", "--yes"]).succeeds();
    assert_eq!(database.value("select to_regclass('other')::text"), "other");
    assert_eq!(database.value("select to_regclass('t2')::text"), "");
    database.migrate(&folder, &["verify"]).succeeds();
}

#[test]
fn down_runs_the_recorded_script() {
    let database = Database::new();
    let folder = Folder::with_tables(1);
    database.migrate(&folder, &["up"]).succeeds();
    folder.write("V1__step_1.down.sql", "select 1 / 0;");
    database.migrate(&folder, &["down", "--yes"]).succeeds();
    assert_eq!(database.value("select to_regclass('t1')::text"), "");
}

#[test]
fn a_recorded_script_that_fails_can_be_mended() {
    let database = Database::new();
    let folder = Folder::with_tables(1);
    let mend = "steward migrate verify --restamp";
    folder.write("V1__step_1.down.sql", "drop table t2;");
    database.migrate(&folder, &["up"]).succeeds();
    let refused = database
        .migrate(&folder, &["down", "--yes"])
        .ends_with(1)
        .says(&["V1__step_1.down.sql:1", "V1__step_1 was rolled back"]);
    assert!(!refused.stderr.contains(mend), "{}", refused.stderr);

    folder.write("V1__step_1.down.sql", "drop table t1;");
    database
        .migrate(&folder, &["down", "--yes"])
        .ends_with(1)
        .says(&["down_script of version 1:1", mend]);
    database
        .migrate(&folder, &["verify", "--restamp", "--yes"])
        .succeeds();
    database.migrate(&folder, &["down", "--yes"]).succeeds();
}

#[test]
fn the_history_row_tells_the_whole_story() {
    let database = Database::new();
    let folder = Folder::with_tables(1);
    database.migrate(&folder, &["up"]).succeeds();
    let row = database.value(
        "select concat_ws('|', version, name, down_script, irreversible, transactional, baseline,
                applied_by, steward_version, duration > interval '0',
                applied_on::timestamptz between now() - interval '1 minute' and now())
           from schema_migrations",
    );
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        row,
        format!("1|step_1|drop table t1;\n|f|t|f|postgres|{version}|t|t")
    );
    let uncommented = database.value(
        "select string_agg(attname::text, ', ') from pg_attribute
          where attrelid = 'schema_migrations'::regclass and attnum > 0
            and col_description(attrelid, attnum) is null",
    );
    assert_eq!(uncommented, "");
}

#[test]
fn baseline_records_without_running() {
    let database = Database::new();
    let folder = Folder::with_tables(3);
    database
        .migrate(&folder, &["baseline", "2"])
        .succeeds()
        .says(&["recorded V1__step_1", "recorded V2__step_2"]);
    assert_eq!(database.applied("public"), "1 2");
    assert_eq!(database.value("select to_regclass('t1')::text"), "");
    database.migrate(&folder, &["up"]).succeeds();
    assert_eq!(database.value("select to_regclass('t3')::text"), "t3");
    let scripts =
        database.value("select count(down_script)::text from schema_migrations where baseline");
    assert_eq!(scripts, "2");
    database.migrate(&folder, &["baseline", "9"]).ends_with(2);
}

#[test]
fn refinery_reads_and_writes_the_same_table() {
    let database = Database::new();
    let folder = Folder::with_tables(2);
    database
        .migrate(&folder, &["up", "--steps", "1"])
        .succeeds();
    let migrations =
        refinery::load_sql_migrations(folder.path()).expect("refinery reads the folder");
    let mut runner = refinery::Runner::new(&migrations);
    runner.set_migration_table_name("schema_migrations");
    let report = runner.run(&mut database.client()).expect("refinery runs");
    assert_eq!(report.applied_migrations().len(), 1);
    database.migrate(&folder, &["verify"]).succeeds();
    // The row that refinery wrote has no script: the folder's is used.
    database.migrate(&folder, &["down", "--yes"]).succeeds();
    assert_eq!(database.applied("public"), "1");
    assert_eq!(database.value("select to_regclass('t2')::text"), "");
}

#[test]
fn a_folder_can_number_its_files_and_keep_both_ways_in_one() {
    let database = Database::new();
    let folder = Folder::new();
    folder.write(
        "001_users.sql",
        "-- Up\nbegin;\ncreate table users (id int);\ncommit;\n-- Down\ndrop table users;\n",
    );
    folder.write("002_tasks.sql", "create table tasks (id int);");
    folder.write("002_tasks.down.sql", "drop table tasks;");
    database.migrate(&folder, &["up"]).succeeds();
    assert_eq!(database.applied("public"), "1 2");
    database
        .migrate(&folder, &["down", "--all", "--yes"])
        .succeeds();
    assert_eq!(database.value(CATALOG), "");
}

#[test]
fn settings_of_one_migration_do_not_reach_the_next() {
    let database = Database::new();
    let folder = Folder::new();
    folder.pair(
        1,
        "select pg_catalog.set_config('search_path', '', false);
         set lock_timeout = 1;
         set work_mem = '77MB';",
        "select 1;",
    );
    folder.pair(
        2,
        "create table t2 as
         select current_setting('lock_timeout') || ' ' || current_setting('work_mem') as settings;",
        "drop table t2;",
    );
    database.migrate(&folder, &["up"]).succeeds();
    assert_eq!(database.value("select settings from public.t2"), "5s 4MB");
}
