//! The conditions of the policies, as SQL, in the form that is computed once a statement.

use crate::pg::attachment::required_column;
use crate::pg::error::{Report, SqlState};
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};
use crate::pg::statement;

use super::choice::{Choice, Command, array};
use super::columns::{self, KeyKind};
use super::membership::Membership;

/// What the choice means for a table.
pub(super) struct Conditions {
    pub(super) membership: Option<Membership>,
    owner: Option<Owner>,
    assigned_role: Option<String>,
    user_roles: Option<String>,
    parent: Option<Parent>,
}

struct Owner {
    column: String,
    condition: String,
}

/// The table whose rows a row belongs to.
struct Parent {
    table: Relation,
    column: String,
    key: String,
}

const CURRENT_ROLE: &str = "(select steward.current_user_role())";

impl Conditions {
    pub(super) fn of(table: &Relation, choice: &Choice) -> Self {
        let owner = choice.owner.as_ref().map(|column| {
            let column = required_column(table, column);
            let kind = KeyKind::of(table, &column);
            Owner {
                condition: format!(
                    "{} = {}",
                    name::identifier(&column.name),
                    kind.current_user()
                ),
                column: column.name,
            }
        });
        Self {
            membership: choice
                .members
                .as_ref()
                .map(|members| Membership::of(table, members)),
            owner,
            assigned_role: choice
                .assigned_role
                .as_ref()
                .map(|column| format!("{} = {CURRENT_ROLE}", columns::as_text(table, column))),
            user_roles: choice
                .user_roles
                .as_ref()
                .map(|roles| format!("{CURRENT_ROLE} = any ({})", array(roles))),
            parent: choice
                .parent
                .map(|parent| Parent::of(table, Relation::open(parent, Lock::AccessShare), choice)),
        }
    }

    /// Who may do this with a row.
    pub(super) fn of_command(&self, choice: &Choice, command: Command) -> String {
        let members = self.membership.as_ref().zip(choice.members.as_ref());
        let conditions = [
            self.user_roles.clone(),
            self.owner.as_ref().map(|owner| owner.condition.clone()),
            self.assigned_role.clone(),
            members.map(|(membership, members)| {
                format!(
                    "{} = any ({})",
                    name::identifier(&membership.member_of),
                    membership.keys(members.roles(command))
                )
            }),
            self.parent
                .as_ref()
                .map(|parent| parent.condition(choice, command)),
        ];
        let conditions: Vec<_> = conditions.into_iter().flatten().collect();
        conditions.join(" or ")
    }

    /// What its policies do that is not meant, as a rule: they search without an index, or are open.
    pub(super) fn doubts(&self, table: &Relation) -> Vec<Report> {
        let searched = [
            self.owner.as_ref().map(|owner| &owner.column),
            self.membership
                .as_ref()
                .map(|membership| &membership.member_of),
            self.parent.as_ref().map(|parent| &parent.column),
        ];
        let own = searched
            .into_iter()
            .flatten()
            .filter(|column| !columns::is_indexed(table, column))
            .map(|column| columns::missing_index(table, column));
        let members = self.membership.as_ref().and_then(Membership::missing_index);
        let parent = self
            .parent
            .as_ref()
            .and_then(|parent| parent.is_open(table));
        own.chain(members).chain(parent).collect()
    }
}

impl Parent {
    fn of(table: &Relation, parent: Relation, choice: &Choice) -> Self {
        if parent.oid() == table.oid() {
            Report::new(
                SqlState::INVALID_PARAMETER_VALUE,
                format!("{} cannot be its own parent", table.qualified_name()),
            )
            .detail("Its policies would ask themselves.")
            .table(table)
            .raise()
        }
        let reference = columns::references(table).into_iter().find(|reference| {
            reference.referenced == parent.oid()
                && choice.parent_column.as_ref() == Some(&reference.column)
        });
        let reference = match &choice.parent_column {
            Some(_) => reference,
            None => columns::reference_to(table, &parent),
        };
        let Some(reference) = reference else {
            Report::new(
                SqlState::INVALID_PARAMETER_VALUE,
                format!(
                    "no one foreign key leads from {} to {}",
                    table.qualified_name(),
                    parent.qualified_name(),
                ),
            )
            .hint("Name the column that has it: parent_column => '...'.")
            .table(table)
            .raise()
        };
        Self {
            table: parent,
            column: reference.column,
            key: reference.referenced_column,
        }
    }

    /// What to say of a parent that hides no row.
    fn is_open(&self, table: &Relation) -> Option<Report> {
        let rows = statement::query(&format!(
            "select from pg_catalog.pg_class where oid = {} and not relrowsecurity",
            self.table.oid().to_u32(),
        ));
        let parent = self.table.qualified_name();
        (!rows.is_empty()).then(|| {
            Report::new(
                SqlState::WARNING,
                format!(
                    "{parent} has no row level security: whoever may read it sees every row of {}",
                    table.qualified_name()
                ),
            )
            .hint(format!("Restrict {parent}, too."))
            .table(table)
        })
    }

