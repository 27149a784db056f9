//! The command `steward demo`, run as a user runs it. Each test has a folder for the server's files,
//! so that what is left behind is seen.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::Value;
use steward_toolkit::cluster::{Cluster, ClusterOptions, SUPERUSER};
use tempfile::TempDir;

const SIGINT: i32 = 2;
const SIGKILL: i32 = 9;

/// Whether a server is here that has the extension's files. Without one there is nothing to show.
static INSTALLED: LazyLock<bool> = LazyLock::new(|| {
    let installed = Cluster::start(&ClusterOptions::default())
        .and_then(|cluster| {
            let row = cluster.client(SUPERUSER, SUPERUSER)?.query_one(
                "select exists (select from pg_catalog.pg_available_extensions where name = 'steward')",
                &[],
            )?;
            Ok(row.get(0))
        })
        .unwrap_or(false);
    if !installed {
        eprintln!("skipped: no server here has the extension's files (make install)");
    }
    installed
});

/// A folder of one test's own, which the server's account may use.
fn folder() -> TempDir {
    let folder = tempfile::tempdir_in("/tmp").expect("a folder");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o1777)).expect("permissions");
    folder
}

/// `steward demo <arguments>`, with its server's files in `temporary`.
fn demo(temporary: &Path, arguments: &[&str]) -> Command {
    // Tests that run in the background of a script ignore SIGINT, and their children would, too.
    let mut command = Command::new("/usr/bin/env");
    command
        .args([
            "--default-signal=INT",
            env!("CARGO_BIN_EXE_steward"),
            "demo",
        ])
        .args(arguments)
        .env("TMPDIR", temporary)
        // For another server: neither the demonstration nor its psql may follow them.
        .env("PGHOST", "/nowhere")
        .env("PGOPTIONS", "-c no.such.setting")
        .env("DATABASE_URL", "postgresql://nobody@/nowhere")
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

struct Run {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

fn finish(child: Child) -> Run {
    let output = child.wait_with_output().expect("the command ends");
    Run {
        status: output.status,
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

fn run(command: &mut Command) -> Run {
    finish(command.spawn().expect("the command starts"))
}

impl Run {
    #[track_caller]
    fn ends_with(self, code: i32) -> Self {
        assert_eq!(
            self.status.code(),
            Some(code),
            "{}\n{}",
            self.stdout,
            self.stderr
        );
        self
    }
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

/// Waits until `condition` holds, and fails when it does not in half a minute.
#[track_caller]
fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn shell(command: &str) -> Run {
    run(Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped()))
}

#[test]
fn it_shows_what_is_allowed_and_refused_and_leaves_nothing() {
    if !*INSTALLED {
        return;
    }
    let temporary = folder();
    let run = run(&mut demo(temporary.path(), &[])).ends_with(0);
    for part in [
        "New Fuse in schema new_fuse",
        "fuse_app=> update tasks set status = 'in_progress', updated_at = '2000-01-01'",
        " planning   | design   |",
        "REFUSED:  42501: must be owner of table new_fuse.features",
        "REFUSED:  23514: a dependency in new_fuse.feature_dependencies would close a cycle",
        "DETAIL:  Each waits for the next: 814074e7-249f-5850-be2b-999848738fff -> ",
        "HINT:  create index on fuse_app.ticket_history (ticket_id);",
        "Jadugar in schema jadugar",
        "jadugar_app=> select steward.would_cycle('task_dependencies', task => first.id, depends_on => last.id)",
        "REFUSED:  23514: a dependency in jadugar.task_dependencies would close a cycle",
        " Run both shops side by side for two weeks |",
        " UPDATE | Viktor Hahn | DEVELOPER | MANAGER   | {\"redacted\": true}",
        "Scrum Master in schema scrum_master",
        "HINT:  Keep the account and retire it: update scrum_master.users set is_active = false where id = 1;",
        "-- allowed: 1 row",
        "Users, tasks, messages and attachments, with features tracked through their stages, metrics and dependencies.\n",
        "Milestones and tasks that depend on each other, with users, a service registry, notifications and webhooks.\n",
        "customer';  -- waits\n   jadugar_app=> commit;  -- allowed\n   second session: goes on\n   REFUSED:  23514: ",
        "DafnckMachine in schema dafnck_machine",
        " emil.strand | Dogs           | nothing. Dogs go free.",
        "'What passengers have to know';  -- waits\n   dafnck_app=> commit;  -- allowed\n   second session: allowed: 1 row\n",
        "REFUSED:  23514: a dependency in dafnck_machine.tasks would close a cycle",
        "REFUSED:  55000: task b94ba7c8-5f2d-5093-a64b-02030aa6d0a4 of dafnck_machine.tasks cannot be done before its blockers",
        "    8 |       0\n   dafnck_app=> select password_hash from users;\n   REFUSED:  42501: permission denied for table users",
        " UPDATE | emil.strand | in_progress | done",
        "Agent Hub in schema agent_hub",
        " mira.okafor  | warning  | Budget Reading room, a day has used 87 %",
        "REFUSED:  23514: budget 'Grace, a day' would be exceeded",
        "limit 3.00, spent 2.40, held 0.50, asked 0.20.",
        "   second session=> select event_type, retry_count from claim_webhooks('worker 2', 2);\n    event_type | retry_count",
        "REFUSED:  55000: webhook ",
        " of them refused as they should be.",
    ] {
        assert!(
            run.stdout.contains(part),
            "no \"{part}\" in:\n{}",
            run.stdout
        );
    }
    assert!(!run.stdout.contains('\x1b'), "colour without a terminal");
    let begins = |title: &str| {
        run.stdout
            .find(&format!("{title} in schema"))
            .expect("it is shown")
    };
    let (jadugar, dafnck) = (begins("Jadugar"), begins("DafnckMachine"));
    let (scrum, hub) = (begins("Scrum Master"), begins("Agent Hub"));
    for walk in [
        &run.stdout[..jadugar],
        &run.stdout[jadugar..dafnck],
        &run.stdout[dafnck..scrum],
        &run.stdout[scrum..hub],
        &run.stdout[hub..],
    ] {
        let lines = walk.lines().count();
        assert!(lines <= 95, "{lines} lines are too many to read:\n{walk}");
    }
    assert!(is_empty(temporary.path()));
}

#[test]
fn colour_is_there_when_asked_for() {
    if !*INSTALLED {
        return;
    }
    let temporary = folder();
    let asked = run(&mut demo(temporary.path(), &["--color", "always"])).ends_with(0);
    assert!(asked.stdout.contains("\x1b["));
    let refused = run(&mut demo(temporary.path(), &["--color", "never"])).ends_with(0);
    assert!(!refused.stdout.contains('\x1b'));
}

#[test]
fn a_program_gets_one_document() {
    if !*INSTALLED {
        return;
    }
    let temporary = folder();
    let arguments = ["--blueprint", "new_fuse", "--format", "json"];
    let run = run(&mut demo(temporary.path(), &arguments)).ends_with(0);
    let document: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(document["schema_version"], 1);
    assert_eq!(document["kept"], Value::Null);
    assert_eq!(document["blueprints"][0]["schema"], "new_fuse");
    let statements: Vec<&Value> = document["blueprints"][0]["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .flat_map(|step| step["statements"].as_array().expect("statements"))
        .collect();
    assert_eq!(document["statements"], statements.len());
    let refused: Vec<_> = statements
        .iter()
        .filter(|statement| statement["outcome"] == "refused")
        .collect();
    assert_eq!(document["refused"], refused.len());
    assert!(refused.iter().all(|one| one["sqlstate"].is_string()));
    assert_eq!(statements[0]["columns"][0], "target");
    assert_eq!(statements[0]["rows"][0][0], "feature_dependencies");
}

#[test]
fn a_wrong_command_line_starts_nothing() {
    let temporary = folder();
    let unknown = run(&mut demo(temporary.path(), &["--blueprint", "new_fuze"])).ends_with(2);
    assert!(unknown.stderr.contains("Did you mean \"new_fuse\"?"));
    let both = run(&mut demo(temporary.path(), &["--psql", "--format", "json"])).ends_with(2);
    assert!(both.stderr.contains("--keep"), "{}", both.stderr);
    assert!(is_empty(temporary.path()));
}

#[test]
fn a_kept_server_is_used_and_stopped_by_the_commands_it_prints() {
    if !*INSTALLED {
        return;
    }
    let temporary = folder();
    let run = run(&mut demo(temporary.path(), &["--keep"])).ends_with(0);
    let commands: Vec<_> = run
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| line.starts_with("psql ") || line.starts_with("kill "))
        .collect();
    let [fuse, jadugar, dafnck, scrum, hub, superuser, stop] = commands.as_slice() else {
        panic!("six ways in and one way out expected: {commands:?}");
    };
    let query = "select current_user, count(*) > 0 from tasks";
    // Where policies ask who it is, nobody sees anything.
    let nobody = shell(&format!("{scrum} -XAtc '{query}'")).ends_with(0);
    assert_eq!(nobody.stdout, "scrum_app|f\n");
    let query = format!("set app.user_id = 2; {query}");
    for (way_in, role) in [
        (fuse, "fuse_app"),
        (jadugar, "jadugar_app"),
        (dafnck, "dafnck_app"),
        (scrum, "scrum_app"),
        (hub, "hub_app"),
        (superuser, "postgres"),
    ] {
        let run = shell(&format!("{way_in} -XAtqc '{query}'")).ends_with(0);
        assert_eq!(run.stdout, format!("{role}|t\n"));
    }
    shell(stop).ends_with(0);
    eventually("the server's folder is removed", || {
        is_empty(temporary.path())
    });
}

#[test]
fn a_kept_server_is_in_the_document() {
    if !*INSTALLED {
        return;
    }
    let temporary = folder();
    let run = run(&mut demo(temporary.path(), &["--keep", "--format", "json"])).ends_with(0);
    let document: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let kept = &document["kept"];
    assert_eq!(kept["connections"][0]["role"], "fuse_app");
    assert_eq!(kept["connections"][1]["role"], "jadugar_app");
    assert_eq!(kept["connections"][2]["role"], "dafnck_app");
    assert_eq!(kept["connections"][3]["role"], "scrum_app");
    assert_eq!(kept["connections"][4]["role"], "hub_app");
    assert_eq!(kept["connections"][5]["superuser"], true);
    shell(kept["stop_command"].as_str().expect("a command")).ends_with(0);
    eventually("the server's folder is removed", || {
        is_empty(temporary.path())
    });
}

#[test]
fn psql_is_opened_as_the_plain_role() {
    if !*INSTALLED {
        return;
    }
    let temporary = folder();
    let mut child = demo(temporary.path(), &["--psql"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("the command starts");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(b"select 'as ' || current_user, count(*) > 0 from features;\n")
        .expect("psql reads");
    let run = finish(child).ends_with(0);
    assert!(run.stdout.contains("as fuse_app"), "{}", run.stdout);
    assert!(is_empty(temporary.path()));
}

#[test]
fn without_psql_there_is_a_hint_and_no_server_is_left() {
    if !*INSTALLED {
        return;
    }
    let temporary = folder();
    // A server's programs without the clients, and a PATH without psql.
    let programs = folder();
    let cluster = Cluster::start(&ClusterOptions::default()).expect("a server");
    for program in ["initdb", "postgres"] {
        let original = cluster.bin_directory().join(program);
        symlink(original, programs.path().join(program)).expect("a link");
    }
    drop(cluster);
    let pg_config = programs.path().join("pg_config");
    let script = format!("#!/bin/sh\necho '{}'\n", programs.path().display());
    fs::write(&pg_config, script).expect("a file");
    fs::set_permissions(&pg_config, fs::Permissions::from_mode(0o755)).expect("permissions");
    let id = shell("command -v id").stdout;
    symlink(id.trim(), programs.path().join("id")).expect("a link");

    let mut command = demo(temporary.path(), &["--psql"]);
    command
        .env("PG_CONFIG", &pg_config)
        .env("PATH", programs.path());
    let run = run(&mut command).ends_with(7);
    assert!(run.stderr.contains("psql is not installed"));
    assert!(run.stderr.contains("HINT:"), "{}", run.stderr);
    assert!(is_empty(temporary.path()));
}

/// When a demonstration is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// While the server is being made.
    Folder,
    /// While the blueprint is applied.
    Server,
    /// During the walk.
    Walk,
}

fn wait_for(moment: Moment, temporary: &Path, child: &mut Child) {
    match moment {
        Moment::Folder => eventually("a folder is made", || !is_empty(temporary)),
        Moment::Server => eventually("the server runs", || {
            fs::read_dir(temporary)
                .expect("the folder")
                .flatten()
                .any(|entry| entry.path().join("running").exists())
        }),
        Moment::Walk => {
            let mut first = [0];
            let stdout = child.stdout.as_mut().expect("a pipe");
            stdout.read_exact(&mut first).expect("it is shown");
        }
    }
}

#[test]
fn a_killed_demonstration_leaves_no_server_and_no_folder() {
    if !*INSTALLED {
        return;
    }
    let temporary = folder();
    for (name, signal) in [("INT", SIGINT), ("KILL", SIGKILL)] {
        for moment in [Moment::Folder, Moment::Server, Moment::Walk] {
            let mut child = demo(temporary.path(), &[])
                .process_group(0)
                .spawn()
                .expect("the command starts");
            wait_for(moment, temporary.path(), &mut child);
            // As a terminal does it on Ctrl-C: to the whole group of the foreground.
            shell(&format!("kill -{name} -{}", child.id())).ends_with(0);
            // A shell makes 130 of SIGINT.
            assert_eq!(
                finish(child).status.signal(),
                Some(signal),
                "{name}, {moment:?}"
            );
            eventually("the server's folder is removed", || {
                is_empty(temporary.path())
            });
        }
    }
}
