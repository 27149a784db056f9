//! The columns that DafnckMachine's document asks for, in its order.

use crate::blueprints::requirements::Columns;

/// What the document does not have is below, apart.
pub(super) const DOCUMENTED: &[Columns<'_>] = &[
    (
        "users",
        &[
            "id uuid not null gen_random_uuid()",
            "email character varying(255) not null",
            "username character varying(50) not null",
            "password_hash character varying(255) not null",
            "first_name character varying(100)",
            "last_name character varying(100)",
            "avatar_url text",
            "email_verified boolean false",
            "status user_status 'active'::user_status",
            "created_at timestamp with time zone now()",
            "updated_at timestamp with time zone now()",
            "last_login_at timestamp with time zone",
            "metadata jsonb '{}'::jsonb",
        ],
    ),
    (
        "user_profiles",
        &[
            "id uuid not null gen_random_uuid()",
            "user_id uuid not null",
            "bio text",
            "location character varying(255)",
            "website_url text",
            "social_links jsonb '{}'::jsonb",
            "preferences jsonb '{}'::jsonb",
            "created_at timestamp with time zone now()",
            "updated_at timestamp with time zone now()",
        ],
    ),
    (
        "user_sessions",
        &[
            "id uuid not null gen_random_uuid()",
            "user_id uuid not null",
            "session_token character varying(255) not null",
            "refresh_token character varying(255)",
            "expires_at timestamp with time zone not null",
            "ip_address inet",
            "user_agent text",
            "is_active boolean true",
            "created_at timestamp with time zone now()",
        ],
    ),
    (
        "projects",
        &[
            "id uuid not null gen_random_uuid()",
            "name character varying(255) not null",
            "description text",
            "owner_id uuid not null",
            "status project_status 'active'::project_status",
            "visibility project_visibility 'private'::project_visibility",
            "settings jsonb '{}'::jsonb",
            "created_at timestamp with time zone now()",
            "updated_at timestamp with time zone now()",
            "archived_at timestamp with time zone",
        ],
    ),
    (
        "project_members",
        &[
            "id uuid not null gen_random_uuid()",
            "project_id uuid not null",
            "user_id uuid not null",
            "role project_role 'member'::project_role",
            "permissions jsonb '{}'::jsonb",
            "joined_at timestamp with time zone now()",
        ],
    ),
    (
        "tasks",
        &[
            "id uuid not null gen_random_uuid()",
            "project_id uuid not null",
            "parent_task_id uuid",
            "title character varying(255) not null",
            "description text",
            "status task_status 'pending'::task_status",
            "priority task_priority 'medium'::task_priority",
            "assignee_id uuid",
            "creator_id uuid not null",
            "due_date timestamp with time zone",
            "estimated_hours integer",
            "actual_hours integer",
            "tags text[]",
            "metadata jsonb '{}'::jsonb",
            "created_at timestamp with time zone now()",
            "updated_at timestamp with time zone now()",
            "completed_at timestamp with time zone",
        ],
    ),
    (
        "task_dependencies",
        &[
            "id uuid not null gen_random_uuid()",
            "task_id uuid not null",
            "depends_on_task_id uuid not null",
            "dependency_type dependency_type 'blocks'::dependency_type",
            "created_at timestamp with time zone now()",
        ],
    ),
    (
        "documents",
        &[
            "id uuid not null gen_random_uuid()",
            "project_id uuid not null",
            "title character varying(255) not null",
            "content text",
            "content_type character varying(50) 'markdown'::character varying",
            "author_id uuid not null",
            "version integer 1",
            "status document_status 'draft'::document_status",
            "tags text[]",
            "metadata jsonb '{}'::jsonb",
            "created_at timestamp with time zone now()",
            "updated_at timestamp with time zone now()",
            "published_at timestamp with time zone",
        ],
    ),
    (
        "document_versions",
        &[
            "id uuid not null gen_random_uuid()",
            "document_id uuid not null",
            "version_number integer not null",
            "content text not null",
            "change_summary text",
            "author_id uuid not null",
            "created_at timestamp with time zone now()",
        ],
    ),
    (
        "file_attachments",
        &[
            "id uuid not null gen_random_uuid()",
            "entity_type character varying(50) not null",
            "entity_id uuid not null",
            "filename character varying(255) not null",
            "original_filename character varying(255) not null",
            "file_size bigint not null",
            "mime_type character varying(100) not null",
            "storage_path text not null",
            "uploader_id uuid not null",
            "metadata jsonb '{}'::jsonb",
            "created_at timestamp with time zone now()",
        ],
    ),
];

/// The deviations that the blueprint's page gives reasons for, and the guards' own tables.
pub(super) const ADDED: &[Columns<'_>] = &[
    (
        "file_attachments",
        &[
            "task_id uuid generated",
            "document_id uuid generated",
            "project_id uuid generated",
        ],
    ),
    (
        "task_dependencies_rank",
        &["node uuid not null", "rank bigint not null"],
    ),
    (
        "tasks_parents_rank",
        &["node uuid not null", "rank bigint not null"],
    ),
];
