//! What a policy's condition does, read from its tree.
//!
//! The row that the policy is asked about is not named in the tree: a column of it is a `VAR` that leads out of
//! as many queries as it stands in. A sub-select without such a column is computed once a statement.

use super::{Node, Value, parse};

/// `current_setting(text)`, which fails where the setting is not there.
const CURRENT_SETTING: u32 = 2077;
/// `current_setting(text, boolean)`.
const CURRENT_SETTING_OR_NULL: u32 = 3294;
/// A table among what a query reads.
const TABLE: u32 = 0;
/// `IS NULL`.
const IS_NULL: u32 = 0;
/// `IS NOT TRUE`, `IS NOT FALSE` and `IS UNKNOWN`, which hold for NULL.
const HOLDS_FOR_NULL: [u32; 3] = [1, 3, 4];
/// The function of `text = text`.
const TEXT_EQUALS: u32 = 67;

/// A call of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionCall {
    /// Its oid.
    pub function: u32,
    /// False where it stands in a sub-select that is computed once a statement.
    pub each_row: bool,
    /// True where it is given something of the row.
    pub of_the_row: bool,
}

/// What a condition does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "independent answers to independent questions"
)]
pub struct Facts {
    /// The calls of functions, by name and not as operators.
    pub calls: Vec<FunctionCall>,
    /// The columns of the row that are looked at, each once.
    pub columns: Vec<i32>,
    /// The tables that sub-selects read, each once.
    pub tables: Vec<u32>,
    /// A sub-select is computed once a row.
    pub correlated: bool,
    /// The row does not matter.
    pub constant: bool,
    /// Something that is not of the row is asked to be NULL, or replaced if it is: as where an unset identity lets
    /// everybody in.
    pub opens_on_null: bool,
    /// A setting is read in a way that fails where it is not set.
    pub fails_unset: bool,
    /// A setting is cast in a way that fails where it is empty, as after SET LOCAL.
    pub fails_empty: bool,
}

/// The facts of a condition; none where it is no tree, or too deep.
#[must_use]
pub fn facts(tree: &str) -> Option<Facts> {
    let tree = parse(tree)?;
    let mut facts = Facts {
        constant: is_constant(&tree),
        ..Facts::default()
    };
    walk(&tree, 0, true, &mut facts);
    facts.columns.sort_unstable();
    facts.columns.dedup();
    facts.tables.sort_unstable();
    facts.tables.dedup();
    Some(facts)
}

fn walk(value: &Value, depth: u32, each_row: bool, facts: &mut Facts) {
    match value {
        Value::Atom(_) => {}
        Value::List(values) => values
            .iter()
            .for_each(|value| walk(value, depth, each_row, facts)),
        Value::Node(node) => walk_node(node, depth, each_row, facts),
    }
}

fn walk_node(node: &Node, depth: u32, each_row: bool, facts: &mut Facts) {
    let (mut depth, mut each_row) = (depth, each_row);
    match node.name.as_str() {
        "QUERY" => depth += 1,
        "SUBLINK" => {
            let is_correlated = node
                .field("subselect")
                .iter()
                .any(|query| has_column(query, depth));
            facts.correlated |= is_correlated;
            each_row &= is_correlated;
        }
        "FUNCEXPR" if is_call(node) => call(node, depth, each_row, facts),
        "VAR" if node.number("varlevelsup") == Some(depth) => {
            if let [Value::Atom(number)] = node.field("varattno")
                && let Ok(number) = number.parse()
            {
                facts.columns.push(number);
            }
        }
        "RANGETBLENTRY" if node.number("rtekind") == Some(TABLE) => {
            facts
                .tables
                .extend(node.number("relid").filter(|oid| *oid != 0));
        }
        "NULLTEST" if node.number("nulltesttype") == Some(IS_NULL) => {
            facts.opens_on_null |= is_identity(node.field("arg"), depth);
        }
        "COALESCEEXPR" => {
            let values = node.field("args");
            facts.opens_on_null |= values.iter().any(|value| has_column(value, depth))
                && values.iter().any(|value| has_node(value, is_call));
        }
        "DISTINCTEXPR" => {
            let sides = arguments(node);
            facts.opens_on_null |= sides
                .iter()
                .any(|side| is_identity(std::slice::from_ref(side), depth));
        }
        "BOOLEANTEST" if node.number("booltesttype").is_some_and(holds_for_null) => {
            facts.opens_on_null |= node.field("arg").iter().any(|arg| has_node(arg, is_call));
        }
        "OPEXPR" if node.number("opfuncid") == Some(TEXT_EQUALS) => {
            let sides = arguments(node);
            facts.opens_on_null |= sides.iter().any(is_empty_text) && is_identity(sides, depth);
        }
        "COERCEVIAIO" => {
            facts.fails_empty |= node.field("arg").iter().any(reads_setting);
        }
        _ => {}
    }
    for (_, values) in &node.fields {
        for value in values {
            walk(value, depth, each_row, facts);
        }
    }
}

