//! `stazh journal verify`: whether anyone changed the journal since it was written.

use super::file::{Line, Lines, VERSION, digest, seal_of};
use crate::cli::exit::Misused;
use crate::cli::progress::Progress;
use crate::cli::{Exit, local, show};
use crate::exchange::canonical::State;
use crate::exchange::seal::Witness;
use crate::flow::{SignedFile, certificates_of, check_signed_file, verify_journal};
use crate::node::Settings;
use crate::store::{Break, ChainHead, Link, Verifier, chain_counts};
use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Verify the journal of a node, or an exported one: every entry, every link,
/// every seal.
///
/// All that does not fit is told with its place. Seals are held against the
/// certificate of the node's settings and those given with --certificate; for a
/// file without either, against the certificate in the file, whose SHA-256 is
/// told to be compared with the node's.
///
///   stazh journal verify ru
///   stazh journal verify --from journal.jsonl --certificate ru-seal.pem
///
/// --from takes the signed files of acts and of the audit too, as the pages give
/// them.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Verify {
    /// The node's folder, or its settings file.
    #[arg(required_unless_present = "from")]
    node: Option<PathBuf>,
    /// An exported journal to verify in place of the database.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// A certificate that the node sealed with, as PEM; may be given several times.
    #[arg(long, value_name = "PEM")]
    certificate: Vec<PathBuf>,
    /// Print JSON objects: one a break, then one for the whole.
    #[arg(long)]
    json: bool,
}

/// A head with its certificates.
const HEAD_BYTES_MAX: u64 = 1_000_000;

/// What was found in the whole.
struct Whole {
    state: State,
    verifier: Verifier,
    unlinked: u64,
    remark: Option<String>,
}

impl Verify {
    pub(super) fn run(self) -> Result<Exit> {
        let mut witness = Witness::default();
        for path in &self.certificate {
            add(&mut witness, path)?;
        }
        let settings = self.node.as_deref().map(local::settings).transpose()?;
        if let Some(settings) = &settings {
            witness.add_pem(&settings.seal.own.certificate_pem()?)?;
        }
        if let Some(exit) = self.of_signed(&mut witness)? {
            return Ok(exit);
        }
        let whole = match (&self.from, settings) {
            (Some(path), settings) => self.of_file(path, settings.map(|settings| settings.state), witness)?,
            (None, Some(settings)) => local::block_on(self.of_node(&settings, witness))?,
            (None, None) => return Err(Misused("verify a journal: name a node or --from".to_owned()).into()),
        };
        if self.json {
            show::json_line(&whole.as_json());
        } else {
            show::line(&whole.as_text());
        }
        Ok(if whole.verifier.breaks() == 0 { Exit::Done } else { Exit::Refused })
    }

    /// A signed file of acts, or of an audit, that was taken from a page; none if it is something else.
    fn of_signed(&self, witness: &mut Witness) -> Result<Option<Exit>> {
        let Some(path) = &self.from else { return Ok(None) };
        let place = || format!("read {}", path.display());
        let mut first = String::new();
        BufReader::new(File::open(path).with_context(place)?)
            .take(HEAD_BYTES_MAX)
            .read_line(&mut first)
            .with_context(place)?;
        let Some(certificates) = certificates_of(first.as_bytes()) else { return Ok(None) };
        let is_own = witness.certificates().next().is_none();
        if is_own {
            for der in &certificates {
                witness.add_der(der)?;
            }
        }
        let found = check_signed_file(&std::fs::read(path).with_context(place)?, witness);
        let (exit, told) = match found {
            SignedFile::Whole { lines } => (Exit::Done, format!("{lines} lines, as they were signed")),
            SignedFile::Changed(why) => (Exit::Refused, format!("BROKEN: {why}")),
            SignedFile::Unknown(signer) => {
                (Exit::Refused, format!("it was signed with another certificate, whose sha-256 is {signer}"))
            }
        };
        if self.json {
            show::json_line(&json!({ "is_whole": exit == Exit::Done, "found": told }));
            return Ok(Some(exit));
        }
        show::line(&told);
        if is_own {
            let prints: Vec<String> = witness.fingerprints().map(|print| print.to_string()).collect();
            let told = "the certificate is that of the file itself; compare its sha-256 with the node's:";
            show::line(&format!("{told} {}", prints.join(", ")));
        }
        Ok(Some(exit))
    }

    async fn of_node(&self, settings: &Settings, witness: Witness) -> Result<Whole> {
        let store = local::store(settings, "verify the journal").await?;
        let counts = chain_counts(&mut store.read().await?).await?;
        let mut progress = Progress::of("links", u64::try_from(counts.linked).unwrap_or_default());
        let mut verifier = Verifier::new(settings.state, witness);
        verify_journal(&store, &mut verifier, |verifier, found| {
            self.tell(&found);
            progress.reach(verifier.links());
        })
        .await?;
        store.close().await;
        let unlinked = u64::try_from(counts.unlinked).unwrap_or_default();
        Ok(Whole { state: settings.state, verifier, unlinked, remark: None })
    }

