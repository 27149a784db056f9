//! Resolved settings: everything that is needed to connect, checked.

use std::path::PathBuf;
use std::time::Duration;

use postgres::config::ChannelBinding;

use super::endpoint::{Endpoint, Host};
use super::environment::Environment;
use super::keepalives::Keepalives;
use super::parameters::{Parameter, Parameters, invalid};
use super::password::Password;
use super::password_file::{PasswordFile, Wanted};
use super::session::SessionAttributes;
use super::tls::TlsSettings;
use super::{keyword_value, service_file, url};
use crate::error::{Error, Result};

/// How to connect: where, as whom, and how safely.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) database: String,
    pub(super) user: String,
    pub(super) application_name: String,
    pub(super) options: Option<String>,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) keepalives: Keepalives,
    pub(super) channel_binding: ChannelBinding,
    pub(super) session_attributes: SessionAttributes,
    pub(super) tls: TlsSettings,
    pub(super) password_file: Option<PathBuf>,
    warnings: Vec<String>,
}

impl Settings {
    /// Resolves the settings from the connection string that the command line gave, if it did,
    /// and the environment.
    ///
    /// # Errors
    ///
    /// When a connection string or a value is malformed (`Exit::Usage`), or a service is not
    /// defined (`Exit::Connection`).
    pub fn resolve(database_url: Option<&str>, environment: &Environment) -> Result<Self> {
        let mut parameters = match database_url {
            Some(text) => parse(text)?,
            // An error must not look as if an argument were wrong that was never given.
            None => match environment.get("DATABASE_URL")? {
                Some(text) => parse(text)
                    .map_err(|error| error.detail("The variable DATABASE_URL holds it."))?,
                None => Parameters::default(),
            },
        };
        let variables = environment.parameters()?;
        let service = parameters
            .get(Parameter::Service)
            .or(variables.get(Parameter::Service))
            .map(ToOwned::to_owned);
        if let Some(service) = service {
            parameters.fill_from(service_file::load(&service, environment)?);
        }
        parameters.fill_from(variables);
        Self::from_parameters(&parameters, environment)
    }

    fn from_parameters(parameters: &Parameters, environment: &Environment) -> Result<Self> {
        check_client_encoding(parameters)?;
        check_gss_encryption(parameters)?;
        let tls = TlsSettings::from_parameters(parameters, environment)?;
        let mut endpoints = Endpoint::list(parameters)?;
        if tls.verifies_names() && parameters.get(Parameter::Host).is_none() {
            let addressed = endpoints.iter().any(|endpoint| endpoint.address.is_some());
            if addressed {
                return Err(
                    Error::usage("sslmode \"verify-full\" needs the name of the host")
                        .hint("Give \"host\" beside \"hostaddr\"."),
                );
            }
        }
        let user = match parameters.get(Parameter::User).or(environment.user_name()) {
            Some(user) => user.to_owned(),
            None => {
                return Err(Error::usage("no user to connect as")
                    .hint("Name one in the connection string or in PGUSER."));
            }
        };
        let database = parameters
            .get(Parameter::Database)
            .unwrap_or(&user)
            .to_owned();
        let mut warnings = Vec::new();
        let password_file = parameters
            .get(Parameter::PasswordFile)
            .map(PathBuf::from)
            .or_else(|| environment.in_home(".pgpass"));
        if let Some(password) = parameters.get(Parameter::Password) {
            for endpoint in &mut endpoints {
                endpoint.password = Some(Password::from(password.to_owned()));
            }
        } else if let Some(path) = &password_file {
            let file = PasswordFile::load(path);
            for endpoint in &mut endpoints {
                endpoint.password = file
                    .find(Wanted {
                        host: endpoint.name_in_password_file(),
                        port: endpoint.port,
                        database: &database,
                        user: &user,
                    })
                    .map(Password::from);
            }
            warnings.extend(file.warning);
        }
        Ok(Self {
            endpoints,
            database,
            user,
            application_name: parameters
                .get(Parameter::ApplicationName)
                .or(parameters.get(Parameter::FallbackApplicationName))
                .unwrap_or("steward")
                .to_owned(),
            options: parameters.get(Parameter::Options).map(ToOwned::to_owned),
            connect_timeout: connect_timeout(parameters)?,
            keepalives: Keepalives::from_parameters(parameters)?,
            channel_binding: parameters
                .choice(
                    Parameter::ChannelBinding,
                    &[
                        ("disable", ChannelBinding::Disable),
                        ("prefer", ChannelBinding::Prefer),
                        ("require", ChannelBinding::Require),
                    ],
                )?
                .unwrap_or(ChannelBinding::Prefer),
            session_attributes: SessionAttributes::from_parameters(parameters)?,
            tls,
            password_file,
            warnings,
        })
    }

