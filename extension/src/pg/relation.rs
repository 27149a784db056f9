//! A table as the relation cache knows it: always current, whatever the transaction's snapshot.

use std::ptr::NonNull;

use pgrx::pg_sys;

use super::boundary;
use super::error::{Report, SqlState};
use super::name;
use super::statement;
use super::tuple::attribute_form;

pub(crate) use super::attribute::{Attribute, TypeCategory};

/// How strongly a relation is locked while it is looked at or changed. The lock is held to the end
/// of the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lock {
    /// Others may read and write; nobody may drop or alter it.
    AccessShare,
    /// Others may read and write; what locking rows takes.
    RowShare,
    /// Others may read and write; what a write takes.
    RowExclusive,
    /// Others may read; what `CREATE TRIGGER` itself takes.
    ShareRowExclusive,
}

impl Lock {
    pub(super) const fn mode(self) -> pg_sys::LOCKMODE {
        match self {
            Self::AccessShare => pg_sys::AccessShareLock as pg_sys::LOCKMODE,
            Self::RowShare => pg_sys::RowShareLock as pg_sys::LOCKMODE,
            Self::RowExclusive => pg_sys::RowExclusiveLock as pg_sys::LOCKMODE,
            Self::ShareRowExclusive => pg_sys::ShareRowExclusiveLock as pg_sys::LOCKMODE,
        }
    }
}

/// An open relation.
pub(crate) struct Relation {
    raw: NonNull<pg_sys::RelationData>,
    /// False for the relation that a trigger fires on: PostgreSQL opened and closes that one.
    opened_here: bool,
}

impl Relation {
    /// Opens the relation, or raises 42704 where no relation has that oid.
    pub(crate) fn open(oid: pg_sys::Oid, lock: Lock) -> Self {
        Self::try_open(oid, lock).unwrap_or_else(|| {
            Report::new(
                SqlState::UNDEFINED_OBJECT,
                format!("there is no relation with oid {oid}"),
            )
            .hint("Name the table, as in 'tasks' or 'my_schema.tasks'.")
            .raise()
        })
    }

    /// Opens the relation, if there is one with that oid.
    pub(crate) fn try_open(oid: pg_sys::Oid, lock: Lock) -> Option<Self> {
        let raw = boundary::call(|| {
            // SAFETY: any oid may be asked for: an unknown one gives null.
            unsafe { raw::try_relation_open(oid, lock.mode()) }
        });
        Some(Self {
            raw: NonNull::new(raw)?,
            opened_here: true,
        })
    }

    /// The relation that a trigger fires on.
    ///
    /// # Safety
    /// `raw` has to be an open relation for as long as the result lives.
    pub(super) const unsafe fn borrowed(raw: NonNull<pg_sys::RelationData>) -> Self {
        Self {
            raw,
            opened_here: false,
        }
    }

    fn form(&self) -> &pg_sys::FormData_pg_class {
        // SAFETY: the relation is open, so its pg_class row is at hand.
        unsafe { &*self.raw.as_ref().rd_rel }
    }

    pub(crate) fn oid(&self) -> pg_sys::Oid {
        // SAFETY: the relation is open.
        unsafe { self.raw.as_ref().rd_id }
    }

    pub(crate) fn schema(&self) -> String {
        // SAFETY: a look-up in the catalog caches; the name ends in NUL.
        unsafe { name::read(pg_sys::get_namespace_name(self.form().relnamespace)) }
    }

    pub(crate) fn name(&self) -> String {
        // SAFETY: a name of the catalog ends in NUL.
        unsafe { name::read(self.form().relname.data.as_ptr()) }
    }

    /// The name to use in a statement: always with its schema, quoted where it has to be.
    pub(crate) fn qualified_name(&self) -> String {
        name::qualified(&self.schema(), &self.name())
    }

    /// The relation of that name in the same schema.
    pub(crate) fn neighbour(&self, name: &str) -> Option<pg_sys::Oid> {
        let name = name::c_string(name);
        // SAFETY: a look-up in the catalog caches with a name that lives through the call.
        let oid = unsafe { pg_sys::get_relname_relid(name.as_ptr(), self.form().relnamespace) };
        (oid != pg_sys::InvalidOid).then_some(oid)
    }

