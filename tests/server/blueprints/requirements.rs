//! Comparing a blueprint with what its document asks for, and what is asked of every blueprint.

use steward_tests::{Database, Session, tests};

use super::Sample;

tests![
    every_foreign_key_is_indexed,
    everything_has_a_comment,
    what_a_deletion_does_is_written_down,
    constraints_have_the_names_that_postgresql_gives,
    nothing_needs_another_extension,
];

/// A table and its columns in order: name, type, then `not null` and the default where there are any.
pub(crate) type Columns<'a> = (&'a str, &'a [&'a str]);

/// The columns of a table as [`Columns`] has them.
pub(crate) fn columns_of(session: &mut Session, table: &str) -> Vec<String> {
    session.rows(&format!(
        "select concat_ws(' ', attname, format_type(atttypid, atttypmod), case when attnotnull then 'not null' end,
             case when attgenerated <> '' then 'generated' else pg_get_expr(adbin, adrelid) end)
         from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
         where attrelid = '{table}'::regclass and attnum > 0 and not attisdropped order by attnum"
    ))
}

/// Whether the relation `oid` belongs to a log of `create_audit_log`: the extension's business, and named by the month.
const IS_OF_A_LOG: &str = "exists (
    select from pg_trigger where tgrelid = {oid} and tgfoid = 'steward.guard_audit_log'::regproc)";

fn is_of_a_log(oid: &str) -> String {
    IS_OF_A_LOG.replace("{oid}", oid)
}

