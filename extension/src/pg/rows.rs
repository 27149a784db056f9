//! Rows that a function gives back to SQL.

use std::ffi::{CString, c_char};

use pgrx::pg_sys;

use super::boundary;
use super::error::{Report, SqlState};
use super::function::Returned;
use super::name;

/// The rows of a set-returning function, each value as text; the declared types read it.
#[derive(Default)]
pub(crate) struct Rows(pub(crate) Vec<Vec<Option<String>>>);

impl Returned for Rows {
    fn into_datum(self, info: pg_sys::FunctionCallInfo) -> Option<pg_sys::Datum> {
        // SAFETY: PostgreSQL called the function with `info`.
        unsafe { materialize(info, &self.0) };
        None
    }
}

/// Hands the rows over in a tuple store, as `InitMaterializedSRF` does.
///
/// # Safety
/// `info` has to be what PostgreSQL called the function with.
unsafe fn materialize(info: pg_sys::FunctionCallInfo, rows: &[Vec<Option<String>>]) {
    // SAFETY: the result information is checked to be that of a set-returning call; what is handed over
    // is allocated in the memory of the query.
    unsafe {
        let result: *mut pg_sys::ReturnSetInfo = (*info).resultinfo.cast();
        let takes_a_set = !result.is_null()
            && (*result).type_ == pg_sys::NodeTag::T_ReturnSetInfo
            && (*result).allowedModes & pg_sys::SetFunctionReturnMode::SFRM_Materialize as i32 != 0;
        if !takes_a_set {
            Report::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                "the function returns rows, which are not taken where it was called",
            )
            .hint("Call it in the FROM clause: select * from steward....")
            .raise()
        }
        let caller = pg_sys::CurrentMemoryContext;
        pg_sys::CurrentMemoryContext = (*(*result).econtext).ecxt_per_query_memory;
        let mut descriptor = std::ptr::null_mut();
        let mut row_type = pg_sys::InvalidOid;
        pg_sys::get_call_result_type(info, &raw mut row_type, &raw mut descriptor);
        if descriptor.is_null() {
            // `setof` a type that is no row.
            descriptor = pg_sys::CreateTemplateTupleDesc(1);
            pg_sys::TupleDescInitEntry(descriptor, 1, c"value".as_ptr(), row_type, -1, 0);
        }
        let store = pg_sys::tuplestore_begin_heap(true, false, pg_sys::work_mem);
        let input = pg_sys::TupleDescGetAttInMetadata(descriptor);
        pg_sys::CurrentMemoryContext = caller;
        for row in rows {
            pgrx::check_for_interrupts!();
            put(store, input, row);
        }
        (*result).returnMode = pg_sys::SetFunctionReturnMode::SFRM_Materialize;
        (*result).setResult = store;
        (*result).setDesc = descriptor;
    }
}

/// # Safety
/// `input` has to describe rows with as many columns as `row` has values.
unsafe fn put(
    store: *mut pg_sys::Tuplestorestate,
    input: *mut pg_sys::AttInMetadata,
    row: &[Option<String>],
) {
    let texts: Vec<Option<CString>> = row
        .iter()
        .map(|value| value.as_deref().map(name::c_string))
        .collect();
    let mut values: Vec<*mut c_char> = texts
        .iter()
        .map(|text| {
            text.as_ref()
                .map_or(std::ptr::null_mut(), |text| text.as_ptr().cast_mut())
        })
        .collect();
    let values = values.as_mut_ptr();
    // SAFETY: the caller's promise; the texts live through the call.
    boundary::call(|| unsafe {
        let tuple = pg_sys::BuildTupleFromCStrings(input, values);
        pg_sys::tuplestore_puttuple(store, tuple);
        pg_sys::heap_freetuple(tuple);
    });
}
