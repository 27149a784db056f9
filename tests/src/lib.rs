//! What the tests share: a throwaway server with a database for each test, sessions whose results
//! are text, errors with all their fields, and statements that wait.

pub mod catalog;
pub mod crash;
pub mod refusal;
pub mod server;
pub mod session;
pub mod test;
pub mod token;
pub mod waiting;

pub use self::refusal::Refusal;
pub use self::server::{Database, Role, Server};
pub use self::session::Session;
pub use self::test::Test;
pub use self::waiting::Waiting;
