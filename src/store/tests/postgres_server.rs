//! A PostgreSQL server of the test run's own, started by the first test that asks and stopped when the run ends.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A new, empty database; its address.
pub(crate) fn database() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let server = server();
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let made =
        server.program("createdb").args(["-h", &server.folder, "-U", "stazh", &name]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    format!("postgresql://stazh@localhost/{name}?host={}", server.folder)
}

struct Server {
    programs: PathBuf,
    folder: String,
    /// Stops the server when its input ends, which it does when this process ends, however it ends.
    _keeper: Child,
}

impl Server {
    fn program(&self, name: &str) -> Command {
        Command::new(self.programs.join(name))
    }
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let programs = programs();
        let folder = tempfile::Builder::new().prefix("stazh-postgres-").tempdir().unwrap().keep();
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "keeper"]).arg(&programs).arg(&folder);
        let mut keeper = keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert_eq!(line.trim(), "ready", "the PostgreSQL server did not start: {log}");
        keeper.stdin.as_mut().unwrap().flush().unwrap(); // held open for as long as this process lives
        Server { programs, folder: folder.to_str().unwrap().to_owned(), _keeper: keeper }
    })
}

/// Where Debian puts the programs of its newest server, or where they are found by name.
pub(crate) fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let version = |path: &Path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let newest = versions.map(|entry| entry.path()).max_by_key(|path| version(path));
    newest.map(|path| path.join("bin")).unwrap_or_default()
}

/// The server refuses to run as root, so root gives it away to the user that Debian made for it.
const KEEPER: &str = r#"
    programs=${1:+$1/} folder=$2
    as_user=
    if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; as_user="runuser -u postgres --"; fi
    {
        $as_user "${programs}initdb" -D "$folder/data" -U stazh -A trust -E UTF8 --no-locale --no-sync &&
        $as_user "${programs}pg_ctl" -D "$folder/data" -l "$folder/server-log" -w \
            -o "-c listen_addresses='' -c unix_socket_directories='$folder' -c max_connections=400" start
    } >"$folder/log" 2>&1 </dev/null && echo ready || echo failed
    exec >/dev/null
    cat >/dev/null
    $as_user "${programs}pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1
    rm -rf "$folder"
"#;
