create function steward.same_name(integer) returns integer language sql return 1;
create function steward.same_name(text) returns integer language sql return 1;
comment on function steward.same_name(text) is 'Only one of two has a comment.';
alter extension steward add function steward.same_name(integer);
alter extension steward add function steward.same_name(text);
