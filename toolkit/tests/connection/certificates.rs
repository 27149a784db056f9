//! Certificates made for a test.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};

/// An authority that issues certificates.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate with its key, in PEM.
pub(crate) struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("an authority");
        Self { issuer }
    }

    pub(crate) fn certificate(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for these host names and addresses, with the common name `common_name`.
    pub(crate) fn issue(&self, names: &[&str], common_name: &str) -> Identity {
        self.sign(&parameters(names, common_name))
    }

    /// A certificate whose time is over.
    pub(crate) fn issue_expired(&self, names: &[&str]) -> Identity {
        let mut params = parameters(names, "server");
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }

    /// Writes the authority's certificate to a file.
    pub(crate) fn write(&self, folder: &Path) -> PathBuf {
        let file = folder.join("root.crt");
        fs::write(&file, self.certificate()).expect("a file");
        file
    }
}

impl Identity {
    /// Writes the certificate and its key to files.
    pub(crate) fn write(&self, folder: &Path) -> (PathBuf, PathBuf) {
        let certificate = folder.join("client.crt");
        let key = folder.join("client.key");
        fs::write(&certificate, &self.certificate).expect("a file");
        fs::write(&key, &self.key).expect("a file");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("permissions");
        (certificate, key)
    }
}

fn parameters(names: &[&str], common_name: &str) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("parameters");
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params
}
