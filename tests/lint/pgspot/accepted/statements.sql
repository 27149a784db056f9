create view steward.tables as
select oid, relname from pg_catalog.pg_class where relkind operator(pg_catalog.=) 'r'::pg_catalog."char";
