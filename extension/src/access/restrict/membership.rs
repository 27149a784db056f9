//! The function that finds what the current user is a member of.
//!
//! One narrow function a membership table, in the schema of the table that is protected: it gives the keys of
//! the caller's own memberships, and takes nothing but the roles that count. It belongs to the owner of the
//! membership table, whose rights it runs with. Its body is parsed once, when it is created, so it follows
//! renamed tables and columns and depends on no `search_path`.

use crate::pg::attachment::{cut, required_column};
use crate::pg::error::{Report, SqlState};
use crate::pg::name;
use crate::pg::relation::{Attribute, Lock, Relation};
use crate::pg::role;
use crate::pg::statement;

use super::choice::Members;
use super::columns::{self, KeyKind};

/// How the comments of our functions begin.
const MARK: &str = "Kept by steward.restrict: ";

/// A membership table, checked.
pub(super) struct Membership {
    pub(super) table: Relation,
    /// The schema that the function is in.
    schema: String,
    /// Its name, where it is there already or will be.
    function: String,
    is_there: bool,
    key: Attribute,
    user: String,
    role: Option<String>,
    /// The column of the protected table that holds the key.
    pub(super) member_of: String,
}

impl Membership {
    pub(super) fn of(target: &Relation, members: &Members) -> Self {
        let table = Relation::open(members.table, Lock::AccessShare);
        check(target, &table);
        let (key, member_of) = joined(target, &table, members);
        let key = required_column(&table, &key);
        let held = required_column(target, &member_of);
        let (kind, held_kind) = (KeyKind::of(&table, &key), KeyKind::of(target, &held));
        if kind != held_kind {
            Report::new(
                SqlState::WRONG_OBJECT_TYPE,
                format!(
                    "column {} of table {} is of another type than column {} of table {}",
                    name::identifier(&member_of),
                    target.qualified_name(),
                    name::identifier(&key.name),
                    table.qualified_name(),
                ),
            )
            .table(target)
            .column(&member_of)
            .raise()
        }
        let user = required_column(&table, &members.user).name;
        let role = members
            .role
            .as_ref()
            .map(|role| required_column(&table, role).name);
        let mut membership = Self {
            schema: target.schema(),
            function: String::new(),
            is_there: false,
            key,
            user,
            role,
            member_of,
            table,
        };
        membership.find();
        membership
    }

    /// The function of ours that does just this, or a name that is free for it.
    ///
    /// What it reads is asked of the catalog besides: a table or column may bear the name today that another one
    /// had when the function was made, and the function has followed that.
    fn find(&mut self) {
        let wanted = cut(&self.table.name(), "_of_current_user");
        let names = std::iter::once(wanted.clone())
            .chain((2..=u16::MAX).map(|number| cut(&wanted, &format!("_{number}"))));
        for name in names {
            let rows = statement::query(&format!(
                "select p.prosecdef and p.proowner = {} and pg_catalog.obj_description(p.oid, 'pg_proc') = {} \
                     and p.pronargs = 1 and exists (select from pg_catalog.pg_depend as d \
                         where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid \
                             and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass \
                         having pg_catalog.bool_and(d.refobjid = {}) \
                             and pg_catalog.array_agg(distinct d.refobjsubid) filter (where d.refobjsubid > 0) = {}) \
                 from pg_catalog.pg_proc as p where p.pronamespace = {}::pg_catalog.regnamespace and p.proname = {}",
                self.table.owner().to_u32(),
                name::literal(&self.comment()),
                self.table.oid().to_u32(),
                self.columns_read(),
                name::literal(&name::identifier(&self.schema)),
                name::literal(&name),
            ));
            self.is_there = rows == [[Some("t".to_owned())]];
            if rows.is_empty() || self.is_there {
                self.function = name;
                return;
            }
        }
    }

    /// The numbers of the columns that the function reads, as an array in SQL.
    fn columns_read(&self) -> String {
        let mut numbers: Vec<_> = [Some(&self.key.name), Some(&self.user), self.role.as_ref()]
            .into_iter()
            .flatten()
            .map(|column| required_column(&self.table, column).number)
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        format!("array{numbers:?}::pg_catalog.int4[]")
    }

