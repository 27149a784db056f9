//! A small world with every kind of user, every kind of project, and a row of each table in each of them.

use steward_tests::{Database, Session};

use super::migrated;

/// A kind of user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// By `owner_id` alone: of the first project there is no row of members for them.
    Owner,
    Admin,
    Member,
    Viewer,
    /// A member whose role is NULL.
    Undecided,
    /// With an account, and in no project.
    Outsider,
    /// An admin of every project whose account is suspended.
    Suspended,
    /// An identity that no account has.
    Unknown,
    /// No identity.
    Nobody,
    /// An identity that is none.
    Malformed,
}

impl Kind {
    pub(super) const ALL: [Self; 10] = [
        Self::Owner,
        Self::Admin,
        Self::Member,
        Self::Viewer,
        Self::Undecided,
        Self::Outsider,
        Self::Suspended,
        Self::Unknown,
        Self::Nobody,
        Self::Malformed,
    ];

    /// What the application says that it acts for.
    pub(super) const fn identity(self) -> &'static str {
        match self {
            Self::Owner => "00000000-0000-4000-8000-000000000001",
            Self::Admin => "00000000-0000-4000-8000-000000000002",
            Self::Member => "00000000-0000-4000-8000-000000000003",
            Self::Viewer => "00000000-0000-4000-8000-000000000004",
            Self::Undecided => "00000000-0000-4000-8000-000000000005",
            Self::Outsider => "00000000-0000-4000-8000-000000000006",
            Self::Suspended => "00000000-0000-4000-8000-000000000007",
            Self::Unknown => "00000000-0000-4000-8000-0000000000ff",
            Self::Nobody => "",
            Self::Malformed => "00000000-0000-4000-8000-000000000001'' or true --",
        }
    }

    /// The same as a value in a statement: somebody else's where there is none.
    pub(super) const fn own_id(self) -> &'static str {
        match self {
            Self::Unknown | Self::Nobody | Self::Malformed => Self::Owner.identity(),
            _ => self.identity(),
        }
    }

    /// How much they may do in the projects that they take part in; the least may do everything.
    pub(super) const fn rank(self) -> Option<u8> {
        match self {
            Self::Owner => Some(0),
            Self::Admin => Some(1),
            Self::Member => Some(2),
            Self::Viewer | Self::Undecided => Some(3),
            _ => None,
        }
    }

    pub(super) const fn has_account(self) -> bool {
        !matches!(self, Self::Unknown | Self::Nobody | Self::Malformed)
    }

    pub(super) const fn is_active(self) -> bool {
        self.has_account() && !matches!(self, Self::Suspended)
    }
}

/// The projects, by their visibility; of the last it is NULL.
pub(super) const PROJECTS: [&str; 4] = ["private", "internal", "public", "undecided"];

/// The id of a row of the world, in a statement.
pub(super) fn id(what: &str, project: &str) -> String {
    format!("md5('{what} {project}')::uuid")
}

/// Makes it. The session is the owner's.
pub(super) fn world(database: &Database) -> Session {
    let mut owner = migrated(database);
    for kind in Kind::ALL.into_iter().filter(|kind| kind.has_account()) {
        let (user, name) = (kind.identity(), format!("{kind:?}").to_lowercase());
        let status = if kind.is_active() {
            "active"
        } else {
            "suspended"
        };
        owner.run(&format!(
            "insert into users (id, email, username, password_hash, status)
                 values ('{user}', '{name}@example.com', '{name}', 'hash of {name}', '{status}');
             insert into user_profiles (user_id) values ('{user}');
             insert into user_sessions (user_id, session_token, refresh_token, expires_at, is_active)
                 values ('{user}', '{name}', '{name} again', now() + interval '1 hour', true),
                        ('{user}', '{name} before', null, now() + interval '1 hour', false)"
        ));
    }
    for project in PROJECTS {
        make_project(&mut owner, project);
    }
    owner
}

fn make_project(owner: &mut Session, project: &str) {
    let visibility = match project {
        "undecided" => "null".to_owned(),
        visibility => format!("'{visibility}'"),
    };
    let by = Kind::Owner.identity();
    owner.run(&format!(
        "insert into projects (id, name, owner_id, visibility) values ({}, '{project}', '{by}', {visibility})",
        id("project", project)
    ));
    let members = [
        (Kind::Owner, "'owner'"),
        (Kind::Admin, "'admin'"),
        (Kind::Member, "'member'"),
        (Kind::Viewer, "'viewer'"),
        (Kind::Undecided, "null"),
        (Kind::Suspended, "'admin'"),
    ];
    for (kind, role) in members {
        if kind == Kind::Owner && project == "private" {
            continue;
        }
        owner.run(&format!(
            "insert into project_members (project_id, user_id, role) values ({}, '{}', {role})",
            id("project", project),
            kind.identity()
        ));
    }
    owner.run(&format!(
        "insert into tasks (id, project_id, title, creator_id) values
             ({task}, {project}, 'one', '{by}'), ({other}, {project}, 'other', '{by}');
         insert into task_dependencies (task_id, depends_on_task_id, dependency_type) values
             ({task}, {other}, 'blocks'), ({other}, {task}, 'relates_to');
         insert into documents (id, project_id, title, content, author_id) values ({document}, {project}, 'd', 'x', '{by}');
         insert into file_attachments
             (entity_type, entity_id, filename, original_filename, file_size, mime_type, storage_path, uploader_id) values
             ('task', {task}, 'f', 'f', 1, 'x', 'x', '{by}'),
             ('document', {document}, 'f', 'f', 1, 'x', 'x', '{by}'),
             ('project', {project}, 'f', 'f', 1, 'x', 'x', '{by}')",
        task = id("task", project),
        other = id("other task", project),
        project = id("project", project),
        document = id("document", project),
    ));
}
