-- Whoever owns an operator = in the schema of somebody's path would have it run for him.
create view steward.tables as
select oid, relname from pg_catalog.pg_class where relkind = 'r';
