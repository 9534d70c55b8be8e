//! The bodies of the three signals (D5 ¶112–121, App.5, App.6).

use super::Signal;
use crate::base::{Code, DocumentId, Finding, Limits, Verdict};
use crate::exchange::document::{CanonicalWriter, Event, Scope, WriteError, XmlError, XmlReader};
use jiff::Timestamp;
use uuid::Uuid;

/// A signal's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalBody {
    /// RCV, PRS or ERR.
    pub signal: Signal,
    /// Its own id, a bare UUID.
    pub id: Uuid,
    /// When it was made.
    pub at: Timestamp,
    /// What is wrong; at least one for ERR, none otherwise.
    pub errors: Vec<SignalError>,
}

/// One error of an ERR signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalError {
    /// Which kind, or the number of the violated rule.
    pub code: ErrorCode,
    /// The text of the error, in Russian.
    pub description: String,
    /// More about it.
    pub details: Option<String>,
    /// The document it concerns, if one and if its id could be read.
    pub document: Option<DocumentId>,
    /// Where in the document.
    pub reference: Option<String>,
}

/// `sgn:Code` (D5 ¶117–120).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorCode {
    /// `Common:UnexpectedMessage`: it belongs to no running transaction, or the receiver takes no part in it.
    UnexpectedMessage,
    /// `Common:DataError`: structural control failed.
    DataError,
    /// `Common:FatalError`: processing failed beyond repair.
    FatalError,
    /// The code of a violated rule of the message, or a code of ours, which begins with X.
    Rule(String),
}

/// A body that is no signal.
#[derive(Debug, thiserror::Error)]
pub enum SignalBodyError {
    /// Not XML that we accept.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// XML, but not the signal its action promises.
    #[error("read the signal: {reason}")]
    Structure {
        /// What is wrong.
        reason: &'static str,
    },
    /// A signal of ours could not be written.
    #[error("write the signal")]
    Write(#[from] WriteError),
}

impl SignalBodyError {
    /// What becomes of the message.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Xml(error) => error.verdict(),
            Self::Structure { .. } => Verdict::Return { code: STRUCTURE },
            Self::Write(_) => Verdict::Park { code: "transit.signal_write" },
        }
    }
}

impl SignalBody {
    /// The signal as XML, canonical.
    ///
    /// # Errors
    /// A text holds a character XML does not allow.
    pub fn encode(&self) -> Result<Vec<u8>, SignalBodyError> {
        let mut writer = CanonicalWriter::new(&[("sgn", NAMESPACE)]);
        writer.start("sgn", root_of(self.signal));
        writer.leaf("sgn", "SignalId", &self.id.to_string());
        writer.leaf("sgn", "DateTime", &self.at.to_string());
        for error in &self.errors {
            writer.start("sgn", "Error");
            writer.leaf("sgn", "Code", error.code.as_text());
            writer.leaf("sgn", "Description", &error.description);
            let document = error.document.map(|id| id.as_uuid().to_string());
            for (name, text) in
                [("Details", &error.details), ("EDocId", &document), ("Reference", &error.reference)]
            {
                if let Some(text) = text {
                    writer.leaf("sgn", name, text);
                }
            }
            writer.end();
        }
        writer.end();
        Ok(writer.finish()?)
    }

    /// Reads the body of a message whose action says `signal`.
    ///
    /// # Errors
    /// Another root, a missing or malformed field.
    pub fn decode(
        signal: Signal,
        body: &[u8],
        scope: &Scope,
        limits: &Limits,
    ) -> Result<Self, SignalBodyError> {
        let refuse = |reason| SignalBodyError::Structure { reason };
        let fields = fields(root_of(signal), body, scope, limits)?;
        let (mut id, mut at) = (None, None);
        let mut errors: Vec<SignalError> = Vec::new();
        let mut before = Place::Root;
        for (depth, name, text) in fields {
            let place = Place::of(depth, &name).ok_or(refuse("an element stands where it may not"))?;
            if !place.may_follow(before) {
                return Err(refuse("its elements are not in the order of the structure"));
            }
            before = place;
            match (place, errors.last_mut()) {
                (Place::SignalId, _) => id = uuid(&text),
                (Place::DateTime, _) => at = instant(text.trim_matches(BLANKS)),
                (Place::Error, _) => errors.push(SignalError::empty()),
                (Place::Code, Some(error)) => error.code = code(&text).ok_or(refuse(CODE))?,
                (Place::Description, Some(error)) => error.description = text,
                (Place::Details, Some(error)) => error.details = Some(text),
                (Place::EDocId, Some(error)) => {
                    let id = uuid(&text).ok_or(refuse("sgn:EDocId is not a UUID; leave it out"))?;
                    error.document = Some(DocumentId::from_uuid(id));
                }
                (Place::Reference, Some(error)) => error.reference = Some(text),
                (_, None) | (Place::Root, _) => return Err(refuse("an element stands where it may not")),
            }
        }
        if !before.may_end() {
            return Err(refuse("sgn:Description or what comes before it is missing"));
        }
        if (signal == Signal::Error) == errors.is_empty() {
            return Err(refuse("sgn:Error must stand in an error signal and in no other"));
        }
        Ok(Self {
            signal,
            id: id.ok_or(refuse("sgn:SignalId is not a UUID"))?,
            at: at.ok_or(refuse("sgn:DateTime is not a date and time"))?,
            errors,
        })
    }
}

