drop trigger stamp_resolution on triage_items;
drop function stamp_resolution();
