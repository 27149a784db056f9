//! A column of a table, and what its type says of its values.

use pgrx::pg_sys;

use super::name;

/// A column of a relation.
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    /// Its number, from 1; it stays the same when columns before it are dropped.
    pub(crate) number: i16,
    pub(crate) name: String,
    pub(crate) type_oid: pg_sys::Oid,
    /// The type's modifier, as in `timestamp(3)`; -1 for none.
    pub(crate) type_modifier: i32,
    pub(crate) collation: pg_sys::Oid,
    pub(crate) generated: bool,
    /// A generated column that is not stored (PostgreSQL 18): a row holds nothing for it.
    pub(crate) computed_when_read: bool,
    pub(crate) not_null: bool,
}

impl Attribute {
    /// The type of the column as SQL, with its modifier: `character varying(50)`.
    pub(crate) fn type_name(&self) -> String {
        const WITH_MODIFIER_AND_SCHEMA: u16 =
            (pg_sys::FORMAT_TYPE_TYPEMOD_GIVEN | pg_sys::FORMAT_TYPE_FORCE_QUALIFY) as u16;
        // SAFETY: a look-up in the catalog caches for a type that a column has; it returns a C string.
        unsafe {
            name::read(pg_sys::format_type_extended(
                self.type_oid,
                self.type_modifier,
                WITH_MODIFIER_AND_SCHEMA,
            ))
        }
    }

    /// The type of the column as SQL, seen through domains, with its modifier.
    pub(crate) fn base_type_name(&self) -> String {
        let mut modifier = self.type_modifier;
        // SAFETY: a look-up in the catalog caches for a type that a column has.
        let base = unsafe { pg_sys::getBaseTypeAndTypmod(self.type_oid, &raw mut modifier) };
        Self {
            type_oid: base,
            type_modifier: modifier,
            ..self.clone()
        }
        .type_name()
    }

    /// The type of the column, seen through domains.
    pub(crate) fn base_type(&self) -> pg_sys::Oid {
        // SAFETY: a look-up in the catalog caches for a type that a column has.
        unsafe { pg_sys::getBaseType(self.type_oid) }
    }
}

/// What a type is for, as PostgreSQL sorts types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TypeCategory {
    Text,
    Time,
    Enum,
    Number,
    Other,
}

impl Attribute {
    /// How many characters a value has at most, where the column's type says so.
    pub(crate) fn most_characters(&self) -> Option<usize> {
        let mut modifier = self.type_modifier;
        // SAFETY: a look-up in the catalog caches for a type that a column has.
        let base = unsafe { pg_sys::getBaseTypeAndTypmod(self.type_oid, &raw mut modifier) };
        let is_limited = matches!(base, pg_sys::VARCHAROID | pg_sys::BPCHAROID);
        usize::try_from(modifier - pg_sys::VARHDRSZ as i32)
            .ok()
            .filter(|_| is_limited)
    }

    /// How many digits a number has at most before its point, where the column's type says so.
    pub(crate) fn digits_before_the_point(&self) -> Option<i32> {
        let mut modifier = self.type_modifier;
        // SAFETY: a look-up in the catalog caches for a type that a column has.
        let base = unsafe { pg_sys::getBaseTypeAndTypmod(self.type_oid, &raw mut modifier) };
        let packed = modifier - pg_sys::VARHDRSZ as i32;
        if base != pg_sys::NUMERICOID || packed < 0 {
            return None;
        }
        // As `numeric.c` packs them: eleven bits of scale, which can be negative.
        let (precision, scale) = ((packed >> 16) & 0xFFFF, ((packed & 0x7FF) ^ 1024) - 1024);
        Some(precision - scale)
    }

    pub(crate) fn category(&self) -> TypeCategory {
        let (mut category, mut preferred) = (0, false);
        // SAFETY: a look-up in the catalog caches for a type that a column has.
        unsafe {
            pg_sys::get_type_category_preferred(
                self.base_type(),
                &raw mut category,
                &raw mut preferred,
            );
        }
        match category as u8 {
            pg_sys::TYPCATEGORY_STRING => TypeCategory::Text,
            pg_sys::TYPCATEGORY_DATETIME => TypeCategory::Time,
            pg_sys::TYPCATEGORY_ENUM => TypeCategory::Enum,
            pg_sys::TYPCATEGORY_NUMERIC => TypeCategory::Number,
            _ => TypeCategory::Other,
        }
    }
}
