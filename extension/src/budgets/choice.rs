//! What the user chose, as it stands in the arguments of the triggers: those of a usage table, and those of the
//! table of limits, which several usage tables share.

use crate::pg::name;
use crate::pg::relation::Relation;

/// What is charged: the arguments of the trigger on a usage table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Metering {
    pub(super) cost: String,
    pub(super) at: String,
    /// The column in which a row names its reservation.
    pub(super) reservation: Option<String>,
    /// How far a row's time may be off, in microseconds.
    pub(super) max_clock_skew: Option<i64>,
    pub(super) refunds: bool,
    /// Each kind of scope, and the column that holds what it is about.
    pub(super) scopes: Vec<(String, String)>,
}

const RESERVATION: &str = "reservation=";
const MAX_CLOCK_SKEW: &str = "max_clock_skew=";
const REFUNDS: &str = "refunds";
const SCOPE: &str = "scope=";
const COLUMN: &str = "column=";

impl Metering {
    /// Reads the arguments of a trigger, or returns none where they are not ours.
    pub(super) fn from_arguments(arguments: &[String]) -> Option<Self> {
        let [cost, at, options @ ..] = arguments else {
            return None;
        };
        let mut metering = Self {
            cost: cost.clone(),
            at: at.clone(),
            reservation: None,
            max_clock_skew: None,
            refunds: false,
            scopes: Vec::new(),
        };
        let mut scope = None;
        for option in options {
            if let Some(column) = option.strip_prefix(RESERVATION) {
                metering.reservation = Some(column.to_owned());
            } else if let Some(microseconds) = option.strip_prefix(MAX_CLOCK_SKEW) {
                metering.max_clock_skew = Some(microseconds.parse().ok()?);
            } else if option == REFUNDS {
                metering.refunds = true;
            } else if let Some(kind) = option.strip_prefix(SCOPE) {
                scope = Some(kind.to_owned());
            } else {
                let column = option.strip_prefix(COLUMN)?;
                metering.scopes.push((scope.take()?, column.to_owned()));
            }
        }
        Some(metering)
    }

    /// The arguments for `CREATE TRIGGER`.
    pub(super) fn arguments(&self) -> String {
        let mut arguments = vec![self.cost.clone(), self.at.clone()];
        if let Some(column) = &self.reservation {
            arguments.push(format!("{RESERVATION}{column}"));
        }
        if let Some(microseconds) = self.max_clock_skew {
            arguments.push(format!("{MAX_CLOCK_SKEW}{microseconds}"));
        }
        if self.refunds {
            arguments.push(REFUNDS.to_owned());
        }
        for (kind, column) in &self.scopes {
            arguments.push(format!("{SCOPE}{kind}"));
            arguments.push(format!("{COLUMN}{column}"));
        }
        literals(&arguments)
    }

    /// The call that attaches this choice to `usage`.
    pub(super) fn attach_call(&self, usage: &Relation) -> String {
        let scopes: Vec<_> = self
            .scopes
            .iter()
            .flat_map(|(kind, column)| [name::literal(kind), name::literal(column)])
            .collect();
        format!(
            "select steward.meter_usage({}, cost => {}, at => {}, scopes => jsonb_build_object({}));",
            name::literal(&usage.qualified_name()),
            name::literal(&self.cost),
            name::literal(&self.at),
            scopes.join(", "),
        )
    }

    /// The columns that are read.
    pub(super) fn columns(&self) -> impl Iterator<Item = &String> {
        [&self.cost, &self.at]
            .into_iter()
            .chain(&self.reservation)
            .chain(self.scopes.iter().map(|(_, column)| column))
    }

    /// The column that holds what a kind of scope is about.
    pub(super) fn column_of(&self, kind: &str) -> Option<&String> {
        self.scopes
            .iter()
            .find(|(known, _)| known == kind)
            .map(|(_, column)| column)
    }
}

