//! Amounts of money, exactly: whole numbers of the smallest unit, twelve places behind the point.
//!
//! Twelve places are three digits of the base 10,000 in which PostgreSQL keeps a `numeric`, and more than a
//! price of a single token needs. What does not fit is refused where it is read, never rounded.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// How many digits stand behind the point.
pub const PLACES: u32 = 12;

const UNIT: i128 = 10_i128.pow(PLACES);

/// An amount, of either sign. Sums saturate, far beyond what a `numeric` that was read can hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i128);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// More than any amount that is read.
    pub const MOST: Self = Self(i128::MAX);
    /// What one read amount is at most, so that sums of any that are stored do not overflow.
    const LARGEST_READ: i128 = i128::MAX / (1 << 32);

    /// So many of the smallest unit.
    #[must_use]
    pub const fn from_units(units: i128) -> Self {
        Self(units)
    }

    /// A whole amount.
    #[must_use]
    pub const fn from_integer(integer: i64) -> Self {
        Self(integer as i128 * UNIT)
    }

    /// How many of the smallest unit it is.
    #[must_use]
    pub const fn units(self) -> i128 {
        self.0
    }

    /// True for nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// True for more than nothing.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// True for less than nothing.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The amount that digits of the base 10,000 stand for, of which the first counts 10,000 to the power of
    /// `weight`: one amount, or a sum. None where it has more places than are kept, or is too large.
    #[must_use]
    pub fn from_digits(
        negative: bool,
        weight: i32,
        digits: impl Iterator<Item = u16>,
    ) -> Option<Self> {
        const BASE: i128 = 10_000;
        const GROUPS: i32 = PLACES.cast_signed() / 4;
        let mut units = 0_i128;
        for (digit, exponent) in digits.zip((0..).map(|position| weight - position + GROUPS)) {
            if digit == 0 {
                continue;
            }
            let exponent = u32::try_from(exponent).ok()?;
            let value = BASE.checked_pow(exponent)?.checked_mul(i128::from(digit))?;
            units = units.checked_add(value)?;
        }
        Some(Self(if negative { -units } else { units }))
    }

    /// True for what one amount can be; a sum can be more.
    #[must_use]
    pub const fn is_one_amount(self) -> bool {
        -Self::LARGEST_READ <= self.0 && self.0 <= Self::LARGEST_READ
    }

    /// Reads what PostgreSQL shows of a numeric. None where it is none, has more places than are kept, or is too
    /// large.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_sum(text).filter(|amount| amount.is_one_amount())
    }

    /// As [`Self::parse`], of a sum of amounts, which may be larger than any one of them.
    #[must_use]
    pub fn parse_sum(text: &str) -> Option<Self> {
        let (negative, magnitude) = match text.strip_prefix('-') {
            Some(magnitude) => (true, magnitude),
            None => (false, text),
        };
        let (whole, places) = magnitude.split_once('.').unwrap_or((magnitude, ""));
        let places = places.trim_end_matches('0');
        if places.len() > PLACES as usize {
            return None;
        }
        let digits = |text: &str| -> Option<i128> {
            let all = text.bytes().all(|byte| byte.is_ascii_digit());
            if all { text.parse().ok() } else { None }
        };
        let whole = digits(whole)?.checked_mul(UNIT)?;
        let units = whole.checked_add(digits(&format!("{places:0<12}"))?)?;
        Some(Self(if negative { -units } else { units }))
    }

    /// `fraction` of this amount, such as 0.80.
    #[must_use]
    pub const fn times(self, fraction: Self) -> Self {
        match self.0.checked_mul(fraction.0) {
            Some(product) => Self(product / UNIT),
            // A fraction has few places: nothing that counts is lost.
            None => Self((self.0 / UNIT).saturating_mul(fraction.0)),
        }
    }

    /// This amount divided into `parts`, rounded towards nothing.
    #[must_use]
    pub fn divided_by(self, parts: u16) -> Self {
        Self(self.0 / i128::from(parts.max(1)))
    }

    /// This amount times `numerator`, divided by `denominator`.
    #[must_use]
    pub fn in_proportion(self, numerator: i64, denominator: i64) -> Self {
        let (numerator, denominator) = (i128::from(numerator), i128::from(denominator.max(1)));
        Self(
            self.0
                .checked_mul(numerator)
                .map_or(self.0 / denominator * numerator, |product| {
                    product / denominator
                }),
        )
    }

    /// How many hundredths of `whole` this is, rounded down.
    #[must_use]
    pub const fn percent_of(self, whole: Self) -> Option<i128> {
        if whole.0 == 0 {
            return None;
        }
        match self.0.checked_mul(100) {
            Some(product) => Some(product / whole.0),
            None => Some(self.0 / whole.0 * 100),
        }
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Money {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Money {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

/// With two places at least, and as many as it needs: `12.50`, `0.000125`.
impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (unit, units) = (UNIT.unsigned_abs(), self.0.unsigned_abs());
        let places = format!("{:012}", units % unit);
        let shown = places.trim_end_matches('0').len().max(2);
        write!(formatter, "{sign}{}.{}", units / unit, &places[..shown])
    }
}

#[cfg(test)]
mod tests;
