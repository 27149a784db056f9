//! The engine's events in words, on stderr.

use std::cell::RefCell;

use super::{Console, Progress};
use crate::engine::{Event, Observer, Step};

/// Tells of the engine's work as it goes on.
#[derive(Debug)]
pub struct Narrator<'a> {
    console: &'a Console,
    schema: &'a str,
    progress: RefCell<Option<Progress>>,
}

impl<'a> Narrator<'a> {
    /// A narrator of work on `schema`.
    #[must_use]
    pub const fn new(console: &'a Console, schema: &'a str) -> Self {
        Self {
            console,
            schema,
            progress: RefCell::new(None),
        }
    }

    fn begin(&self, step: &Step) {
        if let Some(progress) = self.progress.borrow().as_ref() {
            progress.begin(&step.to_string());
        }
    }

    fn end(&self, what: &str, step: &Step) {
        let took = step.duration.map_or_else(String::new, |duration| {
            format!(" ({:.1} ms)", duration.as_secs_f64() * 1000.0)
        });
        self.console.note(&format!("{what} {step}{took}"));
        if let Some(progress) = self.progress.borrow().as_ref() {
            progress.end();
        }
    }
}

impl Observer for Narrator<'_> {
    fn event(&self, event: &Event<'_>) {
        let schema = self.schema;
        match event {
            Event::LockBusy(holder) => self.console.note(&format!(
                "waiting for another runner on schema \"{schema}\": {holder}"
            )),
            Event::Planned(steps) => {
                *self.progress.borrow_mut() = Some(self.console.progress(*steps));
            }
            Event::SchemaCreated => self.console.note(&format!("created schema \"{schema}\"")),
            Event::ExtensionCreated => self.console.note("created extension steward"),
            Event::Begun(step) => self.begin(step),
            Event::Statement { file, line } => {
                self.console.detail(&format!("{}:{line}", file.display()));
            }
            Event::Retry {
                what,
                attempt,
                attempts,
                pause,
            } => self.console.warning(&format!(
                "{what}: a lock was not available (attempt {attempt} of {attempts}); next attempt \
                 in {:.1} s",
                pause.as_secs_f64()
            )),
            Event::InvalidIndexDropped(index) => self.console.warning(&format!(
                "dropped the INVALID index {index}, left by a CREATE INDEX CONCURRENTLY that failed"
            )),
            Event::Applied(step) => self.end("applied", step),
            Event::Reverted(step) => self.end("undid", step),
            Event::Recorded(step) => self.end("recorded", step),
            Event::Restamped(step) => self.end("restamped", step),
            Event::HistoryDropped => self
                .console
                .note(&format!("dropped the history table of schema \"{schema}\"")),
            Event::SchemaDropped => self.console.note(&format!("dropped schema \"{schema}\"")),
            Event::SchemaKept => self.console.note(&format!(
                "kept schema \"{schema}\": it holds something that no migration created"
            )),
        }
    }
}
