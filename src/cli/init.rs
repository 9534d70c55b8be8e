//! `stazh init`: makes the folder of a node, with throw-away keys.

use super::{Exit, Misused, show};
use crate::base::{Clock, SystemClock};
use crate::exchange::canonical::State;
use crate::exchange::seal::{Issued, KeyKind, ThrowAwayAuthority};
use anyhow::{Context, Result, bail};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Make the folder of a node: settings, throw-away keys, empty folders for
/// local records.
///
/// With --trust, copy the authorities of another node made by this command, so
/// that both accept each other:
///
///   stazh init ru --trust kz
///
/// The keys are for trying out. A state's real certificates come from its
/// certification authority; put them in place of the files in keys/ and start
/// the node again.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Init {
    /// The folder to make.
    folder: PathBuf,
    /// Whose node it is: AM BY KG KZ RU.
    #[arg(long, required_unless_present = "trust")]
    state: Option<String>,
    /// Where it listens for peers.
    #[arg(long, default_value = "127.0.0.1:7700")]
    listen: SocketAddr,
    /// Where it listens for the machine's own watchers.
    #[arg(long, default_value = "127.0.0.1:0")]
    health: SocketAddr,
    /// Another node, as STATE=URL; may be given several times.
    #[arg(long, value_name = "STATE=URL")]
    peer: Vec<String>,
    /// By which algorithm it signs documents. GOST needs OPENSSL_CONF to name deploy/openssl-gost.cnf, here and
    /// wherever such documents are verified.
    #[arg(long, value_enum, default_value_t = SealKey::Rsa)]
    seal_key: SealKey,
    /// Make the folder of a trusted third party instead, for stazh ttp.
    #[arg(long)]
    third_party: bool,
    /// Let its clock run so many days ahead, and its keys be valid until then: a rehearsal, in which all nodes are told
    /// the same.
    #[arg(long, value_name = "DAYS", default_value_t = 0, conflicts_with = "third_party",
        value_parser = clap::value_parser!(u32).range(0..=3650))]
    rehearsal_days: u32,
    /// The folder of another node, or of a third party, to trust; may be given several times.
    #[arg(long, value_name = "FOLDER")]
    trust: Vec<PathBuf>,
}

/// The algorithm of a seal.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum SealKey {
    /// RSA-2048 with SHA-256
    Rsa,
    /// ECDSA on P-256
    P256,
    /// ECDSA on P-384
    P384,
    /// GOST R 34.10-2012, 256 bits, with Streebog
    Gost256,
    /// GOST R 34.10-2012, 512 bits, with Streebog
    Gost512,
    /// STB 34.101.45 bign with belt-hash
    Bign,
}

impl SealKey {
    fn kind(self) -> KeyKind {
        match self {
            Self::Rsa => KeyKind::Rsa2048,
            Self::P256 => KeyKind::P256,
            Self::P384 => KeyKind::P384,
            Self::Gost256 => KeyKind::Gost256,
            Self::Gost512 => KeyKind::Gost512,
            Self::Bign => KeyKind::Bign,
        }
    }
}

impl Init {
    pub(super) fn run(self) -> Result<Exit> {
        if let Some(state) = &self.state {
            let state: State =
                state.parse().map_err(|finding| Misused(format!("read --state: {finding}")))?;
            let peers = self.peers()?;
            let kind = self.seal_key.kind();
            let plan = NodePlan {
                state,
                listen: self.listen,
                health: self.health,
                peers,
                kind,
                has_third_party: false,
                rehearsal_days: self.rehearsal_days,
            };
            let what = if self.third_party {
                make_third_party(&self.folder, &plan)?;
                "third party"
            } else {
                make(&self.folder, &plan)?;
                "node"
            };
            show::line(&format!("made the {what} of {state} in {}", self.folder.display()));
        }
        for other in &self.trust {
            let (what, state) = trust(&self.folder, other)?;
            show::line(&format!("{} now trusts the {what} of {state}", self.folder.display()));
        }
        Ok(Exit::Done)
    }

    fn peers(&self) -> Result<Vec<(State, String)>> {
        let read = |text: &String| {
            let (state, url) = text
                .split_once('=')
                .ok_or_else(|| Misused(format!("read --peer {text}: write STATE=URL")))?;
            let state = state.parse().map_err(|finding| Misused(format!("read --peer {text}: {finding}")))?;
            Ok((state, url.to_owned()))
        };
        self.peer.iter().map(read).collect()
    }
}

