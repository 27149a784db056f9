//! The connection parameters by their libpq names, with the variables that set them.

use std::collections::BTreeMap;
use std::fmt;

use crate::error::{Error, Result};

/// A connection parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Parameter {
    ApplicationName,
    ChannelBinding,
    ClientEncoding,
    ConnectTimeout,
    Database,
    FallbackApplicationName,
    GssEncryption,
    Host,
    HostAddress,
    Keepalives,
    KeepalivesCount,
    KeepalivesIdle,
    KeepalivesInterval,
    MaximumTlsVersion,
    MinimumTlsVersion,
    Options,
    PasswordFile,
    Password,
    Port,
    Service,
    SslCertificate,
    SslKey,
    SslMode,
    SslNegotiation,
    SslRootCertificate,
    TargetSessionAttributes,
    TcpUserTimeout,
    User,
}

/// Every parameter with its name in connection strings and service files, and its variable.
const PARAMETERS: [(Parameter, &str, Option<&str>); 28] = [
    (
        Parameter::ApplicationName,
        "application_name",
        Some("PGAPPNAME"),
    ),
    (
        Parameter::ChannelBinding,
        "channel_binding",
        Some("PGCHANNELBINDING"),
    ),
    (Parameter::ClientEncoding, "client_encoding", None),
    (
        Parameter::ConnectTimeout,
        "connect_timeout",
        Some("PGCONNECT_TIMEOUT"),
    ),
    (Parameter::Database, "dbname", Some("PGDATABASE")),
    (
        Parameter::FallbackApplicationName,
        "fallback_application_name",
        None,
    ),
    (Parameter::GssEncryption, "gssencmode", Some("PGGSSENCMODE")),
    (Parameter::Host, "host", Some("PGHOST")),
    (Parameter::HostAddress, "hostaddr", Some("PGHOSTADDR")),
    (Parameter::Keepalives, "keepalives", None),
    (Parameter::KeepalivesCount, "keepalives_count", None),
    (Parameter::KeepalivesIdle, "keepalives_idle", None),
    (Parameter::KeepalivesInterval, "keepalives_interval", None),
    (
        Parameter::MaximumTlsVersion,
        "ssl_max_protocol_version",
        Some("PGSSLMAXPROTOCOLVERSION"),
    ),
    (
        Parameter::MinimumTlsVersion,
        "ssl_min_protocol_version",
        Some("PGSSLMINPROTOCOLVERSION"),
    ),
    (Parameter::Options, "options", Some("PGOPTIONS")),
    (Parameter::PasswordFile, "passfile", Some("PGPASSFILE")),
    (Parameter::Password, "password", Some("PGPASSWORD")),
    (Parameter::Port, "port", Some("PGPORT")),
    (Parameter::Service, "service", Some("PGSERVICE")),
    (Parameter::SslCertificate, "sslcert", Some("PGSSLCERT")),
    (Parameter::SslKey, "sslkey", Some("PGSSLKEY")),
    (Parameter::SslMode, "sslmode", Some("PGSSLMODE")),
    (
        Parameter::SslNegotiation,
        "sslnegotiation",
        Some("PGSSLNEGOTIATION"),
    ),
    (
        Parameter::SslRootCertificate,
        "sslrootcert",
        Some("PGSSLROOTCERT"),
    ),
    (
        Parameter::TargetSessionAttributes,
        "target_session_attrs",
        Some("PGTARGETSESSIONATTRS"),
    ),
    (Parameter::TcpUserTimeout, "tcp_user_timeout", None),
    (Parameter::User, "user", Some("PGUSER")),
];

/// What libpq knows and steward does not do, each with its variable. To ignore one could make a
/// connection less safe than its user asked for.
const REFUSED: [(&str, Option<&str>); 11] = [
    ("krbsrvname", None),
    ("load_balance_hosts", Some("PGLOADBALANCEHOSTS")),
    ("replication", None),
    ("require_auth", Some("PGREQUIREAUTH")),
    ("requirepeer", Some("PGREQUIREPEER")),
    ("sslcertmode", Some("PGSSLCERTMODE")),
    ("sslcompression", None),
    ("sslcrl", Some("PGSSLCRL")),
    ("sslcrldir", Some("PGSSLCRLDIR")),
    ("sslpassword", None),
    ("sslsni", None),
];

impl Parameter {
    /// The parameter of this name.
    pub(super) fn named(name: &str) -> Result<Self> {
        if let Some((parameter, ..)) = PARAMETERS.iter().find(|(_, known, _)| *known == name) {
            return Ok(*parameter);
        }
        if REFUSED.iter().any(|(known, _)| *known == name) {
            return Err(not_supported(name));
        }
        // What is no name at all is not repeated: it may be the rest of a password that should
        // have been quoted.
        if !name.is_empty()
            && name.len() < 64
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        {
            return Err(
                Error::usage(format!("unknown connection parameter \"{name}\"")).hint(
                    "Correct or remove it. The parameters are libpq's, such as dbname, sslmode and \
                     connect_timeout; a framework's own, such as schema or pool, are not.",
                ),
            );
        }
        Err(Error::usage("malformed name of a connection parameter").hint(
            "A value with spaces is quoted in a connection string, and percent-encoded in a URL.",
        ))
    }

