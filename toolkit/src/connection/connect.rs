//! Making the connection: server by server, address by address, with TLS and without.

use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use postgres::config::SslMode as DriverSslMode;
use postgres::error::DbError;
use postgres::tls::{MakeTlsConnect, TlsConnect};
use postgres::{Client, Config, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::endpoint::{Endpoint, Host};
use super::failure::{Failure, Reason};
use super::session::SessionAttributes;
use super::settings::Settings;
use super::tls::SslMode;
use crate::error::Result;

type NoticeHandler = Arc<dyn Fn(DbError) + Send + Sync>;

/// Whether a connection is encrypted, and what happens where the server does not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encryption {
    None,
    Preferred,
    Required,
}

impl Settings {
    /// Connects to the first server that can be reached and is what `target_session_attrs` asks
    /// for; `notice` is called with every notice that the server sends.
    ///
    /// # Errors
    ///
    /// `Exit::Connection` with the reason, when no server could be connected to.
    pub fn connect<Notice>(&self, notice: Notice) -> Result<Client>
    where
        Notice: Fn(DbError) + Send + Sync + 'static,
    {
        let notice: NoticeHandler = Arc::new(notice);
        let tls = self.prepare_tls()?;
        let mut failures = Vec::new();
        for attributes in self.session_attributes.rounds() {
            for endpoint in &self.endpoints {
                let attempts = Attempts {
                    settings: self,
                    endpoint,
                    tls: tls.as_ref(),
                    notice: &notice,
                    attributes,
                };
                if let Some(client) = attempts.connect(&mut failures) {
                    return Ok(client);
                }
                if failures.last().is_some_and(Failure::is_final) {
                    return Err(Failure::report(failures, self));
                }
            }
        }
        Err(Failure::report(failures, self))
    }

    /// TLS for the servers that are not on a socket; its files are read only if one may need them.
    fn prepare_tls(&self) -> Result<Option<MakeRustlsConnect>> {
        let remote = |endpoint: &Endpoint| matches!(endpoint.host, Host::Tcp(_));
        if self.tls.mode == SslMode::Disable || !self.endpoints.iter().any(remote) {
            return Ok(None);
        }
        let config = self.tls.client_config()?;
        Ok(Some(MakeRustlsConnect::new(config)))
    }

    fn configuration(&self, endpoint: &Endpoint, notice: &NoticeHandler) -> Config {
        let mut config = Config::new();
        config
            .port(endpoint.port)
            .dbname(&self.database)
            .user(&self.user)
            .application_name(&self.application_name)
            .channel_binding(self.channel_binding)
            .ssl_negotiation(self.tls.negotiation);
        if let Some(password) = &endpoint.password {
            config.password(password.reveal());
        }
        if let Some(options) = &self.options {
            config.options(options);
        }
        if let Some(timeout) = self.connect_timeout {
            config.connect_timeout(timeout);
        }
        self.keepalives.apply(&mut config);
        let notice = Arc::clone(notice);
        config.notice_callback(move |message| notice(message));
        config
    }
}

/// The attempts to connect to one server.
#[derive(Clone, Copy)]
struct Attempts<'settings> {
    settings: &'settings Settings,
    endpoint: &'settings Endpoint,
    tls: Option<&'settings MakeRustlsConnect>,
    notice: &'settings NoticeHandler,
    attributes: SessionAttributes,
}

impl<'settings> Attempts<'settings> {
    /// The first connection that comes about; what does not is told in `failures`.
    fn connect(self, failures: &mut Vec<Failure<'settings>>) -> Option<Client> {
        let mut config = self.settings.configuration(self.endpoint, self.notice);
        match (&self.endpoint.host, self.endpoint.address) {
            (Host::Socket(folder), None) => {
                config.host_path(folder);
                self.try_encryptions(&config, None, failures)
            }
            (Host::Socket(_), Some(address)) => self.try_address(config, address, failures),
            (Host::Tcp(name), address) => {
                let addresses = match address {
                    Some(address) => Ok(vec![address]),
                    None => look_up(name, self.endpoint.port),
                };
                match addresses {
                    Ok(addresses) => addresses.into_iter().find_map(|address| {
                        if failures.last().is_some_and(Failure::is_final) {
                            return None;
                        }
                        let mut config = config.clone();
                        config.host(name);
                        self.try_address(config, address, failures)
                    }),
                    Err(error) => {
                        failures.push(Failure::new(
                            self.endpoint,
                            None,
                            false,
                            Reason::UnknownHost(error),
                        ));
                        None
                    }
                }
            }
        }
    }

