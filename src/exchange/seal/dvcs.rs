//! Questions to a trusted third party and its answers by RFC 3029: validation of a signed document (VSD, service 2).
//!
//! A question frames the document, which may be long, so that it can be fed from wherever it lies. An answer is
//! signed content of CMS, or the notice of an error, which nobody need sign since it proves nothing.

use super::asn1::{context, parts, sequence, strings, time, trimmed};
use super::cms::{SignedContent, sign_content};
use super::error::SealError;
use super::signer::Signer;
use super::suites::DigestAlgorithm;
use super::third_party::{Outcome, ReasonCode, ReceiptTrust};
use der::asn1::{AnyRef, GeneralizedTime, Int, Null, ObjectIdentifier, OctetStringRef, Utf8StringRef};
use der::{Decode, Encode, Header, Length, Tag};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// A question about one signed document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// `DVCSRequestInformation`, as it must come back.
    information: Vec<u8>,
    /// Its `transactionIdentifier`.
    transaction: Vec<u8>,
}

impl Question {
    /// A question under an id of its own, asked at `at`.
    ///
    /// # Errors
    /// The time cannot be written.
    pub fn new(id: Uuid, at: Timestamp) -> Result<Self, SealError> {
        let coded = || {
            let service = AnyRef::new(Tag::Enumerated, &[VSD])?.to_der()?;
            let information = sequence(&[&service, &time(at)?])?;
            let transaction = AnyRef::new(context(URI, false), id.urn().to_string().as_bytes())?.to_der()?;
            der::Result::Ok(Self { information, transaction })
        };
        coded().map_err(unwritable)
    }

    /// What stands before a document of so many bytes in the request, and what behind it.
    ///
    /// # Errors
    /// It is too long.
    pub fn frame(&self, bytes: u64) -> Result<(Vec<u8>, Vec<u8>), SealError> {
        let coded = || {
            let length = u32::try_from(bytes).map_err(|_cause| der::ErrorKind::Overlength)?;
            let length = Length::new(length);
            let message = Header::new(Tag::OctetString, length).to_der()?;
            let inside = [self.information.as_slice(), &message].concat();
            let request = (Length::try_from(inside.len())? + length)?;
            let request = (request + Length::try_from(self.transaction.len())?)?;
            let request_head = Header::new(Tag::Sequence, request).to_der()?;
            let content = (request + Length::try_from(request_head.len())?)?;
            let content_head = Header::new(context(CONTENT, true), content).to_der()?;
            let kind = REQUEST_DATA.to_der()?;
            let whole = (content + Length::try_from(content_head.len() + kind.len())?)?;
            let head = Header::new(Tag::Sequence, whole).to_der()?;
            let before = [head, kind, content_head, request_head, inside].concat();
            der::Result::Ok((before, self.transaction.clone()))
        };
        coded().map_err(unwritable)
    }

    /// Reads what the third party answered to it.
    ///
    /// # Errors
    /// It is no answer, not signed by whom we trust, or about another question; nothing is proved or disproved then.
    pub fn read_answer(
        &self,
        answer: &[u8],
        trust: &ReceiptTrust,
        now: Timestamp,
    ) -> Result<Answer, SealError> {
        if let Some(notice) = bare_notice(answer) {
            return Ok(Answer::impossible(notice));
        }
        let signed = signed_answer(answer)?;
        let content = trust.content_of(signed, now)?;
        let first = content.first().copied();
        if first == Some(NOTICE) {
            return Ok(Answer::impossible(notice_text(&content).unwrap_or_default()));
        }
        let certified = Certified::read(&content).ok_or(UNREADABLE)?;
        if certified.information != self.information {
            return Err(wrong("it answers another question"));
        }
        let (outcome, imprint) = (certified.outcome, Some(certified.imprint));
        Ok(Answer { outcome, imprint, said_at: Some(certified.at) })
    }
}

/// What a third party answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    outcome: Outcome,
    /// Which document it is about, unless it says nothing of any.
    imprint: Option<(DigestAlgorithm, Vec<u8>)>,
    said_at: Option<Timestamp>,
}

