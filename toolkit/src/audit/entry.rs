//! An entry of a log, as it is shown.

use postgres::SimpleQueryRow;
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::value::RawValue;

use super::changes::{self, Changed};
use super::columns::Field;

/// An entry: its fields, each as text.
#[derive(Clone, Debug)]
pub struct Entry(Vec<Value>);

#[derive(Clone, Debug)]
struct Value {
    name: &'static str,
    text: Option<String>,
    is_json: bool,
}

impl Entry {
    pub(super) fn from_row(fields: &[Field], row: &SimpleQueryRow) -> Self {
        let value = |(index, field): (usize, &Field)| Value {
            name: field.name,
            text: row.get(index).map(ToOwned::to_owned),
            is_json: field.is_json,
        };
        Self(fields.iter().enumerate().map(value).collect())
    }

    /// What a field holds.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|value| value.name == name)?;
        value.text.as_deref()
    }

    /// What all fields hold, in their order.
    pub fn values(&self) -> impl Iterator<Item = Option<&str>> {
        self.0.iter().map(|value| value.text.as_deref())
    }

    /// The entry's number, or its primary key in a table of the user's own.
    #[must_use]
    pub fn identity(&self) -> Option<&str> {
        self.get("sequence").or_else(|| self.get("id"))
    }

    /// The table, as SQL writes it where that is known.
    #[must_use]
    pub fn table(&self) -> String {
        let name = self.get("table_name").unwrap_or_default();
        match self.get("schema_name") {
            Some(schema) => format!("{schema}.{name}"),
            None => name.to_owned(),
        }
    }

    /// The row's key: the value alone where it is that of one column.
    #[must_use]
    pub fn key(&self) -> String {
        let key = self.get("key").unwrap_or_default();
        changes::only_value(key).unwrap_or_else(|| key.to_owned())
    }

    /// What changed, column by column.
    #[must_use]
    pub fn changes(&self) -> Vec<Changed> {
        let action = self.get("action").unwrap_or_default();
        match self.get("changes") {
            Some(changes) => changes::in_one(action, changes),
            None => changes::in_two(self.get("before"), self.get("after")),
        }
    }
}

/// JSON stays as the database has it: a number of many digits loses none.
impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for value in &self.0 {
            let text = value.text.as_ref();
            let raw = text
                .filter(|_| value.is_json)
                .and_then(|text| RawValue::from_string(text.clone()).ok());
            let number = text
                .filter(|_| value.name == "sequence")
                .and_then(|text| text.parse::<i64>().ok());
            match (raw, number) {
                (Some(raw), _) => map.serialize_entry(value.name, &raw)?,
                (None, Some(number)) => map.serialize_entry(value.name, &number)?,
                (None, None) => map.serialize_entry(value.name, &text)?,
            }
        }
        map.end()
    }
}

/// A line of comma-separated values, as PostgreSQL's COPY writes and reads it: NULL is empty, and an empty
/// text is quoted.
#[must_use]
pub fn csv_line<'value>(values: impl Iterator<Item = Option<&'value str>>) -> String {
    let values: Vec<_> = values
        .map(|value| value.map_or_else(String::new, csv))
        .collect();
    values.join(",") + "\n"
}

fn csv(value: &str) -> String {
    let is_plain = !value.is_empty() && value != "\\." && !value.contains([',', '"', '\n', '\r']);
    if is_plain {
        value.to_owned()
    } else {
        format!("\"{}\"", value.replace('"', "\"\""))
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, Value, csv_line};

    #[test]
    fn what_a_comma_would_divide_is_quoted() {
        let values = [
            Some("a"),
            None,
            Some(""),
            Some("b,c"),
            Some("\"d\"\n"),
            Some("\\."),
        ];
        assert_eq!(
            csv_line(values.into_iter()),
            "a,,\"\",\"b,c\",\"\"\"d\"\"\n\",\"\\.\"\n"
        );
    }

    #[test]
    fn numbers_keep_their_digits() {
        let value = |name, text: &str, is_json| Value {
            name,
            text: Some(text.to_owned()),
            is_json,
        };
        let entry = Entry(vec![
            value("sequence", "9007199254740993", false),
            value("key", "5", false),
            value("after", "{\"n\": 0.12345678901234567890}", true),
        ]);
        assert_eq!(
            serde_json::to_string(&entry).expect("JSON"),
            "{\"sequence\":9007199254740993,\"key\":\"5\",\"after\":{\"n\": 0.12345678901234567890}}"
        );
    }
}