    /// A row is seen by whoever sees the parent, and written by whoever may update the parent.
    fn condition(&self, choice: &Choice, command: Command) -> String {
        let written = match command {
            Command::Select => String::new(),
            _ => format!(" where {}", self.may_be_updated(choice)),
        };
        format!(
            "{} = any (array(select {} from {}{written}))",
            name::identifier(&self.column),
            name::identifier(&self.key),
            self.table.qualified_name(),
        )
    }

    /// The parent's own condition for UPDATE. A query on the parent is filtered by what its reader may see; what
    /// may be updated is in the policies for that alone, so it is copied.
    ///
    /// What a policy of the parent lets one role do, no other role may do to the child for that: a policy that lets
    /// somebody in counts where it is for every role that the child's policy is for, and a restrictive one where it
    /// is for any of them.
    fn may_be_updated(&self, choice: &Choice) -> String {
        let policies = self.policies_for_update(choice);
        let is_for_public = choice.database_roles.iter().any(|role| role == "public");
        if !is_for_public && policies.iter().any(|policy| !policy.is_for_all) {
            self.refuse_different_roles(choice)
        }
        let permissive: Vec<_> = policies
            .iter()
            .filter(|policy| policy.is_permissive && policy.is_for_all)
            .map(|policy| policy.condition.as_str())
            .collect();
        if permissive.is_empty() {
            self.refuse_without_policy()
        }
        let mut conditions = vec![format!("({})", permissive.join(" or "))];
        conditions.extend(
            policies
                .iter()
                .filter(|policy| !policy.is_permissive)
                .map(|policy| policy.condition.clone()),
        );
        conditions.join(" and ")
    }

    /// The policies that are asked when one of the roles updates the parent, as PostgreSQL chooses them: also those
    /// for a role that it is a member of. For everybody any policy is for some.
    fn policies_for_update(&self, choice: &Choice) -> Vec<ParentPolicy> {
        let roles: Vec<_> = choice
            .database_roles
            .iter()
            .map(|role| name::literal(role))
            .collect();
        let rows = statement::query(&format!(
            "select p.polpermissive, pg_catalog.pg_get_expr(p.polqual, p.polrelid), \
                 0 = any (p.polroles) or (m.every and 'public' not in ({0})) \
             from pg_catalog.pg_policy as p join pg_catalog.pg_class as c on c.oid = p.polrelid \
             cross join lateral (select pg_catalog.bool_and(f.is_for) as every, pg_catalog.bool_or(f.is_for) as some \
                 from (select exists (select from pg_catalog.pg_roles as g \
                         where g.oid = any (p.polroles) and pg_catalog.pg_has_role(r.oid, g.oid, 'usage')) as is_for \
                     from pg_catalog.pg_roles as r where r.rolname in ({0})) as f) as m \
             where p.polrelid = {1} and c.relrowsecurity and p.polcmd in ('w', '*') \
                 and (0 = any (p.polroles) or m.some or 'public' in ({0})) order by p.polname",
            roles.join(", "),
            self.table.oid().to_u32(),
        ));
        rows.into_iter()
            .filter_map(|row| {
                let [permissive, condition, all] = <[_; 3]>::try_from(row).ok()?;
                let is = |flag: Option<String>| flag.as_deref() == Some("t");
                Some(ParentPolicy {
                    is_permissive: is(permissive),
                    condition: format!("({})", condition.as_deref().unwrap_or("true")),
                    is_for_all: is(all),
                })
            })
            .collect()
    }

    fn refuse_different_roles(&self, choice: &Choice) -> ! {
        Report::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!(
                "who may update {} is not the same for the roles {}",
                self.table.qualified_name(),
                choice.database_roles.join(", "),
            ),
        )
        .detail("A row is written by whoever may update its parent.")
        .hint("Make a call for each role: database_roles => '{...}', name => '...'.")
        .table(&self.table)
        .raise()
    }

    fn refuse_without_policy(&self) -> ! {
        Report::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!(
                "no policy says who may update {}",
                self.table.qualified_name()
            ),
        )
        .detail("A row is written by whoever may update its parent.")
        .hint(format!(
            "Restrict {} first; or let the parent decide about reading only: commands => '{{select}}'.",
            self.table.qualified_name()
        ))
        .table(&self.table)
        .raise()
    }
}

/// A policy for updates of a parent.
struct ParentPolicy {
    is_permissive: bool,
    condition: String,
    /// Whether it is for all of the roles that the child's policy is for; else it is for some.
    is_for_all: bool,
}
