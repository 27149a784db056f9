//! A test: a name, and a function of a database of its own.

use std::sync::Arc;

use libtest_mimic::Trial;

use crate::{Database, Server};

/// One test.
pub struct Test {
    name: &'static str,
    body: fn(&Database),
}

impl Test {
    /// A test that passes when `body` does not panic.
    #[must_use]
    pub const fn new(name: &'static str, body: fn(&Database)) -> Self {
        Self { name, body }
    }

    /// The test as the harness runs it, on a fresh database of `server`.
    #[must_use]
    pub fn on(self, server: &Arc<Server>) -> Trial {
        let server = Arc::clone(server);
        // The path of the module begins with the name of the test program, which all have in common.
        let name = self
            .name
            .split_once("::")
            .map_or(self.name, |(_, name)| name);
        Trial::test(name, move || {
            (self.body)(&Database::create(server)?);
            Ok(())
        })
    }
}

/// Gives a module its `tests()`: the functions that are named, in this order.
#[macro_export]
macro_rules! tests {
    ($($function:ident),* $(,)?) => {
        pub(crate) fn tests() -> Vec<$crate::Test> {
            vec![
                $($crate::Test::new(
                    concat!(module_path!(), "::", stringify!($function)),
                    $function,
                )),*
            ]
        }
    };
}