/// An element of a signal, in the order in which they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    SignalId,
    DateTime,
    Error,
    Code,
    Description,
    Details,
    EDocId,
    Reference,
}

impl Place {
    fn of(depth: usize, name: &str) -> Option<Self> {
        Some(match (depth, name) {
            (2, "SignalId") => Self::SignalId,
            (2, "DateTime") => Self::DateTime,
            (2, "Error") => Self::Error,
            (3, "Code") => Self::Code,
            (3, "Description") => Self::Description,
            (3, "Details") => Self::Details,
            (3, "EDocId") => Self::EDocId,
            (3, "Reference") => Self::Reference,
            _ => return None,
        })
    }

    fn may_follow(self, before: Self) -> bool {
        match self {
            Self::Root => false,
            Self::SignalId => before == Self::Root,
            Self::DateTime => before == Self::SignalId,
            Self::Error => before != Self::Error && before.may_end(),
            Self::Code => before == Self::Error,
            Self::Description => before == Self::Code,
            Self::Details => before == Self::Description,
            Self::EDocId => matches!(before, Self::Description | Self::Details),
            Self::Reference => matches!(before, Self::Description | Self::Details | Self::EDocId),
        }
    }

    /// Whether a signal or an error may end behind it.
    fn may_end(self) -> bool {
        match self {
            Self::DateTime | Self::Description | Self::Details | Self::EDocId | Self::Reference => true,
            Self::Root | Self::SignalId | Self::Error | Self::Code => false,
        }
    }
}

/// The pattern of `EDocIdType`: a bare UUID.
fn uuid(text: &str) -> Option<Uuid> {
    let text = text.trim_matches(BLANKS);
    Uuid::try_parse(text).ok().filter(|_| text.len() == 36)
}

/// A token of 1 to 255 characters.
fn code(text: &str) -> Option<ErrorCode> {
    let token = text.split(BLANKS).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    (1..=255).contains(&token.chars().count()).then(|| ErrorCode::parse(&token))
}

/// The Rules do not demand a zone here; without one it is read as UTC, in which the platform writes.
fn instant(text: &str) -> Option<Timestamp> {
    let [year, month, day_and_time] = *text.splitn(3, '-').collect::<Vec<_>>() else { return None };
    let is_iso = year.len() == 4 && month.len() == 2 && day_and_time.get(2..3) == Some("T");
    let time = day_and_time.get(3..11).unwrap_or_default();
    if !is_iso || time.bytes().filter(|byte| *byte == b':').count() != 2 || text.contains(['[', ',', 'z']) {
        return None; // what is read below is wider than xs:dateTime
    }
    let civil = || jiff::tz::TimeZone::UTC.to_timestamp(text.parse().ok()?).ok();
    text.parse().ok().or_else(civil)
}

impl SignalError {
    /// An error of a known kind with its Russian text.
    pub fn of(code: ErrorCode, details: impl Into<String>, document: Option<DocumentId>) -> Self {
        let description = code.as_russian().to_owned();
        Self { code, description, details: Some(details.into()), document, reference: None }
    }

    /// The error a finding becomes; `text` is what the violated rule says of itself, if it is a numbered one.
    pub fn of_finding(
        code: ErrorCode,
        finding: &Finding,
        text: Option<&str>,
        document: Option<DocumentId>,
    ) -> Self {
        let details = format!("{} ({}; {})", finding.message, finding.rule, finding.value_class);
        let error = Self::of(code, details, document);
        let description = text.map_or(error.description, str::to_owned);
        Self { reference: Some(finding.path.clone()), description, ..error }
    }

