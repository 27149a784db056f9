drop trigger user_sessions_last_login_at_trigger on user_sessions;
drop trigger documents_published_at_trigger on documents;
drop trigger projects_archived_at_trigger on projects;
drop function stamp_last_login_at();
drop function stamp_published_at();
drop function stamp_archived_at();
