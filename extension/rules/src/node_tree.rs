//! Expressions as PostgreSQL stores them (`pg_node_tree`), read as far as a linter of policies needs: which
//! functions are called how often, which columns and tables are looked at.
//!
//! The format is `{NAME :field value ...}`, lists in parentheses, and a backslash before what would otherwise
//! mean something. Fields that are not known are passed over, so a new release adds nothing that breaks it.

mod facts;
#[cfg(test)]
mod tests;

pub use facts::{Facts, FunctionCall, facts};

/// Deeper expressions are not looked at.
const DEEPEST: usize = 400;

/// A value in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Atom(String),
    List(Vec<Value>),
    Node(Node),
}

/// A node with its fields, each with what stands before the next.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Node {
    name: String,
    fields: Vec<(String, Vec<Value>)>,
}

impl Node {
    fn field(&self, name: &str) -> &[Value] {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map_or(&[], |(_, values)| values.as_slice())
    }

    /// The number in a field of one number.
    fn number(&self, name: &str) -> Option<u32> {
        match self.field(name) {
            [Value::Atom(text)] => text.parse().ok(),
            _ => None,
        }
    }
}

/// Reads a tree; none where it is no tree, or too deep.
fn parse(text: &str) -> Option<Value> {
    let mut reader = Reader {
        rest: text,
        depth: 0,
    };
    let value = reader.value()?;
    reader.token().is_none().then_some(value)
}

struct Reader<'text> {
    rest: &'text str,
    depth: usize,
}

impl<'text> Reader<'text> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn token(&mut self) -> Option<&'text str> {
        let first = self.peek()?;
        if "(){}".contains(first) {
            let (token, rest) = self.rest.split_at(1);
            self.rest = rest;
            return Some(token);
        }
        let mut is_escaped = false;
        let end = self.rest.find(|character: char| {
            if is_escaped {
                is_escaped = false;
                return false;
            }
            is_escaped = character == '\\';
            character.is_whitespace() || "(){}".contains(character)
        });
        let (token, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        Some(token)
    }

    fn value(&mut self) -> Option<Value> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let value = match self.token()? {
            "{" => Value::Node(self.node()?),
            "(" => Value::List(self.list()?),
            ")" | "}" => return None,
            atom => Value::Atom(atom.to_owned()),
        };
        self.depth -= 1;
        Some(value)
    }

    fn list(&mut self) -> Option<Vec<Value>> {
        let mut values = Vec::new();
        while self.peek()? != ')' {
            values.push(self.value()?);
        }
        self.token()?;
        Some(values)
    }

    fn node(&mut self) -> Option<Node> {
        let name = self.token()?.to_owned();
        let mut fields: Vec<(String, Vec<Value>)> = Vec::new();
        loop {
            match self.peek()? {
                '}' => {
                    self.token()?;
                    return Some(Node { name, fields });
                }
                ':' => fields.push((self.token()?[1..].to_owned(), Vec::new())),
                _ => {
                    let value = self.value()?;
                    fields.last_mut()?.1.push(value);
                }
            }
        }
    }
}
