//! The connection that the global arguments ask for.

use postgres::Client;

use crate::cli::Global;
use crate::connection::{Environment, Settings};
use crate::error::Result;
use crate::output::Console;

/// Connects, and shows the server's messages on the console from then on.
pub(super) fn connect(global: &Global, console: &Console) -> Result<Client> {
    let environment = Environment::of_this_process();
    let settings = Settings::resolve(global.database_url.as_deref(), &environment)?;
    for warning in settings.warnings() {
        console.warning(warning);
    }
    console.detail(&format!("connecting to {}", settings.describe()));
    let messages = console.clone();
    settings.connect(move |message| messages.server_message(&message))
}
