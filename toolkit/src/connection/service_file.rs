//! The connection service file: named groups of parameters, as in
//!
//! ```text
//! [production]
//! host=db.example.com
//! dbname=tasks
//! ```

use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::parameters::{Parameter, Parameters};
use crate::error::{Error, Result};
use crate::exit::Exit;

/// Where Debian's libpq looks for the system's file unless `PGSYSCONFDIR` names a folder.
const SYSTEM_FOLDER: &str = "/etc/postgresql-common";

/// The parameters of a service.
pub(super) fn load(service: &str, environment: &Environment) -> Result<Parameters> {
    let files = files(environment)?;
    for file in &files {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => {
                return Err(Error::new(
                    Exit::Connection,
                    format!("could not read the service file \"{}\"", file.display()),
                )
                .detail(error.to_string()));
            }
        };
        if let Some(parameters) = find(&text, service, file)? {
            return Ok(parameters);
        }
    }
    let searched: Vec<String> = files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    Err(Error::new(
        Exit::Connection,
        format!("the connection service \"{service}\" is not defined"),
    )
    .detail(format!(
        "Looked for [{service}] in {}.",
        searched.join(", ")
    ))
    .hint("PGSERVICEFILE names another file."))
}

/// The user's file, then the system's.
fn files(environment: &Environment) -> Result<Vec<PathBuf>> {
    let users = match environment.get("PGSERVICEFILE")? {
        Some(file) => Some(PathBuf::from(file)),
        None => environment.in_home(".pg_service.conf"),
    };
    let systems = Path::new(environment.get("PGSYSCONFDIR")?.unwrap_or(SYSTEM_FOLDER))
        .join("pg_service.conf");
    Ok(users.into_iter().chain([systems]).collect())
}

/// The group of a service in the text of a file.
fn find(text: &str, service: &str, file: &Path) -> Result<Option<Parameters>> {
    let mut found: Option<Parameters> = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(group) = line.strip_prefix('[') {
            if found.is_some() {
                break;
            }
            if group.strip_suffix(']') == Some(service) {
                found = Some(Parameters::default());
            }
            continue;
        }
        if let Some(parameters) = &mut found {
            read_line(line, parameters).map_err(|error| error.at(file, index + 1))?;
        }
    }
    Ok(found)
}

fn read_line(line: &str, parameters: &mut Parameters) -> Result<()> {
    let (name, value) = line
        .split_once('=')
        .ok_or_else(|| Error::usage("a line of the service file is not written name=value"))?;
    let parameter = Parameter::named(name)?;
    if parameter == Parameter::Service {
        return Err(Error::usage("a service cannot name another service"));
    }
    parameters.fill(parameter, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{find, load};
    use crate::connection::environment::Environment;
    use crate::connection::parameters::Parameter;
    use crate::exit::Exit;

    const FILE: &str = "# comment\n[other]\nhost=o\nnonsense\n\n[mine]\n host=h \nport=1\nhost=second\n[last]\nhost=l\n";

    #[test]
    fn only_the_lines_of_the_group_count_and_the_first_of_a_name() {
        let parameters = find(FILE, "mine", Path::new("f"))
            .expect("a file")
            .expect("a group");
        assert_eq!(parameters.get(Parameter::Host), Some("h"));
        assert_eq!(parameters.get(Parameter::Port), Some("1"));
        assert!(find(FILE, "min", Path::new("f")).expect("a file").is_none());
    }

    #[test]
    fn a_malformed_line_is_told_with_its_place() {
        let error = find(FILE, "other", Path::new("f")).expect_err("nonsense");
        assert!(error.to_string().ends_with("LOCATION:  f:4"), "{error}");
        let error = find("[a]\nservice=b\n", "a", Path::new("f")).expect_err("nested");
        assert!(error.to_string().ends_with("LOCATION:  f:2"), "{error}");
    }

    #[test]
    fn the_users_file_comes_before_the_systems() {
        let home = tempfile::tempdir().expect("a folder");
        let system = tempfile::tempdir().expect("a folder");
        fs::write(home.path().join(".pg_service.conf"), "[a]\nhost=home\n").expect("a file");
        fs::write(
            system.path().join("pg_service.conf"),
            "[a]\nhost=system\n[b]\nhost=b\n",
        )
        .expect("a file");
        let environment = Environment::default()
            .home(home.path())
            .variable("PGSYSCONFDIR", system.path());
        let host = |service| {
            load(service, &environment)
                .expect("a service")
                .get(Parameter::Host)
                .map(ToOwned::to_owned)
        };
        assert_eq!(host("a").as_deref(), Some("home"));
        assert_eq!(host("b").as_deref(), Some("b"));

        let error = load("c", &environment).expect_err("no such service");
        assert_eq!(error.exit(), Exit::Connection);
        let told = error.to_string();
        assert!(
            told.contains(home.path().to_str().expect("a path")),
            "{told}"
        );
        assert!(
            told.contains(system.path().to_str().expect("a path")),
            "{told}"
        );
    }
}