/// How budgets are read: the arguments of the first trigger on the table of limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Limits {
    /// Each role that a column plays, and its name.
    pub(super) columns: Vec<(Role, String)>,
    /// The time zone of budgets that have none of their own.
    pub(super) time_zone: String,
    /// The function that is told about what is reached: a quoted name with its schema.
    pub(super) notify: Option<String>,
}

/// What a column of the limits is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Key,
    Name,
    ScopeType,
    ScopeId,
    Amount,
    Period,
    AlertThreshold,
    Action,
    Active,
    TimeZone,
}

impl Role {
    pub(super) const ALL: [Self; 10] = [
        Self::Key,
        Self::Name,
        Self::ScopeType,
        Self::ScopeId,
        Self::Amount,
        Self::Period,
        Self::AlertThreshold,
        Self::Action,
        Self::Active,
        Self::TimeZone,
    ];

    /// As the user names it.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Name => "name",
            Self::ScopeType => "scope_type",
            Self::ScopeId => "scope_id",
            Self::Amount => "amount",
            Self::Period => "period",
            Self::AlertThreshold => "alert_threshold",
            Self::Action => "action",
            Self::Active => "active",
            Self::TimeZone => "time_zone",
        }
    }

    /// The column that plays it where the user names none.
    pub(super) const fn default_column(self) -> &'static str {
        match self {
            Self::Key => "id",
            Self::Amount => "amount_usd",
            Self::Action => "action_on_exceed",
            Self::Active => "is_active",
            other => other.label(),
        }
    }

    /// False for what a table of limits can do without.
    pub(super) const fn is_required(self) -> bool {
        matches!(
            self,
            Self::Key | Self::ScopeType | Self::ScopeId | Self::Amount | Self::Period
        )
    }
}

const TIME_ZONE: &str = "time_zone=";
const NOTIFY: &str = "notify=";
const ROLE: &str = "role=";

impl Limits {
    /// Reads the arguments of a trigger, or returns none where they are not ours.
    pub(super) fn from_arguments(arguments: &[String]) -> Option<Self> {
        let mut limits = Self::default();
        let mut role = None;
        for option in arguments {
            if let Some(label) = option.strip_prefix(ROLE) {
                role = Role::ALL.into_iter().find(|role| role.label() == label);
            } else if let Some(column) = option.strip_prefix(COLUMN) {
                limits.columns.push((role.take()?, column.to_owned()));
            } else if let Some(zone) = option.strip_prefix(TIME_ZONE) {
                zone.clone_into(&mut limits.time_zone);
            } else {
                limits.notify = Some(option.strip_prefix(NOTIFY)?.to_owned());
            }
        }
        let is_whole = Role::ALL
            .into_iter()
            .all(|role| !role.is_required() || limits.column(role).is_some());
        is_whole.then_some(limits)
    }

    /// The arguments for `CREATE TRIGGER`.
    pub(super) fn arguments(&self) -> String {
        let mut arguments = vec![format!("{TIME_ZONE}{}", self.time_zone)];
        if let Some(function) = &self.notify {
            arguments.push(format!("{NOTIFY}{function}"));
        }
        for (role, column) in &self.columns {
            arguments.push(format!("{ROLE}{}", role.label()));
            arguments.push(format!("{COLUMN}{column}"));
        }
        literals(&arguments)
    }

    pub(super) fn column(&self, role: Role) -> Option<&str> {
        self.columns
            .iter()
            .find(|(known, _)| *known == role)
            .map(|(_, column)| column.as_str())
    }

    /// The column that says which one a scope is about: `scope_KIND` where there is one.
    pub(super) fn scope_column(&self, limits: &Relation, kind: &str) -> String {
        let own = format!("scope_{kind}");
        if limits.attribute(&own).is_some() {
            return own;
        }
        self.column(Role::ScopeId).unwrap_or_default().to_owned()
    }
}

fn literals(arguments: &[String]) -> String {
    arguments
        .iter()
        .map(|argument| name::literal(argument))
        .collect::<Vec<_>>()
        .join(", ")
}
