//! Who can write the log's tables can make seals that fit the chain: a chain that is rewritten behind an anchor
//! is told by what its seals say, which `seal_audit` would never have said.

use steward_tests::{Database, Session, tests};

use super::{log_and_superuser, problems_with, seal, write_entries};

tests![
    a_seal_that_seal_audit_could_have_made,
    a_cut_that_explains_what_was_changed,
    rows_that_are_sealed_again_under_another_period,
    a_seal_that_claims_to_be_as_old_as_the_anchor,
];

/// Adds a seal that fits the chain, over all rows of the given transactions or, as a cut, over none.
const FORGE: &str = r"
    create function forge(kind text, made timestamptz, next_transaction xid8, period timestamptz, first xid8, up_to xid8)
    returns void language plpgsql set timezone = 'UTC' set datestyle = 'ISO, YMD' as $body$
    declare
        last audit.log_seals; contents bytea; fingerprints bytea; entries bigint; said bytea; columns text;
        incarnation bigint := steward.audit_incarnation('audit.log');
    begin
        select * into last from audit.log_seals order by number desc limit 1;
        select string_agg(format($$coalesce(length(%1$I::text) || ':' || %1$I::text, '-')$$, attname), ', ' order by attnum)
            into columns from pg_attribute where attrelid = 'audit.log'::regclass and attnum > 0;
        execute format(
            $$select count(*), sha256(coalesce(string_agg(int8send(sequence) || digest, '' order by transaction, sequence), '')),
                  coalesce(string_agg(int8send(sequence) || substr(digest, 1, 8), '' order by transaction, sequence), '')
              from (select sequence, transaction, sha256(convert_to(concat(%s), 'UTF8')) as digest from audit.log
                    where $1 = 'rows' and transaction >= $2 and transaction < $3) as r$$, columns)
            into entries, contents, fingerprints using kind, first, up_to;
        said := 'steward seal 1'::bytea || '\x00' || '\x01' || last.digest || int8send(last.number + 1)
            || case kind when 'rows' then '\x00'::bytea else '\x01' end
            || int8send(length(made::text)) || made::text::bytea || int8send(length(period::text)) || period::text::bytea
            || int8send(incarnation) || int8send(first::text::bigint) || '\x00' || int8send(0)
            || int8send(up_to::text::bigint) || '\x00' || int8send(0)
            || int8send(entries) || int8send(next_transaction::text::bigint) || int8send(last.last_sequence) || contents;
        insert into audit.log_seals values (last.number + 1, made, kind, incarnation, period, first, null, up_to, null,
            entries, next_transaction, last.last_sequence, contents, last.digest, sha256(said), fingerprints);
    end $body$";

/// A sealed log, its anchor, and a session that can do anything to it.
fn sealed_log(database: &Database) -> (Session, Session, String) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    write_entries(&mut superuser, 3);
    let anchor = seal(&mut owner);
    superuser.run(FORGE);
    (owner, superuser, anchor)
}

/// What the last seal covers, and when it was made, for calls of `forge`.
const LAST: &str = "from (select * from audit.log_seals where number = 1) as s";

fn a_seal_that_seal_audit_could_have_made(database: &Database) {
    let (mut owner, mut superuser, anchor) = sealed_log(database);
    write_entries(&mut superuser, 2);
    superuser.run(&format!(
        "select forge('rows', clock_timestamp(), pg_snapshot_xmax(pg_current_snapshot()), period, up_to_transaction,
             pg_snapshot_xmax(pg_current_snapshot())) {LAST}"
    ));
    assert_eq!(problems_with(&mut owner, &anchor), [""; 0]);
    // It covers these rows indeed.
    superuser.run("update audit.log set actor = 'x' where sequence = 5");
    assert_eq!(problems_with(&mut owner, &anchor), ["row changed|2|5"]);
}

fn a_cut_that_explains_what_was_changed(database: &Database) {
    let (mut owner, mut superuser, anchor) = sealed_log(database);
    superuser.run("update audit.log set actor = 'somebody else' where sequence = 1");
    assert_eq!(problems_with(&mut owner, &anchor), ["row changed|1|1"]);
    for cut in [
        "'9999-01-01'",
        "now() + interval '1 month'",
        "date_trunc('month', now())",
    ] {
        superuser.run(&format!(
            "begin;
             select forge('cut', clock_timestamp(), next_transaction, {cut}, '0', '0') {LAST};
             select forge('rows', clock_timestamp(), next_transaction, period, from_transaction, up_to_transaction) {LAST};
             update audit.log_seals set fingerprints = null where number = 1"
        ));
        let found = problems_with(&mut superuser, &anchor);
        assert!(
            found
                .iter()
                .any(|problem| problem.starts_with("chain broken")),
            "{cut}: {found:?}"
        );
        superuser.run("rollback");
    }
}

fn rows_that_are_sealed_again_under_another_period(database: &Database) {
    let (mut owner, mut superuser, anchor) = sealed_log(database);
    superuser.run(&format!(
        "update audit.log set actor = 'somebody else', logged_at = logged_at - interval '1 year';
         select forge('rows', clock_timestamp(), next_transaction, date_trunc('month', period - interval '1 year'),
             from_transaction, up_to_transaction) {LAST}"
    ));
    let found = problems_with(&mut owner, &anchor);
    assert!(
        found.contains(&"chain broken|2|NULL".to_owned()),
        "{found:?}"
    );
}

fn a_seal_that_claims_to_be_as_old_as_the_anchor(database: &Database) {
    let (mut owner, mut superuser, anchor) = sealed_log(database);
    superuser.run(&format!(
        "update audit.log set logged_at = logged_at - interval '1 year' where sequence = 1;
         select forge('rows', sealed_at, next_transaction, date_trunc('month', period - interval '1 year'),
             from_transaction, up_to_transaction) {LAST}"
    ));
    let found = problems_with(&mut owner, &anchor);
    assert!(
        found.contains(&"chain broken|2|NULL".to_owned()),
        "{found:?}"
    );
}