    pub(crate) fn owner(&self) -> pg_sys::Oid {
        self.form().relowner
    }

    /// An ordinary table or a partitioned one: what a rule can be attached to.
    pub(crate) fn is_table(&self) -> bool {
        let kind = self.form().relkind as u8;
        kind == pg_sys::RELKIND_RELATION || kind == pg_sys::RELKIND_PARTITIONED_TABLE
    }

    pub(crate) fn is_partitioned(&self) -> bool {
        self.form().relkind as u8 == pg_sys::RELKIND_PARTITIONED_TABLE
    }

    /// An ordinary table that is stored as PostgreSQL stores its own.
    pub(crate) fn is_heap_table(&self) -> bool {
        self.form().relkind as u8 == pg_sys::RELKIND_RELATION
            && self.form().relam == pg_sys::HEAP_TABLE_AM_OID
    }

    /// The number of columns, dropped ones included.
    pub(crate) fn width(&self) -> usize {
        // SAFETY: the relation is open, so the descriptor is.
        usize::try_from(unsafe { (*self.descriptor()).natts }).unwrap_or_default()
    }

    /// True where a CHECK constraint would have to be looked at before a row is written.
    pub(crate) fn has_checks(&self) -> bool {
        // SAFETY: the relation is open, so the descriptor is; it has no constraints where the pointer is null.
        unsafe {
            let constraints = (*self.descriptor()).constr;
            !constraints.is_null() && (*constraints).num_check > 0
        }
    }

    /// A table that a crash of the server empties.
    pub(crate) fn is_unlogged(&self) -> bool {
        self.form().relpersistence as u8 == pg_sys::RELPERSISTENCE_UNLOGGED
    }

    /// A table that only its session sees, and that goes with it.
    pub(crate) fn is_temporary(&self) -> bool {
        self.form().relpersistence as u8 == pg_sys::RELPERSISTENCE_TEMP
    }

    pub(crate) fn is_partition(&self) -> bool {
        self.form().relispartition
    }

    /// True for a plain table that other tables inherit from (or once did).
    pub(crate) fn may_have_inheritance_children(&self) -> bool {
        let kind = self.form().relkind as u8;
        kind == pg_sys::RELKIND_RELATION && self.form().relhassubclass
    }

    /// The table that the user sees: for a partition the root of its tree, else the table itself.
    pub(crate) fn root(&self) -> pg_sys::Oid {
        let mut oid = self.oid();
        // SAFETY: a look-up in the catalog caches; only a partition is asked for its parent.
        while unsafe { pg_sys::get_rel_relispartition(oid) } {
            // SAFETY: as above.
            oid = boundary::call(|| unsafe { raw::get_partition_parent(oid, true) });
        }
        oid
    }

    /// The owner of the table that the user sees: partitions may have owners of their own.
    pub(crate) fn owner_of_root(&self) -> pg_sys::Oid {
        let root = self.root();
        if root == self.oid() {
            self.owner()
        } else {
            Self::open(root, Lock::AccessShare).owner()
        }
    }

    /// True where the current user is the owner, a member of the owning role, or a superuser.
    pub(crate) fn is_owned_by_current_user(&self) -> bool {
        // SAFETY: a lookup in the catalog caches.
        unsafe { owned_by(self.oid(), pg_sys::GetUserId()) }
    }

    /// True where the current user may read these columns.
    pub(crate) fn is_readable_by_current_user(&self, columns: &[String]) -> bool {
        self.is_granted(pg_sys::ACL_SELECT as pg_sys::AclMode, columns)
    }

