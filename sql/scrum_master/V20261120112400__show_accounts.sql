-- What the policies of users keep from others, or from everybody, and yet has to be done. All of it reads as the owner, and says
-- by itself who gets what.
create function sign_in(with_github_id text) returns table (user_id integer, user_role character varying)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    select id, role from users where github_id = with_github_id and is_active is not false;
end;

revoke execute on function sign_in(text) from public;
grant execute on function sign_in(text) to application_user;

create view user_names with (security_invoker = false, security_barrier = true) as
    select id, username, avatar_url, role, is_active is not false as is_active
    from users
    where (select is_current_user_active());

grant select on user_names to application_user;

-- Through this alone an application changes roles, and never the role of who asks.
create view user_accounts with (security_invoker = false, security_barrier = true) as
    select id, github_id, role, is_active
    from users
    where (select role_of_current_user()) = 'admin' and id <> (select steward.current_user_bigint());

grant select on user_accounts to application_user;
grant update (github_id, role, is_active) on user_accounts to application_user;

comment on function sign_in(text) is
    'The number and the role of the account that is in use and has this id at GitHub; no row where there is none. For who signs in, of whom nothing else is known: select steward.act_as(user_id, user_role) from sign_in($1).';
comment on view user_names is 'What everybody in the team may know of everybody: for lists, and for the names beside tasks and messages.';
comment on column user_names.id is 'Number of the account.';
comment on column user_names.username is 'Name for people.';
comment on column user_names.avatar_url is 'Address of the picture; NULL if there is none.';
comment on column user_names.role is 'What the user does in the team.';
comment on column user_names.is_active is 'Whether the account is in use.';
comment on view user_accounts is
    'What admins decide about the accounts of others: update user_accounts set is_active = false where id = $1. Nobody else finds a row in it.';
comment on column user_accounts.id is 'Number of the account.';
comment on column user_accounts.github_id is 'Id of the GitHub account that signs in.';
comment on column user_accounts.role is 'What the user does in the team, and so what the user may do.';
comment on column user_accounts.is_active is 'Whether the account is in use; false in place of a deletion.';
