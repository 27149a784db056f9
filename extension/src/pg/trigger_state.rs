//! What a trigger has worked out about its table, kept for its next firing; and what a function has of its.
//!
//! Column numbers and prepared statements are worked out once and kept under the trigger's or table's oid. The
//! relation cache tells when a table changes that they were worked out from, and they are forgotten.

use std::any::{Any, TypeId};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use pgrx::pg_sys;

use super::boundary;

struct Kept {
    state: Rc<dyn Any>,
    /// The relations that it was worked out from.
    relations: Vec<pg_sys::Oid>,
}

thread_local! {
    static KEPT: RefCell<HashMap<Place, Kept, BuildHasherDefault<OidHasher>>> =
        RefCell::default();
    /// Forgotten states, dropped at the next look-up: an invalidation may arrive in the middle of
    /// anything, where freeing a prepared statement would be out of place.
    static FORGOTTEN: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
    /// The relations that changed while a state was being worked out, so that one is not kept that was
    /// overtaken. None while nothing is worked out.
    static CHANGED: RefCell<Option<Vec<pg_sys::Oid>>> = const { RefCell::new(None) };
    static LISTENING: Cell<bool> = const { Cell::new(false) };
}

/// Where a state is kept: several kinds of it can be kept of one object.
type Place = (pg_sys::Oid, TypeId);

/// Oids are spread well enough as they are, and come from no attacker.
#[derive(Default)]
struct OidHasher(u64);

impl Hasher for OidHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.write_u32(number as u32 ^ (number >> 32) as u32);
    }

    fn write_u32(&mut self, number: u32) {
        const GOLDEN_RATIO: u64 = 0x9e37_79b9_7f4a_7c15;
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(GOLDEN_RATIO);
    }
}

/// The state of the trigger with that oid, worked out by `work_out` where none is kept. It also
/// names the relations that the state depends on.
pub(crate) fn of_trigger<T: 'static>(
    trigger: pg_sys::Oid,
    work_out: impl FnOnce() -> (T, Vec<pg_sys::Oid>),
) -> Rc<T> {
    if let Some(state) = kept(trigger) {
        return state;
    }
    listen();
    FORGOTTEN.take();
    let watch = Watch::begin();
    // No borrow is held here: it calls PostgreSQL, which may fire triggers and invalidate.
    let (state, relations) = work_out();
    let changed = watch.end();
    let state = Rc::new(state);
    let is_overtaken = changed
        .iter()
        .any(|changed| *changed == pg_sys::InvalidOid || relations.contains(changed));
    if !is_overtaken {
        let kept = Kept {
            state: Rc::clone(&state) as Rc<dyn Any>,
            relations,
        };
        KEPT.with_borrow_mut(|all| all.insert((trigger, TypeId::of::<T>()), kept));
    }
    state
}

/// Notes which relations change, until it is dropped, be it by an error.
struct Watch {
    outer: Option<Vec<pg_sys::Oid>>,
}

impl Watch {
    fn begin() -> Self {
        Self {
            outer: CHANGED.replace(Some(Vec::new())),
        }
    }

    /// The relations that changed. Whoever watched before hears of them too.
    fn end(mut self) -> Vec<pg_sys::Oid> {
        let changed = CHANGED.take().unwrap_or_default();
        if let Some(outer) = &mut self.outer {
            outer.extend(&changed);
        }
        changed
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        CHANGED.set(self.outer.take());
    }
}

/// Hears of what other transactions have changed, and returns true where `state` is still what is kept
/// for the trigger. To be asked after waiting for a lock, and after opening what the state names.
pub(crate) fn is_current<T: 'static>(trigger: pg_sys::Oid, state: &Rc<T>) -> bool {
    boundary::call(|| {
        // SAFETY: a transaction is under way.
        unsafe { pg_sys::AcceptInvalidationMessages() }
    });
    kept::<T>(trigger).is_some_and(|kept| Rc::ptr_eq(&kept, state))
}

fn kept<T: 'static>(trigger: pg_sys::Oid) -> Option<Rc<T>> {
    let place = (trigger, TypeId::of::<T>());
    let state = KEPT.with_borrow(|all| all.get(&place).map(|kept| Rc::clone(&kept.state)));
    state.and_then(|state| state.downcast().ok())
}

fn listen() {
    if LISTENING.replace(true) {
        return;
    }
    // SAFETY: registered once in the life of the backend, with functions that never go away.
    boundary::call(|| unsafe {
        pg_sys::CacheRegisterRelcacheCallback(Some(forget), pg_sys::Datum::null());
        let schemas = pg_sys::SysCacheIdentifier::NAMESPACEOID as i32;
        pg_sys::CacheRegisterSyscacheCallback(schemas, Some(forget_all), pg_sys::Datum::null());
    });
}

/// Called by PostgreSQL when a schema changed: kept statements name tables with their schemas.
unsafe extern "C-unwind" fn forget_all(argument: pg_sys::Datum, _cache: i32, _hash: u32) {
    // SAFETY: the function is ours and takes any argument.
    unsafe { forget(argument, pg_sys::InvalidOid) };
}

/// Called by PostgreSQL when a relation changed, or with an invalid oid when any may have.
unsafe extern "C-unwind" fn forget(_argument: pg_sys::Datum, relation: pg_sys::Oid) {
    CHANGED.with_borrow_mut(|changed| {
        if let Some(changed) = changed {
            changed.push(relation);
        }
    });
    KEPT.with_borrow_mut(|all| {
        let stale = all.extract_if(|_, kept| {
            relation == pg_sys::InvalidOid || kept.relations.contains(&relation)
        });
        FORGOTTEN.with_borrow_mut(|forgotten| forgotten.extend(stale.map(|(_, kept)| kept)));
    });
}
