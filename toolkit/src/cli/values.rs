//! How the values of arguments are read.

use std::time::Duration;

use clap::builder::RangedI64ValueParser;

/// A version that a migration can have.
pub(super) fn version() -> RangedI64ValueParser<i64> {
    clap::value_parser!(i64).range(1..)
}

/// Such a version, or 0 for what is before the first.
pub(super) fn version_or_zero() -> RangedI64ValueParser<i64> {
    clap::value_parser!(i64).range(0..)
}

/// A number of migrations.
pub(super) fn steps() -> RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..)
}

/// Reads a time as PostgreSQL's settings have it, but for a number without a unit.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1000), ("min", 60_000), ("h", 3_600_000)];
    // PostgreSQL's limit, in milliseconds.
    const LIMIT: u64 = i32::MAX as u64;
    let digits = text
        .find(|one: char| !one.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    if number.parse() == Ok(0_u64) && unit.is_empty() {
        return Ok(Duration::ZERO);
    }
    let factor = UNITS
        .iter()
        .find(|(name, _)| *name == unit.trim())
        .map(|(_, factor)| *factor);
    let milliseconds = number
        .parse::<u64>()
        .ok()
        .zip(factor)
        .and_then(|(number, factor)| number.checked_mul(factor))
        .filter(|milliseconds| *milliseconds <= LIMIT)
        .ok_or("a time is a number with a unit: 500ms, 5s, 1min, 1h")?;
    Ok(Duration::from_millis(milliseconds))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::time;

    #[test]
    fn times_have_units() {
        assert_eq!(time("0"), Ok(Duration::ZERO));
        assert_eq!(time("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(time("2min"), Ok(Duration::from_mins(2)));
        for wrong in ["5", "s", "-5s", "5 parsecs", "", "99999999h"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
