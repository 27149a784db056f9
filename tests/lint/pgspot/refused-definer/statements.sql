create function steward.tasks() returns bigint language sql security definer
    as 'select pg_catalog.count(*) from tasks';