/// What a new node is told.
pub(super) struct NodePlan {
    pub(super) state: State,
    pub(super) listen: SocketAddr,
    pub(super) health: SocketAddr,
    pub(super) peers: Vec<(State, String)>,
    pub(super) kind: KeyKind,
    /// Whether its third party judges the seals of the others, so that it need not know their authorities.
    pub(super) has_third_party: bool,
    /// How far its clock runs ahead.
    pub(super) rehearsal_days: u32,
}

impl NodePlan {
    /// An authority whose certificates are valid as long as the clock of the node may show.
    fn authority(&self, kind: KeyKind, name: &str) -> Result<ThrowAwayAuthority> {
        let days = DAYS + self.rehearsal_days;
        let state = self.state.as_code();
        let name = format!("{state} {name} (throw-away)");
        Ok(ThrowAwayAuthority::lasting(days, kind, &name, state, SystemClock.now())?)
    }
}

/// Makes a node's folder; an existing node is never touched.
pub(super) fn make(folder: &Path, plan: &NodePlan) -> Result<()> {
    let settings = folder.join("node.toml");
    if settings.exists() {
        bail!("make {}: a node is there already; choose another folder", folder.display());
    }
    let state = plan.state.as_code();
    let keys = folder.join("keys");
    for made in [&keys, &folder.join("data"), &folder.join("local"), &folder.join("handed-over")] {
        std::fs::create_dir_all(made).with_context(|| format!("make {}", made.display()))?;
    }
    let wire = plan.authority(KeyKind::P256, "wire")?;
    let seals = plan.authority(plan.kind, "seals")?;
    write_issued(&keys, "wire", &wire.issue_wire(&dns_name(plan.state))?)?;
    write_issued(
        &keys,
        "seal",
        &seals.issue_seal(&format!("{state} pension fund (throw-away)"), plan.kind)?,
    )?;
    write(&keys.join("own-wire-authority.pem"), &wire.pem()?)?;
    write(&keys.join("own-seal-authority.pem"), &seals.pem()?)?;
    write(&keys.join("wire-authorities.pem"), &wire.pem()?)?;
    write(&settings, settings_text(plan).as_bytes())
}

/// Makes the folder of a third party; an existing one is never touched.
pub(super) fn make_third_party(folder: &Path, plan: &NodePlan) -> Result<()> {
    let settings = folder.join("ttp.toml");
    if settings.exists() {
        bail!("make {}: a third party is there already; choose another folder", folder.display());
    }
    let state = plan.state.as_code();
    let keys = folder.join("keys");
    std::fs::create_dir_all(&keys).with_context(|| format!("make {}", keys.display()))?;
    let wire = plan.authority(KeyKind::P256, "third party wire")?;
    let name = format!("{state} third party (throw-away)");
    let receipts = plan.authority(plan.kind, "receipts")?;
    write_issued(&keys, "wire", &wire.issue_wire(&format!("ttp.{}", dns_name(plan.state)))?)?;
    write_issued(&keys, "seal", &receipts.issue_third_party(&name, plan.kind)?)?;
    let stamps = plan.authority(plan.kind, "time stamps")?;
    let name = format!("{state} time (throw-away)");
    write_issued(&keys, "time-stamps", &stamps.issue_time_stamping(&name, plan.kind)?)?;
    write(&keys.join(OWN_TIME_STAMPS), &stamps.pem()?)?;
    write(&keys.join("own-wire-authority.pem"), &wire.pem()?)?;
    write(&keys.join("own-seal-authority.pem"), &receipts.pem()?)?;
    write(&keys.join("wire-authorities.pem"), &wire.pem()?)?;
    let text = format!(
        "# Settings of this third party: [[registered]] tells whom it may judge.\n\n\
         [third_party]\nstate = \"{state}\"\nlisten = \"{}\"\n\n{KEYS}\n\
         [time_stamps]\ncertificate = \"keys/time-stamps.pem\"\nkey = \"keys/time-stamps.key.pem\"\n",
        plan.listen
    );
    write(&settings, text.as_bytes())
}

