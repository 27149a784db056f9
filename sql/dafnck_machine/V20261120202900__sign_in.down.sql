drop function change_password(text, text);
drop function renew_session(text, text, text, interval);
drop function resume_session(text);
drop function sign_in(text, text, text, text, interval, inet, text);
drop function password_salt(text);
drop function sign_up(text, text, text, text, text);

comment on column user_sessions.expires_at is 'When the session ceases to be valid, which the application checks.';
