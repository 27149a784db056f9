//! The tables beside the limits, and the triggers on the limits that bind them.

use pgrx::pg_sys;

use crate::pg::attachment::{self, SideTable, bind_side_table, drop_trigger};
use crate::pg::key::KeyType;
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};
use crate::pg::statement;

use super::attach::side_table_names;
use super::choice::{Limits, Role};
use super::ledger::{self, FUNCTION, SIDE_TABLES};

const TRUNCATE_FUNCTION: &str = "forget_budgets";
const TRIGGER: &str = "steward_budgets";

/// Makes them, unless they are there; the choice is put in the place of the one before.
pub(super) fn keep(limits: &Relation, choice: &Limits) {
    match ledger::triggers(limits) {
        None => create(limits, choice),
        Some(triggers) if ledger::choice_of(&triggers[0]).as_ref() != Some(choice) => {
            let [first, ..] = triggers;
            if let Some(counters) = first.bound_table {
                attachment::unbind_side_table(counters);
                drop_trigger(limits, &first.name);
                let counters = Relation::open(counters, Lock::AccessShare);
                bind(limits, &first.name, SIDE_TABLES[0], &counters, choice);
            }
        }
        Some(_) => {}
    }
}

fn create(limits: &Relation, choice: &Limits) {
    let key = attachment::required_column(limits, choice.column(Role::Key).unwrap_or_default());
    let key_type = KeyType::of(&key).map(KeyType::sql_name).unwrap_or_default();
    let names = side_table_names(limits);
    for (position, name) in names.iter().enumerate() {
        let (columns, storage, purpose, comments) = described(position, &key_type);
        let side_table = attachment::create_side_table(
            limits,
            &SideTable {
                name,
                columns: &columns,
                storage,
                purpose,
                column_comments: comments,
            },
        );
        let (oid, qualified) = (side_table.oid(), side_table.qualified_name());
        // Closed while indexes are made: a table that is open gets none.
        drop(side_table);
        for index in indexes(position) {
            statement::run(&format!("create index on {qualified} ({index})"));
        }
        let side_table = Relation::open(oid, Lock::AccessShare);
        let trigger = match position {
            0 => TRIGGER.to_owned(),
            _ => format!("{TRIGGER}_{}", SIDE_TABLES[position]),
        };
        let trigger = attachment::free_trigger_name(limits, &trigger);
        bind(limits, &trigger, SIDE_TABLES[position], &side_table, choice);
    }
    statement::run(&format!(
        "create trigger {} before truncate on {} for each statement execute function steward.{TRUNCATE_FUNCTION}()",
        name::identifier(&attachment::free_trigger_name(
            limits,
            &format!("{TRIGGER}_truncate")
        )),
        limits.qualified_name(),
    ));
}

fn bind(limits: &Relation, trigger: &str, role: &str, side_table: &Relation, choice: &Limits) {
    let arguments = if role == SIDE_TABLES[0] {
        format!(", {}", choice.arguments())
    } else {
        String::new()
    };
    statement::run(&format!(
        "create constraint trigger {} after insert or update or delete on {} from {} \
         for each row execute function steward.{FUNCTION}({}{arguments})",
        name::identifier(trigger),
        limits.qualified_name(),
        side_table.qualified_name(),
        name::literal(role),
    ));
    bind_side_table(limits, trigger, side_table.oid());
}

fn indexes(position: usize) -> &'static [&'static str] {
    match position {
        0 => &["budget, starts_at"],
        3 => &["window_id", "expires_at"],
        _ => &[],
    }
}

/// True where a side table has the columns that it was made with, of their types. Its rows are read and written past the
/// executor, which would notice: a value that is taken for one of another type brings the server down.
pub(super) fn is_as_made(position: usize, table: &Relation, key: KeyType) -> bool {
    use pg_sys::{
        INT4OID, INT8OID, JSONBOID, NUMERICOID as NUMERIC, TEXTOID as TEXT, TIMESTAMPTZOID as TIME,
        UUIDOID as UUID,
    };
    let key = key.type_oid();
    let types: &[pg_sys::Oid] = match position {
        0 => &[
            UUID, INT4OID, key, TIME, TIME, NUMERIC, NUMERIC, NUMERIC, INT8OID,
        ],
        1 => &[UUID, TEXT, key, TIME, TIME, NUMERIC, NUMERIC, TIME],
        2 => &[
            UUID, TEXT, JSONBOID, TEXT, TEXT, TEXT, TIME, TIME, NUMERIC, TIME,
        ],
        _ => &[UUID, key, UUID, TIME, TIME, NUMERIC, NUMERIC, TIME],
    };
    let mut columns = table.attributes().zip(1_i16..);
    types.iter().all(|wanted| {
        columns
            .next()
            .is_some_and(|(column, number)| column.number == number && column.type_oid == *wanted)
    })
}

