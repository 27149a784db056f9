//! The isolation specs: what sessions that write at the same time do, step by step, compared with what they should.
//!
//! They run under PostgreSQL's own `pg_isolation_regress`, which Debian ships in `postgresql-client-15` and which
//! knows when a session waits for another.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use steward_tests::{Database, tests};

tests![specs];

fn specs(database: &Database) {
    let cluster = database.server().cluster();
    let Some(program) = program(cluster.bin_directory()) else {
        eprintln!(
            "skipped: pg_isolation_regress is not installed beside \"{}\" (Debian: postgresql-client-15)",
            cluster.bin_directory().display()
        );
        return;
    };
    let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("isolation");
    let output = tempfile::tempdir().expect("a folder");
    // It makes a database of its own, in which the specs find the extension.
    let run = Command::new(program)
        .arg(format!("--bindir={}", cluster.bin_directory().display()))
        .arg(format!("--inputdir={}", input.display()))
        .arg(format!("--outputdir={}", output.path().display()))
        .arg(format!("--host={}", cluster.socket_directory().display()))
        .args([
            "--user=postgres",
            "--dbname=isolation_regression",
            "--load-extension=steward",
        ])
        .args(names(&input))
        .output()
        .expect("pg_isolation_regress");
    if run.status.success() {
        return;
    }
    let differences =
        fs::read_to_string(output.path().join("regression.diffs")).unwrap_or_default();
    panic!(
        "{}\n{}\n{differences}",
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr)
    );
}

/// Under the server's own folder, `lib/pgxs` has the programs of its test suites.
fn program(bin_directory: &Path) -> Option<PathBuf> {
    let program = bin_directory
        .parent()?
        .join("lib/pgxs/src/test/isolation/pg_isolation_regress");
    program.is_file().then_some(program)
}

fn names(input: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(input.join("specs"))
        .expect("the specs")
        .filter_map(|entry| {
            let path = entry.expect("a spec").path();
            (path.extension()? == "spec").then(|| path.file_stem()?.to_str().map(str::to_owned))?
        })
        .collect();
    names.sort();
    assert!(!names.is_empty(), "there are specs");
    names
}
