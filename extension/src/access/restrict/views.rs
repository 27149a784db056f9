//! Views over a protected table: a view reads with the rights of its owner, past the policies of whoever asks,
//! unless it is told otherwise.

use crate::pg::error::{Report, SqlState};
use crate::pg::name;
use crate::pg::relation::Relation;
use crate::pg::statement;

/// The views that read the table, through other views too, and that nothing says of with whose rights they read.
/// One with `security_invoker = false` was made so on purpose.
fn views_of(table: &Relation) -> Vec<(String, bool)> {
    let rows = statement::query(&format!(
        "with recursive readers (oid) as ( \
             select {}::pg_catalog.oid \
             union \
             select r.ev_class from readers as known \
             join pg_catalog.pg_depend as d on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = known.oid \
                 and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass \
             join pg_catalog.pg_rewrite as r on r.oid = d.objid) \
         select n.nspname::pg_catalog.text, c.relname::pg_catalog.text, pg_catalog.pg_has_role(c.relowner, 'usage') \
         from readers join pg_catalog.pg_class as c on c.oid = readers.oid \
         join pg_catalog.pg_namespace as n on n.oid = c.relnamespace \
         where c.relkind = 'v' and not exists ( \
             select from pg_catalog.pg_options_to_table(c.reloptions) as o where o.option_name = 'security_invoker') \
         order by 1, 2",
        table.oid().to_u32(),
    ));
    rows.into_iter()
        .filter_map(|row| {
            let mut row = row.into_iter();
            let view = name::qualified(&row.next()??, &row.next()??);
            Some((view, row.next()??.as_str() == "t"))
        })
        .collect()
}

/// Lets the views read with the rights of whoever asks, and tells.
pub(super) fn make_invokers(table: &Relation) {
    for (view, is_own) in views_of(table) {
        let statement = format!("alter view {view} set (security_invoker = true)");
        if is_own {
            statement::run(&statement);
            Report::new(
                SqlState::WARNING,
                format!("view {view} reads with the rights of whoever asks from now on"),
            )
            .hint(format!(
                "Where it shall show more than the policies of {} do: alter view {view} set (security_invoker = false);",
                table.qualified_name()
            ))
            .notice();
        } else {
            Report::new(
                SqlState::WARNING,
                format!(
                    "view {view} reads past the policies of {}",
                    table.qualified_name()
                ),
            )
            .hint(format!("As its owner: {statement};"))
            .warning();
        }
    }
}
