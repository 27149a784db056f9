create table document_versions (
    id uuid default gen_random_uuid(),
    document_id uuid not null,
    version_number integer not null,
    content text not null,
    change_summary text,
    author_id uuid not null,
    created_at timestamp with time zone default now(),
    constraint document_versions_pkey primary key (id),
    constraint document_versions_document_id_version_number_key unique (document_id, version_number),
    constraint document_versions_document_id_fkey foreign key (document_id) references documents (id) on delete cascade,
    constraint document_versions_author_id_fkey foreign key (author_id) references users (id)
);

create index idx_document_versions_author_id on document_versions (author_id);

comment on table document_versions is
    'Every content that a document has had, the present one included: one row a change, written by the trigger documents_record_version_trigger. An application needs no right on it but SELECT.';
comment on column document_versions.id is 'Random UUID (version 4), made by the server.';
comment on column document_versions.document_id is 'Document whose content it is. Deleted with the document, whose history it is.';
comment on column document_versions.version_number is 'From 1 on, without gaps: the version that the document had then.';
comment on column document_versions.content is 'The content of that version; empty where the document had none.';
comment on column document_versions.change_summary is 'What was changed, by the setting app.change_summary; NULL if that said nothing.';
comment on column document_versions.author_id is
    'User who made the version, by steward.current_user_uuid(), or else the author of the document. Such a user cannot be deleted: who wrote it stays known.';
comment on column document_versions.created_at is 'When the version was made.';
comment on constraint document_versions_document_id_version_number_key on document_versions is
    'A number stands for one version; its index finds the versions of a document in order.';
comment on index idx_document_versions_author_id is 'Versions that a user made.';
