//! `stazh send`: begins a transaction; its first message goes into a node's outbox.

use super::{Exit, Misused, dry_run, local, noted, show};
use crate::base::{DocumentId, Finding, ProcedureId};
use crate::exchange::canonical::case::{CaseDocument, CaseDocumentKind};
use crate::exchange::canonical::job::{JobDocument, JobDocumentKind};
use crate::exchange::canonical::{FactInquiry, FactOffer, Inquiry, InsuranceRecord, ResourceStatus, State};
use crate::exchange::document::codec::{case_root, job_root};
use crate::exchange::rules::{Carries, Catalogue};
use crate::flow::{Begin, Composed, Context as Flows, Opening, begin};
use anyhow::{Context, Result, anyhow};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Ask another state for a worker's insurance record, or begin any other
/// transaction of the catalogue.
///
/// What is sent is checked, sealed and stored before this command ends; the
/// running node sends it, now or as soon as the other node can be reached.
/// Follow it with `stazh status`.
///
///   stazh send ru fixtures/demo/inquiry-1.json
///   stazh send ru claim.json --to KZ
///   stazh send ru --transaction P.XP.02.TRN.001 --to KZ
///   stazh send ru --transaction P.XP.02.TRN.003 --to KZ record.json
///   stazh send ru fixtures/demo/inquiry-1.json --dry-run
///
/// P.XP.01.TRN.001  an inquiry is answered by a record or a notice (the default)
/// P.XP.02.TRN.001  as of when are your records
/// P.XP.02.TRN.002  the same, confirmed before a decision
/// P.XP.02.TRN.003  a record of ours has changed
/// P.XP.02.TRN.004  our records were brought up to date
/// P.XP.02.TRN.005  a record that both sides enter, or none
/// P.XP.03 to 05    documents of pension cases; the file says which (see stazh case kinds)
/// P.XP.06.TRN.001  a fact about a person (see stazh fact)
/// P.XP.06.TRN.002  a fact is offered
/// P.XL.01 to 03    interest, reveal and its end, vacancy, offer of a post, employment record; the file says which.
///                  A profile is never sent so: it leaves by a consent, when nodes synchronise
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Send {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// Inquiries, records or documents of cases as JSON, one a file; a transaction about the records as a whole needs none.
    files: Vec<PathBuf>,
    /// The transaction, by its code in the catalogue; without it the file says what it begins: an inquiry, or a
    /// document of a pension case.
    #[arg(long, value_name = "CODE")]
    transaction: Option<String>,
    /// The state it goes to; an inquiry names it itself.
    #[arg(long, value_name = "STATE", value_parser = state)]
    to: Option<State>,
    /// The procedure it is nested in, as the journal shows it.
    #[arg(long, value_name = "PROCEDURE")]
    within: Option<ProcedureId>,
    /// The earlier document it refers to, such as the record that has changed; the peer deals with that one first.
    #[arg(long, value_name = "DOCUMENT")]
    refers_to: Option<DocumentId>,
    /// Send nothing: say whether the peer would take it, by our own rules and by the versions that it announces.
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

/// What a transaction begins with.
enum Content {
    Inquiry(Box<Inquiry>),
    Record(Box<InsuranceRecord>),
    Case(Box<CaseDocument>),
    Job(Box<JobDocument>),
    Status(ResourceStatus),
    FactInquiry(Box<FactInquiry>),
    FactOffer(Box<FactOffer>),
}

impl Content {
    /// Which command of the catalogue it is to send this, and on what.
    fn as_act(&self, transaction: &str, to: State) -> (&'static str, String) {
        match self {
            Self::Case(document) => {
                let case = document.head().case.as_ref().map(|case| format!("case:{}", case.as_str()));
                ("case-send", case.unwrap_or_else(|| format!("{transaction} to:{to}")))
            }
            Self::Inquiry(_)
            | Self::Record(_)
            | Self::Job(_)
            | Self::Status(_)
            | Self::FactInquiry(_)
            | Self::FactOffer(_) => ("inquiry-send", format!("{transaction} to:{to}")),
        }
    }

    fn as_opening(&self, to: State) -> Opening<'_> {
        match self {
            Self::Inquiry(inquiry) => Opening::Inquiry(inquiry),
            Self::Record(record) => Opening::Record(record),
            Self::Case(document) => Opening::Case(document),
            Self::Job(document) => Opening::Job(document),
            Self::Status(status) => Opening::Status(status),
            Self::FactInquiry(inquiry) => Opening::FactInquiry(inquiry),
            Self::FactOffer(offer) => Opening::FactOffer { offer, to, row: None },
        }
    }

    /// A question about the records says nothing of ours; word of them says as of when they are.
    fn told_by(self, ctx: &Flows, transaction: &str) -> Result<Self> {
        let (_process, transaction) = ctx.catalogue.transaction(transaction)?;
        match self {
            Self::Status(status) if !transaction.pattern.has_response() => Ok(Self::Status(ResourceStatus {
                updated_at: ctx.desk.updated_at()?.map(Into::into),
                ..status
            })),
            Self::Inquiry(_)
            | Self::Record(_)
            | Self::Case(_)
            | Self::Job(_)
            | Self::Status(_)
            | Self::FactInquiry(_)
            | Self::FactOffer(_) => Ok(self),
        }
    }
}

