-- Roles belong to all databases of a server: one that is there is used, and of two databases that create it at once one does.
-- The right on the schema comes in the same step, because from then on nobody can drop the role.
do $block$
declare
    wanted text;
begin
    foreach wanted in array array['application_user', 'read_only_user'] loop
        begin
            if pg_catalog.to_regrole(wanted) is null then
                execute pg_catalog.format('create role %I', wanted);
                -- By this the way back knows whose role it is.
                execute pg_catalog.format('comment on role %I is %L', wanted,
                    'Created by the blueprint scrum_master of pg_steward, and dropped with it unless something else uses it.');
            end if;
        exception
            when duplicate_object or unique_violation then
                null;
            when insufficient_privilege then
                raise insufficient_privilege using
                    message = pg_catalog.format('%s may not create the role %s', current_user, wanted),
                    detail = 'The grants and policies of this blueprint are for the roles application_user and read_only_user.',
                    hint = 'Let an administrator of the server create both, and migrate again: '
                        'create role application_user; create role read_only_user;';
        end;
        if exists (select from pg_catalog.pg_roles where rolname = wanted and (rolsuper or rolbypassrls)) then
            raise object_not_in_prerequisite_state using
                message = pg_catalog.format('policies do not hold for the role %s', wanted),
                detail = 'It is there already, and is a superuser or has BYPASSRLS.',
                hint = pg_catalog.format('alter role %I nosuperuser nobypassrls;', wanted);
        end if;
        execute pg_catalog.format('grant usage on schema %I to %I', pg_catalog.current_schema(), wanted);
    end loop;
end;
$block$;
