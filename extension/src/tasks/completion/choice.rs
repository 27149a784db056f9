//! What the user chose, as it stands in the triggers' arguments.

use crate::pg::name;
use crate::pg::relation::Relation;

/// The columns that play a role, the statuses that mean something, and what is to be held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tasks) struct Choice {
    pub(in crate::tasks) key: String,
    pub(in crate::tasks) status: String,
    /// The statuses of a task that is done; the first is the one that `complete_task` sets.
    pub(in crate::tasks) done: Vec<String>,
    pub(in crate::tasks) cancelled: Vec<String>,
    pub(in crate::tasks) completed_at: Option<String>,
    pub(in crate::tasks) priority: Option<String>,
    pub(in crate::tasks) due: Option<String>,
    pub(in crate::tasks) title: Option<String>,
    pub(in crate::tasks) assignee: Option<String>,
    /// The priorities from the first to the last, where the column's type does not say.
    pub(in crate::tasks) priorities: Vec<String>,
    pub(in crate::tasks) most_urgent: MostUrgent,
    pub(in crate::tasks) enforcement: Enforcement,
    pub(in crate::tasks) on_cancelled: OnCancelled,
    pub(in crate::tasks) on_reopen: OnReopen,
    pub(in crate::tasks) transitions: Option<Vec<Transition>>,
}

/// Which end of the priorities comes first, in the order of their type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::tasks) enum MostUrgent {
    #[default]
    Lowest,
    Highest,
}

/// What happens where a task is done before its blockers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tasks) enum Enforcement {
    Refuse,
    Warn,
}

/// Whether a cancelled task still blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tasks) enum OnCancelled {
    Block,
    Satisfy,
}

/// What happens where a task that is done gets an open blocker afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tasks) enum OnReopen {
    Allow,
    Block,
}

/// The statuses that may follow one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tasks) struct Transition {
    pub(in crate::tasks) from: String,
    pub(in crate::tasks) to: Vec<String>,
}

const DONE: &str = "done=";
const CANCELLED: &str = "cancelled=";
const COMPLETED_AT: &str = "completed_at=";
const PRIORITY: &str = "priority=";
const DUE: &str = "due=";
const TITLE: &str = "title=";
const ASSIGNEE: &str = "assignee=";
const PRIORITIES: &str = "priorities=";
const HIGHEST_FIRST: &str = "highest_first";
const WARN: &str = "enforce=false";
const SATISFY: &str = "on_cancelled=satisfy";
const BLOCK: &str = "on_reopen=block";
const TRANSITIONS: &str = "transitions";
const FROM: &str = "from=";
const TO: &str = "to=";

impl Choice {
    /// Reads the arguments of a trigger, or returns none where they are not ours.
    pub(in crate::tasks) fn from_arguments(arguments: &[String]) -> Option<Self> {
        let [key, status, options @ ..] = arguments else {
            return None;
        };
        let mut choice = Self {
            key: key.clone(),
            status: status.clone(),
            done: Vec::new(),
            cancelled: Vec::new(),
            completed_at: None,
            priority: None,
            due: None,
            title: None,
            assignee: None,
            priorities: Vec::new(),
            most_urgent: MostUrgent::Lowest,
            enforcement: Enforcement::Refuse,
            on_cancelled: OnCancelled::Block,
            on_reopen: OnReopen::Allow,
            transitions: None,
        };
        for option in options {
            choice.read_flag(option).or_else(|| choice.read(option))?;
        }
        Some(choice)
    }

    fn read_flag(&mut self, option: &str) -> Option<()> {
        match option {
            WARN => self.enforcement = Enforcement::Warn,
            SATISFY => self.on_cancelled = OnCancelled::Satisfy,
            BLOCK => self.on_reopen = OnReopen::Block,
            HIGHEST_FIRST => self.most_urgent = MostUrgent::Highest,
            TRANSITIONS => self.transitions = Some(Vec::new()),
            _ => return None,
        }
        Some(())
    }

    fn read(&mut self, option: &str) -> Option<()> {
        let (name, value) = option.split_once('=')?;
        let value = value.to_owned();
        let is = |known: &str| known.strip_suffix('=') == Some(name);
        match () {
            () if is(DONE) => self.done.push(value),
            () if is(CANCELLED) => self.cancelled.push(value),
            () if is(COMPLETED_AT) => self.completed_at = Some(value),
            () if is(PRIORITY) => self.priority = Some(value),
            () if is(DUE) => self.due = Some(value),
            () if is(TITLE) => self.title = Some(value),
            () if is(ASSIGNEE) => self.assignee = Some(value),
            () if is(PRIORITIES) => self.priorities.push(value),
            () if is(FROM) => self.transitions.as_mut()?.push(Transition {
                from: value,
                to: Vec::new(),
            }),
            () if is(TO) => self.transitions.as_mut()?.last_mut()?.to.push(value),
            () => return None,
        }
        Some(())
    }

    /// The arguments for `CREATE TRIGGER`.
    pub(in crate::tasks) fn arguments(&self) -> String {
        let mut arguments = vec![self.key.clone(), self.status.clone()];
        let mut each = |name: &str, values: &[String]| {
            arguments.extend(values.iter().map(|value| format!("{name}{value}")));
        };
        each(DONE, &self.done);
        each(CANCELLED, &self.cancelled);
        each(COMPLETED_AT, self.completed_at.as_slice());
        each(PRIORITY, self.priority.as_slice());
        each(DUE, self.due.as_slice());
        each(TITLE, self.title.as_slice());
        each(ASSIGNEE, self.assignee.as_slice());
        each(PRIORITIES, &self.priorities);
        let flags = [
            (self.enforcement == Enforcement::Warn, WARN),
            (self.on_cancelled == OnCancelled::Satisfy, SATISFY),
            (self.on_reopen == OnReopen::Block, BLOCK),
            (self.most_urgent == MostUrgent::Highest, HIGHEST_FIRST),
            (self.transitions.is_some(), TRANSITIONS),
        ];
        arguments.extend(
            flags
                .into_iter()
                .filter(|(is_set, _)| *is_set)
                .map(|(_, flag)| flag.to_owned()),
        );
        for transition in self.transitions.iter().flatten() {
            arguments.push(format!("{FROM}{}", transition.from));
            arguments.extend(transition.to.iter().map(|to| format!("{TO}{to}")));
        }
        arguments
            .iter()
            .map(|argument| name::literal(argument))
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// The columns that the rule cannot do without.
    pub(in crate::tasks) fn columns(&self) -> impl Iterator<Item = &String> {
        [&self.key, &self.status]
            .into_iter()
            .chain(&self.completed_at)
            .chain(&self.priority)
            .chain(&self.due)
    }

    /// The call that attaches to `tasks` again, as far as the columns go.
    pub(in crate::tasks) fn attach_call(&self, tasks: &Relation) -> String {
        format!(
            "select steward.track_completion({}, key => {}, status => {}, ...);",
            name::literal(&tasks.qualified_name()),
            name::literal(&self.key),
            name::literal(&self.status),
        )
    }
}
