//! What people are told of, and in which words.

use crate::pg::name;

/// Something that happens to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Assigned,
    Completed,
    Delayed,
    Unblocked,
}

impl Event {
    pub(super) const ALL: [Self; 4] = [
        Self::Assigned,
        Self::Completed,
        Self::Delayed,
        Self::Unblocked,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::Completed => "completed",
            Self::Delayed => "delayed",
            Self::Unblocked => "unblocked",
        }
    }

    pub(super) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }

    /// The title of a notice about a task.
    pub(super) fn title(self, task: &Subject<'_>) -> String {
        let what = match self {
            Self::Assigned => "Assigned to you",
            Self::Completed => "Completed",
            Self::Delayed => "Delayed",
            Self::Unblocked => "Ready",
        };
        format!("{what}: {}", task.title.unwrap_or(task.key))
    }

    /// Its text.
    pub(super) fn message(self, task: &Subject<'_>) -> String {
        let Subject { key, title } = task;
        let task = title.map_or_else(
            || format!("Task {key}"),
            |title| format!("Task {key}, {title},"),
        );
        match self {
            Self::Assigned => format!("{task} is assigned to you."),
            Self::Completed => format!("{task} is completed."),
            Self::Delayed => format!("{task} is delayed."),
            Self::Unblocked => format!("{task} can be begun: nothing blocks it any more."),
        }
    }
}

/// The task that a notice is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'text> {
    pub(super) key: &'text str,
    pub(super) title: Option<&'text str>,
}

/// The events in words, for a HINT.
pub(super) fn names() -> String {
    Event::ALL.map(Event::name).join(", ")
}

/// An event and what the user's table calls it, as an argument of a trigger.
pub(super) fn argument(event: Event, label: &str) -> String {
    name::literal(&format!("{}={label}", event.name()))
}