impl Answer {
    fn impossible(text: String) -> Self {
        Self { outcome: Outcome::Impossible { text }, imprint: None, said_at: None }
    }

    /// By which digest it names its document; none if it could not judge any.
    pub fn digest(&self) -> Option<DigestAlgorithm> {
        self.imprint.as_ref().map(|(digest, _)| *digest)
    }

    /// When it was given, by the third party's clock.
    pub fn said_at(&self) -> Option<Timestamp> {
        self.said_at
    }

    /// Whether it was given between a question and the coming of its answer, as far as clocks agree.
    pub fn is_of(&self, asked_at: Timestamp, came_at: Timestamp) -> bool {
        self.said_at.is_none_or(|said_at| {
            said_at.duration_since(asked_at) >= -SKEW && said_at.duration_since(came_at) <= SKEW
        })
    }

    /// What it says of the document with this digest.
    ///
    /// # Errors
    /// It is about another document.
    pub fn of_document(self, digest: &[u8]) -> Result<Judged, SealError> {
        let is_its = match &self.imprint {
            Some((_, told)) if told != digest => return Err(wrong("it is about another document")),
            Some(_) => true,
            None => false,
        };
        Ok(match self.outcome {
            Outcome::Confirmed if is_its => Judged::Confirmed(Confirmation(())),
            Outcome::Confirmed => Judged::Impossible { text: String::new() },
            Outcome::NotConfirmed { code, text } => Judged::NotConfirmed { code, text },
            Outcome::Impossible { text } => Judged::Impossible { text },
        })
    }
}

/// What a third party that we trust says of one document.
#[derive(Debug)]
pub enum Judged {
    /// As [`Outcome::Confirmed`].
    Confirmed(Confirmation),
    /// As [`Outcome::NotConfirmed`].
    NotConfirmed {
        /// Why, if it is told by a code.
        code: Option<ReasonCode>,
        /// The same in words.
        text: String,
    },
    /// As [`Outcome::Impossible`].
    Impossible {
        /// Why not.
        text: String,
    },
}

/// That a third party confirmed the signatures of a document; only [`Answer::of_document`] makes one.
#[derive(Debug)]
pub struct Confirmation(());

/// A question as a third party gets it.
#[derive(Debug)]
pub struct Asked<'a> {
    information: &'a [u8],
    transaction: Option<&'a [u8]>,
    document: &'a [u8],
}

impl<'a> Asked<'a> {
    /// Reads a request.
    ///
    /// # Errors
    /// It is none, or for another service.
    pub fn read(request: &'a [u8]) -> Result<Self, SealError> {
        let outer = parts(request).map_err(unreadable)?;
        let [kind, content] = outer.as_slice() else { return Err(UNREADABLE) };
        if ObjectIdentifier::from_der(kind).map_err(unreadable)? != REQUEST_DATA {
            return Err(wrong("it is no request"));
        }
        let content = AnyRef::from_der(content).map_err(unreadable)?;
        // some write the request as such, others inside an OCTET STRING
        let request = match content.value().first() {
            Some(&OCTETS) => AnyRef::from_der(content.value()).map_err(unreadable)?.value(),
            Some(_) | None => content.value(),
        };
        let fields = parts(request).map_err(unreadable)?;
        let (information, data, transaction) = match fields.as_slice() {
            [information, data] => (*information, *data, None),
            [information, data, transaction] => (*information, *data, Some(*transaction)),
            _ => return Err(UNREADABLE),
        };
        let is_vsd = parts(information).map_err(unreadable)?.contains(&[ENUMERATED, 1, VSD].as_slice());
        let document = <&OctetStringRef>::from_der(data).map_err(unreadable)?.as_bytes();
        if is_vsd { Ok(Self { information, transaction, document }) } else { Err(wrong("it is not for VSD")) }
    }