    /// By which the function is known again.
    fn comment(&self) -> String {
        let role = self.role.as_ref().map_or_else(String::new, |role| {
            format!(", in roles by {}", name::identifier(role))
        });
        format!(
            "{MARK}the {} that {} has for the current user by {}{role}.",
            name::identifier(&self.key.name),
            self.table.qualified_name(),
            name::identifier(&self.user),
        )
    }

    fn qualified_name(&self) -> String {
        name::qualified(&self.schema, &self.function)
    }

    /// The keys of the current user as an array, found once a statement.
    pub(super) fn keys(&self, roles: Option<&[String]>) -> String {
        let roles = roles.map_or_else(
            || "null::pg_catalog.text[]".to_owned(),
            super::choice::array,
        );
        format!("array(select {}({roles}))", self.qualified_name())
    }

    /// Creates the function unless it is there.
    pub(super) fn create(&self) {
        if self.is_there {
            return;
        }
        let function = self.qualified_name();
        let user = required_column(&self.table, &self.user);
        let kind = KeyKind::of(&self.table, &user);
        let in_roles = self.role.as_ref().map_or_else(String::new, |role| {
            let role = columns::as_text(&self.table, role);
            format!(" and ($1 is null or m.{role} = any ($1))")
        });
        let type_name = KeyKind::type_name(&self.key);
        statement::run(&format!(
            "create function {function}(roles pg_catalog.text[]) returns setof {type_name} \
             language sql stable security definer parallel safe rows 10 set search_path = pg_catalog, pg_temp \
             begin atomic \
                 select m.{}::{type_name} from {} as m where m.{} = {}{in_roles}; \
             end",
            name::identifier(&self.key.name),
            self.table.qualified_name(),
            name::identifier(&self.user),
            kind.current_user(),
        ));
        let signature = format!("{function}(pg_catalog.text[])");
        statement::run(&format!(
            "revoke all on function {signature} from public; \
             comment on function {signature} is {}",
            name::literal(&self.comment()),
        ));
        if self.table.owner() != role::current() {
            let owner = role::name_of(self.table.owner()).unwrap_or_default();
            statement::run(&format!(
                "alter function {signature} owner to {}",
                name::identifier(&owner)
            ));
        }
    }

    /// True where the function is there and all of these may call it.
    pub(super) fn is_granted(&self, database_roles: &[String]) -> bool {
        self.is_there
            && database_roles.iter().all(|role| {
                let signature = format!("{}(pg_catalog.text[])", self.qualified_name());
                let rows = statement::query(&format!(
                    "select pg_catalog.has_function_privilege({}, {}, 'execute')",
                    name::literal(role),
                    name::literal(&signature),
                ));
                rows == [[Some("t".to_owned())]]
            })
    }

    pub(super) fn grant(&self, database_roles: &[String]) {
        let roles: Vec<_> = database_roles.iter().map(|role| grantee(role)).collect();
        statement::run(&format!(
            "grant execute on function {}(pg_catalog.text[]) to {}",
            self.qualified_name(),
            roles.join(", "),
        ));
    }

    pub(super) fn is_forced(&self) -> bool {
        is_forced(&self.table)
    }

    /// What a search for memberships lacks.
    pub(super) fn missing_index(&self) -> Option<Report> {
        (!columns::is_indexed(&self.table, &self.user))
            .then(|| columns::missing_index(&self.table, &self.user))
    }
}

/// A role as GRANT and CREATE POLICY take it.
pub(super) fn grantee(role: &str) -> String {
    if role == "public" {
        role.to_owned()
    } else {
        name::identifier(role)
    }
}

/// Where policies apply to the owner as well.
fn is_forced(table: &Relation) -> bool {
    let rows = statement::query(&format!(
        "select c.relforcerowsecurity and not (r.rolsuper or r.rolbypassrls) \
         from pg_catalog.pg_class as c join pg_catalog.pg_roles as r on r.oid = c.relowner where c.oid = {}",
        table.oid().to_u32(),
    ));
    rows == [[Some("t".to_owned())]]
}

