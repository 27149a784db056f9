-- The specification's grants are for all tables of its schema; so they hold for later ones, too, which whoever runs the
-- migrations creates here. Their policies are for their migrations to write: steward lint access tells of a table without any.
do $block$
begin
    execute pg_catalog.format(
        'alter default privileges in schema %I grant select, insert, update, delete on tables to application_user',
        pg_catalog.current_schema()
    );
    execute pg_catalog.format(
        'alter default privileges in schema %I grant usage, select on sequences to application_user', pg_catalog.current_schema()
    );
    execute pg_catalog.format(
        'alter default privileges in schema %I grant select on tables to read_only_user', pg_catalog.current_schema()
    );
end;
$block$;