fn call(node: &Node, depth: u32, each_row: bool, facts: &mut Facts) {
    let Some(function) = node.number("funcid") else {
        return;
    };
    facts.fails_unset |= function == CURRENT_SETTING;
    facts.calls.push(FunctionCall {
        function,
        each_row,
        of_the_row: node
            .field("args")
            .iter()
            .any(|value| has_column(value, depth)),
    });
}

/// True where the row does not matter: for an alternative, where it does not matter for one that lets in.
fn is_constant(value: &Value) -> bool {
    let Value::Node(node) = value else {
        return false;
    };
    if node.name == "BOOLEXPR" {
        return match node.field("boolop") {
            [Value::Atom(operator)] if operator == "or" => arguments(node)
                .iter()
                .any(|side| is_constant(side) && !is_false(side)),
            _ => arguments(node).iter().all(is_constant),
        };
    }
    let matters = |node: &Node| {
        matches!(node.name.as_str(), "RANGETBLENTRY" | "SQLVALUEFUNCTION") || is_call(node)
    };
    !has_column(value, 0) && !has_node(value, matters)
}

/// `false` or NULL.
fn is_false(value: &Value) -> bool {
    let Value::Node(node) = value else {
        return false;
    };
    let is_null = matches!(node.field("constisnull"), [Value::Atom(flag)] if flag == "true");
    node.name == "CONST" && (is_null || first_byte(node) == Some("0"))
}

/// The text `''`, which is four bytes of length.
fn is_empty_text(value: &Value) -> bool {
    let Value::Node(node) = value else {
        return false;
    };
    node.name == "CONST"
        && matches!(node.field("constvalue"), [Value::Atom(length), ..] if length == "4")
        && node.number("constlen").is_none()
}

/// The first byte of a constant, which is written after its length and a bracket.
fn first_byte(constant: &Node) -> Option<&str> {
    match constant.field("constvalue") {
        [_, _, Value::Atom(byte), ..] => Some(byte),
        _ => None,
    }
}

fn holds_for_null(test: u32) -> bool {
    HOLDS_FOR_NULL.contains(&test)
}

/// What an operator is applied to.
fn arguments(node: &Node) -> &[Value] {
    match node.field("args") {
        [Value::List(values)] => values,
        other => other,
    }
}

/// Somebody's identity, and nothing of the row.
fn is_identity(values: &[Value], depth: u32) -> bool {
    values
        .iter()
        .any(|value| has_node(value, is_call) && !has_column(value, depth))
}

/// A setting as it is, and not `nullif(setting, '')`.
fn reads_setting(value: &Value) -> bool {
    match value {
        Value::Node(node) if node.name == "FUNCEXPR" => matches!(
            node.number("funcid"),
            Some(CURRENT_SETTING | CURRENT_SETTING_OR_NULL)
        ),
        _ => false,
    }
}

/// True where a column of the row is looked at, from within `depth` queries.
fn has_column(value: &Value, depth: u32) -> bool {
    match value {
        Value::Atom(_) => false,
        Value::List(values) => values.iter().any(|value| has_column(value, depth)),
        Value::Node(node) => {
            if node.name == "VAR" {
                return node.number("varlevelsup") == Some(depth);
            }
            let depth = depth + u32::from(node.name == "QUERY");
            node.fields
                .iter()
                .any(|(_, values)| values.iter().any(|value| has_column(value, depth)))
        }
    }
}

fn has_node(value: &Value, is_it: fn(&Node) -> bool) -> bool {
    match value {
        Value::Atom(_) => false,
        Value::List(values) => values.iter().any(|value| has_node(value, is_it)),
        Value::Node(node) => {
            is_it(node)
                || node
                    .fields
                    .iter()
                    .any(|(_, values)| values.iter().any(|value| has_node(value, is_it)))
        }
    }
}

/// A function that was called by its name: a cast is one, too, and costs nothing.
fn is_call(node: &Node) -> bool {
    node.name == "FUNCEXPR" && !matches!(node.number("funcformat"), Some(1 | 2))
}
