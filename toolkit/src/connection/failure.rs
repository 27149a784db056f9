//! Why a connection did not come about, in words.

use std::error::Error as StdError;
use std::io;
use std::net::IpAddr;

use postgres::error::SqlState;
use rustls::{AlertDescription, CertificateError};

use super::endpoint::{Endpoint, Host};
use super::settings::Settings;
use crate::error::Error;
use crate::exit::Exit;

/// An attempt that failed.
pub(super) struct Failure<'settings> {
    endpoint: &'settings Endpoint,
    address: Option<IpAddr>,
    encrypted: bool,
    reason: Reason,
}

/// What an attempt failed for.
pub(super) enum Reason {
    /// The host's name could not be looked up.
    UnknownHost(io::Error),
    /// The time of `connect_timeout` was over.
    Timeout,
    /// The session is not what `target_session_attrs` asks for.
    WrongSession(&'static str),
    /// The server said no.
    Refusal(postgres::Error),
    /// The connection broke, or was never made.
    Driver(postgres::Error),
}

impl From<postgres::Error> for Reason {
    fn from(error: postgres::Error) -> Self {
        if error.as_db_error().is_some() {
            Self::Refusal(error)
        } else {
            Self::Driver(error)
        }
    }
}

impl<'settings> Failure<'settings> {
    pub(super) fn new(
        endpoint: &'settings Endpoint,
        address: Option<IpAddr>,
        encrypted: bool,
        reason: Reason,
    ) -> Self {
        Self {
            endpoint,
            address,
            encrypted,
            reason,
        }
    }

    /// Whether the attempt got as far as TLS.
    pub(super) fn was_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Whether a server answered with an error.
    pub(super) fn is_the_servers(&self) -> bool {
        matches!(self.reason, Reason::Refusal(_))
    }

    /// Whether no other server is to be asked: as in libpq, one that refuses to let the user in has
    /// the last word, unless it only cannot do so now.
    pub(super) fn is_final(&self) -> bool {
        match &self.reason {
            Reason::Refusal(error) => error.code() != Some(&SqlState::CANNOT_CONNECT_NOW),
            _ => false,
        }
    }

    /// One error out of all attempts. A server's own words tell more than a connection that was not
    /// made, and an attempt with TLS more than the one without it.
    pub(super) fn report(mut failures: Vec<Self>, settings: &Settings) -> Error {
        let target = format!("could not connect to {}", settings.describe());
        let telling = failures
            .iter()
            .enumerate()
            .max_by_key(|(_, failure)| (failure.is_the_servers(), failure.encrypted))
            .map(|(index, _)| index);
        let Some(index) = telling else {
            return Error::new(Exit::Connection, target).detail("The host has no address.");
        };
        let telling = failures.remove(index);
        let reason = telling.reason(settings);
        let mut error = match &telling.reason {
            Reason::Refusal(error) => Error::from(error).exiting_with(Exit::Connection),
            _ => Error::new(Exit::Connection, &reason),
        };
        if let Some(hint) = telling.hint(settings) {
            error = error.hint(hint);
        }
        let others: Vec<String> = failures
            .iter()
            .map(|failure| (failure.place(), failure.reason(settings)))
            .filter(|(_, other)| *other != reason)
            .map(|(place, reason)| format!("{place}: {reason}"))
            .collect();
        if !others.is_empty() {
            error = error.detail(others.join("\n"));
        }
        error.context(target)
    }

    fn place(&self) -> String {
        let address = match (&self.endpoint.host, self.address) {
            (Host::Tcp(name), Some(address)) if *name != address.to_string() => {
                format!(" ({address})")
            }
            _ => String::new(),
        };
        let encryption = if self.encrypted { " with TLS" } else { "" };
        format!("{}{address}{encryption}", self.endpoint)
    }

    fn reason(&self, settings: &Settings) -> String {
        match &self.reason {
            Reason::UnknownHost(error) => {
                format!("the host's name could not be looked up: {error}")
            }
            Reason::Timeout => {
                let seconds = settings.connect_timeout.map_or(0, |time| time.as_secs());
                format!("no answer within {seconds} seconds")
            }
            Reason::WrongSession(objection) => (*objection).to_owned(),
            Reason::Refusal(error) => error
                .as_db_error()
                .map_or_else(|| error.to_string(), |error| error.message().to_owned()),
            Reason::Driver(error) => self.reason_of_the_driver(error),
        }
    }

    fn reason_of_the_driver(&self, error: &postgres::Error) -> String {
        if self.wants_password(error) {
            return "the server asks for a password, and none is given".to_owned();
        }
        if let Some(error) = find_cause::<rustls::Error>(error) {
            return format!("TLS failed: {}", reason_of_tls(error));
        }
        if let Some(error) = find_cause::<io::Error>(error) {
            return match error.kind() {
                io::ErrorKind::ConnectionRefused => "the connection was refused".to_owned(),
                io::ErrorKind::NotFound => {
                    format!("there is no socket .s.PGSQL.{}", self.endpoint.port)
                }
                io::ErrorKind::UnexpectedEof => "the server closed the connection".to_owned(),
                _ => error.to_string(),
            };
        }
        match error.source() {
            Some(source) => source.to_string(),
            None => error.to_string(),
        }
    }

