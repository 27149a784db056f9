//! The certificate that a client shows to the server, with its key.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::environment::Environment;
use super::parameters::{Parameter, Parameters};
use crate::error::{Error, Result};
use crate::exit::Exit;

/// The files of a client's certificate and key.
#[derive(Clone, Debug)]
pub(super) struct Files {
    certificate: Option<PathBuf>,
    /// Whether the user names the certificate; libpq's default file need not be there.
    named: bool,
    key: Option<PathBuf>,
}

/// A client's certificate, those between it and the root, and the key.
type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

impl Files {
    pub(super) fn from_parameters(parameters: &Parameters, environment: &Environment) -> Self {
        let file = |parameter, default: &str| {
            parameters
                .get(parameter)
                .map(PathBuf::from)
                .or_else(|| environment.in_home(default))
        };
        Self {
            certificate: file(Parameter::SslCertificate, ".postgresql/postgresql.crt"),
            named: parameters.get(Parameter::SslCertificate).is_some(),
            key: file(Parameter::SslKey, ".postgresql/postgresql.key"),
        }
    }

    /// Reads the certificate and its key, if there is one.
    pub(super) fn load(&self) -> Result<Option<Identity>> {
        let Some(certificate) = &self.certificate else {
            return Ok(None);
        };
        if !self.named && !certificate.exists() {
            return Ok(None);
        }
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>)
            .map_err(|error| unreadable("certificate", certificate, error.to_string()))?;
        let Some(key) = &self.key else {
            return Err(Error::new(
                Exit::Connection,
                format!(
                    "there is no key for the certificate \"{}\"",
                    certificate.display()
                ),
            )
            .hint("Name it with sslkey or PGSSLKEY."));
        };
        check_permissions(key)?;
        let key = PrivateKeyDer::from_pem_file(key)
            .map_err(|error| unreadable("private key", key, error.to_string()))?;
        Ok(Some((chain, key)))
    }

    /// The files, for an error about them.
    pub(super) fn describe(&self) -> String {
        let shown = |path: &Option<PathBuf>| {
            path.as_ref()
                .map_or_else(String::new, |path| path.display().to_string())
        };
        format!(
            "The certificate is in \"{}\", its key in \"{}\".",
            shown(&self.certificate),
            shown(&self.key)
        )
    }
}

/// Refuses a key that others may read, by libpq's rule: a key of root may be readable by a group.
fn check_permissions(key: &Path) -> Result<()> {
    let metadata =
        fs::metadata(key).map_err(|error| unreadable("private key", key, error.to_string()))?;
    let forbidden = if metadata.uid() == 0 { 0o037 } else { 0o077 };
    if metadata.permissions().mode() & forbidden == 0 {
        return Ok(());
    }
    Err(Error::new(
        Exit::Connection,
        format!(
            "group or others have access to the private key \"{}\"",
            key.display()
        ),
    )
    .hint(
        "Its permissions should be u=rw (0600) or less, or u=rw,g=r (0640) or less if root owns it.",
    ))
}

fn unreadable(what: &str, file: &Path, reason: String) -> Error {
    Error::new(
        Exit::Connection,
        format!("could not read the {what} \"{}\"", file.display()),
    )
    .detail(reason)
}
