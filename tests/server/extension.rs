//! What belongs to the extension, how it is described, and what it is allowed to do.

use steward_tests::{Database, Role, Session, tests};

tests![
    every_member_has_a_comment,
    no_function_has_special_options,
    functions_that_act_are_volatile,
    everybody_may_call_and_only_owners_may_attach,
    the_version_is_the_librarys,
    it_needs_a_superuser_and_its_own_schema,
    dropping_is_refused_while_tables_depend_on_it,
    members_cannot_be_dropped_alone,
    a_member_that_is_added_and_dropped,
];

/// The kinds and identities of the members.
const MEMBERS: &str = "
    select d.classid, d.objid, i.type, i.identity
    from pg_depend as d
    join pg_extension as e on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid
    cross join pg_identify_object(d.classid, d.objid, 0) as i
    where e.extname = 'steward' and d.deptype = 'e'";

const FUNCTIONS: &str = "
    select p.* from pg_proc as p join pg_depend as d on d.classid = 'pg_proc'::regclass and d.objid = p.oid
    join pg_extension as e on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid
    where e.extname = 'steward' and d.deptype = 'e'";

/// Members that are meant for people and have no comment, or one that says nothing.
fn without_comment(session: &mut Session) -> Vec<String> {
    session.rows(&format!(
        "select type || ' ' || identity from ({MEMBERS}) as m
         where type in ('function', 'procedure', 'aggregate', 'view', 'table', 'type', 'operator', 'schema', 'sequence')
             -- A view's row type is described by the view.
             and not exists (select from pg_type where classid = 'pg_type'::regclass and oid = objid and typrelid <> 0)
             and not exists (select from pg_type where classid = 'pg_type'::regclass and oid = objid and typelem <> 0)
             and coalesce(length(obj_description(objid, classid::regclass::name)), 0) < 20
         union all
         select 'column ' || identity || '.' || attname from ({MEMBERS}) as m
         join pg_attribute on classid = 'pg_class'::regclass and attrelid = objid and attnum > 0 and not attisdropped
         where coalesce(length(col_description(attrelid, attnum)), 0) < 10
         order by 1"
    ))
}

fn every_member_has_a_comment(database: &Database) {
    let mut superuser = database.superuser();
    let nothing: [&str; 0] = [];
    assert_eq!(without_comment(&mut superuser), nothing);
    superuser.run(
        "comment on function steward.version() is null;
         comment on view steward.attachments is null;
         comment on column steward.attachments.target is null",
    );
    assert_eq!(
        without_comment(&mut superuser),
        [
            "column steward.attachments.target",
            "function steward.version()",
            "view steward.attachments"
        ]
    );
    // The first line of a comment is what \df+ shows of it.
    let long = superuser.rows(&format!(
        "select proname from ({FUNCTIONS}) as f
         where length(split_part(obj_description(oid, 'pg_proc'), E'\\n', 1)) > 130"
    ));
    assert_eq!(long, nothing);
}

/// Functions that run with other rights than the caller's, or in parallel workers, or before a policy. Those
/// that say who asks only read settings, which parallel workers have from their leader.
fn with_special_options(session: &mut Session) -> Vec<String> {
    session.rows(&format!(
        "select oid::regprocedure::text, prosecdef, proparallel, proleakproof from ({FUNCTIONS}) as f
         where prosecdef or proleakproof or proparallel = 's' and proname not in
             ('current_user_id', 'current_user_uuid', 'current_user_bigint', 'current_user_role', 'current_claims')
         order by 1"
    ))
}

fn no_function_has_special_options(database: &Database) {
    let mut superuser = database.superuser();
    let nothing: [&str; 0] = [];
    assert_eq!(with_special_options(&mut superuser), nothing);
    superuser.run(
        "alter function steward.version() security definer;
         alter function steward.set_updated_at() parallel safe;
         alter function steward.detach(regclass, text, text) leakproof",
    );
    assert_eq!(
        with_special_options(&mut superuser),
        [
            "steward.detach(regclass,text,text)|f|u|t",
            "steward.set_updated_at()|f|s|f",
            "steward.version()|t|u|f",
        ]
    );
}

