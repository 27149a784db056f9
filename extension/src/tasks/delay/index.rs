//! Which indexes make finding late tasks cheap, and telling where they are missing.

use crate::pg::error::{Report, SqlState};
use crate::pg::name;
use crate::pg::relation::Relation;
use crate::pg::statement;

use super::flag::Delay;

/// Smaller tables are read as a whole as fast.
const ROWS_THAT_NEED_ONE: i64 = 10_000;

/// Says by a notice which indexes are missing. Nothing fails without them, it only takes long.
pub(super) fn advise(table: &Relation, delay: &Delay) {
    if table.planned_rows() < ROWS_THAT_NEED_ONE {
        return;
    }
    let missing = missing(table, delay);
    if missing.is_empty() {
        return;
    }
    Report::new(
        SqlState::WARNING,
        format!(
            "delayed tasks of {} are looked for in the whole table",
            table.qualified_name()
        ),
    )
    .hint(missing.join(" "))
    .table(table)
    .notice();
}

/// The statements that create what is missing.
fn missing(table: &Relation, delay: &Delay) -> Vec<String> {
    let (name, oid) = (table.qualified_name(), table.oid().to_u32());
    let (due, flag) = (&delay.due, &delay.flag);
    let by_due = format!(
        "select from pg_catalog.pg_index where indrelid = {oid} and indisvalid and indkey[0] = {}",
        due.number,
    );
    // An index depends on every column that its condition names.
    let flagged = format!(
        "select from pg_catalog.pg_index as i join pg_catalog.pg_depend as d \
             on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = i.indexrelid \
             and d.refclassid = d.classid and d.refobjid = i.indrelid and d.refobjsubid = {0} \
         where i.indrelid = {oid} and i.indisvalid and (i.indpred is not null or i.indkey[0] = {0}) \
             and i.indkey[0] <> {1}",
        flag.number, due.number,
    );
    let (due, flag) = (name::identifier(&due.name), name::identifier(&flag.name));
    let mut statements = Vec::new();
    if statement::query(&by_due).is_empty() {
        statements.push(format!(
            "create index on {name} ({due}) where {};",
            delay.condition_of_index()
        ));
    }
    if statement::query(&flagged).is_empty() {
        statements.push(format!("create index on {name} ({flag}) where {flag};"));
    }
    statements
}