impl Send {
    pub(super) fn run(self) -> Result<Exit> {
        let settings = local::settings(&self.node)?;
        let contents = self.contents()?;
        local::block_on(async {
            let ctx = local::context(&settings).await?;
            let mut exit = Exit::Done;
            for (name, transaction, content) in contents {
                let to = self.recipient(&transaction, &content)?;
                let content = content.told_by(&ctx, &transaction)?;
                let what = Begin {
                    opening: content.as_opening(to),
                    to,
                    transaction: &transaction,
                    within: self.within.clone(),
                    refers_to: self.refers_to,
                };
                if self.dry_run {
                    exit = exit.max(dry_run::tell((&name, what), (&settings, &ctx), self.json).await?);
                    continue;
                }
                let (command, object) = content.as_act(&transaction, to);
                let work = async { begin(what, &ctx).await.with_context(|| format!("send {name}")) };
                let of = (&ctx.store, ctx.clock.as_ref());
                let composed = noted::noted((command, &object), of, work).await?;
                self.tell(&name, to, &composed);
            }
            ctx.store.close().await;
            Ok(exit)
        })
    }

    /// What the files hold, each with a name for it and the transaction that it begins.
    fn contents(&self) -> Result<Vec<(String, String, Content)>> {
        let catalogue = Catalogue::built_in()?;
        if let Some(code) = &self.transaction {
            let (process, transaction) = catalogue.transaction(code)?;
            if process.message(&transaction.request)?.carries == Carries::Status {
                if let Some(file) = self.files.first() {
                    let text = format!("{code} needs no file; leave out {}", file.display());
                    return Err(Misused(text).into());
                }
                let status = ResourceStatus::default();
                return Ok(vec![(code.clone(), code.clone(), Content::Status(status))]);
            }
        }
        if self.files.is_empty() {
            let what = self.transaction.as_deref().unwrap_or(INQUIRY);
            return Err(Misused(format!("{what} needs a file; name one or more")).into());
        }
        let read = |file: &PathBuf| {
            let (transaction, content) = self.content(file, &catalogue)?;
            Ok((file.display().to_string(), transaction, content))
        };
        self.files.iter().map(read).collect()
    }

