//! Rules that look at catalogs alone.

use crate::pg::statement;

use super::{Finding, Level};

/// A rule: a query whose rows are an object, its problem, and the mending. `{scope}` is a condition about `n`, a
/// row of `pg_namespace`.
struct Rule {
    level: Level,
    name: &'static str,
    query: &'static str,
}

/// Tables `c` with their names; no members of extensions, whose makers have decided about them.
const TABLES: &str = "from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace \
     cross join lateral pg_catalog.format('%I.%I', n.nspname, c.relname) as table_name \
     where {scope} and c.relkind in ('r', 'p') and not exists (select from pg_catalog.pg_depend as e \
         where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid \
             and e.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and e.deptype = 'e')";

/// Who may do what with `c`, with all of it or with some of its columns, as a query of roles and rights.
const ACL: &str = "(select a.grantee, a.privilege_type, a.privilege_type as privilege from pg_catalog.aclexplode(c.relacl) as a \
     where a.grantee <> c.relowner \
     union select a.grantee, a.privilege_type, a.privilege_type || ' of columns' from pg_catalog.pg_attribute as t \
         cross join lateral pg_catalog.aclexplode(t.attacl) as a \
     where t.attrelid = c.oid and not t.attisdropped and a.grantee <> c.relowner)";

/// What somebody else than the owner of `c` may do, as a lateral query `g` of a role and its rights.
const GRANTS: &str = "(select case when a.grantee = 0 then 'public' else pg_catalog.pg_get_userbyid(a.grantee)::pg_catalog.text end as role, \
         a.grantee, pg_catalog.string_agg(a.privilege, ', ' order by a.privilege) as rights \
     from {acl} as a group by a.grantee)";

