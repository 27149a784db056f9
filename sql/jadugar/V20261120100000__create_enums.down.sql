drop type role_type;
drop type priority_type;
drop type status_type;
