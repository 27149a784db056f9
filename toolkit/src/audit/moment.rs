//! A point in time as one types it: as PostgreSQL reads it, or how long ago it is.

use std::fmt;
use std::str::FromStr;

use postgres_protocol::escape::escape_literal;

use crate::error::Error;

/// The units of a span: what PostgreSQL calls them, and how they can be written.
const UNITS: [(&str, &[&str]); 7] = [
    ("seconds", &["s", "sec", "second", "seconds"]),
    ("minutes", &["min", "minute", "minutes"]),
    ("hours", &["h", "hour", "hours"]),
    ("days", &["d", "day", "days"]),
    ("weeks", &["w", "week", "weeks"]),
    ("months", &["mon", "month", "months"]),
    ("years", &["y", "year", "years"]),
];

/// A length of time, of whole units of the calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    number: u16,
    unit: &'static str,
}

impl FromStr for Span {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let digits = text
            .find(|one: char| !one.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let unit = unit.trim();
        UNITS
            .iter()
            .find(|(_, names)| names.contains(&unit))
            .zip(number.parse().ok())
            .map(|((unit, _), number)| Self { number, unit })
            .ok_or_else(|| {
                Error::usage("a length of time is a number up to 65535 with a unit: 30s, 15min, 2h, 7d, 4w, 6mon, 2y")
            })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.number, self.unit)
    }
}

/// A point in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// So long before now.
    Ago(Span),
    /// As PostgreSQL reads it.
    At(String),
}

impl Moment {
    /// The time, in SQL.
    #[must_use]
    pub fn sql(&self) -> String {
        match self {
            Self::Ago(span) => {
                format!("(pg_catalog.now() - interval '{span}')")
            }
            Self::At(text) => format!("{}::pg_catalog.timestamptz", escape_literal(text)),
        }
    }
}

impl FromStr for Moment {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let rest = text.trim_start_matches(|one: char| one.is_ascii_digit());
        let unit = rest.trim_start();
        let is_span = rest.len() < text.len()
            && !unit.is_empty()
            && unit.chars().all(|one| one.is_ascii_alphabetic());
        if is_span {
            return text.parse().map(Self::Ago);
        }
        if text.is_empty() || text.contains('\0') {
            return Err(Error::usage(
                "a time is written as PostgreSQL reads it, such as 2026-11-20 09:30, or as how long ago it is, such as 2h",
            ));
        }
        Ok(Self::At(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::Moment;

    #[test]
    fn how_long_ago_is_told_from_a_time() {
        let sql = |text: &str| text.parse::<Moment>().map(|moment| moment.sql()).ok();
        for (text, span) in [
            ("2h", "2 hours"),
            ("7 days", "7 days"),
            ("6mon", "6 months"),
            ("0s", "0 seconds"),
        ] {
            assert_eq!(
                sql(text),
                Some(format!("(pg_catalog.now() - interval '{span}')"))
            );
        }
        for text in ["2026-11-20", "yesterday", "20261120", "2026-11-20T10:00Z"] {
            assert_eq!(sql(text), Some(format!("'{text}'::pg_catalog.timestamptz")));
        }
        assert_eq!(
            sql("it's"),
            Some("'it''s'::pg_catalog.timestamptz".to_owned())
        );
        for wrong in ["5m", "99999d", "", "5 parsecs", "a\0"] {
            assert_eq!(sql(wrong), None, "{wrong:?}");
        }
    }
}
