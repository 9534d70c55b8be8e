//! Makes the answer to a request: what the local system says as a sealed document, or a notice.

use super::checks::{REFUSED_HERE, SaidOfCheck, say_of_check};
use super::copies::OwnParts;
use super::document::Content;
use super::facts::{SaidOfFact, declined, refusal_text, say};
use super::jobs::say_of_job;
use super::labour::subject_of_job;
use super::local::note_local_findings;
use super::offers::late;
use super::parts::fill;
use super::persons::subjects_of;
use super::third_party::receipted;
use super::{Context, FlowError};
use crate::base::{Code, Digest256, DocumentId};
use crate::exchange::adapter::Found;
use crate::exchange::canonical::job::JobDocument;
use crate::exchange::canonical::{CheckDocument, Fact, InsuranceRecord, Person, ResourceStatus};
use crate::exchange::document::codec::{
    Header, HeaderText, NoticeCode, ProcessingResult, encode_check, encode_fact, encode_job, encode_record,
    encode_result, encode_status,
};
use crate::exchange::rules::{Carries, MessageKind, Process, Refusal, Transaction};
use crate::exchange::seal::{Sealing, seal, sha256};
use jiff::Timestamp;
use std::borrow::Cow;
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
    /// What the journal says of it beside.
    pub(super) remarks: Vec<Remark>,
    /// By which profiles of local forms it was made.
    pub(super) made_by: Arc<[String]>,
    /// Whom it is about.
    pub(super) subjects: Vec<Digest256>,
}

/// An entry of the journal about an answer.
pub(super) struct Remark {
    pub(super) kind: &'static str,
    pub(super) code: Option<Code>,
    pub(super) text: Cow<'static, str>,
}

impl Remark {
    fn for_person(code: Option<Code>, text: &'static str) -> Self {
        Self { kind: "ask_person", code, text: text.into() }
    }
}

/// What the local system has to say to a request.
pub(super) enum Said {
    Record(Box<InsuranceRecord>, Arc<[String]>),
    Status(ResourceStatus),
    Fact(Box<Fact>, Arc<[String]>),
    Check(Box<CheckDocument>),
    Job(Box<JobDocument>),
    Result { code: NoticeCode, text: Cow<'static, str> },
}

impl Said {
    /// Whom it is about.
    fn person(&self) -> Option<&Person> {
        match self {
            Self::Record(record, _) => Some(&record.person),
            Self::Fact(fact, _) => Some(&fact.person),
            Self::Job(document) => document.person(),
            Self::Status(_) | Self::Check(_) | Self::Result { .. } => None,
        }
    }

