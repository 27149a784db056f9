//! The policies that are asked about a row, and what they say of it.
//!
//! A policy has a condition for rows that are there (USING) and one for rows that come of the command (WITH CHECK),
//! which is the first where it is not given. They are asked apart, since PostgreSQL asks them apart: an update may
//! look at a row because of one policy and write it because of another.

use crate::pg::name;
use crate::pg::owner;
use crate::pg::relation::Relation;
use crate::pg::settings;
use crate::pg::statement;

use super::DatabaseRole;

/// Whom it is about.
pub(super) struct Asked {
    /// The row, as text of the table's row type.
    pub(super) row: String,
    pub(super) user: String,
    pub(super) user_role: String,
}

/// When a row is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// As it is before the command.
    Present,
    /// As it comes of the command.
    Written,
}

/// A policy that is for the command and the role, and what it says of the row.
pub(super) struct Policy {
    pub(super) name: String,
    pub(super) is_permissive: bool,
    conditions: Vec<Condition>,
}

struct Condition {
    /// Both of an update's, where the condition is the same.
    moments: &'static [Moment],
    /// None where the policy has no such condition.
    text: Option<String>,
    /// None where the condition is NULL.
    holds: Option<bool>,
}

impl Policy {
    /// True where nothing that the policy asks is against the row.
    pub(super) fn holds(&self) -> bool {
        self.conditions
            .iter()
            .all(|condition| self.lets_through(condition))
    }

    /// True where the policy has nothing against the row at that moment.
    pub(super) fn holds_at(&self, moment: Moment) -> bool {
        self.conditions
            .iter()
            .filter(|condition| condition.moments.contains(&moment))
            .all(|condition| self.lets_through(condition))
    }

    /// A permissive policy without a condition lets nothing in, a restrictive one keeps nothing out.
    fn lets_through(&self, condition: &Condition) -> bool {
        match condition.text {
            Some(_) => condition.holds == Some(true),
            None => !self.is_permissive,
        }
    }

    pub(super) fn explanation(&self) -> String {
        let kind = if self.is_permissive {
            "permissive"
        } else {
            "restrictive"
        };
        let is_split = self.conditions.len() > 1;
        let conditions: Vec<_> = self
            .conditions
            .iter()
            .map(|condition| condition.explanation(is_split))
            .collect();
        format!("{kind}; {}", conditions.join("; "))
    }
}

impl Condition {
    fn explanation(&self, is_split: bool) -> String {
        let about = match self.moments {
            [Moment::Present] if is_split => " for the row that is there",
            [Moment::Written] if is_split => " for the row that is written",
            _ => "",
        };
        let Some(text) = &self.text else {
            return format!("has no condition{about}");
        };
        match self.holds {
            Some(true) => format!("holds{about}: {text}"),
            Some(false) => format!("does not hold{about}: {text}"),
            None => {
                format!("is NULL{about}, since nobody is named or a column is NULL: {text}")
            }
        }
    }
}

/// The policies of the table that are for a command, by its letter in `pg_policy`, and for the role.
pub(super) fn policies_of(
    table: &Relation,
    letter: &str,
    role: &DatabaseRole,
    asked: &Asked,
) -> Vec<Policy> {
    let rows = statement::query(&format!(
        "select p.polname::pg_catalog.text, p.polpermissive::pg_catalog.text, pg_catalog.pg_get_expr(p.polqual, p.polrelid), \
             pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) \
         from pg_catalog.pg_policy as p where p.polrelid = {} and p.polcmd in ('*', '{letter}') and exists ( \
             select from pg_catalog.unnest(p.polroles) as r where r = 0 or pg_catalog.pg_has_role({}::pg_catalog.oid, r, 'usage')) \
         order by p.polpermissive desc, 1",
        table.oid().to_u32(),
        role.oid.to_u32(),
    ));
    rows.into_iter()
        .filter_map(|row| {
            let [Some(name), Some(permissive), using, check] = <[_; 4]>::try_from(row).ok()? else {
                return None;
            };
            let check = check.or_else(|| using.clone());
            let conditions: Vec<(&[Moment], _)> = match letter {
                "a" => vec![(&[Moment::Written], check)],
                "w" if using == check => vec![(&[Moment::Present, Moment::Written], using)],
                "w" => vec![(&[Moment::Present], using), (&[Moment::Written], check)],
                _ => vec![(&[Moment::Present], using)],
            };
            Some(Policy {
                name,
                is_permissive: permissive == "true",
                conditions: conditions
                    .into_iter()
                    .map(|(moments, text)| Condition {
                        moments,
                        holds: text.as_ref().and_then(|text| ask(table, text, role, asked)),
                        text,
                    })
                    .collect(),
            })
        })
        .collect()
}

/// Asks a condition about the row. It names the columns of its table bare, or with the table's name, and the row
/// by the table's name: so it stands as a row of the table's own type.
fn ask(table: &Relation, condition: &str, role: &DatabaseRole, asked: &Asked) -> Option<bool> {
    let sql = format!(
        "select ({condition})::pg_catalog.text from pg_catalog.unnest(array[{}::{}]) as {}",
        name::literal(&asked.row),
        table.qualified_name(),
        name::identifier(&table.name()),
    );
    let rows = settings::acting_as(&asked.user, &asked.user_role, || {
        owner::run_restricted_under_policies_as(role.oid, || statement::query(&sql))
    });
    let answer = rows.into_iter().flatten().next()?;
    answer.map(|answer| answer == "true")
}