    /// What a file holds, and the transaction that it begins.
    fn content(&self, file: &Path, catalogue: &Catalogue) -> Result<(String, Content)> {
        let code = match &self.transaction {
            Some(code) => code.clone(),
            None => match named(file)? {
                Some(Named::Case(kind)) => catalogue.beginning_with_root(case_root(kind))?.1.code.clone(),
                Some(Named::Job(kind)) => beginning(kind, catalogue)?,
                None => INQUIRY.to_owned(),
            },
        };
        let (process, transaction) = catalogue.transaction(&code)?;
        let content = match process.message(&transaction.request)?.carries {
            Carries::Inquiry => Content::Inquiry(Box::new(local::read_json(file, "inquiry")?)),
            Carries::InsuranceRecord => {
                Content::Record(Box::new(local::read_json(file, "insurance record")?))
            }
            Carries::CaseDocument => Content::Case(read_case(file)?),
            Carries::JobDocument => {
                let document: JobDocument = local::read_json(file, "document of the labour half")?;
                beginning(document.kind(), catalogue)?;
                Content::Job(Box::new(document))
            }
            Carries::FactInquiry => {
                Content::FactInquiry(Box::new(local::read_json(file, "question for a fact")?))
            }
            Carries::FactOffer => Content::FactOffer(Box::new(local::read_json(file, "offer of a fact")?)),
            Carries::CheckDocument => {
                return Err(Misused(format!("{code} is begun by stazh check, not by a file")).into());
            }
            Carries::Notice | Carries::Status | Carries::Fact => {
                return Err(Misused(format!("{code} does not begin with a file")).into());
            }
        };
        Ok((code, content))
    }

    fn recipient(&self, transaction: &str, content: &Content) -> Result<State> {
        match (content, self.to) {
            (Content::Inquiry(inquiry), None) => Ok(inquiry.asked),
            (Content::FactInquiry(inquiry), None) => Ok(inquiry.asked),
            (Content::FactInquiry(inquiry), Some(to)) if to != inquiry.asked => {
                Err(Misused(format!("the question asks {}, not {to}; leave out --to", inquiry.asked)).into())
            }
            (Content::Inquiry(inquiry), Some(to)) if to != inquiry.asked => {
                Err(Misused(format!("the inquiry asks {}, not {to}; leave out --to", inquiry.asked)).into())
            }
            (_, Some(to)) => Ok(to),
            (
                Content::Record(_)
                | Content::Case(_)
                | Content::Job(_)
                | Content::Status(_)
                | Content::FactOffer(_),
                None,
            ) => Err(Misused(format!("{transaction} needs --to with a state")).into()),
        }
    }

    fn tell(&self, name: &str, to: State, composed: &Composed) {
        let (conversation, document) = (composed.conversation_id.as_uuid(), composed.document_id.as_uuid());
        if self.json {
            let procedure = composed.procedure_id.to_string();
            show::json_line(&serde_json::json!({
                "conversation": conversation, "document": document, "procedure": procedure,
            }));
        } else {
            show::line(&format!("{name} is in the outbox for {to}: conversation {conversation}"));
        }
    }
}

fn read_case(file: &Path) -> Result<Box<CaseDocument>> {
    local::read_json(file, "document of a pension case").map(Box::new)
}

/// What a file says that it holds.
enum Named {
    Case(CaseDocumentKind),
    Job(JobDocumentKind),
}

/// The document that a file names; none of one that names no document, as an inquiry.
fn named(file: &Path) -> Result<Option<Named>> {
    let whole: Value = local::read_json(file, "document")?;
    let Some(word) = whole.get("document") else { return Ok(None) };
    let word = word.as_str().unwrap_or_default();
    if let Ok(kind) = word.parse() {
        return Ok(Some(Named::Job(kind)));
    }
    let refuse =
        |finding: Finding| anyhow!("understand the document in {}: {}", file.display(), finding.message);
    word.parse().map(|kind| Some(Named::Case(kind))).map_err(refuse)
}

/// The transaction that a document of the labour half begins.
fn beginning(kind: JobDocumentKind, catalogue: &Catalogue) -> Result<String> {
    if kind == JobDocumentKind::CandidateProfile {
        let text = "a profile leaves its node by a consent alone, when nodes synchronise; it cannot be sent by a file";
        return Err(Misused(text.to_owned()).into());
    }
    Ok(catalogue.beginning_with_root(job_root(kind))?.1.code.clone())
}

fn state(text: &str) -> Result<State, String> {
    text.parse().map_err(|finding: Finding| finding.message)
}

/// What is asked where nothing else is said.
const INQUIRY: &str = "P.XP.01.TRN.001";