    fn is_granted(&self, may: pg_sys::AclMode, columns: &[String]) -> bool {
        // SAFETY: look-ups in the catalog caches, for columns that the relation has.
        unsafe {
            let user = pg_sys::GetUserId();
            let granted = pg_sys::AclResult::ACLCHECK_OK;
            pg_sys::pg_class_aclcheck(self.oid(), user, may) == granted
                || columns.iter().all(|column| {
                    self.attribute(column).is_some_and(|attribute| {
                        pg_sys::pg_attribute_aclcheck(self.oid(), attribute.number, user, may)
                            == granted
                    })
                })
        }
    }

    /// True where the current user may update these columns.
    pub(crate) fn is_updatable_by_current_user(&self, columns: &[String]) -> bool {
        self.is_granted(pg_sys::ACL_UPDATE as pg_sys::AclMode, columns)
    }

    /// True where row level security applies to the current user.
    pub(crate) fn hides_rows_from_current_user(&self) -> bool {
        // SAFETY: a look-up in the catalog caches; it raises nothing when told not to.
        let applies = unsafe { pg_sys::check_enable_rls(self.oid(), pg_sys::InvalidOid, true) };
        applies == pg_sys::CheckEnableRlsResult::RLS_ENABLED as i32
    }

    /// True where row level security applies to the current user, or to the role in whose name they act.
    pub(crate) fn hides_rows_from_caller(&self) -> bool {
        // SAFETY: reads a global; a look-up in the catalog caches, which raises nothing when told not to.
        let applies =
            unsafe { pg_sys::check_enable_rls(self.oid(), pg_sys::GetOuterUserId(), true) };
        self.hides_rows_from_current_user()
            || applies == pg_sys::CheckEnableRlsResult::RLS_ENABLED as i32
    }

    /// True where the current user may add rows.
    pub(crate) fn may_be_inserted_into_by_current_user(&self) -> bool {
        // SAFETY: a look-up in the catalog caches.
        unsafe {
            let may = pg_sys::ACL_INSERT as pg_sys::AclMode;
            pg_sys::pg_class_aclcheck(self.oid(), pg_sys::GetUserId(), may)
                == pg_sys::AclResult::ACLCHECK_OK
        }
    }

    /// The number of rows that the planner would reckon with; for a partitioned table those of its
    /// partitions.
    pub(crate) fn planned_rows(&self) -> i64 {
        if !self.is_partitioned() {
            return self.planned_rows_stored();
        }
        let rows = statement::query(&format!(
            "select relid::pg_catalog.oid from pg_catalog.pg_partition_tree({}::pg_catalog.oid::pg_catalog.regclass) \
             where isleaf",
            self.oid().to_u32(),
        ));
        let leaves = rows
            .into_iter()
            .filter_map(|mut row| row.pop().flatten()?.parse::<u32>().ok());
        leaves
            .filter_map(|oid| Self::try_open(pg_sys::Oid::from(oid), Lock::AccessShare))
            .filter(Self::is_heap_table)
            .map(|leaf| leaf.planned_rows_stored())
            .sum()
    }

    fn planned_rows_stored(&self) -> i64 {
        let (mut pages, mut rows, mut all_visible) = (0, 0.0, 0.0);
        let relation = self.raw.as_ptr();
        // SAFETY: the relation is open and has storage; the out-parameters live through the call.
        boundary::call(|| unsafe {
            raw::estimate_rel_size(
                relation,
                std::ptr::null_mut(),
                &raw mut pages,
                &raw mut rows,
                &raw mut all_visible,
            );
        });
        rows as i64
    }

    /// The number of rows that the planner expects.
    pub(crate) fn estimated_rows(&self) -> usize {
        self.form().reltuples.max(0.0) as usize
    }

    pub(crate) fn descriptor(&self) -> pg_sys::TupleDesc {
        // SAFETY: the relation is open.
        unsafe { self.raw.as_ref().rd_att }
    }

