//! Names and values as an attacker would choose them.

/// Names that break text which is not quoted, cut or split with care.
pub(crate) fn names() -> Vec<String> {
    let mut names: Vec<String> = [
        "a'b",
        "a\"b",
        "a\\b",
        "\\",
        "a\\000b",
        "$$",
        "$body$",
        "a b",
        " ",
        "select",
        "User",
        "a;b--",
        "/*",
        "ä€😀",
        "%s%n",
        "a.b",
        "{a,b}",
        "NULL",
        "\n",
        "only_changes",
    ]
    .map(str::to_owned)
    .to_vec();
    names.push("x".repeat(63));
    names.push("ü".repeat(31));
    // 63 bytes, and a prefix would cut the last character in two.
    names.push(format!("{}x", "é".repeat(31)));
    names.push("\"".repeat(63));
    names
}

/// `name` as an identifier.
pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `text` as a string literal.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
