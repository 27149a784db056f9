use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;

use proptest::prelude::*;

use super::*;
use crate::exit::Exit;

const DOWN: &str = "drop table t;\n";

fn set_of(files: &[(&str, &[u8])]) -> Result<MigrationSet> {
    let files = files.iter().map(|(path, content)| SourceFile {
        path: PathBuf::from(path),
        content: content.to_vec(),
    });
    from_files("shop", files.collect())
}

fn set_of_text(files: &[(&str, &str)]) -> Result<MigrationSet> {
    let files: Vec<_> = files
        .iter()
        .map(|(path, text)| (*path, text.as_bytes()))
        .collect();
    set_of(&files)
}

fn folder_of(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

#[track_caller]
fn assert_refused(result: Result<MigrationSet>, parts: &[&str]) {
    let error = result.unwrap_err().to_string();
    for part in parts {
        assert!(error.contains(part), "\"{part}\" is missing from: {error}");
    }
}

#[test]
fn styles_mix_in_one_folder_and_are_ordered_by_version() {
    let folder = folder_of(&[
        ("V20260301120000__c.sql", "select 3"),
        ("V20260301120000__c.down.sql", DOWN),
        ("10_b.sql", "-- Up\nselect 2;\n-- Down\nselect 1;\n"),
        ("002_a.sql", "-- steward: irreversible\nselect 1"),
        ("README.md", "about"),
        (".3_x.sql.swp", "\0"),
        ("3_x.sql~", "broken"),
        ("seeds/dev.sql", "select 9"),
        (".git/1_x.sql", "select 9"),
    ]);
    let set = read_folder(folder.path()).unwrap();
    assert_eq!(
        set.name,
        folder.path().file_name().unwrap().to_str().unwrap()
    );
    let read: Vec<_> = set
        .migrations
        .iter()
        .map(|one| {
            (
                one.version,
                one.name.as_str(),
                one.down.as_ref().map(|down| down.first_line),
            )
        })
        .collect();
    assert_eq!(
        read,
        [
            (2, "a", None),
            (10, "b", Some(4)),
            (20_260_301_120_000, "c", Some(1))
        ]
    );
    assert_eq!(set.migrations[2].up.sql, "select 3");
    assert_eq!(
        set.migrations[2].up.file,
        folder.path().join("V20260301120000__c.sql")
    );
}

#[test]
fn files_at_hand_make_the_same_set() {
    let set = set_of_text(&[
        ("shop/1_t.down.sql", DOWN),
        ("shop/1_t.sql", "create table t ()"),
    ])
    .unwrap();
    assert_eq!(set.name, "shop");
    assert_eq!(set.migrations[0].down.as_ref().unwrap().sql, DOWN);
    assert!(set.migrations[0].transactional);
}

#[test]
fn line_endings_and_a_byte_order_mark_change_nothing() {
    let plain = set_of_text(&[
        ("1_t.sql", "create table t ();\n-- é\n"),
        ("1_t.down.sql", DOWN),
    ])
    .unwrap();
    let windows = set_of(&[
        (
            "1_t.sql",
            b"\xef\xbb\xbfcreate table t ();\r\n-- \xc3\xa9\r\n",
        ),
        ("1_t.down.sql", b"drop table t;\r\n"),
    ])
    .unwrap();
    assert_eq!(plain.migrations[0].up, windows.migrations[0].up);
    assert_eq!(plain.migrations[0].down, windows.migrations[0].down);
}

#[test]
fn an_outer_transaction_is_dropped_in_each_section() {
    let text = "-- Up\nbegin;\nselect 1;\ncommit;\n-- Down\nbegin;\nselect\n  x;\nend;\n";
    let set = set_of_text(&[("1_t.sql", text)]).unwrap();
    let down = set.migrations[0].down.as_ref().unwrap();
    assert_eq!(set.migrations[0].up.statements().len(), 1);
    assert_eq!(down.statements()[0].line, 7);
    let position = down.sql.chars().position(|c| c == 'x').unwrap() + 1;
    assert_eq!(down.line_of(position), 8);
}

#[test]
fn a_migration_may_decline_the_transaction() {
    for head in ["-- steward: no-transaction\n", "-- +goose NO TRANSACTION\n"] {
        let text = format!("{head}-- Up\nvacuum;\nbegin; select 1; commit;\n-- Down\nvacuum;");
        let set = set_of_text(&[("1_t.sql", &text)]).unwrap();
        assert!(!set.migrations[0].transactional);
        assert!(set.migrations[0].up.sql.contains("begin"));
    }
    // The control: without the directive its transaction in the middle is refused.
    let text = "-- Up\nvacuum;\nbegin; select 1; commit;\n-- Down\nvacuum;";
    assert_refused(
        set_of_text(&[("1_t.sql", text)]),
        &["in the middle", "1_t.sql:3"],
    );
}

#[test]
fn a_step_down_is_there_or_is_declined() {
    assert_refused(
        set_of_text(&[("shop/1_t.sql", "select 1")]),
        &["no step down", "shop/1_t.down.sql", "irreversible"],
    );
    assert_refused(
        set_of_text(&[
            ("1_t.sql", "-- steward: irreversible\nselect 1"),
            ("1_t.down.sql", DOWN),
        ]),
        &[
            "irreversible, and yet",
            "1_t.down.sql",
            "LOCATION:  1_t.sql:1",
        ],
    );
    assert_refused(
        set_of_text(&[(
            "1_t.sql",
            "-- steward: irreversible\n-- Up\nselect 1;\n-- Down\nselect 2",
        )]),
        &["irreversible, and yet", "1_t.sql:5"],
    );
    assert_refused(
        set_of_text(&[
            ("1_t.sql", "-- Up\nselect 1;\n-- Down\nselect 2"),
            ("1_t.down.sql", DOWN),
        ]),
        &["two steps down", "1_t.down.sql", "1_t.sql:3"],
    );
    assert_refused(
        set_of_text(&[
            ("1_t.sql", "select 1"),
            ("1_t.down.sql", DOWN),
            ("2_u.down.sql", DOWN),
        ]),
        &["2_u.down.sql has no step up", "2_u.sql"],
    );
    assert_refused(
        set_of_text(&[("1_t.sql", "select 1"), ("V1__t.down.sql", DOWN)]),
        &["1_t.sql has no step down"],
    );
}

#[test]
fn a_step_down_has_no_directives_and_sections_of_its_own() {
    let with_down = |down| set_of_text(&[("1_t.sql", "select 1"), ("1_t.down.sql", down)]);
    assert_refused(
        with_down("-- steward: no-transaction\nselect 1"),
        &["directive", "1_t.sql", "1_t.down.sql:1"],
    );
    assert_refused(
        with_down("\n-- Up\nselect 1"),
        &["section marker", "1_t.down.sql:2"],
    );
    assert_refused(
        with_down("-- Down\nselect 1"),
        &["without a section Up", "1_t.down.sql:1"],
    );
    with_down("-- down with it\nselect 1").unwrap();
}

#[test]
fn two_files_of_one_version_are_both_named() {
    assert_refused(
        set_of_text(&[
            ("1_a.sql", "select 1"),
            ("1_a.down.sql", DOWN),
            ("V001__b.sql", "select 1"),
            ("V001__b.down.sql", DOWN),
        ]),
        &["version 1", "1_a.sql", "V001__b.sql"],
    );
}

#[test]
fn scripts_that_cannot_run_are_refused() {
    for (text, parts) in [
        ("-- only a comment\n", &["no statement", "1_t.sql:1"][..]),
        ("begin;\ncommit;\n", &["no statement"]),
        ("select 1;\n\\d\n", &["backslash", "1_t.sql:2"]),
        (
            "select 1;\ncopy t from stdin;\n1\n\\.\n",
            &["COPY", "1_t.sql:2"],
        ),
        ("select 'a\n", &["never ends", "1_t.sql:1"]),
        (
            "begin;\nselect 1;\n",
            &["\"begin\" without \"commit\"", "1_t.sql:1"],
        ),
        (
            "-- steward: irreversable\nselect 1",
            &["unknown directive", "1_t.sql:1"],
        ),
    ] {
        assert_refused(
            set_of_text(&[("1_t.sql", text), ("1_t.down.sql", DOWN)]),
            parts,
        );
        if !text.contains("steward") {
            let down = [("1_t.sql", "select 1"), ("1_t.down.sql", text)];
            assert!(
                set_of_text(&down)
                    .unwrap_err()
                    .to_string()
                    .contains("1_t.down.sql"),
                "{text}"
            );
        }
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_line() {
    assert_refused(
        set_of(&[("1_t.sql", b"select 1;\n-- \xe9\n")]),
        &["not UTF-8", "1_t.sql:2"],
    );
    assert_refused(
        set_of(&[("1_t.sql", b"\xff\xfes\0")]),
        &["not UTF-8", "1_t.sql:1"],
    );
    assert_refused(
        set_of(&[("1_t.sql", b"\n\nselect '\0'")]),
        &["null character", "1_t.sql:3"],
    );
}

#[test]
fn names_are_refused_with_their_folder() {
    let folder = folder_of(&[("V1__foo-bar.sql", "select 1")]);
    let shown = folder.path().display().to_string();
    assert_refused(
        read_folder(folder.path()),
        &["V1__foo-bar.sql", "underscores", &shown],
    );

    let folder = folder_of(&[]);
    fs::write(
        folder
            .path()
            .join(std::ffi::OsStr::from_bytes(b"1_\xe9.sql")),
        "select 1",
    )
    .unwrap();
    assert_refused(read_folder(folder.path()), &["not UTF-8"]);
}

#[test]
fn a_folder_that_is_empty_missing_or_no_folder_is_told_apart() {
    let folder = folder_of(&[("README.md", "")]);
    assert_refused(
        read_folder(folder.path()),
        &["no migrations in", "steward migrate new"],
    );
    let missing = read_folder(&folder.path().join("none")).unwrap_err();
    assert_eq!(missing.exit(), Exit::Usage);
    assert!(missing.to_string().contains("No such file"), "{missing}");
    assert_refused(
        read_folder(&folder.path().join("README.md")),
        &["Not a directory"],
    );
    assert_refused(read_folder(Path::new("/")), &["root folder"]);
    assert_refused(set_of(&[]), &["no migrations in shop"]);
}

#[test]
fn folders_within_must_not_hide_migrations() {
    let base = [("1_t.sql", "select 1"), ("1_t.down.sql", DOWN)];
    let mut files = base.to_vec();
    files.push(("2027/V2__x.sql", "select 1"));
    assert_refused(
        read_folder(folder_of(&files).path()),
        &["2027/V2__x.sql", "--source"],
    );
    let mut files = base.to_vec();
    files.push(("2_x.sql/README.md", ""));
    read_folder(folder_of(&files).path()).unwrap();
}

#[test]
fn links_to_files_are_read_and_broken_ones_refused() {
    let elsewhere = folder_of(&[("up", "select 1")]);
    let folder = folder_of(&[("1_t.down.sql", DOWN)]);
    symlink(elsewhere.path().join("up"), folder.path().join("1_t.sql")).unwrap();
    assert_eq!(
        read_folder(folder.path()).unwrap().migrations[0].up.sql,
        "select 1"
    );
    symlink("nowhere", folder.path().join("2_t.sql")).unwrap();
    assert_refused(read_folder(folder.path()), &["2_t.sql", "No such file"]);
}

proptest! {
    #[test]
    fn any_content_is_read_or_refused(up in any::<Vec<u8>>(), down in any::<String>()) {
        let _ = set_of(&[("1_t.sql", &up), ("1_t.down.sql", down.as_bytes())]);
    }

    #[test]
    fn a_file_without_sections_is_taken_as_it_is(text in r"(select 1;|-- é\n|\n| )+") {
        if let Ok(set) = set_of_text(&[("1_t.sql", &text), ("1_t.down.sql", DOWN)]) {
            prop_assert_eq!(&set.migrations[0].up.sql, &text);
        } else {
            prop_assert!(!text.contains("select"));
        }
    }
}
