//! Amounts in columns: how a `numeric` or an integer is read exactly, and how one is written.

use pgrx::pg_sys;
use steward_rules::money::Money;

use super::boundary;
use super::function::Returned;
use super::name;
use super::relation::Attribute;
use super::tuple::Value;

/// A type whose values are amounts. Floating point is none: it rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AmountType {
    Numeric,
    Int2,
    Int4,
    Int8,
}

/// What a column can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Amount {
    Null,
    Exact(Money),
    /// NaN or an infinity.
    NotFinite,
    /// More places, or a larger number, than is kept.
    DoesNotFit,
}

impl AmountType {
    /// The type of a column, seen through domains.
    pub(crate) fn of(attribute: &Attribute) -> Option<Self> {
        match attribute.base_type() {
            pg_sys::NUMERICOID => Some(Self::Numeric),
            pg_sys::INT2OID => Some(Self::Int2),
            pg_sys::INT4OID => Some(Self::Int4),
            pg_sys::INT8OID => Some(Self::Int8),
            _ => None,
        }
    }

    /// Reads a value of this type.
    pub(crate) fn read(self, value: Value<'_>) -> Amount {
        if value.is_null() {
            return Amount::Null;
        }
        let integer = |integer| Amount::Exact(Money::from_integer(integer));
        match self {
            Self::Int2 => integer(i64::from(value.as_smallint())),
            Self::Int4 => integer(i64::from(value.as_integer())),
            Self::Int8 => integer(value.as_bigint()),
            Self::Numeric => {
                // SAFETY: a value of type numeric, which is not NULL, is a varlena.
                let bytes = unsafe { super::text::bytes(value.datum()) };
                match of_numeric(&bytes) {
                    Amount::Exact(amount) if !amount.is_one_amount() => Amount::DoesNotFit,
                    amount => amount,
                }
            }
        }
    }
}

/// Reads a numeric that is a sum of amounts, which may be larger than any one of them. NULL is nothing; what can be no
/// sum is the most there is, since it must never pass for nothing.
pub(crate) fn read_sum(value: Value<'_>) -> Money {
    if value.is_null() {
        return Money::ZERO;
    }
    // SAFETY: a value of type numeric, which is not NULL, is a varlena.
    let bytes = unsafe { super::text::bytes(value.datum()) };
    match of_numeric(&bytes) {
        Amount::Exact(sum) => sum,
        _ => Money::MOST,
    }
}

/// The stored form of a numeric, without its length (`numeric.c`): a head of sign, weight and scale, and
/// digits of the base 10,000.
fn of_numeric(bytes: &[u8]) -> Amount {
    const KIND: u16 = 0xC000;
    const NEGATIVE: u16 = 0x4000;
    const SHORT: u16 = 0x8000;
    const SPECIAL: u16 = 0xC000;
    const SHORT_NEGATIVE: u16 = 0x2000;
    const SHORT_WEIGHT: u16 = 0x003F;
    const SHORT_WEIGHT_NEGATIVE: u16 = 0x0040;
    let mut words = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_ne_bytes([pair[0], pair[1]]));
    let head = words.next().unwrap_or(SPECIAL);
    let (negative, weight) = match head & KIND {
        SPECIAL => return Amount::NotFinite,
        SHORT => {
            let weight = (head & SHORT_WEIGHT) as i16;
            let below = head & SHORT_WEIGHT_NEGATIVE != 0;
            let extended = if below { weight | !0x3F } else { weight };
            (head & SHORT_NEGATIVE != 0, extended)
        }
        kind => (kind == NEGATIVE, words.next().unwrap_or_default() as i16),
    };
    Money::from_digits(negative, i32::from(weight), words).map_or(Amount::DoesNotFit, Amount::Exact)
}

/// `returns numeric`.
impl Returned for Option<Money> {
    fn into_datum(self, _: pg_sys::FunctionCallInfo) -> Option<pg_sys::Datum> {
        self.map(|amount| numeric(amount).datum())
    }
}

/// The amount as a numeric. It lives as long as the trigger runs.
pub(crate) fn numeric(amount: Money) -> Value<'static> {
    let text = name::c_string(&amount.to_string());
    let source = text.as_ptr().cast_mut();
    // SAFETY: the input function of numeric is called with a C string that lives through the call.
    Value::from_datum(boundary::call(|| unsafe {
        let function = pg_sys::Oid::from(pg_sys::F_NUMERIC_IN);
        pg_sys::OidInputFunctionCall(function, source, pg_sys::InvalidOid, -1)
    }))
}