    /// Where the server is; of several servers, the first.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.endpoints[0].host
    }

    /// The server's port; of several servers, the first one's.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.endpoints[0].port
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The role to connect as.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// What the user should know before connecting, such as a password file that is not used.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The target as a part of a sentence: `database "x" on host "h", port 5432, as user "u"`.
    #[must_use]
    pub fn describe(&self) -> String {
        let places: Vec<String> = self.endpoints.iter().map(ToString::to_string).collect();
        format!(
            "database \"{}\" on {}, as user \"{}\"",
            self.database,
            places.join(" or "),
            self.user
        )
    }
}

fn parse(text: &str) -> Result<Parameters> {
    if url::is_url(text) {
        url::parse(text)
    } else {
        keyword_value::parse(text)
    }
}

/// Zero and less mean to wait for ever, and one second is taken for two, as in libpq.
fn connect_timeout(parameters: &Parameters) -> Result<Option<Duration>> {
    let seconds = parameters.positive_number(Parameter::ConnectTimeout)?;
    Ok(seconds.map(|seconds| Duration::from_secs(u64::from(seconds.max(2)))))
}

/// The driver speaks UTF-8 and nothing else.
fn check_client_encoding(parameters: &Parameters) -> Result<()> {
    match parameters.get(Parameter::ClientEncoding) {
        None => Ok(()),
        Some(encoding)
            if ["utf8", "utf-8", "unicode", "auto"]
                .contains(&encoding.to_ascii_lowercase().as_str()) =>
        {
            Ok(())
        }
        Some(encoding) => {
            Err(invalid(Parameter::ClientEncoding, encoding).hint("Only UTF8 is supported."))
        }
    }
}

