-- Dropped only where a migration has made it and nothing uses it: no right, policy or setting in any database, and no login.
do $block$
begin
    execute format('revoke usage on schema %I from application_role', current_schema());

    if not exists (
        select from pg_roles as r
        where r.rolname = 'application_role' and not r.rolcanlogin
            and shobj_description(r.oid, 'pg_authid') like 'What applications act as. Created by migrations of pg\_steward''s blueprints%'
            and not exists (select from pg_shdepend where refclassid = 'pg_authid'::regclass and refobjid = r.oid)
            and not exists (select from pg_db_role_setting where setrole = r.oid)
            and not exists (
                select from pg_auth_members
                where member = r.oid or roleid = r.oid and member <> (select oid from pg_roles where rolname = current_user)
            )
    ) then
        raise notice 'role application_role stays: it is used elsewhere, or was not made by a migration';
        return;
    end if;

    begin
        drop role application_role;
    exception
        when dependent_objects_still_exist or insufficient_privilege or object_in_use then
            raise notice 'role application_role stays: %', sqlerrm;
        when undefined_object then
            null;
        when internal_error then
            -- "tuple concurrently deleted": another database was faster.
            if to_regrole('application_role') is not null then
                raise;
            end if;
    end;
end
$block$;
