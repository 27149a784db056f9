//! Calls of `to_jsonb`, prepared for values of one type.

use pgrx::pg_sys;

use super::boundary;
use super::search_path;

/// A call of `to_jsonb` for one type, with what it remembers.
pub(super) struct ToJsonb {
    function: *mut pg_sys::FmgrInfo,
    memory: pg_sys::MemoryContext,
    pub(super) is_varlena: bool,
    /// How many times as large as the value the object may become.
    pub(super) growth: usize,
    /// True for names of objects, which are shown with their schema or without it.
    follows_path: bool,
}

impl Drop for ToJsonb {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        // SAFETY: the memory was made for this call alone, and is freed once.
        unsafe { pg_sys::MemoryContextDelete(self.memory) };
    }
}

impl ToJsonb {
    pub(super) fn of(type_oid: pg_sys::Oid) -> Self {
        // SAFETY: the function is told its argument's type by an expression, as the executor does; all is
        // allocated in memory of its own, which lives until it is dropped.
        boundary::call(|| unsafe {
            let memory = pg_sys::AllocSetContextCreateInternal(
                pg_sys::CacheMemoryContext,
                c"steward to_jsonb".as_ptr(),
                pg_sys::ALLOCSET_SMALL_MINSIZE as usize,
                pg_sys::ALLOCSET_SMALL_INITSIZE as usize,
                pg_sys::ALLOCSET_SMALL_MAXSIZE as usize,
            );
            let before = pg_sys::MemoryContextSwitchTo(memory);
            let function: *mut pg_sys::FmgrInfo =
                pg_sys::palloc0(size_of::<pg_sys::FmgrInfo>()).cast();
            let to_jsonb = pg_sys::Oid::from(pg_sys::F_TO_JSONB);
            raw::fmgr_info_cxt(to_jsonb, function, memory);
            let (mut length, mut by_value) = (0, false);
            pg_sys::get_typlenbyval(type_oid, &raw mut length, &raw mut by_value);
            let argument = pg_sys::makeNullConst(type_oid, -1, pg_sys::InvalidOid);
            let arguments = pg_sys::lappend(std::ptr::null_mut(), argument.cast());
            (*function).fn_expr = pg_sys::makeFuncExpr(
                to_jsonb,
                pg_sys::JSONBOID,
                arguments,
                pg_sys::InvalidOid,
                pg_sys::InvalidOid,
                pg_sys::CoercionForm::COERCE_EXPLICIT_CALL,
            )
            .cast();
            pg_sys::MemoryContextSwitchTo(before);
            let base = pg_sys::getBaseType(type_oid);
            Self {
                function,
                memory,
                is_varlena: length == -1,
                growth: growth_of(base),
                follows_path: is_name_of_object(base),
            }
        })
    }

    /// Calls it.
    ///
    /// # Safety
    /// `value` has to be one of the type. To be called within `boundary::call`.
    pub(super) unsafe fn call(&self, value: pg_sys::Datum) -> pg_sys::Datum {
        // SAFETY: the caller's promise.
        let call = || unsafe { raw::FunctionCall1Coll(self.function, pg_sys::InvalidOid, value) };
        if self.follows_path {
            search_path::pinned(call)
        } else {
            call()
        }
    }
}

/// Digits take more room than what they stand for, and a member of an object more than one of an array.
fn growth_of(base_type: pg_sys::Oid) -> usize {
    match base_type {
        pg_sys::JSONBOID | pg_sys::XMLOID => 1,
        pg_sys::BYTEAOID | pg_sys::TEXTARRAYOID => 2,
        _ => 16,
    }
}

fn is_name_of_object(base_type: pg_sys::Oid) -> bool {
    matches!(
        base_type,
        pg_sys::REGCLASSOID
            | pg_sys::REGPROCOID
            | pg_sys::REGPROCEDUREOID
            | pg_sys::REGOPEROID
            | pg_sys::REGOPERATOROID
            | pg_sys::REGTYPEOID
            | pg_sys::REGCONFIGOID
            | pg_sys::REGDICTIONARYOID
            | pg_sys::REGCOLLATIONOID
    )
}

/// Functions that pgrx does not bind, or whose errors have to keep all their fields.
mod raw {
    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub(super) fn fmgr_info_cxt(
            function: pg_sys::Oid,
            info: *mut pg_sys::FmgrInfo,
            memory: pg_sys::MemoryContext,
        );
        pub(super) fn FunctionCall1Coll(
            function: *mut pg_sys::FmgrInfo,
            collation: pg_sys::Oid,
            argument: pg_sys::Datum,
        ) -> pg_sys::Datum;
    }
}
