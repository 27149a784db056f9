-- The foreign keys are what keeps a user who is referred to. This tells, in their place, what to do instead.
-- As the owner, because the deleting role may see few of the rows that refer to the user, or none. Tables of other owners
-- are left to their foreign keys, and so are references that may be mended until the end of the transaction.
create function explain_kept_user() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $function$
declare
    reference record;
    is_referenced boolean;
begin
    for reference in
        select c.conname, n.nspname, t.relname, a.attname
        from pg_catalog.pg_constraint as c
        join pg_catalog.pg_class as t on t.oid = c.conrelid
        join pg_catalog.pg_namespace as n on n.oid = t.relnamespace
        join pg_catalog.pg_attribute as a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
        join pg_catalog.pg_attribute as k on k.attrelid = c.confrelid and k.attname = 'id'
        where c.confrelid = tg_relid
            and c.contype = 'f'
            and c.confkey = array[k.attnum]
            and c.confdeltype in ('a', 'r')
            and not c.condeferrable
            and c.conparentid = 0
            and pg_catalog.pg_has_role(t.relowner, 'usage')
        order by t.relname, c.conname
    loop
        execute pg_catalog.format(
            'select exists (select from %I.%I where %I operator(pg_catalog.=) $1)',
            reference.nspname, reference.relname, reference.attname
        ) into is_referenced using old.id;
        if is_referenced then
            raise foreign_key_violation using
                message = pg_catalog.format(
                    'delete on table "%s" violates foreign key constraint "%s" on table "%s"',
                    tg_table_name, reference.conname, reference.relname
                ),
                detail = pg_catalog.format('Key (id)=(%s) is still referenced from table "%s".', old.id, reference.relname),
                hint = pg_catalog.format(
                    'Keep the account and retire it: update %I.%I set is_active = false where id = %s;',
                    tg_table_schema, tg_table_name, old.id
                ),
                schema = reference.nspname,
                table = reference.relname,
                constraint = reference.conname;
        end if;
    end loop;
    return null;
end;
$function$;

revoke execute on function explain_kept_user() from public;

-- Triggers fire in the order of their names, and those of the foreign keys begin with "RI_": this one is first. It fires
-- after the row is gone, as they do, so that what the same statement deletes besides does not count.
create trigger "0_explain_kept_user" after delete on users
    for each row execute function explain_kept_user();

comment on function explain_kept_user() is
    'AFTER DELETE row trigger of users: refuses a user whom something refers to, as the foreign keys do, with a HINT to set is_active = false.';
comment on trigger "0_explain_kept_user" on users is
    'Refuses what the foreign keys would refuse, and says what to do instead. Its name has it fire before theirs.';
