//! What a run of the engine did.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

/// One migration that was run or recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its version.
    pub version: i64,
    /// Its name.
    pub name: String,
    /// How long it took; nothing before it has been run.
    #[serde(
        rename = "duration_ms",
        serialize_with = "milliseconds",
        skip_serializing_if = "Option::is_none"
    )]
    pub duration: Option<Duration>,
}

/// What was done, in the order in which it was done.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Outcome {
    /// Undone, newest first.
    pub reverted: Vec<Step>,
    /// Applied, oldest first.
    pub applied: Vec<Step>,
    /// Recorded without being run.
    pub recorded: Vec<Step>,
    /// Made to agree with their files.
    pub restamped: Vec<Step>,
}

impl Step {
    /// A step that has not been run.
    pub(super) fn new(version: i64, name: &str) -> Self {
        Self {
            version,
            name: name.to_owned(),
            duration: None,
        }
    }

    /// The same step, having taken so long.
    pub(super) fn took(mut self, duration: Duration) -> Self {
        self.duration = Some(duration);
        self
    }
}

/// The migration's name as refinery writes it.
impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "V{}__{}", self.version, self.name)
    }
}

impl Outcome {
    /// Whether nothing was done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.reverted.is_empty()
            && self.applied.is_empty()
            && self.recorded.is_empty()
            && self.restamped.is_empty()
    }
}

#[expect(clippy::ref_option, reason = "the signature that serde calls")]
fn milliseconds<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let milliseconds = duration.map(|duration| duration.as_secs_f64() * 1000.0);
    milliseconds
        .map(|exact| (exact * 1000.0).round() / 1000.0)
        .serialize(serializer)
}
