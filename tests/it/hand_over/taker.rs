//! A local system in Python that takes records by HTTP, in whatever mood a test wants it.

use crate::keys::Authority;
use crate::processes::{free_port, run};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub(crate) struct Taker {
    pub(crate) folder: tempfile::TempDir,
    child: Option<Child>,
    port: u16,
    is_tls: bool,
    shows_certificate: bool,
}

impl Taker {
    /// One that is called by plain HTTP, on this machine.
    pub(crate) fn new() -> Self {
        Self::at(|_folder| (false, false))
    }

    /// One with a certificate of this authority, which wants to see one of the other.
    pub(crate) fn with_tls(servers: &Authority, clients: Option<&Authority>) -> Self {
        Self::at(|folder| {
            let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).unwrap();
            let issued = servers.issue("pensions.example");
            write("servers.pem", &servers.pem());
            write("server.pem", &issued.certificate);
            write("server.key", &issued.key);
            if let Some(clients) = clients {
                let issued = clients.issue("node.example");
                write("clients.pem", &clients.pem());
                write("client.pem", &issued.certificate);
                write("client.key", &issued.key);
            }
            (true, clients.is_some())
        })
    }

    fn at(prepare: impl FnOnce(&Path) -> (bool, bool)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), format!("{}\n", "0123456789abcdef".repeat(4))).unwrap();
        let (is_tls, shows_certificate) = prepare(folder.path());
        let mut taker = Self { folder, child: None, port: free_port(), is_tls, shows_certificate };
        taker.be("ok");
        taker.start();
        taker
    }

    /// Starts it, on the same port as before, and waits until it listens.
    pub(crate) fn start(&mut self) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let scheme = if self.is_tls { "https" } else { "http" };
        let mut child = Command::new("python3")
            .arg(root.join("tests/it/hand_over/receiver.py"))
            .arg(self.folder.path())
            .args([&format!("{scheme}://127.0.0.1:%d/records"), &self.port.to_string()])
            .arg(root.join("deploy/connectors.md"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line.trim(), self.port.to_string(), "the taker did not start");
        self.child = Some(child);
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap(); // SIGKILL
            child.wait().unwrap();
        }
    }

    /// What it does with what comes from now on.
    pub(crate) fn be(&self, mood: &str) {
        let path = self.folder.path().join("mood");
        std::fs::write(path.with_extension("new"), mood).unwrap();
        std::fs::rename(path.with_extension("new"), path).unwrap();
    }

    /// What came, in order; a line that a kill cut off is left out.
    pub(crate) fn log(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// What had an effect.
    pub(crate) fn effects(&self) -> Vec<Value> {
        let script = "import sqlite3, sys\n\
            for (body,) in sqlite3.connect(sys.argv[1]).execute('SELECT body FROM effect'): print(body)";
        let output = Command::new("python3")
            .args(["-c", script])
            .arg(self.folder.path().join("effects.db"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The section of the settings that names it.
    pub(crate) fn section(&self, more: &str) -> String {
        let file = |name: &str| self.folder.path().join(name).display().to_string();
        let scheme = if self.is_tls { "https" } else { "http" };
        let mut lines = vec![
            "[hand_over]\npurpose = \"pensions\"\nlegal_basis = \"treaty\"\n[hand_over.webhook]".to_owned(),
            format!("url = \"{scheme}://127.0.0.1:{}/records\"", self.port),
            format!("secret_file = \"{}\"", file("secret")),
            more.to_owned(),
        ];
        if self.is_tls {
            lines.push(format!("authorities = \"{}\"", file("servers.pem")));
        }
        if self.shows_certificate {
            lines.push(format!("certificate = \"{}\"\nkey = \"{}\"", file("client.pem"), file("client.key")));
        }
        lines.join("\n")
    }

    /// Settings of a node that name it, to be read.
    pub(crate) fn settings_beside(&self, more: &str) -> PathBuf {
        let folder = self.folder.path().join("node");
        if !folder.exists() {
            run(crate::processes::stazh().arg("init").arg(&folder).args(["--state", "RU"]));
        }
        let path = folder.join("node.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let settings = path.with_file_name("with-taker.toml");
        std::fs::write(&settings, format!("{text}\n{}\n", self.section(more))).unwrap();
        settings
    }
}

impl Drop for Taker {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill(); // it may be dead already
            let _ = child.wait(); // as above
        }
    }
}