fn check(target: &Relation, members: &Relation) {
    if !members.is_table() {
        Report::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("{} is not a table", members.qualified_name()),
        )
        .table(members)
        .raise()
    }
    if !members.is_owned_by_current_user() {
        Report::new(
            SqlState::INSUFFICIENT_PRIVILEGE,
            format!("must be owner of table {}", members.qualified_name()),
        )
        .detail(format!(
            "The policies of {} find members with the rights of the owner of that table.",
            target.qualified_name()
        ))
        .table(members)
        .raise()
    }
}

/// The column with what one is a member of, in the membership table and in the protected one: as named, or as
/// the foreign keys have it.
fn joined(target: &Relation, members: &Relation, named: &Members) -> (String, String) {
    if let (Some(key), Some(member_of)) = (&named.key, &named.member_of) {
        return (key.clone(), member_of.clone());
    }
    let own = columns::references(target);
    let mut found: Vec<(String, String)> = columns::references(members)
        .into_iter()
        .filter(|reference| {
            reference.column != named.user
                && named
                    .key
                    .as_ref()
                    .is_none_or(|key| *key == reference.column)
        })
        .flat_map(|reference| {
            let through = own
                .iter()
                .filter(|own| {
                    own.referenced == reference.referenced
                        && own.referenced_column == reference.referenced_column
                        && target.oid() != members.oid()
                })
                .map(|own| own.column.clone());
            let itself =
                (reference.referenced == target.oid()).then(|| reference.referenced_column.clone());
            let same = (target.oid() == members.oid()).then(|| reference.column.clone());
            let key = reference.column.clone();
            through
                .chain(itself)
                .chain(same)
                .map(move |member_of| (key.clone(), member_of))
                .collect::<Vec<_>>()
        })
        .filter(|(_, member_of)| {
            named
                .member_of
                .as_ref()
                .is_none_or(|named| named == member_of)
        })
        .collect();
    found.sort();
    found.dedup();
    if let [only] = found.as_slice() {
        return only.clone();
    }
    Report::new(
        SqlState::INVALID_PARAMETER_VALUE,
        format!(
            "how {} is connected with the rows of {} is not clear",
            members.qualified_name(),
            target.qualified_name(),
        ),
    )
    .detail(format!(
        "{} foreign keys connect them.",
        if found.is_empty() { "No" } else { "Several" }
    ))
    .hint("Name the column of either table: member_key => '...', member_of => '...'.")
    .table(target)
    .raise()
}

const FUNCTIONS: &str = "from pg_catalog.pg_proc as p \
     join pg_catalog.pg_description as d on d.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objoid = p.oid \
     where p.prosecdef and pg_catalog.starts_with(d.description, 'Kept by steward.restrict: ')";

/// True where a function of ours finds members in `table`, with the rights of an owner to whom its policies
/// would apply if they were forced.
pub(super) fn reads(table: &Relation) -> bool {
    let rows = statement::query(&format!(
        "select {FUNCTIONS} and exists (select from pg_catalog.pg_depend as r \
             where r.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and r.objid = p.oid \
             and r.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and r.refobjid = {}) \
         and not exists (select from pg_catalog.pg_roles as o where o.oid = p.proowner and (o.rolsuper or o.rolbypassrls))",
        table.oid().to_u32(),
    ));
    !rows.is_empty()
}

/// Drops the functions of ours beside `table` that no policy asks any more, where the current user may.
pub(super) fn drop_unused(table: &Relation) {
    let rows = statement::query(&format!(
        "select p.oid::pg_catalog.regprocedure::pg_catalog.text {FUNCTIONS} \
         and p.pronamespace = {}::pg_catalog.regnamespace and pg_catalog.pg_has_role(p.proowner, 'usage') \
         and not exists (select from pg_catalog.pg_depend as u \
             where u.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass and u.refobjid = p.oid)",
        name::literal(&name::identifier(&table.schema())),
    ));
    for function in rows.into_iter().flatten().flatten() {
        statement::run(&format!("drop function {function}"));
    }
}