/// Lets the node or third party in `folder` accept the one in `other`; what that is, and whose.
pub(super) fn trust(folder: &Path, other: &Path) -> Result<(&'static str, State)> {
    let is_other_party = other.join("ttp.toml").exists();
    let (file, section) = if is_other_party { ("ttp.toml", "third_party") } else { ("node.toml", "node") };
    let place = other.join(file);
    let text = read(&place)?;
    let table: toml::Table = String::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok())
        .with_context(|| format!("understand {}", place.display()))?;
    let told = |key: &str| table.get(section).and_then(|own| own.get(key)).and_then(toml::Value::as_str);
    let state: State = told("state")
        .and_then(|state| state.parse().ok())
        .with_context(|| format!("find the state in {}", place.display()))?;
    let keys = folder.join("keys");
    let mut authorities = read(&keys.join("wire-authorities.pem"))?;
    let theirs = read(&other.join("keys/own-wire-authority.pem"))?;
    if !authorities.windows(theirs.len().max(1)).any(|window| window == theirs) {
        authorities.extend(theirs);
        write(&keys.join("wire-authorities.pem"), &authorities)?;
    }
    let seals = read(&other.join("keys/own-seal-authority.pem"))?;
    let (what, name) = match is_other_party {
        true => ("third party", receipt_authorities(state)),
        false => ("node", seal_authorities(state)),
    };
    write(&keys.join(&name), &seals)?;
    let own = folder.join("ttp.toml");
    if own.exists() {
        let key = if is_other_party { "third_party" } else { "seal_authorities" };
        add(&own, &format!("\n[[registered]]\nstate = \"{state}\"\n{key} = \"keys/{name}\"\n"))?;
    } else if is_other_party {
        let listen = told("listen").with_context(|| format!("find where to call in {}", place.display()))?;
        let section =
            format!("\n[third_party]\nurl = \"https://{listen}/\"\nauthorities = \"keys/{name}\"\n");
        add(&folder.join("node.toml"), &section)?;
        let stamps = other.join("keys").join(OWN_TIME_STAMPS);
        if stamps.exists() {
            let name = format!("{}-time-stamp-authorities.pem", state.as_code().to_lowercase());
            write(&keys.join(&name), &read(&stamps)?)?;
            let section =
                format!("\n[time_stamps]\nurl = \"https://{listen}/\"\nauthorities = \"keys/{name}\"\n");
            add(&folder.join("node.toml"), &section)?;
        }
    }
    Ok((what, state))
}

/// Adds a section to settings that do not have it yet.
fn add(settings: &Path, section: &str) -> Result<()> {
    let text = String::from_utf8(read(settings)?).with_context(|| format!("read {}", settings.display()))?;
    if text.contains(section) { Ok(()) } else { write(settings, (text + section).as_bytes()) }
}

fn settings_text(plan: &NodePlan) -> String {
    let NodePlan { state, listen, health, peers, .. } = plan;
    let mut text = format!(
        "# Settings of this node; deploy/node.example.toml explains every key.\n\n\
         [node]\nstate = \"{state}\"\ndata = \"data\"\nlocal = \"local\"\nhanded_over = \"handed-over\"\n\
         listen = \"{listen}\"\nhealth = \"{health}\"\n\n{KEYS}"
    );
    if plan.rehearsal_days > 0 {
        text.push_str(&format!("\n[rehearsal]\ndays_ahead = {}\n", plan.rehearsal_days));
    }
    for (peer, url) in peers {
        text.push_str(&format!(
            "\n[[peer]]\nstate = \"{peer}\"\nurl = \"{url}\"\ncertificate_name = \"{}\"\n",
            dns_name(*peer),
        ));
        if !plan.has_third_party {
            text.push_str(&format!("seal_authorities = \"keys/{}\"\n", seal_authorities(*peer)));
        }
    }
    text
}

/// How long keys are valid, beyond a rehearsal.
const DAYS: u32 = 90;

fn dns_name(state: State) -> String {
    format!("{}.node.example", state.as_code().to_lowercase())
}

fn seal_authorities(state: State) -> String {
    format!("{}-seal-authorities.pem", state.as_code().to_lowercase())
}

fn receipt_authorities(state: State) -> String {
    format!("{}-receipt-authorities.pem", state.as_code().to_lowercase())
}

/// The authority behind the time stamps that a third party gives.
const OWN_TIME_STAMPS: &str = "own-time-stamp-authority.pem";

/// The files of an identity, as this command makes them.
const KEYS: &str = "[wire]\ncertificate = \"keys/wire.pem\"\nkey = \"keys/wire.key.pem\"\n\
    authorities = \"keys/wire-authorities.pem\"\n\n\
    [seal]\ncertificate = \"keys/seal.pem\"\nkey = \"keys/seal.key.pem\"\n";

fn write_issued(keys: &Path, name: &str, issued: &Issued) -> Result<()> {
    write(&keys.join(format!("{name}.pem")), &issued.chain_pem)?;
    let path = keys.join(format!("{name}.key.pem"));
    write(&path, &issued.key_pem)?;
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))
        .with_context(|| format!("keep {} from others", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("write {}", path.display()))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("read {}", path.display()))
}
