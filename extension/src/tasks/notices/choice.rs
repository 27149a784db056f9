//! What the user chose, as it stands in the trigger's arguments.

use crate::pg::name;
use crate::pg::relation::Relation;

use super::event::{self, Event};

/// The columns that play a role, by name, and what people are told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// Each event with the label that the destination has for it.
    pub(super) events: Vec<(Event, String)>,
    pub(super) tasks: TaskColumns,
    pub(super) done: Vec<String>,
    pub(super) destination: DestinationColumns,
}

/// The columns of the tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TaskColumns {
    pub(super) key: String,
    pub(super) assignee: String,
    pub(super) creator: Option<String>,
    pub(super) title: Option<String>,
    /// Read only where somebody is told of it.
    pub(super) status: Option<String>,
    pub(super) flag: Option<String>,
}

/// The columns of the destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DestinationColumns {
    pub(super) user: String,
    pub(super) event: String,
    pub(super) title: Option<String>,
    pub(super) message: Option<String>,
    pub(super) task: Option<String>,
}

const KEY: &str = "key";
const ASSIGNEE: &str = "assignee";
const CREATOR: &str = "creator";
const TITLE: &str = "title";
const STATUS: &str = "status";
const DONE: &str = "done";
const FLAG: &str = "flag";
const USER: &str = "user_column";
const TYPE: &str = "type_column";
const TITLE_COLUMN: &str = "title_column";
const MESSAGE_COLUMN: &str = "message_column";
const TASK_COLUMN: &str = "task_column";

impl Choice {
    /// Reads the arguments of a trigger, or returns none where they are not ours.
    pub(super) fn from_arguments(arguments: &[String]) -> Option<Self> {
        let pairs: Option<Vec<(&str, &str)>> = arguments
            .iter()
            .map(|argument| argument.split_once('='))
            .collect();
        let pairs = pairs?;
        let all = |wanted: &str| -> Vec<String> {
            let values = pairs.iter().filter(|(role, _)| *role == wanted);
            values.map(|(_, value)| (*value).to_owned()).collect()
        };
        let one = |wanted: &str| all(wanted).pop();
        let events = pairs
            .iter()
            .filter_map(|(role, label)| Some((Event::of_name(role)?, (*label).to_owned())));
        Some(Self {
            events: events.collect(),
            tasks: TaskColumns {
                key: one(KEY)?,
                assignee: one(ASSIGNEE)?,
                creator: one(CREATOR),
                title: one(TITLE),
                status: one(STATUS),
                flag: one(FLAG),
            },
            done: all(DONE),
            destination: DestinationColumns {
                user: one(USER)?,
                event: one(TYPE)?,
                title: one(TITLE_COLUMN),
                message: one(MESSAGE_COLUMN),
                task: one(TASK_COLUMN),
            },
        })
    }

    fn pairs(&self) -> Vec<(&'static str, Option<&String>)> {
        let Self {
            tasks, destination, ..
        } = self;
        vec![
            (KEY, Some(&tasks.key)),
            (ASSIGNEE, Some(&tasks.assignee)),
            (CREATOR, tasks.creator.as_ref()),
            (TITLE, tasks.title.as_ref()),
            (STATUS, tasks.status.as_ref()),
            (FLAG, tasks.flag.as_ref()),
            (USER, Some(&destination.user)),
            (TYPE, Some(&destination.event)),
            (TITLE_COLUMN, destination.title.as_ref()),
            (MESSAGE_COLUMN, destination.message.as_ref()),
            (TASK_COLUMN, destination.task.as_ref()),
        ]
    }

    /// The arguments for `CREATE TRIGGER`.
    pub(super) fn arguments(&self) -> String {
        let events = self
            .events
            .iter()
            .map(|(event, label)| event::argument(*event, label));
        let columns = self.pairs().into_iter().filter_map(|(role, column)| {
            column.map(|column| name::literal(&format!("{role}={column}")))
        });
        let done = self
            .done
            .iter()
            .map(|label| name::literal(&format!("{DONE}={label}")));
        events
            .chain(columns)
            .chain(done)
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// The call that attaches this choice to `table`.
    pub(super) fn attach_call(&self, table: &Relation, destination: &Relation) -> String {
        let events: Vec<_> = self
            .events
            .iter()
            .map(|(event, label)| {
                format!("{}, {}", name::literal(event.name()), name::literal(label))
            })
            .collect();
        // What is not read for any event is left to its default.
        let columns: Vec<_> = self
            .pairs()
            .into_iter()
            .filter(|(role, column)| column.is_some() || !matches!(*role, STATUS | FLAG))
            .map(|(role, column)| {
                let column =
                    column.map_or_else(|| "null".to_owned(), |column| name::literal(column));
                format!("{role} => {column}")
            })
            .collect();
        let done: Vec<_> = self.done.iter().map(|label| name::literal(label)).collect();
        format!(
            "select steward.notify_on({}, destination => {}, events => jsonb_build_object({}), {}, \
             done => array[{}]::text[]);",
            name::literal(&table.qualified_name()),
            name::literal(&destination.qualified_name()),
            events.join(", "),
            columns.join(", "),
            done.join(", "),
        )
    }

    /// What the destination calls the event, if anybody is told of it.
    pub(super) fn label(&self, event: Event) -> Option<&String> {
        let found = self.events.iter().find(|(one, _)| *one == event);
        found.map(|(_, label)| label)
    }
}

impl TaskColumns {
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        [&self.key, &self.assignee]
            .into_iter()
            .chain(&self.creator)
            .chain(&self.title)
            .chain(&self.status)
            .chain(&self.flag)
    }
}

impl DestinationColumns {
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        [&self.user, &self.event]
            .into_iter()
            .chain(&self.title)
            .chain(&self.message)
            .chain(&self.task)
    }
}
