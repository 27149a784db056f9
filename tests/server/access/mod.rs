//! Access: who is asking, and which rows they may see and write.

use serde_json::json;
use steward_tests::token::Issuer;
use steward_tests::{Database, Role, Session, Test};

mod act_as;
mod authenticate;
mod explain;
mod forging;
mod identity;
mod lint;
mod once;
mod pooling;
mod restrict;
mod transactions;

/// Every test of the capability.
pub(crate) fn all() -> Vec<Test> {
    [
        identity::tests(),
        act_as::tests(),
        authenticate::tests(),
        forging::tests(),
        transactions::tests(),
        once::tests(),
        pooling::tests(),
        restrict::all(),
        explain::tests(),
        lint::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Everything that is known about who asks.
const WHO: &str = "select steward.current_user_id(), steward.current_user_uuid(), \
    steward.current_user_bigint(), steward.current_user_role(), steward.current_claims()";

/// A UUID, and nobody's number.
const ASHA: &str = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
const VIKTOR: &str = "b1eebc99-9c0b-4ef8-bb6d-6bb9bd380a22";

/// Sets a setting for the database, as its administrator does. Counts from the next connection on.
fn configure(database: &Database, setting: &str, value: &str) {
    database.superuser().run(&format!(
        "alter database {} set {setting} = '{}'",
        database.name(),
        value.replace('\'', "''")
    ));
}

/// An issuer whose tokens the database believes.
fn issuer_of(database: &Database) -> Issuer {
    let issuer = Issuer::new("first");
    let keys = json!({ "keys": [issuer.public_key()] });
    configure(database, "steward.jwt_keys", &keys.to_string());
    issuer
}

fn authenticate(token: &str) -> String {
    format!("select steward.authenticate('{token}')")
}

/// A writer, who is plain, in a transaction for that user.
fn authenticated(database: &Database, issuer: &Issuer, user: &str) -> Session {
    let mut writer = database.session(Role::Writer);
    writer.run("begin");
    writer.run(&authenticate(&issuer.token_of(user)));
    writer
}
