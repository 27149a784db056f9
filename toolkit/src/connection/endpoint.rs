//! The servers that a connection may be made to.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::parameters::{Parameter, Parameters, invalid};
use super::password::Password;
use crate::error::{Error, Result};

const DEFAULT_PORT: u16 = 5432;

/// Where servers put their sockets: as distributions package them, and as PostgreSQL itself has it.
pub(super) const SOCKET_FOLDERS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// In a folder with its Unix-domain socket.
    Socket(PathBuf),
    /// On a host with this name or address.
    Tcp(String),
}

/// A server with the port that it listens on and the password that it gets.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    pub(super) host: Host,
    /// The address to use instead of looking the host's name up.
    pub(super) address: Option<IpAddr>,
    pub(super) port: u16,
    pub(super) password: Option<Password>,
}

impl Endpoint {
    /// The servers that the parameters name, without passwords.
    pub(super) fn list(parameters: &Parameters) -> Result<Vec<Self>> {
        let hosts = items(parameters, Parameter::Host);
        let addresses = items(parameters, Parameter::HostAddress);
        let ports = items(parameters, Parameter::Port);
        let count = hosts.len().max(addresses.len()).max(1);
        if !addresses.is_empty() && !hosts.is_empty() && hosts.len() != addresses.len() {
            return Err(mismatch("hosts", hosts.len(), "addresses", addresses.len()));
        }
        if ports.len() > 1 && ports.len() != count {
            return Err(mismatch("ports", ports.len(), "hosts", count));
        }
        (0..count)
            .map(|index| {
                let port = ports.get(index).or(ports.first()).copied().unwrap_or("");
                let address = addresses.get(index).copied().unwrap_or("");
                let host = hosts.get(index).copied().unwrap_or("");
                Self::new(host, parse_address(address)?, parse_port(port)?)
            })
            .collect()
    }

    fn new(host: &str, address: Option<IpAddr>, port: u16) -> Result<Self> {
        if host.starts_with('@') {
            return Err(Error::usage(
                "a socket in the abstract namespace, which a host that begins with \"@\" names, \
                 is not supported",
            ));
        }
        let host = match address {
            None if host.is_empty() => Host::Socket(default_socket_folder()),
            None if host.starts_with('/') => Host::Socket(PathBuf::from(host)),
            Some(address) if host.is_empty() => Host::Tcp(address.to_string()),
            _ => Host::Tcp(host.to_owned()),
        };
        Ok(Self {
            host,
            address,
            port,
            password: None,
        })
    }

    /// The host as password files name it.
    pub(super) fn name_in_password_file(&self) -> &str {
        match &self.host {
            Host::Socket(folder) => match folder.to_str() {
                Some(folder) if !SOCKET_FOLDERS.contains(&folder) => folder,
                _ => "localhost",
            },
            Host::Tcp(name) => name,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.port;
        match &self.host {
            Host::Socket(folder) => {
                write!(formatter, "socket \"{}\", port {port}", folder.display())
            }
            Host::Tcp(name) => write!(formatter, "host \"{name}\", port {port}"),
        }
    }
}

/// The items of a list such as `a,b`; none if the parameter is not set.
fn items(parameters: &Parameters, parameter: Parameter) -> Vec<&str> {
    parameters
        .get(parameter)
        .map(|list| list.split(',').map(str::trim).collect())
        .unwrap_or_default()
}

fn parse_port(port: &str) -> Result<u16> {
    if port.is_empty() {
        return Ok(DEFAULT_PORT);
    }
    port.parse()
        .ok()
        .filter(|port| *port != 0)
        .ok_or_else(|| invalid(Parameter::Port, port).hint("A port is a number from 1 to 65535."))
}

fn parse_address(address: &str) -> Result<Option<IpAddr>> {
    if address.is_empty() {
        return Ok(None);
    }
    address.parse().map(Some).map_err(|_| {
        invalid(Parameter::HostAddress, address)
            .hint("It is an IPv4 or IPv6 address; a name goes into \"host\".")
    })
}

/// The first folder of sockets that exists. `/tmp`, where anyone can offer a socket, does not get
/// its turn on a system that keeps sockets elsewhere.
fn default_socket_folder() -> PathBuf {
    let folder = SOCKET_FOLDERS
        .iter()
        .find(|folder| Path::new(folder).is_dir())
        .unwrap_or(&SOCKET_FOLDERS[0]);
    PathBuf::from(folder)
}

fn mismatch(left: &str, left_count: usize, right: &str, right_count: usize) -> Error {
    Error::usage(format!(
        "the numbers of {left} ({left_count}) and {right} ({right_count}) do not match"
    ))
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, Host};
    use crate::connection::parameters::{Parameter, Parameters};

    fn list(values: &[(Parameter, &str)]) -> crate::error::Result<Vec<String>> {
        let mut parameters = Parameters::default();
        for (parameter, value) in values {
            parameters.set(*parameter, *value);
        }
        Ok(Endpoint::list(&parameters)?
            .iter()
            .map(ToString::to_string)
            .collect())
    }

    #[test]
    fn hosts_and_ports_are_paired() {
        let hosts = (Parameter::Host, "a,/tmp,c");
        assert_eq!(
            list(&[hosts, (Parameter::Port, "1,,3")]).expect("three servers"),
            [
                "host \"a\", port 1",
                "socket \"/tmp\", port 5432",
                "host \"c\", port 3"
            ]
        );
        assert_eq!(
            list(&[hosts, (Parameter::Port, "9")]).expect("three servers")[2],
            "host \"c\", port 9"
        );
        assert!(list(&[hosts, (Parameter::Port, "1,2")]).is_err());
        assert!(list(&[hosts, (Parameter::HostAddress, "::1")]).is_err());
        for port in ["0", "65536", "-1", "x"] {
            assert!(list(&[hosts, (Parameter::Port, port)]).is_err(), "{port}");
        }
    }

    #[test]
    fn an_address_stands_for_a_host() {
        let mut parameters = Parameters::default();
        parameters.set(Parameter::HostAddress, "127.0.0.1");
        let endpoints = Endpoint::list(&parameters).expect("a server");
        assert_eq!(endpoints[0].host, Host::Tcp("127.0.0.1".into()));
        assert!(endpoints[0].address.is_some());
        parameters.set(Parameter::HostAddress, "localhost");
        assert!(Endpoint::list(&parameters).is_err());
    }

    #[test]
    fn only_the_default_folders_are_localhost_in_a_password_file() {
        for (host, name) in [
            ("/tmp", "localhost"),
            ("/var/run/postgresql", "localhost"),
            ("/srv/sockets", "/srv/sockets"),
            ("db", "db"),
        ] {
            let endpoint = Endpoint::new(host, None, 1).expect("a server");
            assert_eq!(endpoint.name_in_password_file(), name);
        }
    }
}
