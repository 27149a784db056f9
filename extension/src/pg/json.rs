//! Values of columns as members of a `jsonb` object: what `to_jsonb` makes of them, but always the same,
//! whatever time zone and style of dates, intervals and bytes the session has set.
//!
//! The common types are written directly. For all others `to_jsonb` itself is called, under pinned
//! settings.

use std::ffi::c_int;

use pgrx::pg_sys;

use steward_rules::json_text;

use super::boundary;
use super::encoding;
use super::name;
use super::output_settings::PinnedSettings;
use super::relation::Attribute;
use super::to_jsonb::ToJsonb;
use super::tuple::Value;

/// The most that the values of one object may take: `jsonb` holds no more than 256 MB, and a value that
/// does not fit must not fail whoever wrote it.
const MOST_BYTES: usize = 192 << 20;

/// A column as a member of an object.
pub(crate) struct Member {
    /// In the database's encoding.
    name: Box<[u8]>,
    form: Form,
}

/// How values of a type are written.
enum Form {
    Boolean,
    SmallInteger,
    Integer,
    BigInteger,
    Text,
    /// `date`, `timestamp` or `timestamp with time zone`, by its oid.
    DateTime(pg_sys::Oid),
    /// By `to_jsonb`, where that takes it.
    Json(ToJsonb),
    /// By `to_jsonb`.
    Other(ToJsonb),
}

impl Member {
    pub(crate) fn of(column: &Attribute) -> Self {
        Self {
            name: name::c_string(&column.name).into_bytes().into(),
            form: Form::of(column.type_oid),
        }
    }
}

impl Form {
    fn of(type_oid: pg_sys::Oid) -> Self {
        // SAFETY: a look-up in the catalog caches for a type that a column has.
        match unsafe { pg_sys::getBaseType(type_oid) } {
            pg_sys::BOOLOID => Self::Boolean,
            pg_sys::INT2OID => Self::SmallInteger,
            pg_sys::INT4OID => Self::Integer,
            pg_sys::INT8OID => Self::BigInteger,
            pg_sys::TEXTOID | pg_sys::VARCHAROID | pg_sys::BPCHAROID => Self::Text,
            known @ (pg_sys::DATEOID | pg_sys::TIMESTAMPOID | pg_sys::TIMESTAMPTZOID) => {
                Self::DateTime(known)
            }
            pg_sys::JSONOID => Self::Json(ToJsonb::of(type_oid)),
            _ => Self::Other(ToJsonb::of(type_oid)),
        }
    }
}

/// An object that is being written. All of it happens within [`object`].
pub(crate) struct Writer {
    state: *mut pg_sys::JsonbParseState,
    written: usize,
}

/// Makes an object of what `members` writes, which has to do nothing but write: an error in there runs no
/// destructors. The object lives as long as the trigger runs.
pub(crate) fn object(members: impl FnOnce(&mut Writer)) -> Value<'static> {
    let settings = PinnedSettings::pin();
    let jsonb = boundary::call(|| {
        let mut writer = Writer {
            state: std::ptr::null_mut(),
            written: 0,
        };
        writer.mark(pg_sys::JsonbIteratorToken::WJB_BEGIN_OBJECT);
        members(&mut writer);
        let whole = writer.mark(pg_sys::JsonbIteratorToken::WJB_END_OBJECT);
        // SAFETY: the outermost object was just ended.
        unsafe { raw::JsonbValueToJsonb(whole) }
    });
    drop(settings);
    Value::from_datum(pg_sys::Datum::from(jsonb))
}

/// The text of an object, in the database's encoding.
pub(crate) fn text_of(object: Value<'_>) -> String {
    // SAFETY: the value is a `jsonb` of ours; its output function gives a C string.
    boundary::call(|| unsafe {
        let text =
            pg_sys::OidOutputFunctionCall(pg_sys::Oid::from(pg_sys::F_JSONB_OUT), object.datum());
        name::read(text)
    })
}

impl Writer {
    /// A column and what is shown of its value.
    pub(crate) fn put(&mut self, member: &Member, shown: Shown<'_>) {
        self.key(&member.name);
        self.shown(member, shown);
    }

    /// A column with what it was and what it is.
    pub(crate) fn put_change(&mut self, member: &Member, old: Shown<'_>, new: Shown<'_>) {
        self.key(&member.name);
        self.mark(pg_sys::JsonbIteratorToken::WJB_BEGIN_OBJECT);
        for (name, shown) in [(&b"old"[..], old), (b"new", new)] {
            self.key(name);
            self.shown(member, shown);
        }
        self.mark(pg_sys::JsonbIteratorToken::WJB_END_OBJECT);
    }

    /// A member that is no column, with a text in the database's encoding.
    pub(crate) fn put_text(&mut self, name: &str, text: &[u8]) {
        self.key(name.as_bytes());
        self.string(text);
    }

