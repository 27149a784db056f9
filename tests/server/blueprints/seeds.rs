//! The development data of every blueprint: the same rows everywhere, and again without a change.

use steward_tests::{Database, Session, catalog, tests};

use super::{Sample, assert_same};

tests![
    seeds_again_change_nothing,
    seeds_are_the_same_everywhere,
    seeded_rows_that_were_deleted_come_back,
];

/// The tables of the session's schema.
fn tables(session: &mut Session) -> Vec<String> {
    session.rows(
        "select oid::regclass from pg_class
         where relnamespace = current_schema()::regnamespace and relkind = 'r' order by relname",
    )
}

/// The tables in which the audit records changes; of a partitioned log those that have the rows.
fn logs(session: &mut Session) -> Vec<String> {
    session.rows(
        "select oid::regclass::text from pg_class
         where relkind = 'r' and coalesce(pg_partition_root(oid), oid) in (
             select bound_table from steward.attachments where capability = 'audit'
         )
         order by 1",
    )
}

/// `columns` of every row of every table.
pub(super) fn rows(session: &mut Session, columns: &str) -> Vec<String> {
    let tables = tables(session);
    rows_of(session, &tables, columns)
}

/// The rows of every table but the logs, which tell of deletions and returns.
fn rows_outside_logs(session: &mut Session) -> Vec<String> {
    let mut tables = tables(session);
    let logs = logs(session);
    tables.retain(|table| !logs.contains(table));
    rows_of(session, &tables, "t")
}

fn rows_of(session: &mut Session, tables: &[String], columns: &str) -> Vec<String> {
    tables
        .iter()
        .flat_map(|table| {
            session.rows(&format!(
                "select '{table}', {columns} from {table} as t order by t::text"
            ))
        })
        .collect()
}

/// The same, but for when a row was last updated whose progress follows the tasks, or whose totals follow the usage: that they
/// go and come back is an update.
fn rows_that_return(session: &mut Session) -> Vec<String> {
    let stamped: Vec<(String, String)> = session
        .rows(
            "select target::text, arguments[1] from steward.attachments as stamp
             where capability = 'timestamps' and (
                 exists (
                     select from steward.attachments as progress
                     where progress.capability = 'progress' and progress.bound_table = stamp.target
                 )
                 or exists (select from pg_trigger where tgrelid = stamp.target and tgname ~ '^keep_[a-z]+_totals$')
             )",
        )
        .iter()
        .filter_map(|row| row.split_once('|'))
        .map(|(table, column)| (table.to_owned(), column.to_owned()))
        .collect();
    let mut tables = tables(session);
    let logs = logs(session);
    tables.retain(|table| !logs.contains(table));
    tables
        .iter()
        .flat_map(|table| {
            let stamp = stamped.iter().find(|(of, _)| of == table);
            let columns = stamp.map_or_else(
                || "t".to_owned(),
                |(_, column)| format!("to_jsonb(t) - '{column}'"),
            );
            rows_of(session, std::slice::from_ref(table), &columns)
        })
        .collect()
}

/// What says when a change was recorded, and in which database.
const CIRCUMSTANCES: &str =
    "{id,created_at,sequence,logged_at,transaction,transaction_at,table_oid,root_oid,incarnation}";

/// The rows of the logs but for their own ids, and the times at which they were written.
fn logged(session: &mut Session) -> Vec<String> {
    let logs = logs(session);
    logs.iter()
        .flat_map(|log| {
            session.rows(&format!(
                "select to_jsonb(t) - '{CIRCUMSTANCES}'::text[] from {log} as t order by 1"
            ))
        })
        .collect()
}

fn seeds_again_change_nothing(database: &Database) {
    for sample in Sample::every() {
        let mut session = sample.seeded(database);
        let before = rows(&mut session, "t.xmin, t");
        let schema = catalog::snapshot(&mut session, &sample.schema);
        assert!(before.len() > 100, "{} rows", before.len());
        sample.seed(&mut session);
        assert_same(&rows(&mut session, "t.xmin, t"), &before, "seeded again");
        let found = catalog::snapshot(&mut session, &sample.schema);
        assert_same(&found, &schema, "seeded again");
        // What a user changed stays.
        session.run(
            "update tasks set title = 'mine' where id::text = (select min(id::text) from tasks)",
        );
        let before = rows(&mut session, "t.xmin, t");
        sample.seed(&mut session);
        let found = rows(&mut session, "t.xmin, t");
        assert_same(&found, &before, "seeded over a change");
    }
}

fn seeds_are_the_same_everywhere(database: &Database) {
    let other = database.create_another().expect("a database");
    for sample in Sample::every() {
        let mut here = sample.seeded(database);
        let mut there = sample.migrated(&other);
        there.run(
            "set timezone = 'Asia/Tokyo'; set datestyle = 'German'; set intervalstyle = 'iso_8601'",
        );
        sample.seed(&mut there);
        there.run("set timezone = 'UTC'; set datestyle = 'ISO'");
        let found = rows_outside_logs(&mut there);
        let expected = rows_outside_logs(&mut here);
        assert_same(&found, &expected, "in another time zone");
        let found = logged(&mut there);
        assert_same(&found, &logged(&mut here), "recorded in another time zone");
    }
}

/// For each table in turn, together with the rows that refer to its rows. What a rule writes of its own, as a history or
/// in its side table, comes back with the rows that it is written for.
fn seeded_rows_that_were_deleted_come_back(database: &Database) {
    for sample in Sample::every() {
        let mut session = sample.seeded(database);
        let before = rows_that_return(&mut session);
        for table in tables(&mut session) {
            let kept = session.holds(&format!(
                "select exists (select from {table})
                     and not exists (
                         select from steward.attachments
                         where bound_table = coalesce(pg_partition_root('{table}'), '{table}'::regclass)
                             and capability in ('audit', 'stages')
                     )
                     and not exists (
                         select from pg_depend
                         where classid = 'pg_class'::regclass and objid = '{table}'::regclass
                             and refclassid = 'pg_trigger'::regclass and deptype = 'e'
                     )"
            ));
            if !kept {
                continue;
            }
            session.run(&format!("begin; truncate {table} cascade"));
            assert_ne!(rows_that_return(&mut session), before);
            sample.seed_here(&mut session);
            let found = rows_that_return(&mut session);
            assert_same(&found, &before, &format!("{table} was emptied"));
            session.run("rollback");
        }
    }
}