    fn empty() -> Self {
        Self {
            code: ErrorCode::Rule(String::new()),
            description: String::new(),
            details: None,
            document: None,
            reference: None,
        }
    }
}

impl ErrorCode {
    /// The code as it is written.
    pub fn as_text(&self) -> &str {
        match self {
            Self::UnexpectedMessage => "Common:UnexpectedMessage",
            Self::DataError => "Common:DataError",
            Self::FatalError => "Common:FatalError",
            Self::Rule(code) => code,
        }
    }

    fn parse(text: &str) -> Self {
        let known = [Self::UnexpectedMessage, Self::DataError, Self::FatalError];
        known
            .into_iter()
            .find(|code| code.as_text() == text.trim())
            .unwrap_or_else(|| Self::Rule(text.into()))
    }

    fn as_russian(&self) -> &'static str {
        match self {
            Self::UnexpectedMessage => {
                "Неожиданное сообщение: не относится к выполняемой транзакции, либо получатель не является её участником"
            }
            Self::DataError => "Ошибка структурного контроля",
            Self::FatalError => "Неустранимая ошибка обработки",
            Self::Rule(_) => "Ошибка форматно-логического контроля",
        }
    }
}

fn root_of(signal: Signal) -> &'static str {
    match signal {
        Signal::Received => "DeliveryReceipt",
        Signal::Accepted => "ProcessingReceipt",
        Signal::Error => "ValidationError",
    }
}

/// The elements below the root in order, each with its depth and text.
fn fields(
    root: &str,
    body: &[u8],
    scope: &Scope,
    limits: &Limits,
) -> Result<Vec<(usize, String, String)>, SignalBodyError> {
    let refuse = |reason| SignalBodyError::Structure { reason };
    let mut reader = XmlReader::within(body, scope, limits)?;
    let mut found: Vec<(usize, String, String)> = Vec::new();
    let (mut depth, mut is_leaf) = (0_usize, false);
    loop {
        match reader.next_event()? {
            Event::Start(tag) => {
                depth += 1;
                if tag.namespace() != NAMESPACE || depth == 1 && tag.local() != root {
                    return Err(refuse("it is not the signal its action names"));
                }
                is_leaf = depth > 1 && tag.local() != "Error";
                if depth > 1 {
                    found.push((depth, tag.local().to_owned(), String::new()));
                }
            }
            Event::Text(text) => match found.last_mut() {
                Some((_, _, field)) if is_leaf => field.push_str(&text),
                _ if text.trim_matches(BLANKS).is_empty() => {}
                _ => return Err(refuse("text stands between its elements")),
            },
            Event::End { .. } => {
                depth = depth.saturating_sub(1);
                is_leaf = false;
            }
            Event::Pi { .. } => {}
            Event::Done => return Ok(found),
        }
    }
}

