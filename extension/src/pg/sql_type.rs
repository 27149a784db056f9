//! What statements of ours need of types to compare columns, whatever `search_path` is, and whatever users
//! put into the schemas that it leads through.

use pgrx::pg_sys;

use super::boundary;
use super::name;
use super::relation::Attribute;
use super::statement;

/// The equality of the type, as in `operator(pg_catalog.=)`; none where the type has none.
pub(crate) fn equality(column: &Attribute) -> Option<String> {
    let type_oid = column.type_oid;
    // SAFETY: an entry of the type cache is never freed.
    let operator = boundary::call(|| unsafe {
        let entry =
            pg_sys::lookup_type_cache(type_oid, pg_sys::TYPECACHE_EQ_OPR as core::ffi::c_int);
        (*entry).eq_opr
    });
    let mut named = None;
    let sql = format!(
        "select n.nspname::pg_catalog.text, o.oprname::pg_catalog.text from pg_catalog.pg_operator as o \
         join pg_catalog.pg_namespace as n on n.oid operator(pg_catalog.=) o.oprnamespace \
         where o.oid operator(pg_catalog.=) {}",
        operator.to_u32(),
    );
    statement::for_each_row(&sql, |row| {
        if let (Some(schema), Some(operator)) = (row.value(1).as_text(), row.value(2).as_text()) {
            named = Some(format!(
                "operator({}.{operator})",
                name::identifier(&schema)
            ));
        }
    });
    named
}
