//! Keys of rows, and labels of kinds, as values that Rust can compare, hash and order.
//!
//! Only types whose equality is that of their bytes are taken: two keys are then the same to
//! PostgreSQL exactly if they are the same here.

use std::borrow::Cow;

use pgrx::pg_sys;

use super::boundary;
use super::name;
use super::relation::Attribute;
use super::statement;
use super::text;
use super::tuple::Value;

/// A key, whatever its type.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Key {
    /// An integer, or the oid of an enum's label.
    Integer(i64),
    Uuid([u8; 16]),
    /// In the database's encoding.
    Text(Box<[u8]>),
}

impl Key {
    /// Bytes that differ where keys differ.
    pub(crate) fn bytes(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Integer(integer) => Cow::Owned(integer.to_be_bytes().to_vec()),
            Self::Uuid(bytes) => Cow::Borrowed(bytes),
            Self::Text(bytes) => Cow::Borrowed(bytes),
        }
    }
}

/// A type whose values can be keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyType {
    Int4,
    Int8,
    Uuid,
    Text,
    /// An enum; of use for kinds and scopes, where labels are few.
    Enum(pg_sys::Oid),
}

impl KeyType {
    /// The type of a column, seen through domains; none where its equality is not that of its bytes.
    pub(crate) fn of(attribute: &Attribute) -> Option<Self> {
        // SAFETY: look-ups in the catalog caches for a type that a column has.
        unsafe {
            match pg_sys::getBaseType(attribute.type_oid) {
                pg_sys::INT4OID => Some(Self::Int4),
                pg_sys::INT8OID => Some(Self::Int8),
                pg_sys::UUIDOID => Some(Self::Uuid),
                pg_sys::TEXTOID | pg_sys::VARCHAROID => {
                    let bytewise = attribute.collation == pg_sys::InvalidOid
                        || pg_sys::get_collation_isdeterministic(attribute.collation);
                    bytewise.then_some(Self::Text)
                }
                other if pg_sys::type_is_enum(other) => Some(Self::Enum(other)),
                _ => None,
            }
        }
    }

    /// The name of the type in SQL.
    pub(crate) fn sql_name(self) -> String {
        match self {
            Self::Int4 => "integer".to_owned(),
            Self::Int8 => "bigint".to_owned(),
            Self::Uuid => "uuid".to_owned(),
            Self::Text => "text".to_owned(),
            // SAFETY: format_type_be_qualified returns a palloc'd string for any type.
            Self::Enum(oid) => unsafe { name::read(pg_sys::format_type_be_qualified(oid)) },
        }
    }

    /// The type itself, for parameters.
    pub(crate) fn type_oid(self) -> pg_sys::Oid {
        self.oid()
    }

    pub(super) fn oid(self) -> pg_sys::Oid {
        match self {
            Self::Int4 => pg_sys::INT4OID,
            Self::Int8 => pg_sys::INT8OID,
            Self::Uuid => pg_sys::UUIDOID,
            Self::Text => pg_sys::TEXTOID,
            Self::Enum(oid) => oid,
        }
    }

    /// Reads a value of this type; NULL gives none.
    pub(crate) fn read(self, value: Value<'_>) -> Option<Key> {
        if value.is_null() {
            return None;
        }
        let datum = value.datum();
        Some(match self {
            Self::Int4 => Key::Integer(i64::from(datum.value() as i32)),
            Self::Int8 => Key::Integer(datum.value() as i64),
            Self::Enum(_) => Key::Integer(i64::from(datum.value() as u32)),
            // SAFETY: the value of a uuid column points to its 16 bytes.
            Self::Uuid => Key::Uuid(unsafe { *datum.cast_mut_ptr::<[u8; 16]>() }),
            // SAFETY: the value of a text column, which is not NULL.
            Self::Text => Key::Text(unsafe { text::bytes(datum) }),
        })
    }

    /// Reads a value of a column that may have another type of key: an integer of another width.
    pub(crate) fn read_as(value: Value<'_>, column: &Attribute) -> Option<Key> {
        Self::of(column)?.read(value)
    }

