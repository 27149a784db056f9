//! A long log is read by its indexes: what a list costs does not grow with the log.

use crate::fixture::Database;

/// Enough for the planner to care. The trigger is that of a plain table, as any other.
const LONG: &str = "
    select steward.create_audit_log('audit.log');
    create table tasks (id integer primary key, n integer);
    select steward.audit('tasks', 'audit.log');
    set app.current_user_id = 'crowd';
    insert into tasks select n, 0 from generate_series(1, 200000) as n;
    set app.current_user_id = 'ada';
    update tasks set n = 1 where id = 100;";

/// What is read of the log, in blocks, while the command runs.
fn blocks_read(database: &Database, arguments: &[&str]) -> i64 {
    let read = "select sum(heap_blks_read + heap_blks_hit)::text from pg_statio_all_tables where schemaname = 'audit'";
    let blocks = || database.value(read).parse::<i64>().expect("a number");
    let before = blocks();
    assert!(!database.listed(arguments).is_empty(), "{arguments:?}");
    // The command's session tells of its reads when it ends, and it has ended; its server process may not have.
    std::thread::sleep(std::time::Duration::from_millis(300));
    blocks() - before
}

#[test]
fn lists_go_by_the_indexes() {
    let Some(database) = Database::kept(LONG) else {
        return;
    };
    database.run("vacuum analyze audit.log");
    let whole: i64 = database
        .value("select (sum(pg_relation_size(relid)) / 8192)::bigint::text from pg_partition_tree('audit.log')")
        .parse()
        .expect("a number");
    for arguments in [
        &["--limit", "5"][..],
        &["--since", "1h", "--limit", "5"],
        &["--table", "tasks", "--limit", "5"],
        &["--table", "tasks", "--key", "100"],
        &["--user", "ada", "--since", "1h"],
        &["--user", "crowd", "--limit", "5"],
    ] {
        let read = blocks_read(&database, arguments);
        assert!(
            read > 0 && read < whole / 5,
            "{arguments:?}: {read} of {whole} blocks"
        );
    }
    // That it is blocks of the log that are counted: a user of whom there is no index entry by action.
    let all = blocks_read(&database, &["--action", "update"]);
    assert!(all >= whole / 2, "{all} of {whole} blocks");
}