    /// A member that is no column, with another object.
    pub(crate) fn put_object(&mut self, name: &str, members: impl FnOnce(&mut Self)) {
        self.key(name.as_bytes());
        self.mark(pg_sys::JsonbIteratorToken::WJB_BEGIN_OBJECT);
        members(self);
        self.mark(pg_sys::JsonbIteratorToken::WJB_END_OBJECT);
    }

    /// A member that is no column, with a value that is `jsonb` already.
    pub(crate) fn put_jsonb(&mut self, name: &str, value: Value<'_>) {
        self.key(name.as_bytes());
        self.jsonb(value.datum());
    }

    /// A member that is no column, with a number.
    pub(crate) fn put_number(&mut self, name: &str, number: i64) {
        self.key(name.as_bytes());
        self.number(number);
    }

    fn key(&mut self, name: &[u8]) {
        let mut key = string_value(name);
        self.push(pg_sys::JsonbIteratorToken::WJB_KEY, &raw mut key);
    }

    fn shown(&mut self, member: &Member, shown: Shown<'_>) {
        match shown {
            Shown::Value(value) => self.value(member, value),
            Shown::Redacted => self.redacted(),
        }
    }

    fn value(&mut self, member: &Member, value: Value<'_>) {
        if value.is_null() {
            return self.scalar(pg_sys::jbvType::jbvNull, |_| ());
        }
        let datum = value.datum();
        match &member.form {
            Form::Boolean => self.scalar(pg_sys::jbvType::jbvBool, |scalar| {
                scalar.boolean = datum.value() != 0;
            }),
            Form::SmallInteger => self.number(i64::from(datum.value() as i16)),
            Form::Integer => self.number(i64::from(datum.value() as i32)),
            Form::BigInteger => self.number(datum.value() as i64),
            Form::Text => self.text(datum),
            Form::DateTime(type_oid) => self.date_time(datum, *type_oid),
            Form::Json(to_jsonb) => self.json(to_jsonb, datum),
            Form::Other(to_jsonb) => self.other(to_jsonb, datum),
        }
    }

    fn text(&mut self, datum: pg_sys::Datum) {
        // SAFETY: the value of a text is a varlena, which is read whole.
        unsafe {
            let size = raw::toast_raw_datum_size(datum);
            if !self.fits(size) {
                return self.too_large(size);
            }
            let text = raw::pg_detoast_datum_packed(datum.cast_mut_ptr());
            self.string(pgrx::varlena::varlena_to_byte_slice(text));
        }
    }

    /// As ISO 8601 has it; a timestamp with time zone in UTC.
    fn date_time(&mut self, datum: pg_sys::Datum, type_oid: pg_sys::Oid) {
        const MOST_LETTERS: usize = pg_sys::MAXDATELEN as usize + 1;
        let universal_time: c_int = 0;
        // SAFETY: the buffer takes the longest date, and lives as long as the object.
        unsafe {
            let buffer = pg_sys::palloc(MOST_LETTERS).cast();
            let text = raw::JsonEncodeDateTime(buffer, datum, type_oid, &raw const universal_time);
            self.string(std::ffi::CStr::from_ptr(text).to_bytes());
        }
    }

    /// What `jsonb` refuses is kept as the text that it is: it was no error to write it.
    fn json(&mut self, to_jsonb: &ToJsonb, datum: pg_sys::Datum) {
        // SAFETY: the value of a json is a varlena; one that is too large is not read.
        unsafe {
            let size = raw::toast_raw_datum_size(datum);
            if self.may_grow_to(size * to_jsonb.growth) {
                let text = raw::pg_detoast_datum_packed(datum.cast_mut_ptr());
                let text = pgrx::varlena::varlena_to_byte_slice(text);
                if !json_text::converts(text, encoding::has_all_characters()) {
                    return self.text(datum);
                }
            }
        }
        self.other(to_jsonb, datum);
    }

    fn other(&mut self, to_jsonb: &ToJsonb, datum: pg_sys::Datum) {
        // SAFETY: the function was prepared for values of this type.
        unsafe {
            if to_jsonb.is_varlena {
                let size = raw::toast_raw_datum_size(datum);
                if !self.may_grow_to(size * to_jsonb.growth) {
                    return self.too_large(size);
                }
            }
            let jsonb = to_jsonb.call(datum);
            self.jsonb(jsonb);
        }
    }