    /// Reads the text of a value of this type, as PostgreSQL does: 22P02 where it is none.
    pub(crate) fn parse(self, text: &str) -> Key {
        let text = name::c_string(text);
        // SAFETY: the type's own input function is called with a C string that lives through the call.
        let datum = unsafe {
            let mut function = pg_sys::InvalidOid;
            let mut parameter = pg_sys::InvalidOid;
            pg_sys::getTypeInputInfo(self.oid(), &raw mut function, &raw mut parameter);
            let source = text.as_ptr().cast_mut();
            boundary::call(|| raw::OidInputFunctionCall(function, source, parameter, -1))
        };
        self.read(Value::from_datum(datum))
            .unwrap_or(Key::Integer(0))
    }

    /// The values of labels; none where an enum has no such label, since it was renamed.
    pub(crate) fn labels(self, labels: &[String]) -> Option<Vec<Key>> {
        labels.iter().map(|label| self.label(label)).collect()
    }

    /// The value of a label; none where an enum has no such label.
    pub(crate) fn label(self, label: &str) -> Option<Key> {
        let Self::Enum(enum_type) = self else {
            return Some(self.parse(label));
        };
        let rows = statement::query(&format!(
            "select oid from pg_catalog.pg_enum where enumtypid = {} and enumlabel = {}",
            enum_type.to_u32(),
            name::literal(label),
        ));
        let oid = rows.into_iter().next()?.pop().flatten()?;
        oid.parse().ok().map(Key::Integer)
    }

    /// The labels of an enum, in their order; none where this is none.
    pub(crate) fn enum_labels(self) -> Option<Vec<String>> {
        let Self::Enum(enum_type) = self else {
            return None;
        };
        let rows = statement::query(&format!(
            "select enumlabel from pg_catalog.pg_enum where enumtypid = {} order by enumsortorder",
            enum_type.to_u32(),
        ));
        Some(
            rows.into_iter()
                .filter_map(|mut row| row.pop().flatten())
                .collect(),
        )
    }

    /// The text of a key of this type, as PostgreSQL shows it.
    pub(crate) fn show(self, key: &Key) -> String {
        let argument = self.argument(key);
        // SAFETY: the type's own output function is called with a value of the type; it returns a
        // palloc'd string.
        unsafe {
            let mut function = pg_sys::InvalidOid;
            let mut is_varlena = false;
            pg_sys::getTypeOutputInfo(self.oid(), &raw mut function, &raw mut is_varlena);
            name::read(pg_sys::OidOutputFunctionCall(function, argument.datum()))
        }
    }

    /// Keys of this type as an array.
    pub(super) fn array(self, keys: &[Key]) -> pg_sys::Datum {
        let mut elements: Vec<pg_sys::Datum> =
            keys.iter().map(|key| self.argument(key).datum()).collect();
        let count = elements.len() as i32;
        let elements = elements.as_mut_ptr();
        // SAFETY: the elements are values of the type, whose storage the catalog describes.
        unsafe {
            let (mut length, mut by_value, mut alignment) = (0, false, 0);
            pg_sys::get_typlenbyvalalign(
                self.oid(),
                &raw mut length,
                &raw mut by_value,
                &raw mut alignment,
            );
            let array = boundary::call(|| {
                pg_sys::construct_array(
                    elements,
                    count,
                    self.oid(),
                    i32::from(length),
                    by_value,
                    alignment,
                )
            });
            pg_sys::Datum::from(array)
        }
    }

    /// True for a key that was read as this type, or as one that is stored in the same way.
    pub(crate) const fn takes(self, key: &Key) -> bool {
        matches!(
            (self, key),
            (Self::Int4 | Self::Int8 | Self::Enum(_), Key::Integer(_))
                | (Self::Uuid, Key::Uuid(_))
                | (Self::Text, Key::Text(_))
        )
    }

    /// A key of this type as an argument for PostgreSQL.
    pub(crate) fn argument(self, key: &Key) -> Value<'_> {
        Value::from_datum(match (self, key) {
            (Self::Int4, Key::Integer(integer)) => pg_sys::Datum::from(*integer as i32),
            (Self::Enum(_), Key::Integer(oid)) => pg_sys::Datum::from(*oid as u32),
            (_, Key::Integer(integer)) => pg_sys::Datum::from(*integer),
            (_, Key::Uuid(bytes)) => pg_sys::Datum::from(bytes.as_ptr().cast_mut()),
            (_, Key::Text(bytes)) => text::of_bytes(bytes),
        })
    }
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
