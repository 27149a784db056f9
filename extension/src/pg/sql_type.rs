//! What statements of ours need of types to compare columns, whatever `search_path` is, and whatever users
//! put into the schemas that it leads through.

use pgrx::pg_sys;

use super::boundary;
use super::name;
use super::relation::Attribute;
use super::statement;
use super::tuple::Value;

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

/// The value of a column's type that a text stands for, as PostgreSQL reads it: 22P02 where it is none. None
/// for a label that an enum does not have.
pub(crate) fn parse(column: &Attribute, text: &str) -> Option<Value<'static>> {
    let type_oid = column.base_type();
    let text = name::c_string(text);
    let source = text.as_ptr().cast_mut();
    // SAFETY: look-ups in the catalog caches; the type's own input function is called with a C string that
    // lives through the call. What it allocates lasts as long as the function that SQL called.
    boundary::call(|| unsafe {
        if pg_sys::type_is_enum(type_oid) {
            let labels = pg_sys::SysCacheIdentifier::ENUMTYPOIDNAME as core::ffi::c_int;
            let (of, label) = (
                pg_sys::Datum::from(type_oid),
                pg_sys::Datum::from(source.cast_const()),
            );
            if text.count_bytes() >= pg_sys::NAMEDATALEN as usize
                || !pg_sys::SearchSysCacheExists(
                    labels,
                    of,
                    label,
                    pg_sys::Datum::null(),
                    pg_sys::Datum::null(),
                )
            {
                return None;
            }
        }
        let mut function = pg_sys::InvalidOid;
        let mut parameter = pg_sys::InvalidOid;
        pg_sys::getTypeInputInfo(type_oid, &raw mut function, &raw mut parameter);
        let datum = raw::OidInputFunctionCall(function, source, parameter, -1);
        Some(Value::from_datum(datum))
    })
}

/// The function whose errors have to keep all their fields.
mod raw {
    use std::ffi::c_char;

    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub(super) fn OidInputFunctionCall(
            function: pg_sys::Oid,
            text: *mut c_char,
            parameter: pg_sys::Oid,
            modifier: i32,
        ) -> pg_sys::Datum;
    }
}
