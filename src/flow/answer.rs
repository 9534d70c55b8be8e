//! Makes the answer to an inquiry: the local record as a sealed document, or the notice that there is none.

use super::{Context, FlowError};
use crate::base::{Digest256, DocumentId};
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
    let carries = if found.is_some() { Carries::InsuranceRecord } else { Carries::Notice };
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
        Some(record) => encode_record(&record, &header)?,
        None => {
            let notice = ProcessingResult {
                ended_at: HeaderText::of(now),
                code: NoticeCode::no_data(),
                description: Some("Сведения о лице не найдены".to_owned()),
            };
            encode_result(&notice, &header)?
        }
    };
    let document = sealed(document, document_id, message, ctx).await?;
    Ok(Answer { document_id, message: message.code.clone(), document })
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
        let sealed = seal(valid.as_bytes(), document_id, &signer)?;
        Ok(Outgoing { digest: sealed.digest(), bytes: sealed.into_bytes() })
    })
    .await?
}
