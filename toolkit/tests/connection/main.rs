//! Connections to real servers: over the socket and TCP, with passwords and with TLS.

mod authentication;
mod certificates;
mod failures;
mod servers;
mod tls;

use steward_toolkit::connection::{Environment, Settings};
use steward_toolkit::error::{Error, Result};
use steward_toolkit::exit::Exit;

/// Connects with nothing in the environment but a user's name.
fn connect(text: &str) -> Result<postgres::Client> {
    connect_in(&Environment::default().user("nobody-there"), text)
}

fn connect_in(environment: &Environment, text: &str) -> Result<postgres::Client> {
    Settings::resolve(Some(text), environment)?.connect(drop)
}

/// The error of a connection that must not come about.
fn refused(text: &str) -> Error {
    refused_in(&Environment::default().user("nobody-there"), text)
}

fn refused_in(environment: &Environment, text: &str) -> Error {
    match connect_in(environment, text) {
        Ok(_) => panic!("connected: {text}"),
        Err(error) => {
            assert_eq!(error.exit(), Exit::Connection, "{error}");
            error
        }
    }
}

fn assert_told(error: &Error, words: &[&str]) {
    let told = error.to_string();
    for word in words {
        assert!(told.contains(word), "\"{word}\" is not in:\n{told}");
    }
}