/// Compares the tables, views and sequences with those of the document, each of which has its columns
/// first, and those that were added to it after them.
#[track_caller]
pub(crate) fn assert_columns(
    session: &mut Session,
    document: &[Columns<'_>],
    added: &[Columns<'_>],
    sequences: &[&str],
) {
    let mut expected: Vec<(&str, Vec<&str>)> = Vec::new();
    for (table, columns) in document.iter().chain(added) {
        match expected.iter_mut().find(|(known, _)| known == table) {
            Some((_, known)) => known.extend(*columns),
            None => expected.push((table, columns.to_vec())),
        }
    }
    for (table, columns) in &expected {
        assert_eq!(&columns_of(session, table), columns, "{table}");
    }
    let mut names: Vec<_> = expected.iter().map(|(table, _)| *table).collect();
    names.extend(sequences);
    names.sort_unstable();
    assert_eq!(
        session.rows(&format!(
            "select relname from pg_class as c
             where relnamespace = current_schema()::regnamespace and relkind not in ('i', 'I', 'c') and not {}
             order by 1",
            is_of_a_log("c.oid")
        )),
        names
    );
}

/// Table and definition of every constraint of these types.
pub(crate) fn constraints(session: &mut Session, types: &str) -> Vec<String> {
    session.rows(&format!(
        "select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint
         where connamespace = current_schema()::regnamespace and contype in ({types}) and not {}
         order by 1, 2",
        is_of_a_log("conrelid")
    ))
}

/// Every index but those of constraints: its name, and what follows the name of its schema.
pub(crate) fn indexes(session: &mut Session) -> Vec<String> {
    session.rows(&format!(
        "select relname, replace(split_part(pg_get_indexdef(indexrelid), current_schema() || '.', 2), 'USING btree ', '')
         from pg_index join pg_class on pg_class.oid = indexrelid
         where relnamespace = current_schema()::regnamespace and not {}
             and not exists (select from pg_constraint where conindid = indexrelid) order by relname",
        is_of_a_log("indrelid")
    ))
}

/// Foreign keys whose columns are not the first of a whole index.
fn without_index(session: &mut Session) -> Vec<String> {
    session.rows(
        "select conname from pg_constraint where connamespace = current_schema()::regnamespace and contype = 'f'
             and not exists (
                 select from pg_index where indrelid = conrelid and indpred is null and indisvalid
                     and (indkey::smallint[])[0:cardinality(conkey) - 1] operator(pg_catalog.@>) conkey
             )
         order by 1",
    )
}

fn every_foreign_key_is_indexed(database: &Database) {
    for sample in Sample::every() {
        let mut session = sample.migrated(database);
        assert_eq!(without_index(&mut session), [""; 0], "{sample:?}");
        let index = session.value(
            "select conindex.indexrelid::regclass from pg_constraint as n
             join pg_index as conindex on conindex.indrelid = n.conrelid and conindex.indkey[0] = n.conkey[1]
             where n.connamespace = current_schema()::regnamespace and n.contype = 'f'
                 and not exists (select from pg_constraint where conindid = conindex.indexrelid)
                 and (select count(*) from pg_index as i where i.indrelid = n.conrelid and i.indkey[0] = n.conkey[1]) = 1
             order by 1 limit 1",
        );
        session.run(&format!("drop index {index}"));
        assert_eq!(without_index(&mut session).len(), 1, "{index}");
    }
}

/// Tables, columns, functions and checks that say nothing; partitions are explained by their table.
fn without_comment(session: &mut Session) -> Vec<String> {
    session.rows(
        "select 'table ' || c.oid::regclass from pg_class as c
         where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p', 'v') and not relispartition
             and coalesce(length(obj_description(c.oid, 'pg_class')), 0) < 20
         union all
         select 'column ' || attrelid::regclass || '.' || attname from pg_attribute join pg_class as c on c.oid = attrelid
         where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p', 'v') and not relispartition
             and attnum > 0 and not attisdropped
             and coalesce(length(col_description(attrelid, attnum)), 0) < 10
         union all
         select 'function ' || p.oid::regprocedure from pg_proc as p
         where pronamespace = current_schema()::regnamespace and obj_description(p.oid, 'pg_proc') is null
         union all
         select 'type ' || t.oid::regtype from pg_type as t
         where typnamespace = current_schema()::regnamespace and typtype in ('d', 'e') and obj_description(t.oid, 'pg_type') is null
         union all
         select 'constraint ' || conname from pg_constraint as n
         where connamespace = current_schema()::regnamespace and contype = 'c' and obj_description(n.oid, 'pg_constraint') is null
         order by 1",
    )
}

fn everything_has_a_comment(database: &Database) {
    for sample in Sample::every() {
        let mut session = sample.migrated(database);
        assert_eq!(without_comment(&mut session), [""; 0], "{sample:?}");
        session.run("comment on table tasks is null; comment on column tasks.title is ''");
        assert_eq!(
            without_comment(&mut session),
            ["column tasks.title", "table tasks"]
        );
    }
}

/// Foreign keys of which neither the column's comment nor the table's says what happens on a deletion.
fn without_a_word_on_deletions(session: &mut Session) -> Vec<String> {
    session.rows(
        "select conname from pg_constraint
         where connamespace = current_schema()::regnamespace and contype = 'f'
             and coalesce(col_description(conrelid, conkey[1]), '') !~* 'delete'
             and coalesce(obj_description(conrelid, 'pg_class'), '') !~* 'delet'
         order by 1",
    )
}

fn what_a_deletion_does_is_written_down(database: &Database) {
    for sample in Sample::every() {
        let mut session = sample.migrated(database);
        let silent = without_a_word_on_deletions(&mut session);
        assert_eq!(silent, [""; 0], "{sample:?}");
        let (column, key) = person_of_tasks(&mut session);
        session.run(&format!(
            "comment on column tasks.{column} is 'Who asked for it.'; comment on table tasks is 'Work.'"
        ));
        let silent = without_a_word_on_deletions(&mut session);
        assert!(silent.contains(&key), "{silent:?}");
    }
}

/// A column of tasks that says who has to do with them, and its foreign key.
fn person_of_tasks(session: &mut Session) -> (String, String) {
    let column = session.value(
        "select attname from pg_attribute
         where attrelid = 'tasks'::regclass and attname in ('created_by', 'creator_id', 'assigned_to_agent_id')",
    );
    let key = format!("tasks_{column}_fkey");
    (column, key)
}

/// Constraints that a document names.
const NAMED_BY_A_DOCUMENT: &[&str] = &[
    "chk_actual_hours_positive",
    "chk_due_date_future",
    "chk_email_format",
    "chk_estimated_hours_positive",
    "chk_file_size_positive",
    "chk_filename_not_empty",
    "chk_no_self_dependency",
    "chk_username_length",
    "fk_project_members_project_id",
    "fk_project_members_user_id",
    "fk_user_profiles_user_id",
    "valid_date_range",
    "valid_notification_type",
    "valid_role",
    "valid_status",
];

/// As a plain CREATE TABLE would have named them, where the document does not.
fn constraints_have_the_names_that_postgresql_gives(database: &Database) {
    for sample in Sample::every() {
        let mut session = sample.migrated(database);
        let odd = format!(
            "select conname from pg_constraint
             where connamespace = current_schema()::regnamespace and contype <> 't'
                 and conname !~ ('^' || conrelid::regclass || '_([a-z_]+_)?(pkey|key|fkey|check)$')
                 and conname <> all ('{{{}}}')",
            NAMED_BY_A_DOCUMENT.join(",")
        );
        assert_eq!(session.rows(&odd), [""; 0], "{sample:?}");
        session.run("alter table tasks rename constraint tasks_pkey to p");
        assert_eq!(session.rows(&odd), ["p"]);
    }
}

fn nothing_needs_another_extension(database: &Database) {
    for sample in Sample::every() {
        let _session = sample.migrated(database);
    }
    assert_eq!(
        database
            .owner()
            .rows("select extname from pg_extension order by 1"),
        ["plpgsql", "steward"]
    );
}
