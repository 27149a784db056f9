//! Which priorities come first: those that a list names, in its order. All others follow in the order of
//! their type, from either end, and tasks without a priority come last.

use crate::pg::error::{Report, SqlState};
use crate::pg::key::KeyType;
use crate::pg::name;
use crate::pg::ordering::ColumnOrder;
use crate::pg::relation::{Attribute, Relation, TypeCategory};
use crate::pg::sql_type;
use crate::pg::tuple::Value;

use super::super::completion::choice::MostUrgent;

/// The priorities that come first; none where all are in the order of their type.
#[derive(Default)]
pub(in crate::tasks) struct Precedence {
    labels: Vec<Value<'static>>,
    most_urgent: MostUrgent,
}

impl Precedence {
    /// Reads the labels as values of the column.
    pub(in crate::tasks) fn read(
        tasks: &Relation,
        priority: &Attribute,
        labels: &[String],
        most_urgent: MostUrgent,
    ) -> Self {
        if labels.is_empty() && priority.category() == TypeCategory::Text {
            Report::new(
                SqlState::INVALID_PARAMETER_VALUE,
                format!(
                    "the priorities of the tasks in {} are texts, which have no order of their own",
                    tasks.qualified_name()
                ),
            )
            .hint("Name them, the most urgent first: priorities => '{urgent,high,medium,low}', here or in track_completion.")
            .table(tasks)
            .raise()
        }
        let value = |label: &String| {
            sql_type::parse(priority, label).unwrap_or_else(|| unknown(tasks, priority, label))
        };
        Self {
            labels: labels.iter().map(value).collect(),
            most_urgent,
        }
    }

    pub(in crate::tasks) const fn is_given(&self) -> bool {
        !self.labels.is_empty()
    }

    pub(in crate::tasks) const fn most_urgent(&self) -> MostUrgent {
        self.most_urgent
    }

    pub(in crate::tasks) fn labels(&self) -> &[Value<'static>] {
        &self.labels
    }

    /// The place of a value among those that come first.
    pub(in crate::tasks) fn position(&self, order: ColumnOrder, value: Value<'_>) -> Option<usize> {
        self.labels
            .iter()
            .position(|label| order.compare(*label, value).is_eq())
    }

    /// The label that is that value.
    pub(in crate::tasks) fn label(
        &self,
        order: ColumnOrder,
        value: Value<'_>,
    ) -> Option<Value<'static>> {
        Some(self.labels[self.position(order, value)?])
    }
}

fn unknown(tasks: &Relation, priority: &Attribute, label: &str) -> ! {
    let labels = KeyType::of(priority).and_then(KeyType::enum_labels);
    let labels: Vec<_> = labels
        .unwrap_or_default()
        .iter()
        .map(|label| name::literal(label))
        .collect();
    Report::new(
        SqlState::INVALID_PARAMETER_VALUE,
        format!("there is no priority {}", name::literal(label)),
    )
    .hint(format!("The priorities are: {}.", labels.join(", ")))
    .table(tasks)
    .raise()
}