/// What XML calls white space.
const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];
const CODE: &str = "sgn:Code is not 1 to 255 characters";
const NAMESPACE: &str = "urn:EEC:signal:v1.0";
const STRUCTURE: Code = "transit.signal_structure";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(signal: Signal, text: &str) -> Result<SignalBody, SignalBodyError> {
        SignalBody::decode(signal, text.as_bytes(), &Scope::default(), &Limits::default())
    }

    #[test]
    fn the_sample_of_the_rules_is_read() {
        let text = "<s:ValidationError xmlns:s=\"urn:EEC:signal:v1.0\">\n\
            <s:SignalId>6a1b7f0c-3c1e-4c39-8f2b-1b7f5b8a0c13</s:SignalId>\n\
            <s:DateTime>2026-03-02T12:15:05+03:00</s:DateTime>\n\
            <s:Error><s:Code>Common:DataError</s:Code><s:Description>Ошибка структурного контроля</s:Description>\
            <s:EDocId>7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a77</s:EDocId>\
            <s:Reference>/*/ccdo:EDocHeader</s:Reference></s:Error>\n</s:ValidationError>";
        let body = decode(Signal::Error, text).unwrap();
        assert_eq!(body.at.to_string(), "2026-03-02T09:15:05Z");
        let error = body.errors.first().unwrap();
        assert_eq!(error.code, ErrorCode::DataError);
        assert_eq!(error.reference.as_deref(), Some("/*/ccdo:EDocHeader"));
        assert_eq!(error.document, "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a77".parse().ok());
    }

    #[test]
    fn a_signal_that_is_not_what_its_action_names_is_refused() {
        let receipt = "<DeliveryReceipt xmlns=\"urn:EEC:signal:v1.0\"><SignalId>6a1b7f0c-3c1e-4c39-8f2b-1b7f5b8a0c13\
            </SignalId><DateTime>2026-03-02T09:15:05Z</DateTime></DeliveryReceipt>";
        let at = |text: &str| decode(Signal::Received, text).unwrap().at.to_string();
        assert_eq!(at(receipt), "2026-03-02T09:15:05Z");
        assert_eq!(at(&receipt.replace("05Z", "05")), "2026-03-02T09:15:05Z", "without a zone it is UTC");
        for (signal, text) in [
            (Signal::Accepted, receipt.to_owned()),
            (Signal::Received, receipt.replace("urn:EEC:signal:v1.0", "urn:x:y")),
            (Signal::Received, receipt.replace("6a1b", "zzzz")),
            (Signal::Received, receipt.replace("T09:15:05Z", " at nine")),
            (Signal::Received, receipt.replace("</DeliveryReceipt>", "<Error/></DeliveryReceipt>")),
            (Signal::Error, receipt.replace("DeliveryReceipt", "ValidationError")),
        ] {
            assert!(decode(signal, &text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_signal_is_read_as_strictly_as_its_schema_has_it() {
        let error = "<Error><Code>R.1</Code><Description>d</Description><Details>e</Details>\
            <EDocId>7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a77</EDocId><Reference>r</Reference></Error>";
        let id = "<SignalId>6a1b7f0c-3c1e-4c39-8f2b-1b7f5b8a0c13</SignalId>";
        let at = "<DateTime>2026-03-02T09:15:05Z</DateTime>";
        let signal = |inside: &str| {
            let root = "ValidationError";
            decode(Signal::Error, &format!("<{root} xmlns=\"urn:EEC:signal:v1.0\">{inside}</{root}>"))
        };
        let good = format!("{id}{at}{error}");
        assert_eq!(signal(&good).unwrap().errors.len(), 1);
        assert_eq!(signal(&format!("{good}{error}")).unwrap().errors.len(), 2);
        let shortest = "<Error><Code>R.1</Code><Description/></Error>";
        assert!(signal(&format!("{id}\n{at}\n{shortest}\n")).is_ok());
        let without = |part: &str| good.replacen(part, "", 1);
        for bad in [
            format!("{at}{id}{error}"),
            format!("{id}{error}{at}"),
            format!("{id}{id}{at}{error}"),
            format!("{good}words"),
            format!("{id}{at}<Error/>"),
            without("<Code>R.1</Code>"),
            without("<Description>d</Description>"),
            good.replace("<Code>R.1", "<Code> "),
            good.replace("R.1", &"R".repeat(256)),
            good.replace("<Details>e</Details>", "<Details>e</Details><Details>e</Details>"),
            good.replace("<Details>e</Details>", "<Details><Code>e</Code></Details>"),
            good.replace(
                "<Code>R.1</Code><Description>d</Description>",
                "<Description>d</Description><Code>R.1</Code>",
            ),
            good.replace("<EDocId>7d2a1c58-", "<EDocId>7d2a1c58"),
            good.replace("<EDocId>", "<EDocId>urn:uuid:"),
            good.replace("<SignalId>", "<SignalId>urn:uuid:"),
            good.replace("T09:15", " 09:15"),
            good.replace("2026-03-02T", "20260302T"),
            good.replace("05Z", "05Z[UTC]"),
        ] {
            assert!(signal(&bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            id in any::<u128>(),
            ms in 0_i64..4_000_000_000_000,
            texts in prop::collection::vec(("[A-Za-z0-9:.]{1,20}", "[^\\p{C}]{0,40}"), 0..4),
        ) {
            let errors: Vec<SignalError> = texts
                .into_iter()
                .map(|(code, text)| SignalError::of(ErrorCode::parse(&code), text, None))
                .collect();
            let signal = if errors.is_empty() { Signal::Accepted } else { Signal::Error };
            let at = Timestamp::from_millisecond(ms).unwrap();
            let body = SignalBody { signal, id: Uuid::from_u128(id), at, errors };
            let bytes = body.encode().unwrap();
            let read = SignalBody::decode(signal, &bytes, &Scope::default(), &Limits::default()).unwrap();
            prop_assert_eq!(read, body);
        }
    }
}
