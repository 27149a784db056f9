//! The row trigger, which notes what happened to tasks, and the statement's, which tells people.
//!
//! A row that an UPDATE moves to another partition is deleted there and inserted here: the two are put together
//! again before anybody is told of a new task.

use std::collections::HashMap;
use std::rc::Rc;

use pgrx::pg_sys;

use crate::pg::identity;
use crate::pg::key::Key;
use crate::pg::name;
use crate::pg::pending::Pending;
use crate::pg::trigger::{Event as Firings, Firing};

use super::super::settling;
use super::event::Event;
use super::notifier::{self, Facts, Notifier};
use super::write::Notice;

thread_local! {
    static PENDING: Pending<Change> = Pending::new();
}

/// What happened to a task.
#[derive(Clone)]
struct Change {
    notifier: Rc<Notifier>,
    task: Key,
    before: Option<Facts>,
    after: Option<Facts>,
}

/// Notes what the event is, if anybody may have to be told.
pub(super) fn collect_notices(firing: &Firing<'_>) {
    let notifier = notifier::of_firing(firing);
    let may_come_from_elsewhere = firing.relation().is_partition();
    let (row, before, after) = match firing.event() {
        Firings::Insert { new } => {
            if !may_come_from_elsewhere && !notifier.is_assigned(new) {
                return;
            }
            (new, None, Some(notifier.facts(new)))
        }
        Firings::Update { old, new } => {
            if notifier.agree(old, new) {
                return;
            }
            (new, Some(notifier.facts(old)), Some(notifier.facts(new)))
        }
        Firings::Delete { old } if may_come_from_elsewhere => {
            (old, Some(notifier.facts(old)), None)
        }
        Firings::Delete { .. } | Firings::Other => return,
    };
    let Some(task) = notifier.key(row) else {
        return;
    };
    let group = notifier.group;
    let change = Change {
        notifier,
        task,
        before,
        after,
    };
    PENDING.with(|pending| pending.note(group, change));
}

/// Says that a statement begins, or tells people of what it did.
pub(super) fn settle_notices(firing: &Firing<'_>) {
    PENDING.with(|pending| settling::settle(firing, pending, work_off));
}

fn work_off(changes: Vec<Change>) {
    let actor = actor();
    let mut gone: HashMap<(pg_sys::Oid, Key), Facts> = HashMap::new();
    let mut of_destination: Vec<(Rc<Notifier>, Vec<Notice>)> = Vec::new();
    for change in changes {
        let Change {
            notifier,
            task,
            before,
            after,
        } = change;
        let identity = (notifier.destination.table(), task.clone());
        let Some(after) = after else {
            gone.extend(before.map(|before| (identity, before)));
            continue;
        };
        let before = before.or_else(|| gone.remove(&identity));
        let notices = notices(&notifier, &task, before.as_ref(), &after, actor.as_deref());
        // Several attachments can tell of the same tasks in several tables.
        let known = of_destination
            .iter_mut()
            .find(|(known, _)| Rc::ptr_eq(known, &notifier));
        match known {
            Some((_, all)) => all.extend(notices),
            None => of_destination.push((notifier, notices)),
        }
    }
    for (notifier, notices) in of_destination {
        notifier.destination.write(&notices);
    }
}

/// Whom to tell what.
fn notices(
    notifier: &Notifier,
    task: &Key,
    before: Option<&Facts>,
    after: &Facts,
    actor: Option<&str>,
) -> Vec<Notice> {
    let mut notices = Vec::new();
    let mut tell = |event, user: Option<&String>| {
        if let Some(user) = user
            && notifier.tells_of(event)
        {
            notices.push(Notice {
                event,
                user: user.clone(),
                task: notifier.show(task),
                title: after.title.clone(),
            });
        }
    };
    let was_assigned_to = before.and_then(|before| before.assignee.as_ref());
    let assignee = after.assignee.as_ref();
    let is_new_assignee = assignee != was_assigned_to
        && assignee.is_some_and(|assignee| !is_same_person(assignee, actor));
    if is_new_assignee && !after.is_done {
        tell(Event::Assigned, assignee);
    }
    let Some(before) = before else {
        return notices;
    };
    if after.is_done && !before.is_done {
        tell(Event::Completed, after.creator.as_ref().or(assignee));
    }
    if after.is_delayed && !before.is_delayed {
        tell(Event::Delayed, assignee);
    }
    notices
}

/// For whom the application acts, where that is known.
fn actor() -> Option<String> {
    identity::user(|user, _| name::from_server(user).trim().to_owned())
}

/// A uuid can be written in capitals.
fn is_same_person(assignee: &str, actor: Option<&str>) -> bool {
    const LENGTH_OF_UUID: usize = 36;
    actor.is_some_and(|actor| {
        actor == assignee
            || assignee.len() == LENGTH_OF_UUID && actor.eq_ignore_ascii_case(assignee)
    })
}