    fn jsonb(&mut self, datum: pg_sys::Datum) {
        // SAFETY: the datum is a jsonb, which is read whole; a scalar is stored as an array of one.
        unsafe {
            let jsonb: *mut pg_sys::Jsonb = raw::pg_detoast_datum(datum.cast_mut_ptr()).cast();
            let size = pgrx::varlena::varsize_any(jsonb.cast());
            if !self.fits(size) {
                return self.too_large(size);
            }
            let mut value = pg_sys::JsonbValue::default();
            let is_scalar = (*jsonb).root.header & pg_sys::JB_FSCALAR != 0;
            if is_scalar {
                pg_sys::JsonbExtractScalar(&raw mut (*jsonb).root, &raw mut value);
            } else {
                value.type_ = pg_sys::jbvType::jbvBinary;
                value.val.binary.data = &raw mut (*jsonb).root;
                value.val.binary.len = (size - pg_sys::VARHDRSZ) as c_int;
            }
            self.push(pg_sys::JsonbIteratorToken::WJB_VALUE, &raw mut value);
        }
    }

    fn number(&mut self, number: i64) {
        // SAFETY: makes a number of any integer.
        let numeric = unsafe { raw::int64_to_numeric(number) };
        self.scalar(pg_sys::jbvType::jbvNumeric, |scalar| {
            scalar.numeric = numeric;
        });
    }

    fn string(&mut self, text: &[u8]) {
        let mut value = string_value(text);
        self.push(pg_sys::JsonbIteratorToken::WJB_VALUE, &raw mut value);
    }

    fn redacted(&mut self) {
        self.mark(pg_sys::JsonbIteratorToken::WJB_BEGIN_OBJECT);
        self.key(b"redacted");
        self.scalar(pg_sys::jbvType::jbvBool, |scalar| scalar.boolean = true);
        self.mark(pg_sys::JsonbIteratorToken::WJB_END_OBJECT);
    }

    /// Stands for a value of so many bytes.
    fn too_large(&mut self, size: usize) {
        self.mark(pg_sys::JsonbIteratorToken::WJB_BEGIN_OBJECT);
        self.key(b"too_large");
        self.number(size as i64);
        self.mark(pg_sys::JsonbIteratorToken::WJB_END_OBJECT);
    }

    const fn may_grow_to(&self, size: usize) -> bool {
        self.written + size <= MOST_BYTES
    }

    fn fits(&mut self, size: usize) -> bool {
        let fits = self.written + size <= MOST_BYTES;
        if fits {
            self.written += size;
        }
        fits
    }

    fn scalar(
        &mut self,
        kind: pg_sys::jbvType::Type,
        set: impl FnOnce(&mut pg_sys::JsonbValue__bindgen_ty_1),
    ) {
        let mut value = pg_sys::JsonbValue {
            type_: kind,
            ..Default::default()
        };
        set(&mut value.val);
        self.push(pg_sys::JsonbIteratorToken::WJB_VALUE, &raw mut value);
    }

    fn mark(&mut self, token: pg_sys::JsonbIteratorToken::Type) -> *mut pg_sys::JsonbValue {
        self.push(token, std::ptr::null_mut())
    }

    fn push(
        &mut self,
        token: pg_sys::JsonbIteratorToken::Type,
        value: *mut pg_sys::JsonbValue,
    ) -> *mut pg_sys::JsonbValue {
        // SAFETY: keys and values follow each other as they have to; a value is copied, less the bytes that it
        // points to, which live as long as the trigger runs.
        unsafe { raw::pushJsonbValue(&raw mut self.state, token, value) }
    }
}

/// What is shown of a value.
#[derive(Clone, Copy)]
pub(crate) enum Shown<'row> {
    Value(Value<'row>),
    Redacted,
}

fn string_value(text: &[u8]) -> pg_sys::JsonbValue {
    let mut value = pg_sys::JsonbValue {
        type_: pg_sys::jbvType::jbvString,
        ..Default::default()
    };
    value.val.string = pg_sys::JsonbValue__bindgen_ty_1__bindgen_ty_1 {
        len: text.len() as c_int,
        val: text.as_ptr().cast_mut().cast(),
    };
    value
}

/// Functions that pgrx does not bind, or whose errors have to keep all their fields.
mod raw {
    use std::ffi::{c_char, c_int};

    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub(super) fn pushJsonbValue(
            state: *mut *mut pg_sys::JsonbParseState,
            token: pg_sys::JsonbIteratorToken::Type,
            value: *mut pg_sys::JsonbValue,
        ) -> *mut pg_sys::JsonbValue;
        pub(super) fn JsonbValueToJsonb(value: *mut pg_sys::JsonbValue) -> *mut pg_sys::Jsonb;
        pub(super) fn JsonEncodeDateTime(
            buffer: *mut c_char,
            value: pg_sys::Datum,
            type_oid: pg_sys::Oid,
            time_zone: *const c_int,
        ) -> *mut c_char;
        pub(super) fn int64_to_numeric(number: i64) -> pg_sys::Numeric;
        pub(super) fn toast_raw_datum_size(value: pg_sys::Datum) -> usize;
        pub(super) fn pg_detoast_datum(value: *mut pg_sys::varlena) -> *mut pg_sys::varlena;
        pub(super) fn pg_detoast_datum_packed(value: *mut pg_sys::varlena) -> *mut pg_sys::varlena;
    }
}
