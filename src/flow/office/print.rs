//! A document of a case as a form on paper, marked with who took it and when (A10).

use super::is_for;
use super::kept::Kept;
use crate::access::Permit;
use crate::base::{DocumentId, Language};
use crate::exchange::canonical::RecordId;
use crate::exchange::document::Element;
use crate::flow::{Context, FlowError};
use crate::paper::{Form, PaperError, Way, print};
use crate::store::{case_entries, case_held, case_records, case_voided};

/// A document of a case, or a record that it rests on, as a PDF for who may take it out; none if the case has no such document
/// or its bytes cannot be printed any more.
///
/// # Errors
/// The database does not answer.
pub async fn print_document(
    permit: &Permit,
    case: &RecordId,
    document: DocumentId,
    language: Language,
    ctx: &Context,
) -> Result<Option<Vec<u8>>, FlowError> {
    if !is_for(permit, &["case-print"], case.as_str()) {
        return Ok(None);
    }
    let mut tx = ctx.store.read().await?;
    let mut entries = case_entries(&mut tx, case).await?;
    entries.extend(case_held(&mut tx, case).await?);
    entries.extend(case_voided(&mut tx, case).await?);
    let records = case_records(&mut tx, case).await?;
    drop(tx);
    let entry = entries.iter().find(|entry| entry.document_id == document);
    let record = records.iter().find(|record| record.document_id == document);
    let (kept, from, to) = match (entry, record) {
        (Some(entry), _) => (Kept::of_entry(entry, ctx).await?, entry.from.to_string(), entry.to.to_string()),
        (None, Some(record)) => {
            let kept = Kept::came(&record.peer, document, ctx).await?;
            (kept, record.peer.clone(), ctx.state.to_string())
        }
        (None, None) => return Ok(None),
    };
    let Some(kept) = kept else { return Ok(None) };
    let conversation = kept.conversation_id.map(|id| id.as_uuid().to_string());
    let way = Way { from, to, conversation };
    let mark = mark(permit, language);
    let (limits, rules) = (ctx.limits, ctx.rules.clone());
    let printed = Context::aside(move || {
        let root = Element::parse_within(&kept.sealed, &kept.scope, &limits).ok()?;
        let digest = (root.local == SIGNED).then_some(kept.digest);
        let printed = Form::of(root, digest, Some(way)).map(|form| form.marked(mark));
        let printed = printed.and_then(|form| print(&form, rules.lists(), language));
        printed.inspect_err(|error: &PaperError| tracing::warn!(%error, "a document cannot be printed")).ok()
    });
    printed.await
}

/// Who took it and when, as each page says it.
fn mark(permit: &Permit, language: Language) -> String {
    let (login, at) = (permit.login(), permit.at().strftime("%Y-%m-%d %H:%M UTC"));
    let case = permit.purpose().map_or("", |purpose| purpose.case.as_str());
    language.en_or_ru(
        format!("Taken from the node by {login}, {at}, for case {case}"),
        format!("Выгружено из узла: {login}, {at}, по делу {case}"),
    )
}

/// The root of a document with its signature.
const SIGNED: &str = "SignedDoc";
