//! `stazh scan`: which document a page on paper belongs to.

use super::case::By;
use super::explain::remedy;
use super::{Exit, Misused, case, journal, kept, local, noted, show};
use crate::base::{Code, DocumentId, Finding, Language, explain};
use crate::exchange::canonical::RecordId;
use crate::flow::{InCase, PageNoted, in_case, note_page};
use crate::node::Settings;
use crate::paper::{PageCode, scan};
use crate::pension::Standing;
use crate::store::{CasePage, JournalRow, Store};
use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Read the codes on scanned pages: which documents they are prints of.
///
/// Pages as PNG or JPEG, or the PDF that a scanner made of them, from 150 dpi on,
/// turned or dusty. With --node: whether this node has the document, whether it is
/// the same to the last byte, what is known of it, and, of a document of a pension
/// case, where the case stands and what waits in it. With --note: that the pages
/// came on paper is noted in a case, as where the state that wrote them is not
/// connected. Nothing is decided by a page.
///
///   stazh scan page.png
///   stazh scan page-1.jpg page-2.jpg --node ru --json
///   stazh scan page-1.jpg page-2.jpg --node ru --note RU-2028-000417
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Scan {
    /// The scanned pages.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The node's folder, or its settings file.
    #[arg(long)]
    node: Option<PathBuf>,
    /// Note in this case of the node that the pages came on paper.
    #[arg(long, value_name = "CASE", requires = "node")]
    note: Option<String>,
    /// In which language what to do is told: en or ru.
    #[arg(long, default_value = "en")]
    language: Language,
    /// Print one JSON object a page.
    #[arg(long)]
    json: bool,
}

impl Scan {
    pub(super) fn run(self) -> Result<Exit> {
        let note = self.note.as_ref().map(|case| case.parse()).transpose();
        let note: Option<RecordId> = note.map_err(|finding: Finding| Misused(finding.message))?;
        let Some(node) = &self.node else { return self.read_alone() };
        let settings = local::settings(node)?;
        let book = settings.treaty.book()?;
        let by = By::today((settings.state, settings.clock().as_ref()), &book);
        local::block_on(async {
            let store = local::store(&settings, "look for the document of a page").await?;
            let work = self.read_at((&settings, &store), note.as_ref(), by);
            let exit = match &note {
                Some(case) => {
                    let (object, clock) = (format!("case:{}", case.as_str()), settings.clock());
                    noted::noted(("page-note", &object), (&store, clock.as_ref()), work).await
                }
                None => work.await,
            };
            store.close().await;
            exit
        })
    }

    /// Without a node: what the codes say.
    fn read_alone(&self) -> Result<Exit> {
        let mut exit = Exit::Done;
        for file in &self.files {
            match self.codes(file)? {
                Some(codes) => codes.iter().for_each(|code| self.tell(file, code, None)),
                None => exit = Exit::Refused,
            }
        }
        Ok(exit)
    }

    async fn read_at(&self, node: (&Settings, &Store), note: Option<&RecordId>, by: By<'_>) -> Result<Exit> {
        let mut exit = Exit::Done;
        for file in &self.files {
            let codes = self.codes(file)?;
            exit = if codes.is_some() { exit } else { Exit::Refused };
            for code in codes.unwrap_or_default() {
                let known = Known::of(&code, note, node).await?;
                exit = if known.is_well() { exit } else { Exit::Refused };
                self.tell(file, &code, Some((&known, by)));
            }
        }
        Ok(exit)
    }

    /// The codes on the pages of a file; where there are none, why is told.
    fn codes(&self, file: &Path) -> Result<Option<Vec<PageCode>>> {
        let bytes = std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
        match scan(&bytes) {
            Ok(codes) => Ok(Some(codes)),
            Err(error) => {
                self.tell_unread(file, error.code(), &crate::base::with_causes(&error));
                Ok(None)
            }
        }
    }

    fn tell(&self, file: &Path, page: &PageCode, known: Option<(&Known, By<'_>)>) {
        let file = file.display().to_string();
        let digest = page.digest().map(|digest| digest.to_string());
        let code = known.and_then(|(known, _)| known.code);
        if self.json {
            let (outcome, known, noted) = match known {
                None => ("read", None, None),
                Some((known, by)) => (known.outcome(), known.as_json(by), known.noted.as_ref()),
            };
            show::json_line(&json!({
                "file": file, "document": page.document.as_uuid().to_string(), "digest": digest, "page": page.page,
                "of": page.of, "outcome": outcome, "code": code, "remedy": self.remedy(code), "known": known,
                "noted": noted.map(PageNoted::is_there), "note_code": noted.and_then(note_code),
            }));
            return;
        }
        let document = page.document.as_uuid();
        show::line(&format!("{file}: page {} of {} of document {document}", page.page, page.of));
        show::line(&match digest {
            Some(digest) => format!("  sha-256 of what was sealed {digest}"),
            None => "  it bore no seal when it was printed".to_owned(),
        });
        let Some((known, by)) = known else { return };
        if let Some(found) = &known.found {
            let way = &found.way;
            show::line(&format!(
                "  this node has it: {} to {}, {}, {}",
                way.from, way.to, found.action, found.state
            ));
        }
        match code {
            None => show::line("  it is the same document"),
            Some(code) => self.tell_wrong(code),
        }
        if let Some(place) = &known.place {
            tell_case(place, page, by);
        }
        if let Some(noted) = &known.noted {
            self.tell_noted(noted);
        }
        if !known.journey.is_empty() {
            show::line(&journal::as_table(&known.journey));
        }
    }

    fn tell_noted(&self, noted: &PageNoted) {
        match noted {
            PageNoted::Now => show::line("  that it came on paper is noted in the case"),
            PageNoted::Before => show::line("  that it came on paper was noted in the case before"),
            PageNoted::OtherCase(case) => {
                show::line(&format!("  not noted: its document belongs to case {}", case.as_str()));
            }
            PageNoted::NoCase => show::line("  not noted"),
        }
        if let Some(code) = note_code(noted) {
            self.tell_wrong(code);
        }
    }

    fn tell_unread(&self, file: &Path, code: Code, why: &str) {
        let file = file.display().to_string();
        if self.json {
            show::json_line(&json!({
                "file": file, "outcome": "unread", "code": code, "reason": why, "remedy": self.remedy(Some(code)),
            }));
        } else {
            show::line(&format!("{file}: failed to {why}"));
            self.tell_wrong(code);
        }
    }

    fn tell_wrong(&self, code: Code) {
        if let Some(explained) = explain(code) {
            show::line(&format!("  {} ({code})", explained.cause.of(self.language)));
        }
        if let Some(remedy) = self.remedy(Some(code)) {
            show::line(&format!("  {remedy}"));
        }
    }

    fn remedy(&self, code: Option<Code>) -> Option<&'static str> {
        code.and_then(|code| remedy(code, self.language))
    }
}

