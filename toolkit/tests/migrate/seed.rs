//! What running a seed reports, for scripts of these tests' own.

use steward_toolkit::migration::Script;
use steward_toolkit::seed::{Changes, run};

use crate::fixture::Database;

fn script(sql: &str) -> Script {
    Script {
        sql: sql.to_owned(),
        file: "dev.sql".into(),
        first_line: 1,
    }
}

#[test]
fn only_what_the_seed_itself_changed_is_reported() {
    let database = Database::new();
    let mut client = database.client();
    let schema = "public".parse().expect("a name");
    // The server still counts these in the next transaction of the session.
    client
        .batch_execute(
            "create table t (id int); create table other (id int);
             insert into t values (1), (2); insert into other values (1)",
        )
        .expect("two tables");

    let sql = "insert into t values (3); update t set id = 4 where id = 3";
    let changes = run(&mut client, &schema, &script(sql), &()).expect("a seed");
    let expected = Changes {
        table: "t".to_owned(),
        inserted: 1,
        updated: 1,
        deleted: 0,
    };
    assert_eq!(changes, [expected]);

    let changes = run(&mut client, &schema, &script("select 1"), &()).expect("a seed");
    assert_eq!(changes, []);
}
