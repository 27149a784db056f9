//! What a column of a user's own table takes of the texts that name a row or a user.

use std::ffi::CStr;

use pgrx::pg_sys;

use crate::pg::relation::Attribute;

/// The type of a column, seen through domains, and how much it holds.
#[derive(Clone, Copy)]
pub(in crate::audit) struct ColumnKind {
    pub(super) type_oid: pg_sys::Oid,
    most_characters: Option<usize>,
}

impl ColumnKind {
    pub(in crate::audit) fn of(column: &Attribute) -> Self {
        Self {
            type_oid: column.base_type(),
            most_characters: column.most_characters(),
        }
    }

    /// True where the text is read as a value that means the same: neither refused nor cut.
    pub(in crate::audit) fn takes(self, text: &CStr) -> bool {
        let bytes = text.to_bytes();
        if self
            .most_characters
            .is_some_and(|most| bytes.len() > most && characters(bytes) > most)
        {
            return false;
        }
        let readable = |read: fn(&str) -> bool| text.to_str().is_ok_and(read);
        match self.type_oid {
            pg_sys::UUIDOID => readable(is_uuid),
            pg_sys::INT2OID => readable(|text| text.parse::<i16>().is_ok()),
            pg_sys::INT4OID => readable(|text| text.parse::<i32>().is_ok()),
            pg_sys::INT8OID => readable(|text| text.parse::<i64>().is_ok()),
            pg_sys::NAMEOID => bytes.len() < pg_sys::NAMEDATALEN as usize,
            _ => true,
        }
    }

    /// What stands for no row in particular.
    pub(in crate::audit) fn no_row(self) -> &'static CStr {
        match self.type_oid {
            pg_sys::UUIDOID => c"00000000-0000-0000-0000-000000000000",
            pg_sys::INT2OID | pg_sys::INT4OID | pg_sys::INT8OID => c"0",
            pg_sys::JSONBOID | pg_sys::JSONOID => c"null",
            _ => c"",
        }
    }

    pub(super) fn is_json(self) -> bool {
        matches!(self.type_oid, pg_sys::JSONBOID | pg_sys::JSONOID)
    }
}

/// The characters of a text in the database's encoding.
fn characters(bytes: &[u8]) -> usize {
    crate::pg::name::from_server(bytes).chars().count()
}

/// True for the two forms in which UUIDs are written: with hyphens, and without.
fn is_uuid(text: &str) -> bool {
    let bytes = text.as_bytes();
    let hyphens_fit = match bytes.len() {
        32 => true,
        36 => [8, 13, 18, 23].iter().all(|place| bytes[*place] == b'-'),
        _ => false,
    };
    let digits = bytes.iter().filter(|byte| byte.is_ascii_hexdigit()).count();
    hyphens_fit && digits == 32
}
