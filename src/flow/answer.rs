//! Makes the answer to an inquiry: the local record as a sealed document, or the notice that there is none.

use super::note::note_local_findings;
use super::{Context, FlowError};
use crate::base::{Digest256, DocumentId};
use crate::exchange::adapter::Found;
use crate::exchange::canonical::Inquiry;
use crate::exchange::document::codec::{
    Header, HeaderText, NoticeCode, ProcessingResult, encode_record, encode_result,
};
use crate::exchange::rules::{Carries, MessageKind, Process, Transaction};
use crate::exchange::seal::{seal, sha256};

/// A document as it leaves: sealed, or bare where the catalogue asks for no signature.
pub(super) struct Outgoing {
    pub(super) bytes: Vec<u8>,
    pub(super) digest: Digest256,
}

/// An answer that is ready for the outbox.
pub(super) struct Answer {
    pub(super) document_id: DocumentId,
    pub(super) message: String,
    pub(super) document: Outgoing,
    /// Whether a person should look at it, and why.
    pub(super) remark: Option<&'static str>,
}

/// Asks the local system and makes the answer of what it says.
pub(super) async fn answer(
    inquiry: Inquiry,
    asked_by: &Header,
    (process, transaction): (&Process, &Transaction),
    ctx: &Context,
) -> Result<Answer, FlowError> {
    let now = ctx.clock.now();
    let as_of = now.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let desk = ctx.desk.clone();
    let found = Context::aside(move || desk.find(&inquiry, as_of)).await??;
    note_local_findings(ctx).await?; // reading them may have been the first since a file changed
    let (carries, remark) = match &found {
        Found::Record(_) => (Carries::InsuranceRecord, None),
        Found::Nobody => (Carries::Notice, None),
        Found::Several => (Carries::Notice, Some("the inquiry fits several persons; answered as nobody")),
    };
    let message = process.response(transaction, carries)?;
    let document_id = DocumentId::from_uuid(ctx.random.uuid());
    let header = Header {
        message: message.code.clone(),
        structure: message.structure.clone(),
        document_id,
        answers: Some(asked_by.document_id),
        made_at: HeaderText::of(now),
    };
    let document = match found {
        Found::Record(record) => encode_record(&record, &header)?,
        Found::Nobody | Found::Several => {
            let description = if remark.is_none() {
                "Сведения о лице не найдены"
            } else {
                "Запросу соответствуют несколько лиц; укажите идентификатор лица"
            };
            let notice = ProcessingResult {
                ended_at: HeaderText::of(now),
                code: NoticeCode::no_data(),
                description: Some(description.to_owned()),
            };
            encode_result(&notice, &header)?
        }
    };
    let document = sealed(document, document_id, message, ctx).await?;
    Ok(Answer { document_id, message: message.code.clone(), document, remark })
}

/// Checks a document of ours by the peers' rules, then seals it if its message is a signed one.
pub(super) async fn sealed(
    document: Vec<u8>,
    document_id: DocumentId,
    message: &MessageKind,
    ctx: &Context,
) -> Result<Outgoing, FlowError> {
    let (rules, signer, message) = (ctx.rules.clone(), ctx.signer.clone(), message.clone());
    Context::aside(move || {
        let valid = rules.check(&document, &message).map_err(FlowError::Unlawful)?;
        if !message.signed {
            return Ok(Outgoing { digest: sha256(valid.as_bytes()), bytes: valid.as_bytes().to_vec() });
        }
        let sealed = seal(&valid, document_id, &signer)?;
        Ok(Outgoing { digest: sealed.digest(), bytes: sealed.into_bytes() })
    })
    .await?
}
