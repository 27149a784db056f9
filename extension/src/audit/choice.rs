//! What the user chose, as it stands in the trigger's arguments.

use crate::pg::name;
use crate::pg::relation::Relation;

/// What is recorded of a table, and what is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// Columns whose changes are not recorded.
    pub(super) ignore: Vec<String>,
    /// Columns of which it is recorded that they changed, never what they hold.
    pub(super) redact: Vec<String>,
    /// In the order of [`Action::ALL`].
    pub(super) actions: Vec<Action>,
    /// The columns that identify a row, where that is not the primary key.
    pub(super) key: Option<Vec<String>>,
    /// Whether a change needs somebody who made it.
    pub(super) require_actor: bool,
}

/// What can happen to rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Insert,
    Update,
    Delete,
    Truncate,
}

impl Action {
    pub(super) const ALL: [Self; 4] = [Self::Insert, Self::Update, Self::Delete, Self::Truncate];

    /// The name of the action, as it is given and recorded.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Truncate => "TRUNCATE",
        }
    }

    pub(super) fn of_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|action| action.name().eq_ignore_ascii_case(name))
    }
}

const IGNORE: &str = "ignore=";
const REDACT: &str = "redact=";
const ACTION: &str = "action=";
const KEY: &str = "key=";
const REQUIRE_ACTOR: &str = "require_actor";

impl Choice {
    /// Reads the arguments of a trigger, or returns none where they are not ours.
    pub(super) fn from_arguments(arguments: &[String]) -> Option<Self> {
        let mut choice = Self {
            ignore: Vec::new(),
            redact: Vec::new(),
            actions: Vec::new(),
            key: None,
            require_actor: false,
        };
        for argument in arguments {
            choice.read(argument)?;
        }
        if choice.actions.is_empty() {
            choice.actions = Action::ALL.to_vec();
        }
        Some(choice)
    }

    fn read(&mut self, argument: &str) -> Option<()> {
        if let Some(column) = argument.strip_prefix(IGNORE) {
            self.ignore.push(column.to_owned());
        } else if let Some(column) = argument.strip_prefix(REDACT) {
            self.redact.push(column.to_owned());
        } else if let Some(action) = argument.strip_prefix(ACTION) {
            self.actions.push(Action::of_name(action)?);
        } else if let Some(column) = argument.strip_prefix(KEY) {
            self.key.get_or_insert_default().push(column.to_owned());
        } else if argument == REQUIRE_ACTOR {
            self.require_actor = true;
        } else {
            return None;
        }
        Some(())
    }

    /// The arguments for `CREATE TRIGGER`.
    pub(super) fn arguments(&self) -> String {
        let mut arguments = Vec::new();
        let mut add = |prefix: &str, values: &[String]| {
            arguments.extend(values.iter().map(|value| format!("{prefix}{value}")));
        };
        add(IGNORE, &self.ignore);
        add(REDACT, &self.redact);
        add(ACTION, &self.named_actions());
        add(KEY, self.key.as_deref().unwrap_or_default());
        if self.require_actor {
            arguments.push(REQUIRE_ACTOR.to_owned());
        }
        let literals: Vec<_> = arguments.iter().map(|text| name::literal(text)).collect();
        literals.join(", ")
    }

    /// The actions by name, where they are not all.
    fn named_actions(&self) -> Vec<String> {
        if self.actions == Action::ALL {
            return Vec::new();
        }
        let names = self.actions.iter().map(|action| action.name().to_owned());
        names.collect()
    }

    /// The call that attaches this choice to `table`.
    pub(super) fn attach_call(
        &self,
        table: &Relation,
        destination: &Relation,
        always: bool,
    ) -> String {
        let mut arguments = vec![
            name::literal(&table.qualified_name()),
            name::literal(&destination.qualified_name()),
        ];
        let mut add = |argument: &str, values: &[String]| {
            if !values.is_empty() {
                let values: Vec<_> = values.iter().map(|value| name::literal(value)).collect();
                arguments.push(format!("{argument} => array[{}]", values.join(", ")));
            }
        };
        add("ignore", &self.ignore);
        add("redact", &self.redact);
        add("actions", &self.named_actions());
        add("key", self.key.as_deref().unwrap_or_default());
        if always {
            arguments.push("always => true".to_owned());
        }
        if self.require_actor {
            arguments.push("require_actor => true".to_owned());
        }
        format!("select steward.audit({});", arguments.join(", "))
    }

    /// The columns that it names.
    pub(super) fn columns(&self) -> impl Iterator<Item = &String> {
        let key = self.key.iter().flatten();
        self.ignore.iter().chain(&self.redact).chain(key)
    }

    pub(super) fn records(&self, action: Action) -> bool {
        self.actions.contains(&action)
    }
}
