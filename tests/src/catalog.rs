//! A schema as the catalogs describe it, for comparing it with another state of itself.
//!
//! Oids, and whatever follows from the history of a table rather than from its definition, are left out:
//! column numbers, and `attoptions`, in which PostgreSQL 15.20 keeps a version of its own. Rights that were granted and revoked
//! again leave the default written out, which is the same as none.

use crate::session::Session;

/// Everything that a schema holds, a line for each fact. Names are shown as the session's `search_path` has
/// them, so two states are compared in one session.
///
/// # Panics
/// When the catalogs cannot be read.
#[must_use]
#[track_caller]
pub fn snapshot(session: &mut Session, schema: &str) -> Vec<String> {
    session.rows(&SNAPSHOT.replace(":schema", &format!("'{}'", schema.replace('\'', "''"))))
}

const SNAPSHOT: &str = r#"
with
    schema as (select oid, nspacl, nspowner from pg_namespace where nspname = :schema),
    relation as (select c.* from pg_class as c join schema on c.relnamespace = schema.oid),
    fact (kind, identity, definition) as (
        select 'relation', c.oid::regclass::text, concat_ws(
            ' ', c.relkind, c.relpersistence, c.relowner::regrole, rights.granted, c.reloptions, c.relreplident,
            'row security', c.relrowsecurity, c.relforcerowsecurity, pg_get_partkeydef(c.oid),
            pg_get_expr(c.relpartbound, c.oid)
        )
        from relation as c
        cross join lateral (
            select nullif(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))
        ) as rights (granted)
        union all
        select 'column', c.oid::regclass || '.' || a.attname, concat_ws(
            ' ', row_number() over (partition by c.oid order by a.attnum), format_type(a.atttypid, a.atttypmod),
            case when a.attnotnull then 'not null' end, 'default ' || pg_get_expr(d.adbin, d.adrelid),
            a.attidentity, a.attgenerated, a.attstorage, a.attcompression, a.attcollation::regcollation, a.attacl
        )
        from relation as c
        join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
        union all
        select 'constraint', c.oid::regclass || '.' || n.conname, concat_ws(
            ' ', n.contype, pg_get_constraintdef(n.oid), case when not n.convalidated then 'not valid' end
        )
        from relation as c join pg_constraint as n on n.conrelid = c.oid
        union all
        select 'index', i.indexrelid::regclass::text, concat_ws(
            ' ', pg_get_indexdef(i.indexrelid), 'valid', i.indisvalid, 'clustered', i.indisclustered
        )
        from relation as c join pg_index as i on i.indrelid = c.oid
        union all
        select 'trigger', c.oid::regclass || '.' || t.tgname, concat_ws(' ', t.tgenabled, pg_get_triggerdef(t.oid))
        from relation as c join pg_trigger as t on t.tgrelid = c.oid and not t.tgisinternal
        union all
        select 'policy', c.oid::regclass || '.' || p.polname, concat_ws(
            ' ', p.polcmd, p.polpermissive, p.polroles::regrole[], pg_get_expr(p.polqual, c.oid),
            pg_get_expr(p.polwithcheck, c.oid)
        )
        from relation as c join pg_policy as p on p.polrelid = c.oid
        union all
        select 'view', c.oid::regclass::text, pg_get_viewdef(c.oid) from relation as c where c.relkind in ('v', 'm')
        union all
        select 'function', p.oid::regprocedure::text, concat_ws(' ', p.proowner::regrole, nullif(p.proacl, acldefault('f', p.proowner)), pg_get_functiondef(p.oid))
        from pg_proc as p join schema on p.pronamespace = schema.oid where p.prokind in ('f', 'p')
        union all
        select 'type', t.oid::regtype::text, concat_ws(
            ' ', t.typtype, t.typowner::regrole, t.typacl, format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,
            (select string_agg(e.enumlabel, ', ' order by e.enumsortorder) from pg_enum as e where e.enumtypid = t.oid),
            (select string_agg(pg_get_constraintdef(n.oid), ', ' order by n.conname) from pg_constraint as n where n.contypid = t.oid)
        )
        from pg_type as t join schema on t.typnamespace = schema.oid
        union all
        select 'schema', :schema, concat_ws(' ', 'acl', nullif(schema.nspacl, acldefault('n', schema.nspowner))) from schema
        union all
        select 'default rights', concat_ws(' ', d.defaclrole::regrole, d.defaclobjtype), d.defaclacl::text
        from pg_default_acl as d join schema on d.defaclnamespace = schema.oid
        union all
        select 'comment', i.type || ' ' || i.identity, d.description
        from pg_description as d
        cross join pg_identify_object(d.classoid, d.objoid, d.objsubid) as i
        where i.schema = :schema
            or d.classoid in ('pg_trigger'::regclass, 'pg_constraint'::regclass, 'pg_policy'::regclass) and exists (
                select from relation as c where i.identity like format('%% on %I.%I', :schema, c.relname)
            )
    )
select kind, identity, definition from fact order by kind, identity, definition"#;
