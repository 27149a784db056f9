//! How long a partition of a log lasts.

use crate::pg::error::{Report, SqlState};

/// A calendar period, by UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::audit) enum Period {
    Day,
    Week,
    Month,
    Year,
}

impl Period {
    const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Year];

    pub(in crate::audit) const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.name() == name)
    }

    /// The period that the user named, or 22023.
    pub(super) fn required(name: &str) -> Self {
        Self::named(name).unwrap_or_else(|| {
            Report::new(
                SqlState::INVALID_PARAMETER_VALUE,
                format!("a log has no partitions of the period \"{name}\""),
            )
            .hint("Choose one of: day, week, month, year.")
            .raise()
        })
    }

    /// The start of the period that `time`, an expression in SQL, lies in.
    pub(in crate::audit) fn start_of(self, time: &str) -> String {
        format!("pg_catalog.date_trunc('{}', {time}, 'UTC')", self.name())
    }

    /// The length, as SQL; to be added where the time zone is UTC.
    pub(in crate::audit) fn length(self) -> String {
        format!("interval '1 {}'", self.name())
    }

    /// How `to_char` tells one period from another.
    pub(super) const fn format(self) -> &'static str {
        match self {
            Self::Day | Self::Week => "YYYY_MM_DD",
            Self::Month => "YYYY_MM",
            Self::Year => "YYYY",
        }
    }
}
