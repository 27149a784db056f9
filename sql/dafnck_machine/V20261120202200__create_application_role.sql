-- The role that policies and grants are for. Roles belong to the whole server, so it may be there already: of another database,
-- or made by an administrator. GRANT comes first: it locks a role that is there, so that nobody drops it meanwhile.
do $block$
declare
    unsound boolean;
begin
    loop
        begin
            execute format('grant usage on schema %I to application_role', current_schema());
            exit;
        exception when undefined_object then
            null;
        end;
        begin
            create role application_role;
            comment on role application_role is
                'What applications act as. Created by migrations of pg_steward''s blueprints, and dropped by the last of them that goes.';
        exception
            when duplicate_object or unique_violation then
                null;
            when insufficient_privilege then
                raise exception using
                    errcode = 'insufficient_privilege',
                    message = 'role application_role does not exist, and ' || quote_ident(current_user) || ' may not create it',
                    hint = 'As somebody who may: create role application_role;';
        end;
    end loop;

    select rolsuper or rolbypassrls or pg_has_role(oid, (select nspowner from pg_namespace where nspname = current_schema()), 'usage')
    into unsound from pg_roles where rolname = 'application_role';
    if unsound then
        raise exception using
            errcode = 'object_not_in_prerequisite_state',
            message = 'role application_role is above policies',
            detail = 'It is a superuser, has BYPASSRLS, or has the rights of the owner of the schema.',
            hint = 'alter role application_role nosuperuser nobypassrls; and take it out of the roles that own something.';
    end if;
end
$block$;
