//! Each state, from files and rows made by hand.

use super::{Comparison, State};
use crate::engine::history::AppliedMigration;
use crate::engine::refined;
use crate::exit::Exit;
use crate::migration::{Migration, MigrationSet, Script};

fn file(version: i64) -> Migration {
    let script = |sql: &str, file: &str| Script {
        sql: sql.to_owned(),
        file: file.into(),
        first_line: 1,
    };
    Migration {
        version,
        name: format!("step_{version}"),
        up: script("select 1", &format!("V{version}__step_{version}.sql")),
        down: Some(script(
            "select 2",
            &format!("V{version}__step_{version}.down.sql"),
        )),
        transactional: true,
        requires_extension: false,
    }
}

fn applied(file: &Migration) -> AppliedMigration {
    AppliedMigration {
        version: file.version,
        name: file.name.clone(),
        applied_on: "2024-01-01T00:00:00Z".to_owned(),
        checksum: refined::checksum(file).expect("valid").to_string(),
        set_name: Some("mine".to_owned()),
        down_script: file.down.as_ref().map(|down| down.sql.clone()),
        irreversible: false,
        transactional: true,
        baseline: false,
        applied_by: None,
        duration_ms: None,
    }
}

fn set(migrations: Vec<Migration>) -> MigrationSet {
    MigrationSet {
        name: "mine".to_owned(),
        migrations,
    }
}

fn states(set: &MigrationSet, history: &[AppliedMigration]) -> Vec<(i64, State)> {
    Comparison::of(set, history)
        .expect("comparable")
        .entries()
        .iter()
        .map(|entry| (entry.version(), entry.state))
        .collect()
}

#[test]
fn every_state_is_recognised() {
    let history = [applied(&file(1)), applied(&file(2)), applied(&file(4))];
    let mut edited = file(2);
    edited.up.sql.push_str(" -- edited");
    let set = set(vec![edited, file(3), file(4), file(5)]);
    assert_eq!(
        states(&set, &history),
        [
            (1, State::Missing),
            (2, State::Divergent),
            (3, State::OutOfOrder),
            (4, State::Applied),
            (5, State::Pending),
        ]
    );
    let comparison = Comparison::of(&set, &history).expect("comparable");
    let refusal = comparison.must_agree(false).expect_err("it disagrees");
    assert_eq!(refusal.exit(), Exit::Divergence);
}

#[test]
fn out_of_order_can_be_allowed() {
    let history = [applied(&file(2))];
    let set = set(vec![file(1), file(2)]);
    let comparison = Comparison::of(&set, &history).expect("comparable");
    assert!(comparison.must_agree(false).is_err());
    assert!(comparison.must_agree(true).is_ok());
    assert_eq!(comparison.unapplied().len(), 1);
}

#[test]
fn a_renamed_file_diverges() {
    let history = [applied(&file(1))];
    let mut renamed = file(1);
    renamed.name = "other".to_owned();
    assert_eq!(
        states(&set(vec![renamed]), &history),
        [(1, State::Divergent)]
    );
}

#[test]
fn an_edited_down_script_is_noticed_and_tolerated() {
    let history = [applied(&file(1))];
    let mut edited = file(1);
    edited.down.as_mut().expect("reversible").sql = "select 3".to_owned();
    let set = set(vec![edited]);
    let comparison = Comparison::of(&set, &history).expect("comparable");
    let entry = comparison.entries()[0];
    assert_eq!(entry.state, State::Applied);
    assert!(entry.down_edited);
    assert!(entry.problem().is_some());
    assert!(comparison.must_agree(false).is_ok());
}

#[test]
fn another_set_is_refused() {
    let history = [applied(&file(1))];
    let mut other = set(vec![file(1)]);
    other.name = "other".to_owned();
    assert!(Comparison::of(&other, &history).is_err());
}