type Described = (
    String,
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

/// The columns, storage, purpose and comments of each.
fn described(position: usize, key_type: &str) -> Described {
    let key = if key_type == "text" {
        "text collate \"C\""
    } else {
        key_type
    };
    match position {
        0 => (
            format!(
                "window_id uuid not null, slot integer not null, budget {key} not null, starts_at timestamptz not null, \
                 ends_at timestamptz not null, spent numeric not null, held numeric not null, share numeric, \
                 refused bigint not null, primary key (window_id, slot)"
            ),
            // So that a version that is replaced is cleared away by the next writer: counters are written often.
            "(fillfactor = 20)",
            "what is spent and held of each budget in each window, divided among slots",
            &[
                ("window_id", "Stands for the budget and its window."),
                ("slot", "Writers at the same time use different ones; the budget has spent their sum."),
                ("budget", "The key of the budget."),
                ("starts_at", "The first moment of the window."),
                ("ends_at", "The first moment after it."),
                ("spent", "What usage rows were charged to this slot."),
                ("held", "What is reserved in this slot; below zero where what another holds was given back to it."),
                ("share", "What the slot may spend and hold; the shares of a window are the limit. NULL where nothing is refused."),
                ("refused", "How many reservations were refused."),
            ],
        ),
        1 => (
            format!(
                "window_id uuid not null, severity text not null, budget {key} not null, starts_at timestamptz not null, \
                 ends_at timestamptz not null, spent numeric not null, budget_limit numeric not null, \
                 created_at timestamptz not null default now(), primary key (window_id, severity)"
            ),
            "(fillfactor = 100)",
            "what was told about the budgets, once for each window",
            &[
                ("window_id", "Stands for the budget and its window."),
                ("severity", "warning: the threshold was reached; critical: the limit was exceeded."),
                ("budget", "The key of the budget."),
                ("starts_at", "The first moment of the window."),
                ("ends_at", "The first moment after it."),
                ("spent", "What was spent when it was noticed."),
                ("budget_limit", "The limit then."),
                ("created_at", "When it was noticed."),
            ],
        ),
        2 => (
            "reservation uuid primary key default gen_random_uuid(), idempotency_key text collate \"C\" unique, \
             asked jsonb not null, verdict text not null, refused_by text, state text not null, \
             reserved_at timestamptz not null, expires_at timestamptz, given_back numeric, closed_at timestamptz"
                .to_owned(),
            "(fillfactor = 80)",
            "what reserve was asked, and what it answered",
            &[
                ("reservation", "Named by the usage rows that it is for."),
                ("idempotency_key", "The same key gets the same answer."),
                ("asked", "The scopes, the amount and the time to live in seconds that were asked for."),
                ("verdict", "granted, does not fit now, or can never fit."),
                ("refused_by", "The key of the budget that it did not fit into."),
                ("state", "open, settled, released or refused."),
                ("reserved_at", "When it was asked for."),
                ("expires_at", "Until when it is held."),
                ("given_back", "What was left of it when it was settled or released."),
                ("closed_at", "When it was settled or released."),
            ],
        ),
        _ => (
            format!(
                "reservation uuid not null, budget {key} not null, window_id uuid not null, starts_at timestamptz not null, \
                 ends_at timestamptz not null, amount numeric not null, left_amount numeric not null, \
                 expires_at timestamptz not null, primary key (reservation, budget)"
            ),
            "(fillfactor = 80)",
            "what each reservation holds of each budget",
            &[
                ("reservation", "The reservation."),
                ("budget", "The key of the budget."),
                ("window_id", "Stands for the budget and its window."),
                ("starts_at", "The first moment of the window."),
                ("ends_at", "The first moment after it."),
                ("amount", "What was reserved."),
                ("left_amount", "What usage has not taken yet."),
                ("expires_at", "Until when it is held."),
            ],
        ),
    }
}
