//! Connecting to a server the way libpq does.
//!
//! The driver reads neither the `PG*` variables nor service and password files, and it knows
//! neither `sslrootcert` nor the difference between `require` and `verify-full`. Who uses psql
//! expects all of them to mean the same here.
//!
//! ```no_run
//! use steward_toolkit::connection::{Environment, Settings};
//!
//! # fn main() -> steward_toolkit::error::Result<()> {
//! let settings = Settings::resolve(None, &Environment::of_this_process())?;
//! let mut client = settings.connect(|notice| eprintln!("{notice}"))?;
//! # Ok(())
//! # }
//! ```
//!
//! A connection string (the argument if there is one, else `DATABASE_URL`) decides; what it leaves
//! open comes from the service that it or `PGSERVICE` names, then from the `PG*` variables, then
//! from the defaults. Differences to libpq, all on the safe side: a parameter that is not supported
//! is an error and never ignored, and so is a root certificate file that is named but not there.

mod client_certificate;
mod connect;
mod endpoint;
mod environment;
mod failure;
mod keepalives;
mod keyword_value;
mod parameters;
mod password;
mod password_file;
mod service_file;
mod session;
mod settings;
mod tls;
mod url;
mod verification;

pub use self::endpoint::Host;
pub use self::environment::Environment;
pub use self::settings::Settings;
pub(crate) use self::url::percent_encode;