    /// The document to be judged.
    pub fn document(&self) -> &'a [u8] {
        self.document
    }

    /// Writes the answer, under a serial number of its own.
    ///
    /// # Errors
    /// The key refuses.
    pub fn answer(
        &self,
        outcome: &Outcome,
        (serial, at): (Uuid, Timestamp),
        signer: &Signer,
    ) -> Result<Vec<u8>, SealError> {
        let digest = signer.suite().digest();
        let imprint = digest.of(self.document)?;
        let coded = || match outcome {
            Outcome::Impossible { text } => notice(text, self.transaction),
            Outcome::Confirmed => self.certify(status(GRANTED, &[])?, (digest, &imprint), (serial, at)),
            Outcome::NotConfirmed { code, text } => {
                let code = code.as_ref().map_or("", ReasonCode::as_str);
                let texts: Vec<&str> = [code, text].into_iter().filter(|text| !text.is_empty()).collect();
                self.certify(status(REJECTION, &texts)?, (digest, &imprint), (serial, at))
            }
        };
        sign_content(RESPONSE_DATA, &coded().map_err(unwritable)?, signer, at)
    }

    fn certify(
        &self,
        status: Vec<u8>,
        (digest, imprint): (DigestAlgorithm, &[u8]),
        (serial, at): (Uuid, Timestamp),
    ) -> der::Result<Vec<u8>> {
        let oid = ObjectIdentifier::new(digest.oid()).map_err(|_cause| der::ErrorKind::Failed)?.to_der()?;
        let algorithm = sequence(&[&oid, &Null.to_der()?])?;
        let imprint = sequence(&[&algorithm, &OctetStringRef::new(imprint)?.to_der()?])?;
        let serial = [&[0], serial.as_bytes().as_slice()].concat(); // never negative
        let serial = Int::new(trimmed(&serial))?.to_der()?;
        sequence(&[self.information, &imprint, &serial, &time(at)?, &status])
    }
}

/// An answer as it was signed, which nobody has checked yet.
pub(super) fn signed_answer(answer: &[u8]) -> Result<SignedContent, SealError> {
    SignedContent::read(answer, RESPONSE_DATA)
}

/// The notice of an error to a question that cannot even be read.
///
/// # Errors
/// It cannot be written.
pub fn refusal(text: &str) -> Result<Vec<u8>, SealError> {
    let coded = || {
        let content = AnyRef::new(context(CONTENT, true), &notice(text, None)?)?.to_der()?;
        sequence(&[&RESPONSE_DATA.to_der()?, &content])
    };
    coded().map_err(unwritable)
}

/// `DVCSCertInfo`, as far as we need it.
struct Certified {
    information: Vec<u8>,
    imprint: (DigestAlgorithm, Vec<u8>),
    at: Timestamp,
    outcome: Outcome,
}

impl Certified {
    fn read(content: &[u8]) -> Option<Self> {
        let fields = parts(content).ok()?;
        let has_version = fields.first()?.first() == Some(&INTEGER);
        let mut fields = fields.into_iter().skip(usize::from(has_version));
        let information = fields.next()?.to_vec();
        let imprint = parts(fields.next()?).ok()?;
        let [algorithm, digest] = imprint.as_slice() else { return None };
        let oid: ObjectIdentifier = ObjectIdentifier::from_der(parts(algorithm).ok()?.first()?).ok()?;
        let imprint = DigestAlgorithm::of_oid(&oid.to_string()).ok()?;
        let imprint = (imprint, <&OctetStringRef>::from_der(digest).ok()?.as_bytes().to_vec());
        let _serial = fields.next()?;
        let at = GeneralizedTime::from_der(fields.next()?).ok()?;
        let at = i64::try_from(at.to_unix_duration().as_secs()).ok()?;
        let status = fields.find(|field| field.first() == Some(&STATUS));
        let outcome = match status {
            None => Outcome::Confirmed,
            Some(status) => outcome_of(AnyRef::from_der(status).ok()?.value())?,
        };
        Some(Self { information, imprint, at: Timestamp::from_second(at).ok()?, outcome })
    }
}

