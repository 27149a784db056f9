use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::exit::Exit;

/// What is wrong with a shipped set: each migration of ours can be undone, and only one that
/// says so does without its transaction.
fn faults(set: &MigrationSet) -> Vec<String> {
    let mut faults = Vec::new();
    for migration in &set.migrations {
        let file = migration.up.file.display();
        if migration.down.is_none() {
            faults.push(format!("{file} has no step down"));
        }
        let declines = migration.up.sql.contains("-- steward: no-transaction");
        if migration.transactional == declines {
            faults.push(format!("{file} and its directive disagree"));
        }
        if !file.to_string().contains("/V") {
            faults.push(format!("{file} is not named as refinery names it"));
        }
    }
    faults
}

#[test]
fn every_blueprint_is_sound() {
    assert!(!all().is_empty());
    for blueprint in all() {
        assert_eq!(
            faults(&blueprint.migrations().unwrap()),
            Vec::<String>::new()
        );
        assert!(!blueprint.title().is_empty());
        assert!(!blueprint.description().is_empty() && !blueprint.description().contains('\n'));
        for seed in blueprint.seeds() {
            assert!(
                !blueprint.seed(seed).unwrap().statements().is_empty(),
                "{seed}"
            );
        }
    }
}

#[test]
fn faults_are_found() {
    let file = |path: &str, text: &str| SourceFile {
        path: path.into(),
        content: text.as_bytes().to_vec(),
    };
    let set = migration::from_files(
        "shop",
        vec![
            file("shop/V1__a.sql", "-- steward: irreversible\nselect 1"),
            file("shop/2_b.sql", "select 1"),
            file("shop/2_b.down.sql", "select 1"),
        ],
    );
    assert_eq!(
        faults(&set.unwrap()),
        [
            "shop/V1__a.sql has no step down",
            "shop/2_b.sql is not named as refinery names it"
        ]
    );
}

/// Cargo goes by modification times: files that were unpacked with older ones are not noticed,
/// and the command would ship what was there before.
#[test]
fn what_is_embedded_is_what_the_workspace_holds() {
    let mut embedded = Vec::new();
    collect_embedded(&EMBEDDED, &mut embedded);
    let mut on_disk = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sql");
    collect_on_disk(&root, &root, &mut on_disk);
    embedded.sort();
    on_disk.sort();
    assert!(
        embedded == on_disk,
        "sql/ is embedded as it was before: touch toolkit/build.rs"
    );
}

fn collect_embedded(folder: &Dir<'_>, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    files.extend(
        folder
            .files()
            .map(|file| (file.path().to_path_buf(), file.contents().to_vec())),
    );
    folder
        .dirs()
        .for_each(|folder| collect_embedded(folder, files));
}

fn collect_on_disk(root: &Path, folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_on_disk(root, &path, files);
        } else {
            let content = fs::read(&path).unwrap();
            files.push((path.strip_prefix(root).unwrap().to_path_buf(), content));
        }
    }
}

#[test]
fn every_folder_of_sql_is_a_blueprint() {
    assert_eq!(all().len(), EMBEDDED.dirs().count());
}

#[test]
fn a_blueprint_is_found_by_its_name() {
    assert_eq!(find("new_fuse").unwrap().title(), "New Fuse");
    assert!(find("new_fuse").unwrap().seed("no_such_seed").is_none());
    assert!(find("new_fuse").unwrap().seed("../blueprint").is_none());
}

#[test]
fn an_unknown_name_gets_the_list_and_the_nearest() {
    for meant in ["new_fuze", "newfuse", "New_Fuse", "new-fuse", "nwe_fuse"] {
        let error = find(meant).unwrap_err();
        assert_eq!(error.exit(), Exit::Usage);
        assert!(
            error.to_string().contains("Did you mean \"new_fuse\"?"),
            "{error}"
        );
    }
    for other in ["", "payroll", "x"] {
        let error = find(other).unwrap_err().to_string();
        assert!(
            error.contains("The blueprints are: ") && !error.contains("Did you mean"),
            "{error}"
        );
    }
}

#[test]
fn the_nearest_name_wins() {
    let known = ["agent_hub", "jadugar", "scrum_master"];
    assert_eq!(nearest("agenthub", &known), Some("agent_hub"));
    assert_eq!(nearest("scrum", &known), None);
    assert_eq!(nearest("jadugr", &known), Some("jadugar"));
}
