//! Under whom a change happens: the actor, the roles, the application.
//!
//! A statement that changes a hundred thousand rows asks for them a hundred thousand times, so they are
//! kept for the command that is under way. A setting cannot change within a command without another one
//! beginning: what a trigger of somebody else does meanwhile is a command of its own, since recording has
//! written.

use std::cell::RefCell;
use std::rc::Rc;

use crate::pg::session;
use crate::pg::text::KeptText;
use crate::pg::transaction::{self, Command};

use super::actor::Actor;

pub(super) struct Circumstances {
    pub(super) actor: Actor,
    pub(super) session_role: KeptText,
    pub(super) invoking_role: KeptText,
    pub(super) application_name: KeptText,
}

thread_local! {
    static KEPT: RefCell<Option<(Command, Rc<Circumstances>)>> = const { RefCell::new(None) };
}

impl Circumstances {
    /// Those of the command that is under way.
    pub(super) fn current() -> Rc<Self> {
        let command = transaction::current_command();
        let kept = KEPT.with_borrow(|kept| {
            let (of, circumstances) = kept.as_ref()?;
            (*of == command).then(|| Rc::clone(circumstances))
        });
        kept.unwrap_or_else(|| {
            let circumstances = Rc::new(Self::read());
            KEPT.set(Some((command, Rc::clone(&circumstances))));
            circumstances
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