/// What a `PKIStatusInfo`, cut open, says.
fn outcome_of(status: &[u8]) -> Option<Outcome> {
    let fields = parts(&AnyRef::new(Tag::Sequence, status).ok()?.to_der().ok()?).ok().map(owned)?;
    let number = fields.first()?;
    let texts = fields.get(1).map(|texts| strings(texts)).unwrap_or_default();
    let number = u8::from_der(number).ok()?;
    let code = texts.first().and_then(|text| text.parse().ok());
    let text = texts.get(usize::from(code.is_some())..).unwrap_or_default().join("; ");
    Some(match number {
        GRANTED => Outcome::Confirmed,
        REJECTION => Outcome::NotConfirmed { code, text },
        other => Outcome::Impossible { text: format!("status {other}; {text}") },
    })
}

fn owned(parts: Vec<&[u8]>) -> Vec<Vec<u8>> {
    parts.into_iter().map(<[u8]>::to_vec).collect()
}

/// A `PKIStatusInfo` under the tag it has in an answer.
fn status(number: u8, texts: &[&str]) -> der::Result<Vec<u8>> {
    AnyRef::new(context(0, true), &status_fields(number, texts)?)?.to_der()
}

fn status_fields(number: u8, texts: &[&str]) -> der::Result<Vec<u8>> {
    let mut fields = number.to_der()?;
    if !texts.is_empty() {
        let texts = texts.iter().map(|text| Utf8StringRef::new(text)?.to_der());
        let texts = texts.collect::<der::Result<Vec<_>>>()?;
        fields.extend(sequence(&texts.iter().map(Vec::as_slice).collect::<Vec<_>>())?);
    }
    Ok(fields)
}

/// `dvErrorNote`: rejection with a text, and the question it is about.
fn notice(text: &str, transaction: Option<&[u8]>) -> der::Result<Vec<u8>> {
    let status = AnyRef::new(Tag::Sequence, &status_fields(REJECTION, &[text])?)?.to_der()?;
    let fields = [status.as_slice(), transaction.unwrap_or_default()].concat();
    AnyRef::new(context(0, true), &fields)?.to_der()
}

/// The text of a notice that nobody signed.
fn bare_notice(answer: &[u8]) -> Option<String> {
    let outer = parts(answer).ok()?;
    let [kind, content] = outer.as_slice() else { return None };
    (ObjectIdentifier::from_der(kind).ok()? == RESPONSE_DATA).then_some(())?;
    let content = AnyRef::from_der(content).ok()?;
    let inside = match content.value().first() {
        Some(&OCTETS) => AnyRef::from_der(content.value()).ok()?.value(),
        Some(_) | None => content.value(),
    };
    notice_text(inside)
}

fn notice_text(notice: &[u8]) -> Option<String> {
    (notice.first() == Some(&NOTICE)).then_some(())?;
    let fields = AnyRef::from_der(notice).ok()?;
    let fields = AnyRef::new(Tag::Sequence, fields.value()).ok()?.to_der().ok()?;
    let status = parts(&fields).ok()?.first()?.to_vec();
    let texts = parts(&status).ok()?.get(1).map(|texts| strings(texts)).unwrap_or_default();
    Some(texts.join("; "))
}

fn wrong(reason: &'static str) -> SealError {
    SealError::Cms { reason }
}

fn unreadable(_cause: der::Error) -> SealError {
    UNREADABLE
}

fn unwritable(_cause: der::Error) -> SealError {
    SealError::Key { reason: "what it signs cannot be written in DER" }
}

/// How far the third party's clock may be from ours.
const SKEW: SignedDuration = SignedDuration::from_mins(5);
const UNREADABLE: SealError = SealError::Cms { reason: "it is no message of RFC 3029" };
const REQUEST_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.7");
const RESPONSE_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.8");
/// `vsd` of `ServiceType`.
const VSD: u8 = 2;
/// `uniformResourceIdentifier` of `GeneralName`.
const URI: u32 = 6;
const CONTENT: u32 = 0;
const GRANTED: u8 = 0;
const REJECTION: u8 = 2;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const ENUMERATED: u8 = 0x0a;
/// `dvErrorNote`, and `dvStatus`.
const NOTICE: u8 = 0xa0;
const STATUS: u8 = 0xa0;