fn check_gss_encryption(parameters: &Parameters) -> Result<()> {
    match parameters.get(Parameter::GssEncryption) {
        None | Some("disable" | "prefer") => Ok(()),
        Some(value) => Err(invalid(Parameter::GssEncryption, value)
            .hint("GSSAPI is not supported; TLS encrypts with sslmode=require and above.")),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    use super::Settings;
    use crate::connection::{Environment, Host};
    use crate::exit::Exit;

    fn environment() -> Environment {
        Environment::default().user("me")
    }

    fn resolve(url: &str) -> Settings {
        Settings::resolve(Some(url), &environment()).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn defaults() {
        let settings = resolve("");
        assert!(matches!(settings.host(), Host::Socket(_)));
        assert_eq!(settings.port(), 5432);
        assert_eq!(settings.user(), "me");
        assert_eq!(settings.database(), "me");
        assert_eq!(settings.application_name, "steward");
        assert_eq!(settings.connect_timeout, None);
        assert_eq!(resolve("user=you").database(), "you");
        let error = Settings::resolve(None, &Environment::default()).expect_err("no user");
        assert_eq!(error.exit(), Exit::Usage);
    }

    #[test]
    fn the_argument_goes_before_database_url_before_service_before_variables() {
        let home = tempfile::tempdir().expect("a folder");
        fs::write(
            home.path().join(".pg_service.conf"),
            "[s]\nhost=service\nport=3\nuser=service\n",
        )
        .expect("a file");
        let environment = environment()
            .home(home.path())
            .variable("PGHOST", "variable")
            .variable("PGUSER", "variable")
            .variable("PGDATABASE", "variable");
        let check = |argument, environment: &Environment, expected: &str| {
            let settings = Settings::resolve(argument, environment).expect("settings");
            assert_eq!(settings.describe(), expected);
        };
        check(
            None,
            &environment,
            "database \"variable\" on host \"variable\", port 5432, as user \"variable\"",
        );
        let environment = environment.variable("PGSERVICE", "s");
        check(
            None,
            &environment,
            "database \"variable\" on host \"service\", port 3, as user \"service\"",
        );
        let environment = environment.variable("DATABASE_URL", "postgresql://url:4/url");
        check(
            None,
            &environment,
            "database \"url\" on host \"url\", port 4, as user \"service\"",
        );
        check(
            Some("host=argument"),
            &environment,
            "database \"variable\" on host \"argument\", port 3, as user \"service\"",
        );
        check(
            Some("postgresql://a,[::1]:5/d"),
            &environment,
            "database \"d\" on host \"a\", port 5432 or host \"::1\", port 5, as user \"service\"",
        );
    }

    #[test]
    fn values_are_checked() {
        for text in [
            "sslmode=maybe",
            "connect_timeout=soon",
            "target_session_attrs=fast",
            "channel_binding=yes",
            "client_encoding=LATIN1",
            "gssencmode=require",
            "port=x",
            "sslcrl=/f",
            "nonsense=1",
            "sslmode=verify-full hostaddr=127.0.0.1",
        ] {
            let error = Settings::resolve(Some(text), &environment()).expect_err(text);
            assert_eq!(error.exit(), Exit::Usage, "{text}: {error}");
        }
        for variable in ["PGREQUIREAUTH", "PGSSLCRL"] {
            let environment = environment().variable(variable, "x");
            let error = Settings::resolve(None, &environment).expect_err(variable);
            assert!(error.to_string().contains(variable), "{error}");
        }
        assert!(Settings::resolve(Some("client_encoding=UTF8"), &environment()).is_ok());
    }

    #[test]
    fn a_timeout_of_one_second_is_two_and_zero_is_none() {
        let timeout = |text| resolve(text).connect_timeout;
        assert_eq!(timeout("connect_timeout=0"), None);
        assert_eq!(timeout("connect_timeout=1"), Some(Duration::from_secs(2)));
        assert_eq!(timeout("connect_timeout=9"), Some(Duration::from_secs(9)));
    }

    #[test]
    fn the_password_file_gives_each_server_its_own_password() {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join(".pgpass");
        fs::write(&path, "a:*:*:*:for-a\n*:7:*:me:for-b\n").expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("permissions");
        let environment = environment().home(home.path());
        let passwords = |text| -> Vec<Option<String>> {
            let settings = Settings::resolve(Some(text), &environment).expect("settings");
            settings
                .endpoints
                .iter()
                .map(|endpoint| Some(endpoint.password.as_ref()?.reveal().to_owned()))
                .collect()
        };
        assert_eq!(
            passwords("host=a,b,c port=5,7,8"),
            [Some("for-a".into()), Some("for-b".into()), None]
        );
        assert_eq!(passwords("host=a password=p"), [Some("p".into())]);

        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("permissions");
        let settings = Settings::resolve(Some("host=a"), &environment).expect("settings");
        assert!(settings.endpoints[0].password.is_none());
        assert!(settings.warnings()[0].contains(".pgpass"));
    }

    #[test]
    fn a_password_is_printed_nowhere() {
        let settings = resolve("postgresql://u:hunter2@h/d");
        let environment = environment().variable("PGPASSWORD", "hunter2");
        for printed in [
            format!("{settings:?}"),
            settings.describe(),
            format!("{environment:?}"),
        ] {
            assert!(!printed.contains("hunter2"), "{printed}");
        }
    }
}
