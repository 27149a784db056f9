//! What an entry says of each column.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

/// What a redacted column is recorded as.
const REDACTED: &str = "redacted";

/// A column that an entry tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The column.
    pub column: String,
    /// What was there, as JSON; none where nothing was.
    pub before: Option<String>,
    /// What is there since.
    pub after: Option<String>,
}

type Members = BTreeMap<String, Box<RawValue>>;

/// The changes between two rows, or parts of rows.
pub(super) fn in_two(before: Option<&str>, after: Option<&str>) -> Vec<Changed> {
    let (before, after) = (members(before), members(after));
    let mut columns: Vec<_> = before.keys().chain(after.keys()).collect();
    columns.sort_unstable();
    columns.dedup();
    columns
        .into_iter()
        .map(|column| Changed {
            column: column.clone(),
            before: before.get(column).map(|value| shown(value)),
            after: after.get(column).map(|value| shown(value)),
        })
        .collect()
}

/// The changes in `{"column": {"old": ..., "new": ...}}`. What an application wrote in a form of its own
/// is shown as it is.
pub(super) fn in_one(action: &str, changes: &str) -> Vec<Changed> {
    let all = members(Some(changes));
    if all.is_empty() {
        return vec![Changed {
            column: "changes".to_owned(),
            before: None,
            after: Some(changes.to_owned()),
        }];
    }
    all.into_iter()
        // They say who made the change, and to which row: other fields show it.
        .filter(|(column, _)| column != "@actor" && column != "@key")
        .map(|(column, value)| {
            let sides = members(Some(value.get()));
            let side = |name: &str, without: &str| {
                let value = sides.get(name).filter(|_| action != without);
                value.map(|value| shown(value))
            };
            let (before, after) = (side("old", "INSERT"), side("new", "DELETE"));
            let is_ours = sides.keys().all(|side| side == "old" || side == "new");
            if is_ours && !sides.is_empty() {
                Changed {
                    column,
                    before,
                    after,
                }
            } else {
                Changed {
                    column,
                    before: None,
                    after: Some(shown(&value)),
                }
            }
        })
        .collect()
}

/// The only value of an object, without quotes.
pub(super) fn only_value(object: &str) -> Option<String> {
    let members = members(Some(object));
    let value = members.values().next().filter(|_| members.len() == 1)?;
    let text = serde_json::from_str::<String>(value.get()).ok();
    Some(text.unwrap_or_else(|| value.get().to_owned()))
}

fn members(text: Option<&str>) -> Members {
    text.and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

fn shown(value: &RawValue) -> String {
    let is_redacted = serde_json::from_str::<Value>(value.get())
        .is_ok_and(|value| value == serde_json::json!({ REDACTED: true }));
    if is_redacted {
        format!("({REDACTED})")
    } else {
        value.get().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{Changed, in_one, in_two, only_value};

    fn told(changes: &[Changed]) -> Vec<(&str, Option<&str>, Option<&str>)> {
        changes
            .iter()
            .map(|one| {
                (
                    one.column.as_str(),
                    one.before.as_deref(),
                    one.after.as_deref(),
                )
            })
            .collect()
    }

    #[test]
    fn the_sides_are_put_beside_each_other() {
        let before = r#"{"title": "a", "secret": {"redacted": true}}"#;
        let after = r#"{"title": null, "secret": {"redacted": true}, "n": 1.10}"#;
        assert_eq!(
            told(&in_two(Some(before), Some(after))),
            [
                ("n", None, Some("1.10")),
                ("secret", Some("(redacted)"), Some("(redacted)")),
                ("title", Some("\"a\""), Some("null")),
            ]
        );
        assert_eq!(told(&in_two(None, Some("{}"))), []);
    }

    #[test]
    fn one_object_holds_both_sides() {
        let changes =
            r#"{"title": {"old": 1, "new": 2}, "@actor": {"id": "x"}, "note": "by hand"}"#;
        assert_eq!(
            told(&in_one("UPDATE", changes)),
            [
                ("note", None, Some("\"by hand\"")),
                ("title", Some("1"), Some("2"))
            ]
        );
        let inserted = r#"{"title": {"old": null, "new": 2}}"#;
        assert_eq!(
            told(&in_one("INSERT", inserted)),
            [("title", None, Some("2"))]
        );
        assert_eq!(
            told(&in_one("UPDATE", "[1]")),
            [("changes", None, Some("[1]"))]
        );
    }

    #[test]
    fn a_key_of_one_column_is_its_value() {
        assert_eq!(only_value(r#"{"id": 5}"#), Some("5".to_owned()));
        assert_eq!(only_value(r#"{"id": "a"}"#), Some("a".to_owned()));
        assert_eq!(only_value(r#"{"a": 1, "b": 2}"#), None);
        assert_eq!(only_value("17"), None);
    }
}