const RULES: [Rule; 13] = [
    Rule {
        level: Level::Error,
        name: "rls_disabled",
        query: "select table_name, 'others than the owner may use it (' || pg_catalog.string_agg(g.role || ': ' || g.rights, '; ' order by g.role) \
                    || '), and no policy says which rows', \
                'select steward.restrict(' || pg_catalog.quote_literal(table_name) || ', ...); or, where every row is meant: \
alter table ' || table_name || ' enable row level security; create policy everybody on ' || table_name || ' for select using (true);' \
            {tables} and not c.relrowsecurity and not c.relispartition \
            and exists (select from {acl} as a where a.privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))",
    },
    Rule {
        level: Level::Note,
        name: "rls_disabled_unused",
        query: "select table_name, 'it has no policies; so far nobody but its owner may use it', \
                'alter table ' || table_name || ' enable row level security; keeps it so when it is granted' \
            {tables} and not c.relrowsecurity and not c.relispartition \
            and not exists (select from {acl} as a)",
    },
    Rule {
        level: Level::Error,
        name: "partition_bypasses",
        query: "select table_name, 'it can be used directly (' || pg_catalog.string_agg(g.role, ', ' order by g.role) \
                    || '), where the policies of the partitioned table do not count', \
                'revoke all on ' || table_name || ' from ' || pg_catalog.string_agg(pg_catalog.quote_ident(g.role), ', ' order by g.role) || ';' \
            {tables} and c.relispartition and not c.relrowsecurity and exists ( \
                select from pg_catalog.pg_partition_ancestors(c.oid) as a join pg_catalog.pg_class as r on r.oid = a.relid where r.relrowsecurity)",
    },
    Rule {
        level: Level::Warning,
        name: "policies_without_rls",
        query: "select table_name, 'it has policies, and row level security is off: they do nothing', \
                'alter table ' || table_name || ' enable row level security;' \
            {tables} and not c.relrowsecurity and exists (select from pg_catalog.pg_policy as p where p.polrelid = c.oid)",
    },
    Rule {
        level: Level::Warning,
        name: "rls_without_policy",
        query: "select table_name, 'row level security is on without a policy that lets anybody in: nobody but the owner sees a row', \
                'select steward.restrict(' || pg_catalog.quote_literal(table_name) || ', ...);' \
            {tables} and c.relrowsecurity and not exists ( \
                select from pg_catalog.pg_policy as p where p.polrelid = c.oid and p.polpermissive)",
    },
    Rule {
        level: Level::Note,
        name: "owner_without_force",
        query: "select table_name, 'its policies do not hold for its owner ' || pg_catalog.quote_ident(r.rolname) || ', who may log in', \
                'let the application connect as another role; or alter table ' || table_name || ' force row level security;' \
            from pg_catalog.pg_roles as r, lateral (select c.relowner, table_name {tables} and c.relrowsecurity \
                and not c.relforcerowsecurity) as t (owner, table_name) \
            where r.oid = t.owner and r.rolcanlogin and not r.rolsuper and not r.rolbypassrls",
    },
    Rule {
        level: Level::Warning,
        name: "role_above_policies",
        query: "select table_name, pg_catalog.quote_ident(r.rolname) || ' is meant to use it, and its policies do not hold for that role: it ' || case \
                    when r.rolsuper then 'is a superuser' when r.rolbypassrls then 'has BYPASSRLS' else 'has the rights of the owner' end, \
                'let the application connect as a role that is neither superuser, nor has BYPASSRLS, nor is a member of ' \
                    || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(t.owner)) \
            from pg_catalog.pg_roles as r, lateral (select c.relowner, c.relforcerowsecurity, table_name, array( \
                    select a.grantee from {acl} as a union select u.r from pg_catalog.pg_policy as p, pg_catalog.unnest(p.polroles) as u (r) \
                    where p.polrelid = c.oid) \
                {tables} and c.relrowsecurity) as t (owner, forced, table_name, roles) \
            where r.oid = any (t.roles) and r.oid <> t.owner and (r.rolsuper or r.rolbypassrls \
                or (not t.forced and pg_catalog.pg_has_role(r.oid, t.owner, 'usage')))",
    },
    Rule {
        level: Level::Error,
        name: "policy_recursion",
        query: "select table_name, 'its policies are forced upon its owner, with whose rights a function of steward.restrict reads it: \
they ask themselves, or it finds nobody', 'alter table ' || table_name || ' no force row level security;' \
            {tables} and c.relrowsecurity and c.relforcerowsecurity \
            and exists (select from pg_catalog.pg_roles as o where o.oid = c.relowner and not (o.rolsuper or o.rolbypassrls)) \
            and exists (select from pg_catalog.pg_proc as p join pg_catalog.pg_depend as r \
                    on r.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and r.objid = p.oid \
                    and r.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and r.refobjid = c.oid \
                where p.prosecdef and p.proowner = c.relowner \
                    and pg_catalog.starts_with(pg_catalog.obj_description(p.oid, 'pg_proc'), 'Kept by steward.restrict: '))",
    },
    Rule {
        level: Level::Error,
        name: "public_grants",
        query: "select table_name, 'every role may: ' || g.rights, 'revoke all on ' || table_name || ' from public;' \
            {granted} and g.grantee = 0",
    },
    Rule {
        level: Level::Warning,
        name: "truncate_bypasses",
        query: "select table_name, pg_catalog.quote_ident(g.role) || ' may ' || r.rights || ', for which policies do not count', \
                'revoke ' || pg_catalog.lower(r.rights) || ' on ' || table_name || ' from ' || pg_catalog.quote_ident(g.role) || ';' \
            {granted} and c.relrowsecurity",
    },
    Rule {
        level: Level::Error,
        name: "view_bypasses",
        query: "with recursive readers (protected, oid) as ( \
                select c.oid, c.oid from pg_catalog.pg_class as c where c.relrowsecurity \
                union select readers.protected, w.ev_class from readers \
                join pg_catalog.pg_depend as d on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = readers.oid \
                    and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass \
                join pg_catalog.pg_rewrite as w on w.oid = d.objid) \
            select v.name, case c.relkind when 'm' then 'it holds rows of ' else 'it reads and writes with its owner''s rights, past the policies of ' end \
                    || pg_catalog.string_agg(distinct readers.protected::pg_catalog.regclass::pg_catalog.text, ', ') || ', and others may use it', \
                case c.relkind when 'm' then 'revoke all on ' || v.name || ' from those who may not see every row;' \
                    else 'alter view ' || v.name || ' set (security_invoker = true); or, where it is meant: set (security_invoker = false);' end \
            from readers join pg_catalog.pg_class as c on c.oid = readers.oid join pg_catalog.pg_namespace as n on n.oid = c.relnamespace \
            cross join lateral pg_catalog.format('%I.%I', n.nspname, c.relname) as v (name) \
            where {scope} and c.relkind in ('v', 'm') \
                and not exists (select from pg_catalog.pg_options_to_table(c.reloptions) as o where o.option_name = 'security_invoker') \
                and exists (select from {acl} as a where a.privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')) \
            group by v.name, c.relkind",
    },
    Rule {
        level: Level::Error,
        name: "definer_search_path",
        query: "select f.name, 'it runs with the rights of ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(p.proowner)) \
                    || ' and finds names where its caller says', \
                'alter function ' || f.name || ' set search_path = pg_catalog, pg_temp; and name everything else with its schema' \
            from pg_catalog.pg_proc as p join pg_catalog.pg_namespace as n on n.oid = p.pronamespace \
            cross join lateral (select p.oid::pg_catalog.regprocedure::pg_catalog.text) as f (name) \
            where {scope} and p.prosecdef and p.prosqlbody is null and not exists ( \
                select from pg_catalog.unnest(p.proconfig) as s where pg_catalog.starts_with(s, 'search_path='))",
    },
    Rule {
        level: Level::Warning,
        name: "definer_for_everybody",
        query: "select f.name, 'every role may call it with the rights of ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(p.proowner)), \
                'revoke execute on function ' || f.name || ' from public; grant it to those who need it' \
            from pg_catalog.pg_proc as p join pg_catalog.pg_namespace as n on n.oid = p.pronamespace \
            cross join lateral (select p.oid::pg_catalog.regprocedure::pg_catalog.text) as f (name) \
            where {scope} and p.prosecdef and p.prorettype not in ( \
                    'pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype) \
                and exists (select from pg_catalog.aclexplode( \
                    coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as a where a.grantee = 0) \
                and not exists (select from pg_catalog.pg_policy as u join pg_catalog.pg_depend as d \
                    on d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and d.objid = u.oid \
                    and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.refobjid = p.oid where 0 = any (u.polroles))",
    },
];

