//! TLS as libpq's `ssl...` parameters ask for it.

use std::fmt::Display;
use std::path::PathBuf;
use std::sync::Arc;

use postgres::config::SslNegotiation;
use rustls::crypto::{CryptoProvider, ring};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::client_certificate;
use super::environment::Environment;
use super::parameters::{Parameter, Parameters, invalid};
use super::verification;
use crate::error::{Error, Result};
use crate::exit::Exit;

/// The protocol's name in TLS's negotiation of protocols; PostgreSQL 17 knows it.
const PROTOCOL: &[u8] = b"postgresql";

/// The parameter `sslmode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SslMode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// Where the certificates of trusted authorities are.
#[derive(Clone, Debug)]
enum Roots {
    /// In libpq's default file, which need not be there.
    Default(Option<PathBuf>),
    /// In the file that the user names.
    File(PathBuf),
    /// In the operating system's store.
    System,
}

/// Everything about TLS but the connection.
#[derive(Clone, Debug)]
pub(super) struct TlsSettings {
    pub(super) mode: SslMode,
    pub(super) negotiation: SslNegotiation,
    roots: Roots,
    client: client_certificate::Files,
    minimum: TlsVersion,
    maximum: TlsVersion,
}

/// A version of the protocol; rustls has none before 1.2, which is also libpq's default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum TlsVersion {
    Older,
    Tls12,
    Tls13,
}

const MODES: [(&str, SslMode); 6] = [
    ("disable", SslMode::Disable),
    ("allow", SslMode::Allow),
    ("prefer", SslMode::Prefer),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

const VERSIONS: [(&str, TlsVersion); 4] = [
    ("TLSv1", TlsVersion::Older),
    ("TLSv1.1", TlsVersion::Older),
    ("TLSv1.2", TlsVersion::Tls12),
    ("TLSv1.3", TlsVersion::Tls13),
];

impl TlsSettings {
    pub(super) fn from_parameters(
        parameters: &Parameters,
        environment: &Environment,
    ) -> Result<Self> {
        let roots = match parameters.get(Parameter::SslRootCertificate) {
            None => Roots::Default(environment.in_home(".postgresql/root.crt")),
            Some("system") => Roots::System,
            Some(file) => Roots::File(PathBuf::from(file)),
        };
        let mode = mode(parameters, &roots)?;
        let negotiation = parameters
            .choice(
                Parameter::SslNegotiation,
                &[
                    ("postgres", SslNegotiation::Postgres),
                    ("direct", SslNegotiation::Direct),
                ],
            )?
            .unwrap_or_default();
        if negotiation == SslNegotiation::Direct && mode < SslMode::Require {
            return Err(Error::usage(
                "sslnegotiation \"direct\" needs sslmode \"require\" or above",
            ));
        }
        let minimum = parameters
            .choice(Parameter::MinimumTlsVersion, &VERSIONS)?
            .unwrap_or(TlsVersion::Tls12);
        let maximum = parameters
            .choice(Parameter::MaximumTlsVersion, &VERSIONS)?
            .unwrap_or(TlsVersion::Tls13);
        if maximum == TlsVersion::Older || minimum > maximum {
            let value = parameters.get(Parameter::MaximumTlsVersion).unwrap_or("");
            return Err(invalid(Parameter::MaximumTlsVersion, value).hint(
                "Versions before TLSv1.2 are not supported, and the range must not be empty.",
            ));
        }
        Ok(Self {
            mode,
            negotiation,
            roots,
            client: client_certificate::Files::from_parameters(parameters, environment),
            minimum,
            maximum,
        })
    }

    /// Whether the server's certificate has to be for the host's name.
    pub(super) fn verifies_names(&self) -> bool {
        self.mode == SslMode::VerifyFull
    }

    /// The configuration of rustls; the files are read now.
    pub(super) fn client_config(&self) -> Result<ClientConfig> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&self.versions())
            .map_err(|error| unusable(&error))?
            .dangerous()
            .with_custom_certificate_verifier(self.verifier(&provider)?);
        let mut config = match self.client.load()? {
            Some((chain, key)) => builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| unusable(&error).detail(self.client.describe()))?,
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        Ok(config)
    }

    fn versions(&self) -> Vec<&'static SupportedProtocolVersion> {
        [(TlsVersion::Tls12, &TLS12), (TlsVersion::Tls13, &TLS13)]
            .into_iter()
            .filter(|(version, _)| (self.minimum..=self.maximum).contains(version))
            .map(|(_, supported)| supported)
            .collect()
    }

    fn verifier(
        &self,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Arc<dyn rustls::client::danger::ServerCertVerifier>> {
        let Some(roots) = self.load_roots()? else {
            return Ok(verification::nothing(provider));
        };
        if self.verifies_names() {
            return verification::chain_and_name(roots, provider).map_err(|error| unusable(&error));
        }
        Ok(verification::chain(roots, provider))
    }

    /// The trusted authorities. Where a file with them is there, every mode verifies the chain,
    /// as in libpq; where none is, only the modes below `verify-ca` go on.
    fn load_roots(&self) -> Result<Option<RootCertStore>> {
        let file = match &self.roots {
            Roots::System => return system_roots().map(Some),
            Roots::File(file) => file,
            Roots::Default(Some(file)) if file.exists() => file,
            Roots::Default(_) if self.mode < SslMode::VerifyCa => return Ok(None),
            Roots::Default(Some(file)) => {
                return Err(without_roots(format!(
                    "the root certificate file \"{}\" does not exist",
                    file.display()
                )));
            }
            Roots::Default(None) => {
                return Err(without_roots(
                    "there is no home folder to look for root certificates in".to_owned(),
                ));
            }
        };
        let unreadable = |reason: String| {
            without_roots(format!(
                "could not read the root certificate file \"{}\"",
                file.display()
            ))
            .detail(reason)
        };
        let certificates = CertificateDer::pem_file_iter(file)
            .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>)
            .map_err(|error| unreadable(error.to_string()))?;
        let mut roots = RootCertStore::empty();
        for certificate in certificates {
            roots
                .add(certificate)
                .map_err(|error| unreadable(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(unreadable("It holds no certificate.".to_owned()));
        }
        Ok(Some(roots))
    }
}

fn mode(parameters: &Parameters, roots: &Roots) -> Result<SslMode> {
    let mode = parameters.choice(Parameter::SslMode, &MODES)?;
    match (roots, mode) {
        (Roots::System, None) => Ok(SslMode::VerifyFull),
        // Any public authority would do for any server's name.
        (Roots::System, Some(mode)) if mode < SslMode::VerifyFull && mode != SslMode::Disable => {
            Err(Error::usage(
                "sslrootcert \"system\" needs sslmode \"verify-full\"",
            ))
        }
        (_, mode) => Ok(mode.unwrap_or(SslMode::Prefer)),
    }
}

fn system_roots() -> Result<RootCertStore> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let reasons: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
        return Err(
            without_roots("the operating system has no root certificates".to_owned())
                .detail(reasons.join("\n")),
        );
    }
    Ok(roots)
}

