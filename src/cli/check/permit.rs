//! `stazh check permit`: a person lets the hits of a check be asked about by name.

use super::super::progress::Progress;
use super::super::{Exit, local, noted, show};
use crate::base::WholeFile;
use crate::exchange::canonical::RecordId;
use crate::exchange::canonical::case::CaseDocument;
use crate::exchange::document::codec::case_root;
use crate::exchange::seal::sha256;
use crate::flow::{Asked, Begin, Context, Opening, begin_once, hit_inquiries, permit};
use anyhow::{Context as _, Result, anyhow};
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Let the hits of a closed check be asked about by name: who permits it and why is
/// journalled, and an inquiry about amounts paid is written for each, as a case of its
/// own of the kind bulk-check. With --send it is put into the outbox, once however often
/// this is said; without, the files wait in handed-over/checks/NUMBER/inquiries for
/// stazh send. Nothing is told of who is no hit.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct PermitCommand {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// The number of the check.
    #[arg(value_parser = super::parsed::<RecordId>)]
    number: RecordId,
    /// Who permits it.
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Hits by name and day of birth alone too: others may share these.
    #[arg(long)]
    weak: bool,
    /// Send the inquiries.
    #[arg(long)]
    send: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl PermitCommand {
    pub(super) fn run(self) -> Result<Exit> {
        let folder = local::settings(&self.node)?.handed_over.join("checks").join(self.number.as_str());
        let object = format!("check:{}", self.number.as_str());
        noted::with_flows_noted(&self.node, ("check-run", &object), async |ctx| {
            let permit = permit(&self.number, (&self.by, &self.reason), self.weak, ctx).await?;
            let inquiries = hit_inquiries(&permit, ctx).await?;
            let to = permit.peer(ctx)?;
            let mut progress = Progress::of("inquiries", u64::try_from(inquiries.written.len())?);
            for ((line, document), done) in inquiries.written.iter().zip(1..) {
                let text = serde_json::to_vec_pretty(document).context("write an inquiry")?;
                if self.send {
                    send(document, (&format!("check:{}:{line}", self.number.as_str()), &text), to, ctx)
                        .await?;
                } else {
                    keep(&folder.join("inquiries"), *line, &text)?;
                }
                progress.reach(done);
            }
            drop(progress);
            let (written, gone) = (inquiries.written.len(), &inquiries.gone);
            if self.json {
                show::json_line(&json!({ "inquiries": written, "is_sent": self.send, "gone": gone }));
                return Ok(Exit::Done);
            }
            let where_to = match self.send {
                true => format!("in the outbox for {to}"),
                false => format!("in {}; stazh send NODE FILE --to {to}", folder.join("inquiries").display()),
            };
            show::line(&format!("{written} inquiries about amounts paid are {where_to}"));
            if !gone.is_empty() {
                let lines: Vec<String> = gone.iter().map(ToString::to_string).collect();
                show::aside(&format!(
                    "{} hits are not in the list any more as they were compared, and are left out: rows {}",
                    gone.len(),
                    lines.join(", ")
                ));
            }
            Ok(Exit::Done)
        })
    }
}

async fn send(
    document: &CaseDocument,
    (key, text): (&str, &[u8]),
    to: crate::exchange::canonical::State,
    ctx: &Context,
) -> Result<()> {
    let (_process, transaction) = ctx.catalogue.beginning_with_root(case_root(document.kind()))?;
    let transaction = &transaction.code;
    let opening = Opening::Case(document);
    let what = Begin { opening, to, transaction, within: None, refers_to: None };
    match begin_once(what, (key, sha256(text)), ctx).await? {
        Asked::First(_) | Asked::Again(_) => Ok(()),
        Asked::OtherBody => Err(anyhow!("send an inquiry about {key}: another one was sent before")),
    }
}

fn keep(folder: &Path, line: u32, text: &[u8]) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    let place = folder.join(format!("{line}.json"));
    let written =
        WholeFile::create(folder.join(format!(".{line}.json.part")), place.clone()).and_then(|mut file| {
            file.write_all(text)?;
            file.finish()
        });
    written.with_context(|| format!("write {}", place.display()))
}
