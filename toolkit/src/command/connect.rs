//! The connection that the global arguments ask for.

use postgres::{Client, NoTls};

use crate::cli::Global;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Console;

/// Connects, and shows the server's messages on the console from then on.
pub(super) fn connect(global: &Global, console: &Console) -> Result<Client> {
    let url = global
        .database_url
        .clone()
        .or_else(|| std::env::var("DATABASE_URL").ok())
        .unwrap_or_default();
    let mut config: postgres::Config = url
        .parse()
        .map_err(|error| Error::from(&error).exiting_with(Exit::Usage))?;
    let messages = console.clone();
    config.application_name("steward");
    config.notice_callback(move |message| messages.server_message(&message));
    config
        .connect(NoTls)
        .map_err(|error| Error::from(&error).exiting_with(Exit::Connection))
}
