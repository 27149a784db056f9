//! Writing into a table of the user's own, by a statement: its constraints, defaults and policies hold.
//!
//! What such a table cannot hold must not fail the change that is audited. So a user is named only where
//! the table that `user_id` refers to has them (and keeps them until the transaction ends); texts are cut
//! to the length of their column; and who or what has no place in a column goes into `changes`.

use std::ffi::CString;

use pgrx::pg_sys;

use crate::pg::boundary;
use crate::pg::json::{self, Writer};
use crate::pg::name;
use crate::pg::owner;
use crate::pg::relation::{Attribute, Lock, Relation};
use crate::pg::statement::{self, Plan};
use crate::pg::transaction;
use crate::pg::tuple::Value;

use super::column_kind::ColumnKind;
use super::own_table_columns::{self as columns, Role};
use super::{Record, Subject};

/// What identifies a row of the audited table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::audit) enum Key {
    None,
    /// One column, of that type.
    One(pg_sys::Oid),
    Several,
}

/// A user's own table, as a trigger knows it.
pub(in crate::audit) struct OwnTable {
    table: pg_sys::Oid,
    owner: pg_sys::Oid,
    /// All that it has.
    columns: Vec<String>,
    roles: Vec<Role>,
    insert: Plan,
    key: Key,
    /// Of `entity_id`.
    entity: Option<ColumnKind>,
    user: Option<User>,
    has_actor: bool,
}

/// How the column `user_id` takes somebody.
struct User {
    kind: ColumnKind,
    reference: Option<Reference>,
}

/// The table that `user_id` refers to.
struct Reference {
    table: pg_sys::Oid,
    owner: pg_sys::Oid,
    /// Finds a user and keeps them from being deleted.
    find: Plan,
}

/// The member of `changes` that names somebody whom no column names.
const ACTOR: &str = "@actor";
/// The member of `changes` for a key that `entity_id` does not hold.
const KEY: &str = "@key";
/// The member of `changes` for the number of rows of a TRUNCATE.
const ESTIMATED_ROWS: &str = "@estimated_rows";

impl OwnTable {
    pub(super) fn open(table: &Relation, destination: &Relation, key: Key) -> Self {
        crate::audit::requirements::check_owner(table, destination);
        let columns = columns::columns_of(destination);
        columns::check(destination, &columns, key);
        let of = |wanted: Role| {
            columns
                .iter()
                .find(|(_, role)| *role == wanted)
                .map(|(column, _)| column)
        };
        let roles: Vec<_> = columns.iter().map(|(_, role)| *role).collect();
        let types: Vec<_> = roles.iter().map(|role| role.type_oid()).collect();
        let insert = insert_into(destination, &columns);
        owner::run_under_policies_as(destination.owner(), || Self {
            table: destination.oid(),
            owner: destination.owner(),
            columns: destination.attributes().map(|column| column.name).collect(),
            insert: Plan::prepare(&insert, &types, &[(destination.oid(), Lock::RowExclusive)]),
            key,
            entity: of(Role::EntityKey).map(ColumnKind::of),
            user: of(Role::UserId).map(|column| User {
                kind: ColumnKind::of(column),
                reference: Reference::of(destination, column),
            }),
            has_actor: of(Role::Actor).is_some(),
            roles,
        })
    }

    /// False where what is known of the table was overtaken.
    ///
    /// The tables are locked before anything is looked at, so that a change of them is not met in the middle.
    pub(super) fn write(&self, record: &Record<'_>, is_current: &dyn Fn() -> bool) -> bool {
        let is_locked = Relation::try_open(self.table, Lock::RowExclusive).is_some()
            && self
                .looks_into()
                .is_none_or(|users| Relation::try_open(users, Lock::RowShare).is_some());
        if !is_locked || !is_current() {
            return false;
        }
        let user = self.user_of(record);
        // It may have waited for somebody who is just being changed.
        if !is_current() {
            return false;
        }
        let entity = self.entity_of(record);
        let may_see = self.is_readable_by_writer();
        let values: Vec<_> = self
            .roles
            .iter()
            .map(|role| self.value(*role, record, user.as_ref(), entity.as_ref()))
            .collect();
        let insert = || {
            owner::run_under_policies_as(self.owner, || {
                self.insert.execute(&values);
            });
        };
        if may_see {
            insert();
        } else {
            boundary::hiding_violating_rows(insert);
        }
        true
    }

    /// False where the error of a constraint would show the writer what they may not read.
    fn is_readable_by_writer(&self) -> bool {
        Relation::try_open(self.table, Lock::RowExclusive).is_some_and(|table| {
            table.is_readable_by_current_user(&self.columns)
                && !table.hides_rows_from_current_user()
        })
    }

    /// The tables that are looked into when it is written.
    pub(super) fn looks_into(&self) -> Option<pg_sys::Oid> {
        Some(self.user.as_ref()?.reference.as_ref()?.table)
    }