    fn hint(&self, settings: &Settings) -> Option<String> {
        let text = match &self.reason {
            Reason::Refusal(error) => return hint_on_refusal(error, settings),
            Reason::Driver(error) if self.wants_password(error) => {
                return Some(hint_on_password(settings));
            }
            Reason::Driver(error) => match find_cause::<rustls::Error>(error) {
                Some(error) => hint_on_tls(error)?,
                None if is_absence(error) => {
                    "Is a server running there and accepting connections? \
                     \"steward demo\" starts a throwaway one."
                }
                None if is_without_tls(error) => {
                    "The server has no TLS, and sslmode asks for it; sslmode=prefer does without."
                }
                None => return None,
            },
            Reason::UnknownHost(_) => "Check the host in the connection string or in PGHOST.",
            Reason::Timeout => {
                "Is the host reachable, and does a server accept connections at this port?"
            }
            Reason::WrongSession(_) => {
                "target_session_attrs or PGTARGETSESSIONATTRS asks for another kind of session."
            }
        };
        Some(text.to_owned())
    }

    fn wants_password(&self, error: &postgres::Error) -> bool {
        self.endpoint.password.is_none()
            && error
                .source()
                .is_some_and(|source| source.to_string() == "password missing")
    }
}

fn hint_on_refusal(error: &postgres::Error, settings: &Settings) -> Option<String> {
    let code = error.code()?;
    if *code == SqlState::INVALID_PASSWORD {
        return Some(hint_on_password(settings));
    }
    if *code == SqlState::INVALID_CATALOG_NAME {
        return Some(
            "Create the database with createdb, or name another one in the connection string or \
             in PGDATABASE."
                .to_owned(),
        );
    }
    None
}

fn hint_on_password(settings: &Settings) -> String {
    let file = settings
        .password_file
        .as_ref()
        .map_or_else(String::new, |file| {
            format!(", or the file \"{}\"", file.display())
        });
    let mut hint = format!(
        "A password comes from the connection string, the connection service, PGPASSWORD{file}."
    );
    for warning in settings.warnings() {
        hint.push_str("\nBut ");
        hint.push_str(warning);
        hint.push('.');
    }
    hint
}

/// Whether nobody listens at the address or socket.
fn is_absence(error: &postgres::Error) -> bool {
    find_cause::<io::Error>(error).is_some_and(|error| {
        matches!(
            error.kind(),
            io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound
        )
    })
}

fn is_without_tls(error: &postgres::Error) -> bool {
    error
        .source()
        .is_some_and(|source| source.to_string() == "server does not support TLS")
}

/// The cause of this type, wherever in the chain; an `io::Error` hides its own one level down.
fn find_cause<T: StdError + 'static>(error: &postgres::Error) -> Option<&T> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        cause = match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

fn reason_of_tls(error: &rustls::Error) -> String {
    use CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet,
        NotValidYetContext, UnknownIssuer,
    };

    match error {
        rustls::Error::InvalidCertificate(error) => match error {
            Expired | ExpiredContext { .. } => "the server's certificate has expired".to_owned(),
            NotValidYet | NotValidYetContext { .. } => {
                "the server's certificate is not valid yet".to_owned()
            }
            UnknownIssuer => {
                "the server's certificate was issued by an unknown authority".to_owned()
            }
            NotValidForName => "the server's certificate is for another host name".to_owned(),
            NotValidForNameContext {
                expected,
                presented,
            } => {
                let expected = expected.to_str();
                let presented = presented.join(", ");
                format!(
                    "the server's certificate is for another host name: \
                     it is for {presented}, the connection to \"{expected}\""
                )
            }
            error if error.to_string().contains("CaUsedAsEndEntity") => {
                "the server's certificate is that of an authority (CA:TRUE), not of a server"
                    .to_owned()
            }
            error => format!("the server's certificate is not valid: {error}"),
        },
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "the server requires a client certificate".to_owned()
        }
        error => error.to_string(),
    }
}

fn hint_on_tls(error: &rustls::Error) -> Option<&'static str> {
    use CertificateError::{NotValidForName, NotValidForNameContext, UnknownIssuer};

    match error {
        rustls::Error::InvalidCertificate(UnknownIssuer) => Some(
            "Name the file with the authority's certificate with sslrootcert or PGSSLROOTCERT.",
        ),
        rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => Some(
            "Connect by a name that is in the certificate's subjectAltName; hostaddr gives the \
             address apart from the name.",
        ),
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            Some("Name its file with sslcert or PGSSLCERT, and the key's with sslkey or PGSSLKEY.")
        }
        _ => None,
    }
}
