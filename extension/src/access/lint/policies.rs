//! Rules about what the conditions of policies do.

use std::collections::{HashMap, HashSet};

use steward_rules::node_tree::{self, Facts, FunctionCall};

use crate::pg::name;
use crate::pg::statement;

use super::{Finding, Level};

/// A policy with what its conditions do.
#[allow(
    clippy::struct_excessive_bools,
    reason = "what the catalog says of it, as it says it"
)]
struct Policy {
    object: String,
    table: u32,
    table_name: String,
    /// Of the schema that is looked at; others only count for recursion.
    is_in_scope: bool,
    is_permissive: bool,
    writes: bool,
    facts: Vec<Facts>,
    /// A condition of it is too deep to be read.
    is_unread: bool,
    is_always_false: bool,
}

/// A function that a policy calls.
struct Function {
    name: String,
    is_volatile: bool,
    /// Written in C or part of the server: a call costs next to nothing.
    is_cheap: bool,
}

/// Functions of the server that cost little and yet are worth wrapping: `current_setting`.
const SETTINGS: [u32; 2] = [2077, 3294];

pub(super) fn findings(scope: &str) -> Vec<Finding> {
    let policies = policies(scope);
    let functions = functions(&policies);
    let mut findings: Vec<Finding> = policies
        .iter()
        .filter(|policy| policy.is_in_scope)
        .flat_map(|policy| {
            let mut findings = Vec::new();
            unread(policy, &mut findings);
            constant(policy, &mut findings);
            identity(policy, &mut findings);
            calls(policy, &functions, &mut findings);
            columns(policy, &mut findings);
            findings
        })
        .collect();
    findings.extend(recursion(&policies));
    findings
}

fn policies(scope: &str) -> Vec<Policy> {
    let rows = statement::query(&format!(
        "select pg_catalog.format('%I on %I.%I', p.polname, n.nspname, c.relname), c.oid::pg_catalog.text, \
             pg_catalog.format('%I.%I', n.nspname, c.relname), ({scope})::pg_catalog.text, p.polpermissive::pg_catalog.text, \
             (p.polcmd <> 'r')::pg_catalog.text, p.polqual::pg_catalog.text, p.polwithcheck::pg_catalog.text, \
             (pg_catalog.pg_get_expr(p.polqual, c.oid) = 'false')::pg_catalog.text \
         from pg_catalog.pg_policy as p join pg_catalog.pg_class as c on c.oid = p.polrelid \
         join pg_catalog.pg_namespace as n on n.oid = c.relnamespace where c.relrowsecurity order by 1",
    ));
    rows.into_iter()
        .filter_map(|row| {
            let [
                object,
                table,
                table_name,
                in_scope,
                permissive,
                writes,
                using,
                check,
                is_false,
            ] = <[_; 9]>::try_from(row).ok()?;
            let is = |flag: &Option<String>| flag.as_deref() == Some("true");
            let read: Vec<_> = [using, check]
                .iter()
                .flatten()
                .map(|tree| node_tree::facts(tree))
                .collect();
            Some(Policy {
                object: object?,
                table: table?.parse().ok()?,
                table_name: table_name?,
                is_in_scope: is(&in_scope),
                is_permissive: is(&permissive),
                writes: is(&writes),
                is_always_false: is(&is_false),
                is_unread: read.contains(&None),
                facts: read.into_iter().flatten().collect(),
            })
        })
        .collect()
}