/// What writes or creates is volatile and handles NULL itself.
fn functions_that_act_are_volatile(database: &Database) {
    let mut superuser = database.superuser();
    for function in [
        "track_updated_at",
        "track_stages",
        "detach",
        "set_updated_at",
        "record_stage_transition",
    ] {
        assert_eq!(
            superuser.rows(&format!(
                "select provolatile, proisstrict, proconfig from ({FUNCTIONS}) as f where proname = '{function}'"
            )),
            ["v|f|NULL"],
            "{function}"
        );
    }
}

fn everybody_may_call_and_only_owners_may_attach(database: &Database) {
    let mut stranger = database.session(Role::Stranger);
    assert!(stranger.holds(&format!(
        "select bool_and(has_function_privilege(current_user, oid, 'execute')) from ({FUNCTIONS}) as f"
    )));
    assert!(stranger.holds(
        "select has_schema_privilege(current_user, 'steward', 'usage') and not has_schema_privilege(current_user, 'steward', 'create')"
    ));
    stranger.run(
        "create table stranger.t (updated_at timestamptz); select steward.track_updated_at('stranger.t');
         select steward.detach('stranger.t', 'timestamps'); select steward.version()",
    );
}

fn the_version_is_the_librarys(database: &Database) {
    let mut owner = database.owner();
    assert!(owner.holds(
        "select steward.version() = extversion from pg_extension where extname = 'steward'"
    ));
    assert_eq!(
        owner.value("select steward.version()"),
        env!("CARGO_PKG_VERSION")
    );
}

fn it_needs_a_superuser_and_its_own_schema(database: &Database) {
    let empty = database.create_empty().expect("a database");
    assert_eq!(empty.owner().sqlstate("create extension steward"), "42501");
    let mut superuser = empty.superuser();
    assert_eq!(
        superuser.sqlstate("create extension steward schema public"),
        "0A000"
    );
    superuser.run("create extension steward");
    assert_eq!(
        superuser.sqlstate("alter extension steward set schema public"),
        "0A000"
    );
    assert_eq!(
        superuser
            .rows("select nspname, nspowner::regrole from pg_namespace where nspname = 'steward'"),
        ["steward|postgres"]
    );
    superuser.run("drop extension steward; create extension steward");
}

fn dropping_is_refused_while_tables_depend_on_it(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table t (id integer, updated_at timestamptz); select steward.track_updated_at('t')",
    );
    let mut superuser = database.superuser();
    let refusal = superuser.refusal("drop extension steward");
    assert_eq!(refusal.sqlstate(), "2BP01");
    assert_eq!(
        refusal.detail(),
        Some("trigger steward_updated_at on table t depends on function steward.set_updated_at()")
    );
    superuser.run("drop extension steward cascade");
    owner.run("insert into t values (1); update t set id = 2");
    assert_eq!(
        owner.value("select count(*) from pg_trigger where tgrelid = 't'::regclass"),
        "0"
    );
    // The same session goes on with the extension as it is created again.
    superuser.run("create extension steward");
    owner.run("select steward.track_updated_at('t'); begin; update t set id = 3");
    assert!(owner.holds("select updated_at = now() from t"));
}

fn members_cannot_be_dropped_alone(database: &Database) {
    let mut superuser = database.superuser();
    for statement in [
        "drop view steward.attachments",
        "drop function steward.version()",
        "drop function steward.set_updated_at() cascade",
        "drop schema steward",
    ] {
        assert_eq!(superuser.sqlstate(statement), "2BP01", "{statement}");
    }
}

fn a_member_that_is_added_and_dropped(database: &Database) {
    let mut superuser = database.superuser();
    superuser.run(
        "create table public.extra (); alter extension steward add table public.extra;
         alter extension steward drop table public.extra; drop table public.extra;
         alter extension steward update",
    );
}
