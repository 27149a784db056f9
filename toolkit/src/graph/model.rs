//! What is drawn.

use std::borrow::Cow;

use super::layout::against_the_order;
use super::text::{cut, one_line};

/// What a reader still takes in at a glance, in characters.
const LONGEST_TITLE: usize = 120;

/// The dependencies that one guard watches, or a part of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// The edge table, as SQL writes it.
    pub table: String,
    /// The name of the guard's trigger.
    pub guard: String,
    /// The tasks that have a dependency or that others depend on.
    pub tasks: Vec<Task>,
    /// The dependencies between them.
    pub edges: Vec<Edge>,
    /// The task that the picture is about, by its place among the tasks.
    pub root: Option<usize>,
}

/// A task, whatever the user's schema calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its key, as text.
    pub key: String,
    /// Its title; none where the table has none, or where the role may not read it.
    pub label: Option<String>,
}

/// A dependency, by the places of its tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// What is waited for.
    pub from: usize,
    /// What waits.
    pub to: usize,
    /// The kind, where the table has one.
    pub kind: Option<String>,
}

/// The task that a picture is about, as the command line names it.
#[derive(Clone, Debug)]
pub struct Root {
    /// Its key.
    pub key: String,
    /// How many steps away from it the picture ends; none for all of them.
    pub depth: Option<u32>,
}

impl Graph {
    /// Whether the dependencies hold a cycle, which only rows past the guard can make.
    #[must_use]
    pub fn holds_cycle(&self) -> bool {
        against_the_order(self.tasks.len(), &self.pairs()).contains(&true)
    }

    /// The ends of each edge.
    pub(super) fn pairs(&self) -> Vec<(usize, usize)> {
        self.edges.iter().map(|edge| (edge.from, edge.to)).collect()
    }

    /// Whether the kinds of its edges tell anything.
    pub(super) fn has_several_kinds(&self) -> bool {
        let mut kinds = self.edges.iter().map(|edge| &edge.kind);
        kinds
            .next()
            .is_some_and(|first| kinds.any(|kind| kind != first))
    }
}

impl Task {
    /// What a reader knows it by: its label, or else its key, on one line that is not too long.
    #[must_use]
    pub fn title(&self) -> Cow<'_, str> {
        let label = self.label.as_deref().map(one_line);
        let title = label
            .filter(|label| !label.is_empty())
            .unwrap_or_else(|| one_line(&self.key));
        match cut(&title, LONGEST_TITLE) {
            Cow::Owned(cut) => Cow::Owned(cut),
            Cow::Borrowed(_) => title,
        }
    }

    /// Its title, with the key where that is another.
    pub(super) fn full_title(&self) -> String {
        let (title, key) = (self.title(), one_line(&self.key));
        if title == key {
            title.into_owned()
        } else {
            format!("{title} ({key})")
        }
    }
}
