//! `steward audit export`: everything, oldest first, without keeping it in memory.

use std::fs;
use std::io::{BufRead as _, BufReader};

use serde_json::Value;

use crate::fixture::{Database, TASKS};

#[test]
fn every_entry_is_written_oldest_first() {
    let Some(database) = Database::kept(TASKS) else {
        return;
    };
    let run = database
        .audit(&["export", "--format", "jsonl"])
        .ends_with(0);
    let entries: Vec<Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object a line"))
        .collect();
    let actions: Vec<_> = entries
        .iter()
        .map(|entry| entry["action"].as_str().expect("text"))
        .collect();
    assert_eq!(actions, ["INSERT", "INSERT", "UPDATE", "DELETE"]);
    assert_eq!(entries[2]["after"]["state"], "done");
    database
        .audit(&["export"])
        .ends_with(0)
        .says(&["wrote 4 entries of audit.log"]);
    let run = database
        .audit(&["export", "--user", "ben", "-q"])
        .ends_with(0);
    assert_eq!(run.stdout.lines().count(), 3, "{}", run.stdout);
    assert_eq!(run.stderr, "");
}

#[test]
fn postgresql_reads_it_back() {
    let Some(database) = Database::kept(TASKS) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("all.csv");
    let path = file.to_str().expect("UTF-8");
    let run = database.audit(&["export", "--output", path]).ends_with(0);
    assert_eq!(run.stdout, "");
    let text = fs::read_to_string(&file).expect("the file");
    let mut client = database.client("keeper");
    client
        .batch_execute("create temporary table again (like audit.log)")
        .expect("a table");
    let mut copy = client
        .copy_in("copy again from stdin (format csv, header)")
        .expect("COPY");
    std::io::Write::write_all(&mut copy, text.as_bytes()).expect("the lines");
    copy.finish().expect("PostgreSQL reads it");
    let different: i64 = client
        .query_one(
            "select count(*) from (table audit.log except all table again) as difference",
            &[],
        )
        .expect("a row")
        .get(0);
    assert_eq!(different, 0, "{text}");
}

#[test]
fn a_file_is_there_when_it_is_whole() {
    let Some(database) =
        Database::kept(&format!("{TASKS} revoke select on audit.log from keeper;"))
    else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("all.jsonl");
    let path = file.to_str().expect("UTF-8");
    database.audit(&["export", "-o", path]).ends_with(1).says(&[
        "permission denied for table log",
        "grant select on audit.log to ...;",
    ]);
    assert!(!file.exists());
    database.keeps("grant select on audit.log to keeper");
    database.audit(&["export", "-o", path]).ends_with(0);
    let lines = BufReader::new(fs::File::open(&file).expect("the file")).lines();
    assert!(
        lines
            .map(|line| line.expect("text"))
            .all(|line| line.starts_with('{'))
    );
    let nowhere = folder.path().join("missing/a.csv");
    database
        .audit(&["export", "-o", nowhere.to_str().expect("UTF-8")])
        .ends_with(1)
        .says(&["could not write", "missing/a.csv"]);
}
