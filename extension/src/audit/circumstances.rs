//! Under whom a change happens: the actor, the roles, the application.
//!
//! A statement that changes a hundred thousand rows asks for them a hundred thousand times, so they are
//! kept for the command that is under way. A setting cannot change within a command without another one
//! beginning: what a trigger of somebody else does meanwhile is a command of its own, since recording has
//! written. The next command of the same transaction goes on with them where nothing has changed.

use std::cell::RefCell;
use std::rc::Rc;

use crate::pg::session::{self, Fingerprint};
use crate::pg::text::KeptText;
use crate::pg::transaction::{self, Command};

use super::actor::Actor;

pub(super) struct Circumstances {
    pub(super) actor: Actor,
    pub(super) session_role: KeptText,
    pub(super) invoking_role: KeptText,
    pub(super) application_name: KeptText,
}

/// Circumstances, and how long they are good.
struct Kept {
    command: Command,
    transaction: u32,
    fingerprint: Fingerprint,
    circumstances: Rc<Circumstances>,
}

thread_local! {
    static KEPT: RefCell<Option<Kept>> = const { RefCell::new(None) };
}

impl Circumstances {
    /// Those of the command that is under way.
    pub(super) fn current() -> Rc<Self> {
        let command = transaction::current_command();
        Self::kept_for(command).unwrap_or_else(|| {
            let circumstances = Rc::new(Self::read());
            KEPT.set(Some(Kept {
                command,
                transaction: transaction::current_id(),
                fingerprint: Fingerprint::now(Actor::settings()),
                circumstances: Rc::clone(&circumstances),
            }));
            circumstances
        })
    }

    fn kept_for(command: Command) -> Option<Rc<Self>> {
        KEPT.with_borrow_mut(|kept| {
            let kept = kept.as_mut()?;
            if kept.command != command {
                // A role may have another name in the next transaction.
                let same_transaction = kept.transaction == transaction::current_id();
                if !(same_transaction && kept.fingerprint.still_holds()) {
                    return None;
                }
                kept.command = command;
            }
            Some(Rc::clone(&kept.circumstances))
        })
    }

    fn read() -> Self {
        let text = |text: std::ffi::CString| KeptText::new(text.as_bytes());
        Self {
            actor: Actor::current(),
            session_role: text(session::session_role()),
            invoking_role: text(session::invoking_role()),
            application_name: text(session::application_name()),
        }
    }
}
