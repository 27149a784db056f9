//! Behind a real PgBouncer in transaction mode: clients share a connection of the server, and nothing that one
//! has set is there for the next.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use steward_tests::{Database, Role, Session, tests};
use tempfile::TempDir;

use super::{WHO, authenticate, issuer_of};

tests![clients_of_one_connection, a_control_that_leaks_is_found_out];

const NOBODY: &str = "NULL|NULL|NULL|NULL|NULL";

/// A PgBouncer of one connection to the server.
struct Pool {
    process: Child,
    folder: TempDir,
}

impl Pool {
    /// None where PgBouncer is not installed.
    fn start(database: &Database) -> Option<Self> {
        let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"]
            .into_iter()
            .find(|path| Path::new(path).exists())?;
        let mut superuser = database.superuser();
        let socket = superuser.value("select current_setting('unix_socket_directories')");
        let data = superuser.value("select current_setting('data_directory')");
        let account = fs::metadata(data).expect("the server's folder");
        let folder = tempfile::Builder::new()
            .prefix("bouncer")
            .tempdir_in("/tmp")
            .expect("a folder");
        let path = folder.path().display();
        let configuration = format!(
            "[databases]\n* = host={socket} port=5432\n[pgbouncer]\nlisten_addr =\nlisten_port = 6432\n\
             unix_socket_dir = {path}\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 1\n\
             server_reset_query =\nlogfile = {path}/log\n"
        )
        // With any user let in, the server is asked as one.
        .replace("port=5432\n", "port=5432 user=writer\n");
        let file = folder.path().join("pgbouncer.ini");
        fs::write(&file, configuration).expect("a file");
        let mut command = Command::new(program);
        if superuser.value("select 1") == "1"
            && fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
        {
            for path in [folder.path(), &file] {
                chown(path, Some(account.uid()), Some(account.gid())).expect("a change of owner");
            }
            command.uid(account.uid()).gid(account.gid());
        }
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("rights");
        let process = command
            .arg("--quiet")
            .arg(&file)
            .current_dir("/")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("pgbouncer");
        let pool = Self { process, folder };
        let socket = pool.folder.path().join(".s.PGSQL.6432");
        let deadline = Instant::now() + Duration::from_secs(20);
        while UnixStream::connect(&socket).is_err() {
            assert!(Instant::now() < deadline, "pgbouncer did not start");
            thread::sleep(Duration::from_millis(20));
        }
        Some(pool)
    }

    fn session(&self, database: &Database) -> Session {
        database.session_through(self.folder.path(), Role::Writer)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn clients_of_one_connection(database: &Database) {
    let issuer = issuer_of(database);
    let Some(pool) = Pool::start(database) else {
        eprintln!("skipped: pgbouncer is not installed");
        return;
    };
    let (mut first, mut second) = (pool.session(database), pool.session(database));
    let backend = "select pg_backend_pid()";
    assert_eq!(
        first.value(backend),
        second.value(backend),
        "one connection for both"
    );
    for begin in [
        "begin; select steward.act_as('1', 'admin')".to_owned(),
        format!("begin; {}", authenticate(&issuer.token_of("1"))),
    ] {
        for end in ["commit", "rollback"] {
            first.run(&begin);
            assert_eq!(first.value("select steward.current_user_id()"), "1");
            first.run(end);
            assert_eq!(second.value(WHO), NOBODY, "{begin} {end}");
            second.run("begin; select steward.act_as('2')");
            assert_eq!(
                second.value("select steward.current_user_id(), steward.current_user_role()"),
                "2|NULL"
            );
            second.run("commit");
            assert_eq!(first.value(WHO), NOBODY);
        }
    }
}

/// What a session setting does instead, so that the test above is known to see it.
fn a_control_that_leaks_is_found_out(database: &Database) {
    let Some(pool) = Pool::start(database) else {
        eprintln!("skipped: pgbouncer is not installed");
        return;
    };
    let (mut first, mut second) = (pool.session(database), pool.session(database));
    first.run("set app.current_user_id = '1'");
    assert_eq!(second.value("select steward.current_user_id()"), "1");
}
