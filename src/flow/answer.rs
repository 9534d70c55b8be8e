//! Makes the answer to a request: what the local system says as a sealed document, or a notice.

use super::copies::OwnParts;
use super::document::Content;
use super::note::note_local_findings;
use super::parts::fill;
use super::third_party::receipted;
use super::{Context, FlowError};
use crate::base::{Digest256, DocumentId};
use crate::exchange::adapter::Found;
use crate::exchange::canonical::{InsuranceRecord, ResourceStatus};
use crate::exchange::document::codec::{
    Header, HeaderText, NoticeCode, ProcessingResult, encode_record, encode_result, encode_status,
};
use crate::exchange::rules::{Carries, MessageKind, Process, Transaction};
use crate::exchange::seal::{Sealing, seal, sha256};
use std::sync::Arc;

/// A document as it leaves: sealed, or bare where the catalogue asks for no signature.
pub(super) struct Outgoing {
    pub(super) bytes: Vec<u8>,
    pub(super) digest: Digest256,
    pub(super) parts: OwnParts,
}

/// An answer that is ready for the outbox.
pub(super) struct Answer {
    pub(super) document_id: DocumentId,
    pub(super) message: String,
    pub(super) document: Outgoing,
    /// Whether a person should look at it, and why.
    pub(super) remark: Option<&'static str>,
    /// By which profiles of local forms it was made.
    pub(super) made_by: Arc<[String]>,
}

/// What the local system has to say to a request.
enum Said {
    Record(Box<InsuranceRecord>, Arc<[String]>),
    Status(ResourceStatus),
    Result { code: NoticeCode, text: &'static str, remark: Option<&'static str> },
}

impl Said {
    fn carries(&self) -> Carries {
        match self {
            Self::Record(..) => Carries::InsuranceRecord,
            Self::Status(_) => Carries::Status,
            Self::Result { .. } => Carries::Notice,
        }
    }
}

/// Asks the local system and makes the answer of what it says.
pub(super) async fn answer(
    content: &Content,
    asked_by: &Header,
    (process, transaction): (&Process, &Transaction),
    ctx: &Context,
) -> Result<Answer, FlowError> {
    let now = ctx.clock.now();
    let said = ask(content, ctx).await?;
    let message = process.response(transaction, said.carries())?;
    let document_id = DocumentId::from_uuid(ctx.random.id(now));
    let header =
        Header::new((&message.code, &message.structure), document_id, Some(asked_by.document_id), now);
    let mut made_by = Arc::default();
    let mut parts = OwnParts::default();
    let (document, remark) = match said {
        Said::Record(mut record, read_by) => {
            made_by = read_by;
            let (kept, left_out) = OwnParts::of(&mut record, ctx).await?;
            parts = kept;
            let remark = (left_out > 0).then_some(TOO_MUCH);
            (encode_record(&record, &header)?, remark)
        }
        Said::Status(status) => (encode_status(&status, &header)?, None),
        Said::Result { code, text, remark } => {
            let ended_at = HeaderText::of(now);
            let notice = ProcessingResult { ended_at, code, description: Some(text.to_owned()) };
            (encode_result(&notice, &header)?, remark)
        }
    };
    let document = sealed((document, parts), document_id, message, ctx).await?;
    Ok(Answer { document_id, message: message.code.clone(), document, remark, made_by })
}

/// What the local system says; it may take its time.
async fn ask(content: &Content, ctx: &Context) -> Result<Said, FlowError> {
    let desk = ctx.desk.clone();
    let said = match content {
        Content::Inquiry(inquiry) => {
            let as_of = ctx.clock.now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
            let inquiry = inquiry.clone();
            let found = Context::aside(move || desk.find(&inquiry, as_of)).await??;
            note_local_findings(ctx).await?; // reading them may have been the first since a file changed
            match found {
                Found::Record(record, read_by) => Said::Record(Box::new(record), read_by),
                Found::Nobody => Said::Result {
                    code: NoticeCode::no_data(),
                    text: "Сведения о лице не найдены",
                    remark: None,
                },
                Found::Several => Said::Result {
                    code: NoticeCode::no_data(),
                    text: "Запросу соответствуют несколько лиц; укажите идентификатор лица",
                    remark: Some("the inquiry fits several persons; answered as nobody"),
                },
            }
        }
        Content::Status(asked) => match Context::aside(move || desk.updated_at()).await?? {
            Some(at) => Said::Status(ResourceStatus { updated_at: Some(at.into()), ..asked.clone() }),
            None => Said::Result {
                code: NoticeCode::no_data(),
                text: "Сведения об обновлении ресурса отсутствуют",
                remark: None,
            },
        },
        Content::Record(_) | Content::Notice => {
            Said::Result {
                code: NoticeCode::received(), text: "Сведения получены", remark: None
            }
        }
    };
    Ok(said)
}

/// Checks a document of ours by the peers' rules, then seals it with its attachments if its message is a signed one.
pub(super) async fn sealed(
    (document, parts): (Vec<u8>, OwnParts),
    document_id: DocumentId,
    message: &MessageKind,
    ctx: &Context,
) -> Result<Outgoing, FlowError> {
    let (rules, signers, message) = (ctx.rules.clone(), ctx.signers.get(), message.clone());
    if !message.signed {
        if !parts.is_empty() {
            return Err(FlowError::CopiesUnsigned { message: message.code });
        }
        return Context::aside(move || {
            let valid = rules.check(&document, &message).map_err(FlowError::Unlawful)?;
            let digest = sha256(valid.as_bytes());
            Ok(Outgoing { digest, bytes: valid.as_bytes().to_vec(), parts })
        })
        .await?;
    }
    let sealed = if parts.is_empty() {
        Context::aside(move || {
            let valid = rules.check(&document, &message).map_err(FlowError::Unlawful)?;
            Ok::<_, FlowError>(seal(&valid, document_id, &*signers)?)
        })
        .await??
    } else {
        let names = parts.names();
        let sealing = Context::aside(move || {
            let valid = rules.check(&document, &message).map_err(FlowError::Unlawful)?;
            Ok::<_, FlowError>(Sealing::new(&valid, &names, document_id)?)
        })
        .await??;
        let mut filling = sealing.filling(&*signers)?;
        fill(&mut filling, &parts.by_name(), ctx).await??;
        let filled = filling.finish()?;
        Context::aside(move || sealing.seal(filled, &*signers)).await??
    };
    let sealed = receipted(sealed, &parts.by_name(), ctx).await?;
    Ok(Outgoing { digest: sealed.digest(), bytes: sealed.into_bytes(), parts })
}

const TOO_MUCH: &str =
    "not all copies of documents fit into one message; the record tells of each, send the rest otherwise";