    /// The parameter's name in connection strings.
    pub(super) fn name(self) -> &'static str {
        PARAMETERS
            .iter()
            .find(|(parameter, ..)| *parameter == self)
            .map_or("", |(_, name, _)| name)
    }

    /// Every parameter that a variable sets, with the variable.
    pub(super) fn with_variables() -> impl Iterator<Item = (Self, &'static str)> {
        PARAMETERS
            .iter()
            .filter_map(|(parameter, _, variable)| Some((*parameter, (*variable)?)))
    }
}

/// The variables that set what steward does not do, with the parameter's name.
pub(super) fn refused_variables() -> impl Iterator<Item = (&'static str, &'static str)> {
    REFUSED
        .iter()
        .filter_map(|(name, variable)| Some((*name, (*variable)?)))
}

/// The error about a parameter of libpq that steward does not do.
pub(super) fn not_supported(name: &str) -> Error {
    Error::usage(format!(
        "the connection parameter \"{name}\" is not supported"
    ))
}

/// The values of some parameters.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Parameters {
    values: BTreeMap<Parameter, String>,
}

impl Parameters {
    /// Sets a parameter, whatever it was.
    pub(super) fn set(&mut self, parameter: Parameter, value: impl Into<String>) {
        self.values.insert(parameter, value.into());
    }

    /// Sets a parameter unless it is set.
    pub(super) fn fill(&mut self, parameter: Parameter, value: impl Into<String>) {
        self.values.entry(parameter).or_insert_with(|| value.into());
    }

    /// Sets what `other` sets and these do not.
    pub(super) fn fill_from(&mut self, other: Self) {
        for (parameter, value) in other.values {
            self.fill(parameter, value);
        }
    }

    /// The value of a parameter; an empty one stands for the default.
    pub(super) fn get(&self, parameter: Parameter) -> Option<&str> {
        self.values
            .get(&parameter)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The value of a parameter that is one of a few words.
    pub(super) fn choice<T: Copy>(
        &self,
        parameter: Parameter,
        choices: &[(&str, T)],
    ) -> Result<Option<T>> {
        let Some(value) = self.get(parameter) else {
            return Ok(None);
        };
        if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == value) {
            return Ok(Some(*choice));
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        Err(invalid(parameter, value).hint(format!("It is one of {}.", words.join(", "))))
    }

    /// The value of a parameter that is a number.
    pub(super) fn number(&self, parameter: Parameter) -> Result<Option<i32>> {
        self.get(parameter)
            .map(|value| {
                value
                    .trim()
                    .parse()
                    .map_err(|_| invalid(parameter, value).hint("It is a whole number."))
            })
            .transpose()
    }

    /// A number above zero: as in libpq, zero and less stand for the default.
    pub(super) fn positive_number(&self, parameter: Parameter) -> Result<Option<u32>> {
        let number = self.number(parameter)?;
        Ok(number
            .and_then(|number| u32::try_from(number).ok())
            .filter(|number| *number > 0))
    }
}

/// The error about a value that its parameter cannot have.
pub(super) fn invalid(parameter: Parameter, value: &str) -> Error {
    Error::usage(format!(
        "invalid value \"{value}\" for the connection parameter \"{}\"",
        parameter.name()
    ))
}

impl fmt::Debug for Parameters {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = formatter.debug_map();
        for (parameter, value) in &self.values {
            let shown = match parameter {
                Parameter::Password => "(not shown)",
                _ => value,
            };
            map.entry(&parameter.name(), &shown);
        }
        map.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{PARAMETERS, Parameter, Parameters, REFUSED};
    use crate::exit::Exit;

    #[test]
    fn every_parameter_is_found_by_its_name() {
        for (parameter, name, _) in PARAMETERS {
            assert_eq!(Parameter::named(name).expect(name), parameter);
            assert_eq!(parameter.name(), name);
        }
    }

    #[test]
    fn what_is_not_done_is_refused_by_name() {
        for (name, _) in REFUSED {
            let error = Parameter::named(name).expect_err(name);
            assert_eq!(error.exit(), Exit::Usage);
            assert!(error.message().contains(name), "{error}");
        }
    }

    #[test]
    fn an_unknown_parameter_is_named_but_not_what_is_no_name() {
        let error = Parameter::named("sslmod").expect_err("a misspelling");
        assert!(error.message().contains("\"sslmod\""));
        assert!(error.to_string().contains("HINT:"), "{error}");
        let error = Parameter::named("Secr3t!").expect_err("no name");
        assert!(!error.to_string().contains("Secr3t!"));
    }

    #[test]
    fn the_first_value_stays_and_an_empty_one_is_the_default() {
        let mut parameters = Parameters::default();
        parameters.set(Parameter::Host, "");
        parameters.fill(Parameter::Host, "elsewhere");
        assert_eq!(parameters.get(Parameter::Host), None);
    }

    #[test]
    fn a_password_is_not_printed() {
        let mut parameters = Parameters::default();
        parameters.set(Parameter::Password, "secret");
        parameters.set(Parameter::User, "alice");
        let printed = format!("{parameters:?}");
        assert!(printed.contains("alice") && !printed.contains("secret"));
    }
}