    fn carries(&self) -> Carries {
        match self {
            Self::Record(..) => Carries::InsuranceRecord,
            Self::Status(_) => Carries::Status,
            Self::Fact(..) => Carries::Fact,
            Self::Check(_) => Carries::CheckDocument,
            Self::Job(_) => Carries::JobDocument,
            Self::Result { .. } => Carries::Notice,
        }
    }
}

/// Asks the local system and makes the answer of what it says.
pub(super) async fn answer(
    content: &Content,
    (asked_by, came, peer): (&Header, Timestamp, &str),
    (process, transaction): (&Process, &Transaction),
    ctx: &Context,
) -> Result<Answer, FlowError> {
    let now = ctx.clock.now();
    let mut remarks = Vec::new();
    let said = ask(content, (came, peer), &mut remarks, ctx).await?;
    let message = process.response(transaction, said.carries())?;
    let document_id = DocumentId::from_uuid(ctx.random.id(now));
    let header =
        Header::new((&message.code, &message.structure), document_id, Some(asked_by.document_id), now);
    let mut subjects = subjects_of(said.person(), ctx)?;
    if let Said::Job(document) = &said {
        subjects.extend(subject_of_job(&mut ctx.store.read().await?, document, peer).await?);
    }
    let mut made_by = Arc::default();
    let mut parts = OwnParts::default();
    let document = match said {
        Said::Record(mut record, read_by) => {
            made_by = read_by;
            let (kept, left_out) = OwnParts::of(&mut record, ctx).await?;
            parts = kept;
            remarks.extend((left_out > 0).then(|| Remark::for_person(None, TOO_MUCH)));
            encode_record(&record, &header)?
        }
        Said::Status(status) => encode_status(&status, &header)?,
        Said::Fact(fact, read_by) => {
            made_by = read_by;
            encode_fact(&fact, &header)?
        }
        Said::Check(document) => encode_check(&document, &header)?,
        Said::Job(document) => encode_job(&document, &header)?,
        Said::Result { code, text } => {
            let ended_at = HeaderText::of(now);
            let notice = ProcessingResult { ended_at, code, description: Some(text.into_owned()) };
            encode_result(&notice, &header)?
        }
    };
    let document = sealed((document, parts), document_id, message, ctx).await?;
    let message = message.code.clone();
    Ok(Answer { document_id, message, document, remarks, made_by, subjects })
}

/// What the local system says; it may take its time.
async fn ask(
    content: &Content,
    (came, peer): (Timestamp, &str),
    remarks: &mut Vec<Remark>,
    ctx: &Context,
) -> Result<Said, FlowError> {
    let desk = ctx.desk.clone();
    let said = match content {
        Content::Inquiry(inquiry) => {
            let as_of = ctx.clock.now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
            let inquiry = inquiry.clone();
            let (found, aside) = Context::aside(move || desk.find_counting(&inquiry, as_of)).await??;
            remarks.extend((aside > 0).then(|| Remark::for_person(Some("flow.rows_aside"), ROWS_ASIDE)));
            note_local_findings(ctx).await?; // reading them may have been the first since a file changed
            match found {
                Found::Record(record, read_by) => Said::Record(Box::new(record), read_by),
                Found::Nobody => notice(NoticeCode::no_data(), "Сведения о лице не найдены"),
                Found::Several => several(remarks),
                Found::Unsure(reasons) => {
                    let all = reasons.join("; or ");
                    let text = format!(
                        "who is meant is not certain; answered as nobody. Somebody resembles him: {all}"
                    );
                    remarks.push(Remark { kind: "ask_person", code: Some("flow.unsure"), text: text.into() });
                    let told = "Лицо не установлено однозначно; уточните сведения о лице или укажите его идентификатор";
                    notice(NoticeCode::no_data(), told)
                }
            }
        }
        Content::Status(asked) => match Context::aside(move || desk.updated_at()).await?? {
            Some(at) => Said::Status(ResourceStatus { updated_at: Some(at.into()), ..asked.clone() }),
            None => notice(NoticeCode::no_data(), "Сведения об обновлении ресурса отсутствуют"),
        },
        Content::FactInquiry(inquiry) => match say(inquiry, ctx).await? {
            SaidOfFact::Fact(fact, read_by) => Said::Fact(fact, read_by),
            SaidOfFact::None { is_unclear: false } => {
                notice(NoticeCode::no_data(), "Такого факта о лице нет")
            }
            SaidOfFact::None { is_unclear: true } => several(remarks),
            SaidOfFact::Refused(refusal) => refused(inquiry.kind.as_str(), refusal, remarks),
            SaidOfFact::Late { as_of, age_days } => {
                let (kind, code) = ("ask_person", Some("flow.fact_feed_late"));
                let text = late(inquiry.kind.as_str(), as_of, age_days).into();
                remarks.push(Remark { kind, code, text });
                notice(NoticeCode::unknown(), "Сведения старше допустимого; сейчас ответ неизвестен")
            }
        },
        Content::FactOffer(offer) => match declined(offer, came, ctx) {
            Some(refusal) => refused(offer.fact.kind.as_str(), refusal, remarks),
            None => notice(NoticeCode::received(), "Предложение принято"),
        },
        Content::Record(_) | Content::Notice(_) | Content::Fact(_) => {
            notice(NoticeCode::received(), "Сведения получены")
        }
        Content::Check(document) => match say_of_check(document, peer, ctx).await? {
            SaidOfCheck::Document(said) => Said::Check(said),
            SaidOfCheck::Received => notice(NoticeCode::received(), "Результат сверки получен"),
            SaidOfCheck::Refused(said, reason) => {
                let text = format!("{REFUSED_HERE}: {reason}").into();
                remarks.push(Remark { kind: "ask_person", code: Some("check.refused_here"), text });
                Said::Check(Box::new(said))
            }
        },
        Content::Case(_) => notice(NoticeCode::received(), "Документ получен"),
        Content::Job(document) => say_of_job(document, remarks, ctx).await?,
    };
    Ok(said)
}

/// A notice, as an answer.
pub(super) fn notice(code: NoticeCode, text: &'static str) -> Said {
    Said::Result { code, text: text.into() }
}

fn several(remarks: &mut Vec<Remark>) -> Said {
    remarks.push(Remark::for_person(None, "the inquiry fits several persons; answered as nobody"));
    notice(NoticeCode::no_data(), "Запросу соответствуют несколько лиц; укажите идентификатор лица")
}

fn refused(kind: &str, refusal: Refusal, remarks: &mut Vec<Remark>) -> Said {
    let code = refusal.code();
    remarks.push(Remark { kind: "refused", code: Some(code), text: format!("fact {kind}").into() });
    Said::Result { code: NoticeCode::refused(), text: refusal_text(code).into() }
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
const ROWS_ASIDE: &str = "rows that are or may be about this person are set aside, and the answer lacks them; mend them, \
     stazh replay, and tell the peer what was missing";
