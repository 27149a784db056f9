//! Whose account the server runs under: PostgreSQL refuses to run as root.

use std::process::{Command, Stdio};

use crate::error::{Error, Result};

/// The accounts that root starts a server as, the first that exists.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// An account of the operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) user: u32,
    pub(super) group: u32,
}

impl Account {
    /// The account to switch to, or `None` where this process may run a server itself.
    pub(super) fn for_the_server() -> Result<Option<Self>> {
        if id(&["-u"]) != Some(0) {
            return Ok(None);
        }
        UNPRIVILEGED
            .iter()
            .find_map(|name| Self::named(name))
            .map(Some)
            .ok_or_else(|| {
                Error::failure("PostgreSQL does not run as root, and no other account is there")
                    .detail(format!(
                        "Looked for the accounts {}.",
                        UNPRIVILEGED.join(", ")
                    ))
                    .hint("Run the command as an ordinary user.")
            })
    }

    fn named(name: &str) -> Option<Self> {
        let user = id(&["-u", name])?;
        let group = id(&["-g", name])?;
        (user != 0).then_some(Self { user, group })
    }
}

/// What the command `id` prints: it asks every source of accounts that the system has, where
/// `/etc/passwd` is only one of them.
fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id")
        .args(arguments)
        .stderr(Stdio::null())
        .output()
        .ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::Account;

    #[test]
    fn root_is_never_an_account_for_the_server() {
        assert_eq!(Account::named("root"), None);
    }

    #[test]
    fn an_account_that_does_not_exist_is_none() {
        assert_eq!(Account::named("no-such-account-here"), None);
    }
}
