use proptest::prelude::*;

use super::{FunctionCall, Value, facts, parse};

const COLUMN: &str = "{VAR :varno 1 :varattno 2 :vartype 20 :varlevelsup 0 :location -1}";
const USER: &str = "{FUNCEXPR :funcid 9999 :funcresulttype 20 :args <> :location 5}";

fn equal(left: &str, right: &str) -> String {
    format!("{{OPEXPR :opno 410 :opfuncid 467 :args ({left} {right}) :location 1}}")
}

fn sublink(inner: &str) -> String {
    format!(
        "{{SUBLINK :subLinkType 4 :subselect {{QUERY :commandType 1 :rtable ({{RANGETBLENTRY :alias <> :rtekind 0 :relid 555 :relkind r}}) \
         :targetList ({{TARGETENTRY :expr {inner}}})}} :location 7}}"
    )
}

#[test]
fn a_call_each_row_and_once_a_statement() {
    let each_row = facts(&equal(COLUMN, USER)).expect("facts");
    let call = |each_row, of_the_row| FunctionCall {
        function: 9999,
        each_row,
        of_the_row,
    };
    assert_eq!(
        (each_row.calls, each_row.columns),
        (vec![call(true, false)], vec![2])
    );
    let once = facts(&equal(COLUMN, &sublink(USER))).expect("facts");
    assert_eq!(
        (once.calls, once.tables, once.correlated),
        (vec![call(false, false)], vec![555], false)
    );
    let outer = COLUMN.replace(":varlevelsup 0", ":varlevelsup 1");
    let correlated = facts(&sublink(&equal(&outer, USER))).expect("facts");
    assert_eq!(
        (correlated.calls, correlated.columns, correlated.correlated),
        (vec![call(true, false)], vec![2], true)
    );
    let inner = facts(&sublink(&equal(COLUMN, USER))).expect("facts");
    assert_eq!(
        (inner.columns.len(), inner.correlated),
        (0, false),
        "a column of the query's own"
    );
    let given = USER.replace(":args <>", &format!(":args ({COLUMN})"));
    assert_eq!(facts(&given).expect("facts").calls, [call(true, true)]);
}

#[test]
fn conditions_that_are_constant_open_or_fail() {
    let truth = "{CONST :consttype 16 :constvalue 1 [ 1 0 0 0 0 0 0 0 ]}";
    assert!(facts(truth).expect("facts").constant);
    assert!(!facts(COLUMN).expect("facts").constant);
    assert!(!facts(&sublink(USER)).expect("facts").constant);
    let is_null = |arg: &str, kind: u32| {
        format!("{{NULLTEST :arg {arg} :nulltesttype {kind} :argisrow false}}")
    };
    assert!(facts(&is_null(USER, 0)).expect("facts").opens_on_null);
    assert!(!facts(&is_null(USER, 1)).expect("facts").opens_on_null);
    assert!(!facts(&is_null(COLUMN, 0)).expect("facts").opens_on_null);
    let distinct = |side: &str| {
        let tree = format!("{{DISTINCTEXPR :opno 410 :args ({COLUMN} {side}) :location 1}}");
        facts(&tree).expect("facts").opens_on_null
    };
    assert!(distinct(&sublink(USER)) && !distinct(truth));
    let test = |kind: u32| {
        let arg = equal(COLUMN, USER);
        let tree = format!("{{BOOLEANTEST :arg {arg} :booltesttype {kind} :location 1}}");
        facts(&tree).expect("facts").opens_on_null
    };
    assert_eq!(
        [0, 1, 2, 3, 4, 5].map(test),
        [false, true, false, true, true, false]
    );
    let compared = |length: u32| {
        let constant = format!(
            "{{CONST :consttype 25 :constlen -1 :constisnull false :constvalue {length} [ 16 0 0 0 ]}}"
        );
        let tree =
            format!("{{OPEXPR :opno 98 :opfuncid 67 :args ({USER} {constant}) :location 1}}");
        facts(&tree).expect("facts").opens_on_null
    };
    assert_eq!([4, 5].map(compared), [true, false]);
    let untrue = truth.replace("[ 1", "[ 0");
    let or = |side: &str| {
        let tree = format!("{{BOOLEXPR :boolop or :args ({side} {COLUMN}) :location 1}}");
        facts(&tree).expect("facts").constant
    };
    assert!(or(truth) && !or(&untrue) && !or(USER));
    let coalesce = format!("{{COALESCEEXPR :coalescetype 20 :args ({USER} {COLUMN})}}");
    assert!(facts(&coalesce).expect("facts").opens_on_null);
    let cast_column = format!(
        "{{COALESCEEXPR :args ({COLUMN} {{FUNCEXPR :funcid 481 :funcformat 2 :args <>}})}}"
    );
    assert!(!facts(&cast_column).expect("facts").opens_on_null);
    let setting = |number: u32| format!("{{FUNCEXPR :funcid {number} :args <>}}");
    let cast = |arg: &str| format!("{{COERCEVIAIO :arg {arg} :resulttype 2950}}");
    let unset = facts(&cast(&setting(2077))).expect("facts");
    assert!(unset.fails_unset && unset.fails_empty);
    let empty = facts(&cast(&setting(3294))).expect("facts");
    assert!(!empty.fails_unset && empty.fails_empty);
    let safe = facts(&cast(&format!(
        "{{NULLIFEXPR :args ({} {truth})}}",
        setting(3294)
    )))
    .expect("facts");
    assert!(!safe.fails_unset && !safe.fails_empty);
}

#[test]
fn names_with_marks_of_the_format() {
    let tree = r#"{RANGETBLENTRY :eref {ALIAS :aliasname a\ b\{\} :colnames ("x" "y\)")} :rtekind 0 :relid 7}"#;
    assert_eq!(facts(tree).expect("facts").tables, [7]);
    for broken in ["", "{", "{A :b", "(", "}", "{A 1}", "{A} {B}"] {
        assert_eq!(parse(broken), None, "{broken}");
    }
    assert_eq!(parse(&"(".repeat(100_000)), None);
    assert!(matches!(parse("x"), Some(Value::Atom(_))));
}

proptest! {
    #[test]
    fn nothing_panics(text in r"[{}(): \\a-zA-Z0-9é<>]{0,300}") {
        let _ = facts(&text);
    }
}