    fn of_file(&self, path: &Path, state: Option<State>, mut witness: Witness) -> Result<Whole> {
        let place = || format!("read {}", path.display());
        let mut lines = Lines::of(BufReader::new(File::open(path).with_context(place)?));
        let Some(Line::Journal { version: VERSION, state: told, certificates, .. }) =
            lines.next().with_context(place)?
        else {
            bail!("understand {}: it is no exported journal of version {VERSION}", path.display());
        };
        if state.is_some_and(|state| state != told) {
            bail!("verify {}: it is the journal of {told}, not of the node that was named", path.display());
        }
        let mut remark = None;
        if witness.certificates().next().is_none() {
            for certificate in certificates {
                witness.add_der(&STANDARD.decode(certificate).with_context(place)?)?;
            }
            let prints: Vec<String> = witness.fingerprints().map(|print| print.to_string()).collect();
            remark = Some(format!(
                "the seals were held against the certificate in the file itself; compare its sha-256 with the node's: {}",
                prints.join(", ")
            ));
        }
        let mut whole = Whole { state: told, verifier: Verifier::new(told, witness), unlinked: 0, remark };
        let mut progress = Progress::unmeasured("links");
        while let Some(line) = lines.next().with_context(place)? {
            let is_end = matches!(line, Line::Head { .. });
            self.tell(&whole.take(line).with_context(place)?);
            progress.reach(whole.verifier.links());
            if is_end {
                if lines.next().with_context(place)?.is_some() {
                    bail!("understand {}: more lines stand behind the last one", path.display());
                }
                return Ok(whole);
            }
        }
        bail!("understand {}: its last line is not there, so the file was cut", path.display())
    }

    fn tell(&self, found: &[Break]) {
        for one in found {
            if self.json {
                show::json_line(&json!({ "break": one.to_string() }));
            } else {
                show::line(&format!("BROKEN: {one}"));
            }
        }
    }
}

impl Whole {
    /// Takes a line of a file.
    fn take(&mut self, line: Line) -> Result<Vec<Break>> {
        let verifier = &mut self.verifier;
        Ok(match line {
            Line::Journal { .. } => bail!("understand a line: the journal begins a second time"),
            Line::Link { number, entry_id, form, hash, entry } => {
                let link = Link { number, entry_id, form, hash: digest(&hash)? };
                verifier.link(&link, entry.as_ref())
            }
            Line::Seal { number, hash, at, signer, signature } => {
                verifier.seal(&seal_of(number, &hash, at, &signer, &signature)?)
            }
            Line::Waiting { entry: _ } => {
                self.unlinked += 1;
                Vec::new()
            }
            Line::Stranger { entry } => verifier.beside(vec![Break::Stranger { entry }]),
            Line::Gone { entry } => verifier.beside(vec![Break::WaitingMissing { entry }]),
            Line::Head { number, hash } => verifier.head(ChainHead { number, hash: digest(&hash)? }),
        })
    }

    fn as_text(&self) -> String {
        let Self { state, verifier, unlinked, remark } = self;
        let outcome = match verifier.breaks() {
            0 => "nothing was changed".to_owned(),
            1 => "1 BREAK, told above".to_owned(),
            breaks => format!("{breaks} BREAKS, told above"),
        };
        let links = verifier.links();
        let mut text =
            format!("journal of {state}: {links} links, {unlinked} entries not linked yet; {outcome}");
        text.push_str(&match verifier.sealed() {
            Some(seal) => format!(
                "\nlast sealed at {} up to link {} (sha-256 {}); {} links stand behind it",
                seal.at,
                seal.number,
                seal.hash,
                verifier.last().saturating_sub(seal.number)
            ),
            None => {
                "\nno head bears a good seal: who has the database could have made the chain anew".to_owned()
            }
        });
        if let Some(remark) = remark {
            text.push('\n');
            text.push_str(remark);
        }
        text
    }

    fn as_json(&self) -> serde_json::Value {
        let sealed = self.verifier.sealed();
        json!({
            "state": self.state.to_string(),
            "links": self.verifier.links(),
            "unlinked": self.unlinked,
            "breaks": self.verifier.breaks(),
            "sealed_at": sealed.map(|seal| seal.at.to_string()),
            "sealed_link": sealed.map(|seal| seal.number),
            "sealed_hash": sealed.map(|seal| seal.hash.to_string()),
            "remark": self.remark,
        })
    }
}

fn add(witness: &mut Witness, path: &Path) -> Result<()> {
    let pem = std::fs::read(path).with_context(|| format!("read {}", path.display()))?;
    witness.add_pem(&pem).with_context(|| format!("use the certificate {}", path.display()))
}
