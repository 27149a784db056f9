//! A throwaway server leaves nothing behind, however the process that holds it ends.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use steward_toolkit::cluster::{Cluster, ClusterOptions};
use steward_toolkit::exit::Exit;

/// Set for this very test program when it runs itself as the process to be killed.
const HOLDING: &str = "STEWARD_TEST_HOLDS_A_CLUSTER";

/// A server, or `None` with a line that says so where none is installed.
fn start(options: &ClusterOptions) -> Option<Cluster> {
    match Cluster::start(options) {
        Ok(cluster) => Some(cluster),
        Err(error) if error.exit() == Exit::ToolMissing => {
            eprintln!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Waits until `condition` holds, and fails when it does not in half a minute.
fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn pid_of_the_server(data_directory: &Path) -> u32 {
    fs::read_to_string(data_directory.join("postmaster.pid"))
        .expect("the server's pid file")
        .lines()
        .next()
        .and_then(|line| line.parse().ok())
        .expect("a process id")
}

fn is_alive(pid: u32) -> bool {
    shell(&format!("kill -0 {pid} 2>/dev/null"))
}

fn shell(command: &str) -> bool {
    Command::new("sh")
        .args(["-c", command])
        .status()
        .expect("a shell")
        .success()
}

#[test]
fn a_server_answers_every_role_over_its_socket() {
    let Some(cluster) = start(&ClusterOptions::default()) else {
        return;
    };
    let mut client = cluster.client("postgres", "postgres").expect("a client");
    client
        .batch_execute("create role \"odd 'role\" login")
        .expect("a role");
    let mut client = cluster
        .client("postgres", "odd 'role")
        .expect("a client as another role");
    let row = client
        .query_one(
            "select current_user::text, current_setting('fsync'), current_setting('listen_addresses')",
            &[],
        )
        .expect("a row");
    assert_eq!(row.get::<_, &str>(0), "odd 'role");
    assert_eq!(row.get::<_, &str>(1), "off");
    assert_eq!(row.get::<_, &str>(2), "");
    let url = cluster.connection_string("postgres", "odd 'role");
    assert!(postgres::Client::connect(&url, postgres::NoTls).is_ok());

    let mode = fs::metadata(cluster.socket_directory())
        .expect("the folder")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn options_reach_the_server() {
    let Some(cluster) = start(&ClusterOptions {
        durable: true,
        listen_on_loopback: true,
        settings: vec![("cluster_name".into(), r"it's a \ trial".into())],
        files: vec![("note.txt".into(), b"hello".to_vec())],
        ..ClusterOptions::default()
    }) else {
        return;
    };
    let mut client = cluster.client("postgres", "postgres").expect("a client");
    let row = client
        .query_one(
            "select current_setting('fsync'), current_setting('cluster_name'), pg_read_file('note.txt')",
            &[],
        )
        .expect("a row");
    assert_eq!(row.get::<_, &str>(0), "on");
    assert_eq!(row.get::<_, &str>(1), r"it's a \ trial");
    assert_eq!(row.get::<_, &str>(2), "hello");
    assert!(std::net::TcpStream::connect(("127.0.0.1", cluster.port())).is_ok());
}

#[test]
fn dropping_a_server_stops_it_and_removes_its_folder() {
    let Some(cluster) = start(&ClusterOptions::default()) else {
        return;
    };
    let folder = cluster.socket_directory().to_path_buf();
    let pid = pid_of_the_server(&cluster.data_directory());
    // An open session does not hold the server up.
    let client = cluster.client("postgres", "postgres").expect("a client");
    assert!(folder.exists() && is_alive(pid));
    drop(cluster);
    assert!(!folder.exists(), "the folder is left");
    assert!(!is_alive(pid), "the server is left");
    drop(client);
}

#[test]
fn a_server_that_does_not_start_shows_its_log_and_leaves_nothing() {
    let options = ClusterOptions {
        settings: vec![("shared_buffers".into(), "plenty".into())],
        ..ClusterOptions::default()
    };
    let error = match Cluster::start(&options) {
        Ok(_) => panic!("the server started"),
        Err(error) if error.exit() == Exit::ToolMissing => {
            eprintln!("skipped: {error}");
            return;
        }
        Err(error) => error.to_string(),
    };
    assert!(error.contains("shared_buffers"), "{error}");
}

#[test]
fn a_kept_server_is_stopped_by_the_command_it_names() {
    let Some(cluster) = start(&ClusterOptions::default()) else {
        return;
    };
    let pid = pid_of_the_server(&cluster.data_directory());
    let kept = cluster.keep().expect("the server goes on");
    std::thread::sleep(Duration::from_millis(200));
    let url = kept.connection_string("postgres", "postgres");
    assert!(postgres::Client::connect(&url, postgres::NoTls).is_ok());
    assert!(shell(&kept.stop_command), "{}", kept.stop_command);
    eventually("the folder is removed", || !kept.socket_directory.exists());
    assert!(!is_alive(pid), "the server is left");
}

/// Not a test by itself: the process that the tests below kill.
#[test]
fn holds_a_server_until_killed() {
    if std::env::var_os(HOLDING).is_none() {
        return;
    }
    let cluster = Cluster::start(&ClusterOptions::default()).expect("a server");
    println!("\nholding {}", cluster.data_directory().display());
    loop {
        std::thread::park();
    }
}

/// Runs this test program as a process of its own group that holds a server, with its temporary
/// files in `temporary`.
fn hold(temporary: &Path) -> Child {
    fs::set_permissions(temporary, fs::Permissions::from_mode(0o1777)).expect("permissions");
    // Where these tests ignore SIGINT, as in the background of a script, the holder must not.
    Command::new("/usr/bin/env")
        .arg("--default-signal=INT")
        .arg(std::env::current_exe().expect("this program"))
        .args(["--exact", "holds_a_server_until_killed", "--nocapture"])
        .env(HOLDING, "1")
        .env("TMPDIR", temporary)
        .process_group(0)
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program again")
}

fn data_directory_of(holder: &mut Child) -> PathBuf {
    BufReader::new(holder.stdout.take().expect("a pipe"))
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("holding ").map(PathBuf::from))
        .expect("a server")
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

fn end_of_the_holder_ends_the_server(kill: impl Fn(&mut Child)) {
    if start(&ClusterOptions::default()).is_none() {
        return;
    }
    let temporary = tempfile::tempdir_in("/tmp").expect("a folder");
    let mut holder = hold(temporary.path());
    let data_directory = data_directory_of(&mut holder);
    assert!(data_directory.starts_with(temporary.path()));
    let pid = pid_of_the_server(&data_directory);
    assert!(is_alive(pid));
    kill(&mut holder);
    holder.wait().expect("the end of the holder");
    eventually("the folder is removed", || is_empty(temporary.path()));
    eventually("the server is gone", || !is_alive(pid));
}

#[test]
fn a_killed_process_leaves_no_server_and_no_folder() {
    end_of_the_holder_ends_the_server(|holder| holder.kill().expect("SIGKILL"));
}

#[test]
fn an_interrupted_process_leaves_no_server_and_no_folder() {
    // As a terminal does it on Ctrl-C: to the whole group of the foreground.
    end_of_the_holder_ends_the_server(|holder| {
        assert!(shell(&format!("kill -INT -{}", holder.id())));
    });
}

#[test]
fn a_process_killed_while_the_server_is_being_made_leaves_nothing() {
    if start(&ClusterOptions::default()).is_none() {
        return;
    }
    let temporary = tempfile::tempdir_in("/tmp").expect("a folder");
    for delay in [0, 50, 200, 400, 600, 800, 1000] {
        let mut holder = hold(temporary.path());
        eventually("a folder is made", || !is_empty(temporary.path()));
        std::thread::sleep(Duration::from_millis(delay));
        holder.kill().expect("SIGKILL");
        holder.wait().expect("the end of the holder");
        eventually("the folder is removed", || is_empty(temporary.path()));
    }
}
