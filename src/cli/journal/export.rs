//! `stazh journal export`: a copy that can be verified without the database.

use super::file::{Line, VERSION};
use crate::base::{Clock, SystemClock};
use crate::cli::progress::Progress;
use crate::cli::{Exit, local, show};
use crate::exchange::seal::Witness;
use crate::store::{Break, Store, chain_counts, chain_page, chain_strangers, chain_unlinked};
use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// Write the journal of a node with its chain and seals into a file, one JSON
/// object a line.
///
/// The file holds ids, codes and sentences, no person's data. An existing file
/// is not overwritten.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Export {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// The file to write.
    file: PathBuf,
}

impl Export {
    pub(super) fn run(self) -> Result<Exit> {
        let settings = local::settings(&self.node)?;
        let pem = settings.seal.own.certificate_pem()?;
        let mut witness = Witness::default();
        witness.add_pem(&pem)?;
        let header = Line::Journal {
            version: VERSION,
            state: settings.state,
            exported_at: SystemClock.now(),
            certificates: witness.certificates().map(|der| STANDARD.encode(der)).collect(),
        };
        let place = || format!("write {}", self.file.display());
        let links = local::block_on(async {
            let store = local::store(&settings, "export the journal").await?;
            let mut out = BufWriter::new(File::create_new(&self.file).with_context(place)?);
            put(&mut out, &header).with_context(place)?;
            let links = write(&store, &mut out).await?;
            let file = out.into_inner().context("write the end of the file")?;
            file.sync_all().with_context(place)?;
            store.close().await;
            Ok(links)
        })?;
        show::line(&format!("{links} links are in {}", self.file.display()));
        Ok(Exit::Done)
    }
}

async fn write(store: &Store, out: &mut impl Write) -> Result<u64> {
    let counts = chain_counts(&mut store.read().await?).await?;
    let mut progress = Progress::of("links", u64::try_from(counts.linked).unwrap_or_default());
    let (mut after, mut links) = (0, 0);
    let head = loop {
        let page = chain_page(&mut store.read().await?, after, PAGE).await?;
        let mut seals = page.seals.iter().peekable();
        for (link, entry) in page.links {
            while let Some(passed) = seals.next_if(|seal| seal.number < link.number) {
                put(out, &Line::of_seal(passed))?;
            }
            put(out, &Line::of_link(&link, entry))?;
            links += 1;
        }
        for seal in seals {
            put(out, &Line::of_seal(seal))?;
        }
        progress.reach(links);
        if page.is_last {
            break page.head;
        }
        after = page.last;
    };
    let mut after = 0;
    loop {
        let waiting = chain_unlinked(&mut store.read().await?, after, PAGE).await?;
        let Some(last) = waiting.last() else { break };
        after = last.id;
        for entry in waiting {
            put(out, &Line::Waiting { entry })?;
        }
    }
    for found in chain_strangers(&mut store.read().await?, u32::MAX).await? {
        if let Break::Stranger { entry } = found {
            put(out, &Line::Stranger { entry })?;
        } else if let Break::WaitingMissing { entry } = found {
            put(out, &Line::Gone { entry })?;
        }
    }
    put(out, &Line::of_head(head))?;
    Ok(links)
}

fn put(out: &mut impl Write, line: &Line) -> Result<()> {
    serde_json::to_writer(&mut *out, line).context("write a line of the journal")?;
    out.write_all(b"\n").context("write a line of the journal")
}

const PAGE: u32 = 4_000;
