//! PostgreSQL servers of a test's own, which it may kill, freeze, promote and reconfigure.

use crate::postgres_server::programs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server in a folder of its own, reached by the socket there. It ends with the test, however that ends.
pub(crate) struct Cluster {
    folder: PathBuf,
    keeper: Child,
}

impl Cluster {
    /// A new primary with the user `stazh`, who owns the database `stazh` and nothing else.
    pub(crate) fn start() -> Self {
        let cluster = Self::claim_folder();
        let data = cluster.data();
        let options = ["-U", "owner", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"];
        run(program("initdb").arg("-D").arg(&data).args(options).stdout(Stdio::null()));
        cluster.serve();
        cluster.sql("CREATE ROLE stazh LOGIN");
        cluster.sql("CREATE DATABASE stazh OWNER stazh");
        cluster
    }

    /// A standby that follows this server; from now on nothing is acknowledged that it has not written down.
    pub(crate) fn standby(&self) -> Self {
        let standby = Self::claim_folder();
        let copy = ["-U", "owner", "-R", "-c", "fast", "--no-sync", "-h"];
        run(program("pg_basebackup").arg("-D").arg(standby.data()).args(copy).arg(&self.folder));
        standby.serve();
        self.set("synchronous_standby_names", "'*'");
        standby
    }

    /// Starts it, after a kill too.
    pub(crate) fn serve(&self) {
        let options =
            format!("-c listen_addresses='' -c unix_socket_directories='{}'", self.folder.display());
        run(program("pg_ctl")
            .arg("-D")
            .arg(self.data())
            .arg("-l")
            .arg(self.folder.join("log"))
            .args(["-w", "-o", &options, "start"])
            .stdout(Stdio::null()));
    }

    pub(crate) fn url(&self) -> String {
        format!("postgresql://stazh@localhost/stazh?host={}", self.folder.display())
    }

    /// SIGKILL to all its processes, as when the machine goes down.
    pub(crate) fn kill(&self) {
        self.signal("-KILL");
    }

    /// It answers no more, and hangs up on nobody.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    pub(crate) fn promote(&self) {
        run(program("pg_ctl").arg("-D").arg(self.data()).args(["-w", "promote"]).stdout(Stdio::null()));
    }

    /// Changes its configuration while it runs.
    pub(crate) fn set(&self, name: &str, value: &str) {
        self.sql(&format!("ALTER SYSTEM SET {name} = {value}"));
        self.sql("SELECT pg_reload_conf()");
        // the server reads its settings when it gets round to it: a session begun after that tells of it
        let begun = Instant::now();
        while self.sql(&format!("SHOW {name}")) != value.trim_matches('\'') {
            assert!(begun.elapsed() < Duration::from_secs(60), "{name} was not read again");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Runs a statement as its owner; what it returns.
    pub(crate) fn sql(&self, statement: &str) -> String {
        self.sql_in("postgres", statement)
    }

    /// The same in the database of the node.
    pub(crate) fn sql_in_database(&self, statement: &str) -> String {
        self.sql_in("stazh", statement)
    }

    fn sql_in(&self, database: &str, statement: &str) -> String {
        let options = ["-U", "owner", "-d", database, "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c"];
        let mut psql = program("psql");
        let output = psql.arg("-h").arg(&self.folder).args(options).arg(statement).output().unwrap();
        assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// To the server and the processes it made, by their numbers.
    fn signal(&self, which: &str) {
        let Ok(pid) = std::fs::read_to_string(self.data().join("postmaster.pid")) else { return };
        let Some(pid) = pid.lines().next() else { return };
        let children =
            std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        let mut kill = Command::new("kill");
        kill.args([which, pid]).args(children.split_whitespace()).stderr(Stdio::null());
        let _ = kill.status(); // one that has ended meanwhile needs no signal
    }

    fn claim_folder() -> Self {
        let folder = tempfile::Builder::new().prefix("stazh-cluster-").tempdir().unwrap().keep();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&folder));
        }
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "keeper"]).arg(programs()).arg(&folder).stdin(Stdio::piped());
        let keeper = keeper.spawn().unwrap();
        Self { folder, keeper }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.thaw();
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait(); // it stops the server; there is nothing to do if it cannot
    }
}

/// A program of the server's, run by who owns it: the server refuses to run as root.
fn program(name: &str) -> Command {
    let path = programs().join(name);
    let mut command = if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(path);
        command
    } else {
        Command::new(path)
    };
    command.current_dir("/");
    command
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(Path::new("/proc/self")).unwrap().uid() == 0
}

fn run(command: &mut Command) {
    let status = command.stdin(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?}");
}

/// Waits until the test is over, then stops what it left running.
const KEEPER: &str = r#"
    as_user=
    if [ "$(id -u)" = 0 ]; then as_user="runuser -u postgres --"; fi
    cat >/dev/null
    cd / && $as_user "${1:+$1/}pg_ctl" -D "$2/data" -m immediate stop >/dev/null 2>&1
    rm -rf "$2"
"#;