/// Where the case of a page stands, and what became of its document.
fn tell_case(place: &InCase, page: &PageCode, by: By<'_>) {
    let (id, file) = (place.case.id.as_str(), &place.case.file);
    show::line(&format!("  it belongs to case {id}, which stands: {}", case::word(&file.stage())));
    let became = match file.standing(page.document) {
        _ if place.is_held => "it is accepted, and counts when its transaction is complete",
        Some(Standing::Waits) => "it waits for its answer",
        Some(Standing::Answered) => "it was answered",
        Some(Standing::Withdrawn) => "it was declared invalid, or another took its place",
        Some(Standing::Stands) | None => "it asks for nothing",
    };
    show::line(&format!("  {became}"));
    for waiting in file.waiting() {
        show::line(&format!("  {}", case::waits(&place.case, &waiting, by)));
    }
}

fn note_code(noted: &PageNoted) -> Option<Code> {
    match noted {
        PageNoted::Now | PageNoted::Before => None,
        PageNoted::NoCase => Some("paper.no_case"),
        PageNoted::OtherCase(_) => Some("paper.other_case"),
    }
}

/// What a node knows of the document of a page.
struct Known {
    document: DocumentId,
    found: Option<kept::Kept>,
    /// What is wrong, if anything.
    code: Option<Code>,
    /// Its case, if it is the same document.
    place: Option<InCase>,
    /// What came of noting it, if it was to be.
    noted: Option<PageNoted>,
    journey: Vec<JournalRow>,
}

impl Known {
    async fn of(
        page: &PageCode,
        note: Option<&RecordId>,
        (settings, store): (&Settings, &Store),
    ) -> Result<Self> {
        let mut tx = store.read().await?;
        let found = kept::find(page.document, &mut tx, settings).await?;
        let journey = match &found {
            Some(found) => kept::journey(page.document, found, &mut tx).await?,
            None => Vec::new(),
        };
        drop(tx);
        let code = match (&found, page.digest()) {
            (None, _) => Some("paper.unknown"),
            (Some(found), _) if !found.is_intact => Some("paper.kept_changed"),
            (Some(_), None) => Some("paper.unsealed"),
            (Some(found), Some(digest)) if found.digest != digest => Some("paper.other_digest"),
            (Some(_), Some(_)) => None,
        };
        let place = match code {
            None => in_case(page.document, store).await?,
            Some(_) => None,
        };
        let noted = match note.filter(|_| matches!(code, None | Some("paper.unknown"))) {
            Some(case) => Some(note_page(case, &of_paper(page, settings.clock().now()), store).await?),
            None => None,
        };
        Ok(Self { document: page.document, found, code, place, noted, journey })
    }

    /// Whether it is the document that the node has, or a page of one that it never had and noted.
    fn is_well(&self) -> bool {
        match &self.noted {
            Some(noted) => noted.is_there(),
            None => self.code.is_none(),
        }
    }

    fn outcome(&self) -> &'static str {
        match (&self.found, self.code) {
            (None, _) => "unknown",
            (Some(_), None) => "same",
            (Some(_), Some("paper.unsealed")) => "unsealed",
            (Some(_), Some("paper.kept_changed")) => "changed",
            (Some(_), Some(_)) => "other",
        }
    }

    fn as_json(&self, by: By<'_>) -> Option<serde_json::Value> {
        let found = self.found.as_ref()?;
        let journey: Vec<_> = self.journey.iter().map(journal::as_json).collect();
        let place = self.place.as_ref();
        let stands = place.and_then(|place| place.case.file.standing(self.document));
        Some(json!({
            "digest": found.digest.to_string(), "from": found.way.from, "to": found.way.to, "peer": found.peer,
            "direction": found.direction.as_str(), "conversation": found.way.conversation,
            "action": found.action, "state": found.state, "journal": journey,
            "case": place.map(|place| case::summary(&place.case, by)), "stands": stands,
            "is_held": place.map(|place| place.is_held),
        }))
    }
}

fn of_paper(page: &PageCode, noted_at: Timestamp) -> CasePage {
    CasePage { document_id: page.document, digest: page.digest(), page: page.page, pages: page.of, noted_at }
}