/// The functions that the policies call, by oid.
fn functions(policies: &[Policy]) -> HashMap<u32, Function> {
    let oids: HashSet<u32> = policies
        .iter()
        .flat_map(|policy| &policy.facts)
        .flat_map(|facts| &facts.calls)
        .map(|call| call.function)
        .collect();
    if oids.is_empty() {
        return HashMap::new();
    }
    let oids: Vec<_> = oids.into_iter().map(|oid| oid.to_string()).collect();
    let rows = statement::query(&format!(
        "select p.oid::pg_catalog.text, p.oid::pg_catalog.regprocedure::pg_catalog.text, (p.provolatile = 'v')::pg_catalog.text, \
             (l.lanname in ('internal', 'c'))::pg_catalog.text \
         from pg_catalog.pg_proc as p join pg_catalog.pg_language as l on l.oid = p.prolang where p.oid in ({})",
        oids.join(", "),
    ));
    rows.into_iter()
        .filter_map(|row| {
            let [oid, name, is_volatile, is_cheap] = <[_; 4]>::try_from(row).ok()?;
            let oid: u32 = oid?.parse().ok()?;
            let function = Function {
                name: name?,
                is_volatile: is_volatile? == "true",
                is_cheap: is_cheap? == "true" && !SETTINGS.contains(&oid),
            };
            Some((oid, function))
        })
        .collect()
}

fn found(
    policy: &Policy,
    level: Level,
    rule: &'static str,
    problem: String,
    mend: &str,
) -> Finding {
    Finding {
        level,
        rule,
        object: policy.object.clone(),
        problem,
        mend: mend.to_owned(),
    }
}

fn unread(policy: &Policy, findings: &mut Vec<Finding>) {
    if policy.is_unread {
        findings.push(found(
            policy,
            Level::Warning,
            "policy_unread",
            "its condition is too deep to be looked at: what it lets through is not known"
                .to_owned(),
            "write a shorter condition, or let a function decide about what does not depend on the row",
        ));
    }
}

fn constant(policy: &Policy, findings: &mut Vec<Finding>) {
    let is_open = policy.is_permissive
        && !policy.is_always_false
        && policy.facts.iter().any(|facts| facts.constant);
    if !is_open {
        return;
    }
    let (level, problem) = if policy.writes {
        (
            Level::Error,
            "its condition does not depend on the row: whoever it is for may write every row",
        )
    } else {
        (
            Level::Note,
            "its condition does not depend on the row: whoever it is for sees every row",
        )
    };
    findings.push(found(
        policy,
        level,
        "policy_always_true",
        problem.to_owned(),
        "write a condition about the row, as steward.restrict does",
    ));
}

fn identity(policy: &Policy, findings: &mut Vec<Finding>) {
    if policy.facts.iter().any(|facts| facts.opens_on_null) {
        findings.push(found(
            policy,
            Level::Error,
            "identity_opens",
            "where nobody is named, it lets rows through: it asks whether the identity is NULL, or replaces it".to_owned(),
            "compare with the identity alone: NULL lets nobody in",
        ));
    }
    let fails = |failing: fn(&Facts) -> bool| policy.facts.iter().any(failing);
    let how = if fails(|facts| facts.fails_unset) {
        "a setting that is not set is an error here, for every query on the table"
    } else if fails(|facts| facts.fails_empty) {
        "a setting that is empty, as after SET LOCAL, is an error here, for every query on the table"
    } else {
        return;
    };
    findings.push(found(
        policy,
        Level::Warning,
        "identity_fails",
        how.to_owned(),
        "(select steward.current_user_uuid()), or current_user_bigint, current_user_id: NULL for nobody",
    ));
}

fn calls(policy: &Policy, functions: &HashMap<u32, Function>, findings: &mut Vec<Finding>) {
    let mut told = HashSet::new();
    let calls = policy.facts.iter().flat_map(|facts| &facts.calls);
    for call in calls.filter(|call| call.each_row) {
        let Some(function) = functions.get(&call.function) else {
            continue;
        };
        if let Some(finding) = of_call(policy, *call, function)
            && told.insert(call.function)
        {
            findings.push(finding);
        }
    }
    if policy.facts.iter().any(|facts| facts.correlated) {
        findings.push(found(
            policy,
            Level::Warning,
            "policy_query_per_row",
            "a sub-select that looks at the row is run for each row".to_owned(),
            "column = any (array(select ... where user_id = (select steward.current_user_uuid()))) is run once a statement",
        ));
    }
}

