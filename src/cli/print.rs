//! `stazh print`: a document as a form on paper.

use super::kept::SIGNED;
use super::{Exit, Misused, kept, local, show};
use crate::base::{DocumentId, Language, Limits};
use crate::exchange::document::Element;
use crate::exchange::rules::CodeLists;
use crate::exchange::seal::open;
use crate::paper::{Form, print};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// Print a document as a form of A4 pages (PDF).
///
/// A file that holds a document, sealed or not; or, of a node, any document that
/// came or left, by its id. The seal is not verified: stazh verify does that. Each
/// page carries a code by which stazh scan finds the document again.
///
///   stazh print fixtures/documents/insurance-record.xml -o form.pdf
///   stazh print 91a41bf3-3a84-416a-be2f-d675337ceef1 --node ru --language en
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Print {
    /// The file, or, with --node, the document's id.
    #[arg(value_name = "FILE|ID")]
    document: String,
    /// The node's folder, or its settings file.
    #[arg(long)]
    node: Option<PathBuf>,
    /// Where to write the form; ID.pdf here if absent.
    #[arg(short, long)]
    out: Option<PathBuf>,
    /// In which language: ru or en.
    #[arg(long, default_value = "ru")]
    language: Language,
}

impl Print {
    pub(super) fn run(self) -> Result<Exit> {
        let form = match &self.node {
            Some(node) => self.of_node(node)?,
            None => Some(of_file(Path::new(&self.document))?),
        };
        let Some(form) = form else {
            show::aside(
                "no document of this id came or left; stazh journal list shows their ids with --json",
            );
            return Ok(Exit::Refused);
        };
        let printed = print(&form, &CodeLists::built_in()?, self.language)?;
        let id = form.id().as_uuid();
        let out = self.out.unwrap_or_else(|| PathBuf::from(format!("{id}.pdf")));
        std::fs::write(&out, printed).with_context(|| format!("write {}", out.display()))?;
        show::line(&format!("{} holds the form of document {id}", out.display()));
        Ok(Exit::Done)
    }

    fn of_node(&self, node: &Path) -> Result<Option<Form>> {
        let settings = local::settings(node)?;
        let id = self.document.strip_prefix("doc_").unwrap_or(&self.document);
        let id: DocumentId =
            id.parse().map_err(|error| Misused(format!("read the id {}: {error}", self.document)))?;
        let found = local::block_on(async {
            let store = local::store(&settings, "print a document").await?;
            let found = kept::find(id, &mut store.read().await?, &settings).await?;
            store.close().await;
            Ok(found)
        })?;
        let Some(found) = found else { return Ok(None) };
        let digest = (found.root.local == SIGNED).then_some(found.digest);
        Ok(Some(Form::of(found.root, digest, Some(found.way))?))
    }
}

fn of_file(path: &Path) -> Result<Form> {
    let limits = Limits::default();
    let bytes = std::fs::read(path).with_context(|| format!("read {}", path.display()))?;
    let root = Element::parse(&bytes, &limits).with_context(|| format!("read {}", path.display()))?;
    let digest = match root.local == SIGNED {
        true => Some(open(&bytes, &limits).and_then(|opened| opened.claimed_digest())?),
        false => None,
    };
    Ok(Form::of(root, digest, None)?)
}
