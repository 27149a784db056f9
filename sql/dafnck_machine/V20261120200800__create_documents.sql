create table documents (
    id uuid default gen_random_uuid(),
    project_id uuid not null,
    title varchar(255) not null,
    content text,
    content_type varchar(50) default 'markdown',
    author_id uuid not null,
    version integer default 1,
    status document_status default 'draft',
    tags text[],
    metadata jsonb default '{}'::jsonb,
    created_at timestamp with time zone default now(),
    updated_at timestamp with time zone default now(),
    published_at timestamp with time zone,
    constraint documents_pkey primary key (id),
    constraint documents_project_id_fkey foreign key (project_id) references projects (id) on delete cascade,
    constraint documents_author_id_fkey foreign key (author_id) references users (id)
);

-- The first begins another: the specification names it.
create index idx_documents_project_id on documents (project_id);
create index idx_documents_author_id on documents (author_id);
create index idx_documents_status on documents (status);
create index idx_documents_created_at on documents (created_at);
create index idx_documents_project_status on documents (project_id, status);
create index idx_documents_metadata_gin on documents using gin (metadata);

comment on table documents is 'What is written in a project. Deleting a document deletes its versions and its attachments.';
comment on column documents.id is 'Random UUID (version 4), made by the server.';
comment on column documents.project_id is 'Project that the document belongs to. Deleted with it.';
comment on column documents.title is 'What the document is called.';
comment on column documents.content is 'The text as it is now; NULL if nothing is written yet. Each change makes a row of document_versions.';
comment on column documents.content_type is 'How the content is written: "markdown" unless the application says otherwise.';
comment on column documents.author_id is 'User who wrote the document. Such a user cannot be deleted: who wrote it stays known.';
comment on column documents.version is 'Number of the newest version; written by the trigger documents_version_trigger, whatever an UPDATE says.';
comment on column documents.status is 'How far the document is; NULL if that is not decided.';
comment on column documents.tags is 'Words to find the document by; NULL if there are none.';
comment on column documents.metadata is 'What the application keeps besides: a JSON object. No secrets: the audit log shows it.';
comment on column documents.created_at is 'When the document was created.';
comment on column documents.updated_at is 'When the row was last updated; written by the trigger documents_updated_at_trigger.';
comment on column documents.published_at is
    'When the status became "published", written by the trigger documents_published_at_trigger. NULL while it is a draft or in review; an archived document keeps it.';
comment on index idx_documents_project_id is 'Required by the specification; idx_documents_project_status serves the same searches.';
comment on index idx_documents_author_id is 'Documents that a user wrote.';
comment on index idx_documents_status is 'Documents of a status.';
comment on index idx_documents_created_at is 'Documents by the time they were created.';
comment on index idx_documents_project_status is 'Documents of a project and a status.';
comment on index idx_documents_metadata_gin is 'Documents by what their metadata contains.';
