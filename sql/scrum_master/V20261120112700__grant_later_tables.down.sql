do $block$
begin
    execute pg_catalog.format(
        'alter default privileges in schema %I revoke select on tables from read_only_user', pg_catalog.current_schema()
    );
    execute pg_catalog.format(
        'alter default privileges in schema %I revoke usage, select on sequences from application_user', pg_catalog.current_schema()
    );
    execute pg_catalog.format(
        'alter default privileges in schema %I revoke select, insert, update, delete on tables from application_user',
        pg_catalog.current_schema()
    );
end;
$block$;
