//! The transaction's timestamp as a value of a timestamp column, whatever its exact type.

use pgrx::pg_sys;

use super::boundary;
use super::relation::Attribute;
use super::tuple::Value;

/// How the transaction's timestamp becomes a value of one column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimestampColumn {
    with_time_zone: bool,
    /// The precision of `timestamp(3)`, or -1.
    modifier: i32,
    /// The domain whose constraints the value has to meet.
    domain: Option<pg_sys::Oid>,
}

impl TimestampColumn {
    /// None where the column's type is no `timestamp`, with or without time zone, and no domain over
    /// one.
    pub(crate) fn of(attribute: &Attribute) -> Option<Self> {
        let mut modifier = attribute.type_modifier;
        // SAFETY: a look-up in the catalog caches for a type that a column has.
        let base = unsafe { pg_sys::getBaseTypeAndTypmod(attribute.type_oid, &raw mut modifier) };
        let with_time_zone = match base {
            pg_sys::TIMESTAMPTZOID => true,
            pg_sys::TIMESTAMPOID => false,
            _ => return None,
        };
        let domain = (base != attribute.type_oid).then_some(attribute.type_oid);
        Some(Self {
            with_time_zone,
            modifier,
            domain,
        })
    }

    /// False for a column that rounds, as `timestamp(3)` does.
    pub(crate) const fn holds_microseconds(self) -> bool {
        const MICROSECONDS: i32 = 6;
        self.modifier < 0 || self.modifier == MICROSECONDS
    }

    /// The time at which the current transaction began. A column without time zone gets it in the
    /// session's time zone, as an assignment of `now()` does.
    pub(crate) fn now(self) -> Value<'static> {
        // SAFETY: both timestamp types are passed by value.
        let now = unsafe { pg_sys::Datum::from(pg_sys::GetCurrentTransactionStartTimestamp()) };
        Value::from_datum(self.checked(self.rounded(self.in_column_type(now))))
    }

    fn in_column_type(self, now: pg_sys::Datum) -> pg_sys::Datum {
        if self.with_time_zone {
            return now;
        }
        // SAFETY: the function takes the type that the value has.
        unsafe {
            pg_sys::OidFunctionCall1Coll(pg_sys::Oid::from(F_TIMESTAMP), pg_sys::InvalidOid, now)
        }
    }

    fn rounded(self, value: pg_sys::Datum) -> pg_sys::Datum {
        if self.modifier < 0 {
            return value;
        }
        let function = if self.with_time_zone {
            F_TIMESTAMPTZ_SCALE
        } else {
            F_TIMESTAMP_SCALE
        };
        // SAFETY: the function takes the type that the value has, and an integer.
        unsafe {
            pg_sys::OidFunctionCall2Coll(
                pg_sys::Oid::from(function),
                pg_sys::InvalidOid,
                value,
                pg_sys::Datum::from(self.modifier),
            )
        }
    }

    /// PostgreSQL checks a domain where a value is assigned, not where a trigger returns a row.
    fn checked(self, value: pg_sys::Datum) -> pg_sys::Datum {
        if let Some(domain) = self.domain {
            // SAFETY: the value is of the domain's base type; nothing is kept between calls.
            boundary::call(|| unsafe {
                let mut kept = std::ptr::null_mut();
                raw::domain_check(
                    value,
                    false,
                    domain,
                    &raw mut kept,
                    pg_sys::CurrentMemoryContext,
                );
            });
        }
        value
    }
}

/// `timestamp(timestamp with time zone)`, in the session's time zone.
const F_TIMESTAMP: u32 = 2027;
/// `timestamptz(timestamp with time zone, precision)`.
const F_TIMESTAMPTZ_SCALE: u32 = 1967;
/// `timestamp(timestamp without time zone, precision)`.
const F_TIMESTAMP_SCALE: u32 = 1961;

/// The function whose errors have to keep all their fields.
mod raw {
    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub(super) fn domain_check(
            value: pg_sys::Datum,
            null: bool,
            domain: pg_sys::Oid,
            kept: *mut *mut core::ffi::c_void,
            context: pg_sys::MemoryContext,
        );
    }
}