pub(super) fn findings(scope: &str) -> Vec<Finding> {
    RULES.iter().flat_map(|rule| of_rule(rule, scope)).collect()
}

fn of_rule(rule: &Rule, scope: &str) -> Vec<Finding> {
    let with_grants = |condition: &str| {
        TABLES.replacen(
            " where ",
            &format!(" cross join lateral {GRANTS} as g{condition} where "),
            1,
        )
    };
    // What TRUNCATE, REFERENCES and TRIGGER let somebody do is not asked of policies.
    let past_policies = " cross join lateral (select pg_catalog.string_agg(r, ', ' order by r) as rights \
         from pg_catalog.unnest(pg_catalog.string_to_array(g.rights, ', ')) as r \
         where r in ('TRUNCATE', 'TRIGGER', 'REFERENCES') having pg_catalog.count(*) > 0) as r";
    let query = match rule.name {
        "rls_disabled" | "partition_bypasses" => {
            rule.query.replace("{tables}", &with_grants("")) + " group by table_name"
        }
        "truncate_bypasses" => rule.query.replace("{granted}", &with_grants(past_policies)),
        _ => rule
            .query
            .replace("{granted}", &with_grants(""))
            .replace("{tables}", TABLES),
    };
    let rows = statement::query(&query.replace("{acl}", ACL).replace("{scope}", scope));
    rows.into_iter()
        .filter_map(|row| {
            let mut row = row.into_iter();
            Some(Finding {
                level: rule.level,
                rule: rule.name,
                object: row.next()??,
                problem: row.next()??,
                mend: row.next()??,
            })
        })
        .collect()
}