    fn try_address(
        self,
        mut config: Config,
        address: IpAddr,
        failures: &mut Vec<Failure<'settings>>,
    ) -> Option<Client> {
        config.hostaddr(address);
        self.try_encryptions(&config, Some(address), failures)
    }

    /// One attempt, or the second one that `prefer` and `allow` have.
    fn try_encryptions(
        self,
        config: &Config,
        address: Option<IpAddr>,
        failures: &mut Vec<Failure<'settings>>,
    ) -> Option<Client> {
        let attempt = |encryption| self.attempt(config, address, encryption);
        let first = match (self.tls, self.settings.tls.mode) {
            (None, _) | (_, SslMode::Disable | SslMode::Allow) => Encryption::None,
            (_, SslMode::Prefer) => Encryption::Preferred,
            _ => Encryption::Required,
        };
        let failure = match attempt(first) {
            Ok(client) => return Some(client),
            Err(failure) => failure,
        };
        let second = match self.settings.tls.mode {
            SslMode::Prefer if failure.was_encrypted() => Some(Encryption::None),
            SslMode::Allow if self.tls.is_some() && failure.is_the_servers() => {
                Some(Encryption::Required)
            }
            _ => None,
        };
        failures.push(failure);
        match attempt(second?) {
            Ok(client) => Some(client),
            Err(failure) => {
                failures.push(failure);
                None
            }
        }
    }

    fn attempt(
        self,
        config: &Config,
        address: Option<IpAddr>,
        encryption: Encryption,
    ) -> std::result::Result<Client, Failure<'settings>> {
        let encrypted = Arc::new(AtomicBool::new(false));
        let fail = |reason| {
            let encrypted = encrypted.load(Ordering::Relaxed);
            Failure::new(self.endpoint, address, encrypted, reason)
        };
        let mut config = config.clone();
        config.ssl_mode(match encryption {
            Encryption::None => DriverSslMode::Disable,
            Encryption::Preferred => DriverSslMode::Prefer,
            Encryption::Required => DriverSslMode::Require,
        });
        let tls = self.tls.map(|tls| Observed {
            tls: tls.clone(),
            used: Arc::clone(&encrypted),
        });
        let connected = within(self.settings.connect_timeout, move || match tls {
            Some(tls) => config.connect(tls),
            None => config.connect(NoTls),
        });
        let mut client = match connected {
            Some(Ok(client)) => client,
            Some(Err(error)) => return Err(fail(Reason::from(error))),
            None => return Err(fail(Reason::Timeout)),
        };
        match self.attributes.objection(&mut client) {
            Ok(None) => Ok(client),
            Ok(Some(objection)) => Err(fail(Reason::WrongSession(objection))),
            Err(error) => Err(fail(Reason::from(error))),
        }
    }
}

fn look_up(name: &str, port: u16) -> io::Result<Vec<IpAddr>> {
    let addresses = (name, port).to_socket_addrs()?;
    Ok(addresses.map(|address| address.ip()).collect())
}

/// Runs `connect` for at most the time given. The driver bounds only the making of the socket, and
/// a server that accepts and says nothing would hold the command up for ever; so the attempt runs in a
/// thread, which is left to itself when the time is over.
fn within<T: Send + 'static>(
    timeout: Option<Duration>,
    connect: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let Some(timeout) = timeout else {
        return Some(connect());
    };
    let (sender, receiver) = mpsc::sync_channel(1);
    std::thread::spawn(move || {
        // Nobody waits any more if sending fails, and the connection is closed again.
        let _ = sender.send(connect());
    });
    receiver.recv_timeout(timeout).ok()
}

/// TLS that tells whether it came to it: a server may decline it, and `prefer` has a second attempt
/// only after one with TLS.
#[derive(Clone)]
struct Observed<T> {
    tls: T,
    used: Arc<AtomicBool>,
}

impl<T: MakeTlsConnect<Socket>> MakeTlsConnect<Socket> for Observed<T> {
    type Stream = T::Stream;
    type TlsConnect = Observed<T::TlsConnect>;
    type Error = T::Error;

    fn make_tls_connect(
        &mut self,
        host: &str,
    ) -> std::result::Result<Self::TlsConnect, Self::Error> {
        Ok(Observed {
            tls: self.tls.make_tls_connect(host)?,
            used: Arc::clone(&self.used),
        })
    }
}

impl<T: TlsConnect<Socket>> TlsConnect<Socket> for Observed<T> {
    type Stream = T::Stream;
    type Error = T::Error;
    type Future = T::Future;

    fn connect(self, stream: Socket) -> Self::Future {
        self.used.store(true, Ordering::Relaxed);
        self.tls.connect(stream)
    }
}
