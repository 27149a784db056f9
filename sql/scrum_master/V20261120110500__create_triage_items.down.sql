drop table triage_items;