    /// The live columns, in order.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = Attribute> {
        let descriptor = self.descriptor();
        // SAFETY: the relation is open, so the descriptor is, and it has `natts` attributes.
        let count = usize::try_from(unsafe { (*descriptor).natts }).unwrap_or_default();
        (0..count).filter_map(move |index| {
            // SAFETY: the index is below `natts`.
            let form = unsafe { attribute_form(descriptor, index) };
            (!form.attisdropped).then(|| Attribute {
                number: form.attnum,
                // SAFETY: a name of the catalog ends in NUL.
                name: unsafe { name::read(form.attname.data.as_ptr()) },
                type_oid: form.atttypid,
                type_modifier: form.atttypmod,
                collation: form.attcollation,
                generated: form.attgenerated != 0,
                computed_when_read: form.attgenerated as u8 == b'v',
                not_null: form.attnotnull,
            })
        })
    }

    /// The column of that name, if there is one.
    pub(crate) fn attribute(&self, name: &str) -> Option<Attribute> {
        self.attributes().find(|attribute| attribute.name == name)
    }

    /// The table and its partitions, at all levels.
    pub(crate) fn tree(&self) -> Vec<TreeMember> {
        if !self.is_partitioned() {
            return vec![TreeMember {
                oid: self.oid(),
                holds_rows: true,
            }];
        }
        statement::query(&format!(
            "select relid::oid, isleaf from pg_catalog.pg_partition_tree({}::oid::regclass)",
            self.oid().to_u32(),
        ))
        .into_iter()
        .filter_map(|row| {
            let mut row = row.into_iter();
            let oid: u32 = row.next()??.parse().ok()?;
            Some(TreeMember {
                oid: pg_sys::Oid::from(oid),
                holds_rows: row.next()?? == "t",
            })
        })
        .collect()
    }

    /// Keeps others from writing until the end of the transaction: into the table and, unlike a lock on
    /// the table alone, into its partitions.
    pub(crate) fn lock_against_writers(&self) {
        statement::run(&format!(
            "lock table {} in share row exclusive mode",
            self.qualified_name()
        ));
    }

    /// Makes every session forget what it has worked out from this table, once the transaction commits; this one
    /// does so at once.
    pub(crate) fn announce_change(&self) {
        let relation = self.raw.as_ptr();
        // SAFETY: the relation is open.
        boundary::call(|| unsafe { pg_sys::CacheInvalidateRelcache(relation) });
    }

    pub(super) fn raw(&self) -> NonNull<pg_sys::RelationData> {
        self.raw
    }
}

/// A table of a partitioned table's tree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TreeMember {
    pub(crate) oid: pg_sys::Oid,
    /// False where it has partitions, which hold them.
    pub(crate) holds_rows: bool,
}

impl Drop for Relation {
    fn drop(&mut self) {
        // After an error the abort of the (sub)transaction closes it.
        if !self.opened_here || std::thread::panicking() {
            return;
        }
        // SAFETY: it was opened here and is closed once; the lock stays.
        unsafe { pg_sys::relation_close(self.raw.as_ptr(), pg_sys::NoLock as pg_sys::LOCKMODE) }
    }
}

#[cfg(feature = "pg15")]
unsafe fn owned_by(relation: pg_sys::Oid, role: pg_sys::Oid) -> bool {
    // SAFETY: a lookup in the catalog caches, for a relation that is open.
    unsafe { pg_sys::pg_class_ownercheck(relation, role) }
}

#[cfg(not(feature = "pg15"))]
unsafe fn owned_by(relation: pg_sys::Oid, role: pg_sys::Oid) -> bool {
    // SAFETY: a lookup in the catalog caches, for a relation that is open.
    unsafe { pg_sys::object_ownercheck(pg_sys::RelationRelationId, relation, role) }
}

/// Functions that pgrx does not bind, or whose errors have to keep all their fields.
mod raw {
    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub(super) fn try_relation_open(
            oid: pg_sys::Oid,
            lock: pg_sys::LOCKMODE,
        ) -> pg_sys::Relation;
        pub(super) fn estimate_rel_size(
            relation: pg_sys::Relation,
            widths: *mut i32,
            pages: *mut pg_sys::BlockNumber,
            rows: *mut f64,
            all_visible: *mut f64,
        );
        pub(super) fn get_partition_parent(oid: pg_sys::Oid, even_if_detached: bool)
        -> pg_sys::Oid;
    }
}
