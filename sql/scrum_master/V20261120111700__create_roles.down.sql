-- A role goes if the way here has created it, and if nothing uses it: no object of any database, no other role, nobody who
-- logs in as it. DROP ROLE itself asks about objects alone. One that may not be dropped is no reason to stop.
do $block$
declare
    unwanted text;
    role_id oid;
begin
    foreach unwanted in array array['application_user', 'read_only_user'] loop
        role_id := pg_catalog.to_regrole(unwanted);
        continue when role_id is null;
        execute pg_catalog.format('revoke usage on schema %I from %I', pg_catalog.current_schema(), unwanted);
        -- Who creates a role becomes its administrator, from PostgreSQL 16 on.
        continue when pg_catalog.shobj_description(role_id, 'pg_authid') is distinct from
                'Created by the blueprint scrum_master of pg_steward, and dropped with it unless something else uses it.'
            or exists (select from pg_catalog.pg_roles where oid = role_id and rolcanlogin)
            or exists (
                select from pg_catalog.pg_auth_members
                where member = role_id
                    or roleid = role_id and member <> (select oid from pg_catalog.pg_roles where rolname = current_user)
            )
            or exists (select from pg_catalog.pg_db_role_setting where setrole = role_id);
        begin
            execute pg_catalog.format('drop role %I', unwanted);
        exception
            when dependent_objects_still_exist or insufficient_privilege or undefined_object then
                null;
            when internal_error then
                -- "tuple concurrently deleted": another database has been quicker.
                if pg_catalog.to_regrole(unwanted) is not null then
                    raise;
                end if;
        end;
    end loop;
end;
$block$;