fn without_roots(message: String) -> Error {
    Error::new(Exit::Connection, message).hint(
        "Name the file with sslrootcert or PGSSLROOTCERT, take the system's certificates with \
         sslrootcert=system, or do without verification with sslmode=require.",
    )
}

fn unusable(reason: &dyn Display) -> Error {
    Error::new(
        Exit::Connection,
        format!("TLS could not be set up: {reason}"),
    )
}

#[cfg(test)]
mod tests {
    use super::{SslMode, TlsSettings};
    use crate::connection::environment::Environment;
    use crate::connection::keyword_value;
    use crate::error::Result;
    use crate::exit::Exit;

    fn settings(text: &str) -> Result<TlsSettings> {
        TlsSettings::from_parameters(&keyword_value::parse(text)?, &Environment::default())
    }

    #[test]
    fn the_system_s_roots_verify_fully_or_not_at_all() {
        let mode = |text| settings(text).map(|settings| settings.mode).ok();
        assert_eq!(mode(""), Some(SslMode::Prefer));
        assert_eq!(mode("sslrootcert=system"), Some(SslMode::VerifyFull));
        assert_eq!(mode("sslrootcert=system sslmode=require"), None);
        assert_eq!(mode("sslrootcert=system sslmode=verify-ca"), None);
        assert_eq!(mode("sslnegotiation=direct"), None);
        assert_eq!(
            mode("sslnegotiation=direct sslmode=require"),
            Some(SslMode::Require)
        );
    }

    #[test]
    fn verification_needs_roots() {
        for text in ["sslmode=verify-ca", "sslmode=verify-full"] {
            let error = settings(text)
                .and_then(|settings| settings.client_config())
                .expect_err(text);
            assert_eq!(error.exit(), Exit::Connection);
        }
        assert!(
            settings("sslmode=require")
                .and_then(|settings| settings.client_config())
                .is_ok()
        );
        let named = settings("sslmode=require sslrootcert=/nowhere/root.crt")
            .and_then(|settings| settings.client_config())
            .expect_err("a named file that is not there");
        assert!(named.to_string().contains("/nowhere/root.crt"), "{named}");
    }

    #[test]
    fn a_range_of_versions_is_checked() {
        assert!(settings("ssl_max_protocol_version=TLSv1.1").is_err());
        assert!(
            settings("ssl_min_protocol_version=TLSv1.3 ssl_max_protocol_version=TLSv1.2").is_err()
        );
        let versions = |text| settings(text).expect("settings").versions().len();
        assert_eq!(versions(""), 2);
        assert_eq!(versions("ssl_min_protocol_version=TLSv1"), 2);
        assert_eq!(versions("ssl_min_protocol_version=TLSv1.3"), 1);
        assert_eq!(versions("ssl_max_protocol_version=TLSv1.2"), 1);
    }
}
