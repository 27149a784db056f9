//! The password file: lines of `host:port:database:user:password`, where `*` matches anything.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// A password file as it was found.
#[derive(Default)]
pub(super) struct PasswordFile {
    text: String,
    /// Why the file was passed over.
    pub(super) warning: Option<String>,
}

/// What a line has to match.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'names> {
    pub(super) host: &'names str,
    pub(super) port: u16,
    pub(super) database: &'names str,
    pub(super) user: &'names str,
}

impl PasswordFile {
    /// Reads the file if it is there; one that others may read is passed over with a warning.
    pub(super) fn load(path: &Path) -> Self {
        let passed_over = |reason: &str| Self {
            text: String::new(),
            warning: Some(format!(
                "the password file \"{}\" is not used: {reason}",
                path.display()
            )),
        };
        let Ok(metadata) = fs::metadata(path) else {
            return Self::default();
        };
        if !metadata.is_file() {
            return passed_over("it is not a plain file");
        }
        if metadata.permissions().mode() & 0o077 != 0 {
            return passed_over(
                "group or others have access to it; its permissions should be u=rw (0600) or less",
            );
        }
        match fs::read(path) {
            Ok(bytes) => Self {
                text: String::from_utf8_lossy(&bytes).into_owned(),
                warning: None,
            },
            Err(error) => passed_over(&error.to_string()),
        }
    }

    /// The password of the first line that matches.
    pub(super) fn find(&self, wanted: Wanted<'_>) -> Option<String> {
        self.text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .find_map(|line| password_in(line, wanted))
    }
}

fn password_in(line: &str, wanted: Wanted<'_>) -> Option<String> {
    let port = wanted.port.to_string();
    let mut rest = line;
    for expected in [wanted.host, &port, wanted.database, wanted.user] {
        let (field, behind) = split_field(rest)?;
        if field != "*" && unescape(field) != expected {
            return None;
        }
        rest = behind;
    }
    Some(unescape(rest)).filter(|password| !password.is_empty())
}

/// A field and what comes behind its colon.
fn split_field(text: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (position, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b':' => return Some((&text[..position], &text[position + 1..])),
            _ => {}
        }
    }
    None
}

fn unescape(field: &str) -> String {
    let mut letters = field.chars();
    let mut plain = String::with_capacity(field.len());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => plain.extend(letters.next()),
            _ => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::{PasswordFile, Wanted};

    fn find(text: &str, host: &str, user: &str) -> Option<String> {
        let file = PasswordFile {
            text: text.to_owned(),
            warning: None,
        };
        file.find(Wanted {
            host,
            port: 5432,
            database: "d",
            user,
        })
    }

    #[test]
    fn the_first_line_that_matches_counts() {
        let text =
            "# h:5432:d:u:comment\nshort:line\nh:5433:d:u:port\nh:5432:d:u:exact\n*:*:*:*:any\n";
        assert_eq!(find(text, "h", "u").as_deref(), Some("exact"));
        assert_eq!(find(text, "h", "v").as_deref(), Some("any"));
        assert_eq!(find("h:*:d:u:p\n", "other", "u"), None);
    }

    #[test]
    fn colons_and_backslashes_are_escaped() {
        assert_eq!(
            find(r"\:\:1:5432:d:a\\b:p\:q:r", "::1", r"a\b").as_deref(),
            Some("p:q:r")
        );
        // An escaped star is a star.
        assert_eq!(find(r"\*:5432:d:u:p", "h", "u"), None);
        assert_eq!(find(r"\*:5432:d:u:p", "*", "u").as_deref(), Some("p"));
    }

    #[test]
    fn a_file_that_others_may_read_is_not_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pgpass");
        fs::write(&path, "*:*:*:*:secret\n").expect("a file");
        let wanted = Wanted {
            host: "h",
            port: 1,
            database: "d",
            user: "u",
        };
        for (mode, used) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("permissions");
            let file = PasswordFile::load(&path);
            assert_eq!(file.find(wanted).is_some(), used, "{mode:o}");
            assert_eq!(file.warning.is_none(), used, "{mode:o}");
        }
        let absent = PasswordFile::load(&folder.path().join("absent"));
        assert!(absent.warning.is_none() && absent.find(wanted).is_none());
    }

    proptest! {
        #[test]
        fn an_escaped_line_is_read_back(
            host in "[^\n\r\0#]+", user in "[^\n\r\0]+", password in "[^\n\r\0]+",
        ) {
            let escape = |field: &str| field.replace('\\', r"\\").replace(':', r"\:");
            let line = format!("{}:5432:d:{}:{}", escape(&host), escape(&user), escape(&password));
            prop_assert_eq!(find(&line, &host, &user), Some(password));
        }

        #[test]
        fn nothing_makes_it_panic(text in any::<String>()) {
            let _ = find(&text, "h", "u");
        }
    }
}