fn of_call(policy: &Policy, call: FunctionCall, function: &Function) -> Option<Finding> {
    let name = &function.name;
    if function.is_volatile && !function.is_cheap {
        return Some(found(
            policy,
            Level::Warning,
            "policy_calls_volatile",
            format!("{name} is volatile, so it is called for each row, and no index is used"),
            &format!(
                "alter function {name} stable; if it changes nothing, and wrap the call: (select {name})"
            ),
        ));
    }
    if function.is_cheap {
        return None;
    }
    Some(if call.of_the_row {
        found(
            policy,
            Level::Warning,
            "policy_calls_per_row",
            format!("{name} is called for each row"),
            "let a function give the keys that are allowed: column = any (array(select keys()))",
        )
    } else {
        found(
            policy,
            Level::Warning,
            "policy_calls_per_row",
            format!("{name} is called for each row, with the same answer each time"),
            &format!("wrap the call, so that it is made once a statement: (select {name})"),
        )
    })
}

fn columns(policy: &Policy, findings: &mut Vec<Finding>) {
    let columns: HashSet<i32> = policy
        .facts
        .iter()
        .flat_map(|facts| facts.columns.iter().copied())
        .collect();
    if columns.is_empty() || !policy.is_permissive {
        return;
    }
    let mut columns: Vec<_> = columns
        .into_iter()
        .map(|number| number.to_string())
        .collect();
    columns.sort_unstable();
    // One that few values are told apart by is no use to an index, so types of two values do not count.
    let rows = statement::query(&format!(
        "select a.attname::pg_catalog.text from pg_catalog.pg_attribute as a where a.attrelid = {} and a.attnum in ({}) \
             and a.attnum > 0 and a.atttypid <> 'pg_catalog.bool'::pg_catalog.regtype \
             and not exists (select from pg_catalog.pg_type as t where t.oid = a.atttypid and t.typtype = 'e') \
             and not exists (select from pg_catalog.pg_index as i where i.indrelid = a.attrelid and i.indkey[0] = a.attnum \
                 and i.indisvalid and i.indpred is null) order by a.attnum",
        policy.table,
        columns.join(", "),
    ));
    for column in rows.into_iter().flatten().flatten() {
        let quoted = name::identifier(&column);
        findings.push(found(
            policy,
            Level::Warning,
            "policy_column_without_index",
            format!("no index begins with {quoted}, by which it searches"),
            &format!("create index on {} ({quoted});", policy.table_name),
        ));
    }
}

/// A table whose policies read a table whose policies read it: every query on them fails (42P17).
fn recursion(policies: &[Policy]) -> Vec<Finding> {
    let mut reads: HashMap<u32, HashSet<u32>> = HashMap::new();
    for policy in policies {
        let tables = policy
            .facts
            .iter()
            .flat_map(|facts| facts.tables.iter().copied());
        reads.entry(policy.table).or_default().extend(tables);
    }
    let leads_back = |table: u32| {
        let mut seen = HashSet::new();
        let mut waiting = vec![table];
        while let Some(next) = waiting.pop() {
            for read in reads.get(&next).into_iter().flatten() {
                if *read == table {
                    return true;
                }
                if seen.insert(*read) {
                    waiting.push(*read);
                }
            }
        }
        false
    };
    policies
        .iter()
        .filter(|policy| {
            policy.is_in_scope
                && policy.facts.iter().any(|facts| !facts.tables.is_empty())
                && leads_back(policy.table)
        })
        .map(|policy| {
            found(
                policy,
                Level::Error,
                "policy_recursion",
                "it reads a table whose policies lead back to this one: every query fails with 42P17".to_owned(),
                "let a SECURITY DEFINER function read that table, as steward.restrict with members does",
            )
        })
        .collect()
}
