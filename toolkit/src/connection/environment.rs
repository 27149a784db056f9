//! What a connection takes from the process's surroundings: variables, home folder, user.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use super::parameters::{Parameter, Parameters, not_supported, refused_variables};
use crate::error::{Error, Result};

/// The variables, the home folder and the user's name that a connection's settings may come from.
///
/// It is a value, so that a test can have one without changing the process's own.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, OsString>,
    home: Option<PathBuf>,
    user: Option<String>,
}

impl Environment {
    /// The environment of this process.
    #[must_use]
    pub fn of_this_process() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .filter(|(name, _)| name.starts_with("PG") || name == "DATABASE_URL")
            .collect();
        Self {
            variables,
            home: std::env::home_dir(),
            user: whoami::username().ok(),
        }
    }

    /// The same environment with a variable set.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// The same environment with this home folder.
    #[must_use]
    pub fn home(mut self, home: impl Into<PathBuf>) -> Self {
        self.home = Some(home.into());
        self
    }

    /// The same environment with this name of the operating system's user.
    #[must_use]
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// The value of a variable, if it is set and not empty.
    pub(super) fn get(&self, name: &str) -> Result<Option<&str>> {
        let Some(value) = self.variables.get(name).filter(|value| !value.is_empty()) else {
            return Ok(None);
        };
        value
            .to_str()
            .map(Some)
            .ok_or_else(|| Error::usage(format!("the variable {name} is not UTF-8")))
    }

    /// A file in the home folder.
    pub(super) fn in_home(&self, file: impl AsRef<Path>) -> Option<PathBuf> {
        self.home.as_ref().map(|home| home.join(file))
    }

    /// The name of the operating system's user.
    pub(super) fn user_name(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The parameters that variables set.
    pub(super) fn parameters(&self) -> Result<Parameters> {
        for (name, variable) in refused_variables() {
            if self.get(variable)?.is_some() {
                return Err(not_supported(name).detail(format!("{variable} sets it.")));
            }
        }
        let mut parameters = Parameters::default();
        for (parameter, variable) in Parameter::with_variables() {
            if let Some(value) = self.get(variable)? {
                parameters.set(parameter, value);
            }
        }
        Ok(parameters)
    }
}

impl fmt::Debug for Environment {
    /// Names without values: one of them may be `PGPASSWORD`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Environment")
            .field("variables", &self.variables.keys())
            .field("home", &self.home)
            .field("user", &self.user)
            .finish()
    }
}