    fn value<'value>(
        &self,
        role: Role,
        record: &'value Record<'_>,
        user: Option<&CString>,
        entity: Option<&CString>,
    ) -> Value<'value> {
        let circumstances = record.circumstances;
        match role {
            Role::UserId => user.map_or(Value::NULL, |user| Value::text(user.as_bytes())),
            Role::Action => Value::text(record.action.name().as_bytes()),
            Role::Entity => record.origin.table.value(),
            Role::SchemaName => record.origin.schema.value(),
            Role::EntityKey => entity.map_or(Value::NULL, |entity| Value::text(entity.as_bytes())),
            Role::Changes => self.changes(record, user.is_some(), self.names_key(entity)),
            Role::CreatedAt => Value::bigint(transaction::clock_time()),
            Role::Transaction => Value::text(transaction::current_full_id().to_string().as_bytes()),
            Role::TransactionAt => Value::bigint(transaction::start_time()),
            Role::TableOid => Value::text(record.fired.to_u32().to_string().as_bytes()),
            Role::Key => match &record.subject {
                Subject::Row(change) => change.key(),
                Subject::AllRows { .. } => Value::NULL,
            },
            Role::Before => match &record.subject {
                Subject::Row(change) => change.before(),
                Subject::AllRows { .. } => Value::NULL,
            },
            Role::After => match &record.subject {
                Subject::Row(change) => change.after(),
                Subject::AllRows { .. } => Value::NULL,
            },
            Role::Actor => circumstances.actor.id.value(),
            Role::ActorSource => circumstances.actor.source.value(),
            Role::SessionUser => circumstances.session_role.value(),
            Role::Invoker => circumstances.invoking_role.value(),
            Role::ApplicationName => circumstances.application_name.value(),
        }
    }

    /// True where some column holds the key.
    fn names_key(&self, entity: Option<&CString>) -> bool {
        let by_entity = self.entity.zip(entity);
        self.roles.contains(&Role::Key)
            || by_entity.is_some_and(|(kept, entity)| entity.as_c_str() != kept.no_row())
    }

    /// What changed, and who or what no other column names.
    fn changes(&self, record: &Record<'_>, user_is_named: bool, names_key: bool) -> Value<'static> {
        let key = match &record.subject {
            Subject::Row(change) if !names_key => change.key(),
            _ => Value::NULL,
        };
        let actor = (!user_is_named && !self.has_actor).then_some(&record.circumstances.actor);
        json::object(|writer: &mut Writer| {
            match &record.subject {
                Subject::Row(change) => change.write_changes(writer),
                Subject::AllRows { estimate } => writer.put_number(ESTIMATED_ROWS, *estimate),
            }
            if let Some(actor) = actor {
                writer.put_object(ACTOR, |writer| {
                    writer.put_text("id", actor.id.bytes());
                    writer.put_text("source", actor.source.bytes());
                });
            }
            if !key.is_null() {
                writer.put_jsonb(KEY, key);
            }
        })
    }

    /// Whom `user_id` can name.
    fn user_of(&self, record: &Record<'_>) -> Option<CString> {
        let actor = &record.circumstances.actor;
        let user = self.user.as_ref().filter(|_| actor.is_established)?;
        let id = CString::new(actor.id.bytes()).unwrap_or_default();
        if !user.kind.takes(&id) {
            return None;
        }
        let exists = user.reference.as_ref().is_none_or(|reference| {
            owner::run_as(reference.owner, || {
                reference.find.execute(&[Value::text(id.as_bytes())]) > 0
            })
        });
        exists.then_some(id)
    }

    /// What `entity_id` takes: the key, or what stands for all rows.
    fn entity_of(&self, record: &Record<'_>) -> Option<CString> {
        let entity = self.entity?;
        let change = match &record.subject {
            Subject::Row(change) => change,
            Subject::AllRows { .. } => return Some(entity.no_row().to_owned()),
        };
        let text = match self.key {
            Key::One(type_oid) if !entity.is_json() => {
                let key = change.single_key().filter(|key| !key.is_null());
                key.map(|key| key.shown_as(type_oid))
            }
            Key::One(_) | Key::Several => Some(name::to_server(&json::text_of(change.key()))),
            Key::None => None,
        };
        let readable = text.filter(|text| entity.takes(text));
        Some(readable.unwrap_or_else(|| entity.no_row().to_owned()))
    }
}

impl Reference {
    fn of(destination: &Relation, column: &Attribute) -> Option<Self> {
        let rows = statement::query(&format!(
            "select c.confrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) \
             from pg_catalog.pg_constraint as c \
             join pg_catalog.pg_attribute as a on a.attrelid = c.confrelid and a.attnum = c.confkey[1] \
             where c.conrelid = {} and c.contype = 'f' and c.conkey = array[{}]::pg_catalog.int2[] limit 1",
            destination.oid().to_u32(),
            column.number,
        ));
        let row = rows.into_iter().next()?;
        let [Some(table), Some(column), Some(column_type)] = row.as_slice() else {
            return None;
        };
        let table = pg_sys::Oid::from(table.parse::<u32>().ok()?);
        let table = Relation::open(table, Lock::AccessShare);
        let find = format!(
            "select from {} where {} = $1::{column_type} for key share",
            table.qualified_name(),
            name::identifier(column),
        );
        Some(Self {
            table: table.oid(),
            owner: table.owner(),
            find: owner::run_as(table.owner(), || {
                Plan::prepare(&find, &[pg_sys::TEXTOID], &[(table.oid(), Lock::RowShare)])
            }),
        })
    }
}

/// The statement that writes a record; texts are cut to the length of their column, as a cast does.
fn insert_into(destination: &Relation, columns: &[(Attribute, Role)]) -> String {
    let names: Vec<_> = columns
        .iter()
        .map(|(column, _)| name::identifier(&column.name))
        .collect();
    let values: Vec<_> = columns
        .iter()
        .enumerate()
        .map(|(index, (column, _))| format!("${}::{}", index + 1, column.type_name()))
        .collect();
    format!(
        "insert into {} ({}) values ({})",
        destination.qualified_name(),
        names.join(", "),
        values.join(", "),
    )
}
