//! The service messages of the gateway journal (D5 App.4): `putJournal` and `getJournal`.
//!
//! The rules print the roots without a prefix and do not say their namespace: we write `journ:` and read either. The
//! place of `SourceSegment`, in `Journal` or beside it, is not certain; both are read.

use crate::base::{Code, Limits, MessageId, Verdict};
use crate::exchange::document::{CanonicalWriter, Element, Scope, WriteError, XmlError};
use jiff::Timestamp;
use std::str::FromStr;

/// Records of a journal: an answer to `getJournal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutJournal {
    /// The records in their order.
    pub records: Vec<JournalRecord>,
    /// Whose journal it is.
    pub source_segment: String,
}

/// A question for the records of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetJournal {
    /// Which message.
    pub of: JournalOf,
    /// Whether messages that answer it are meant, too.
    pub find_relates: bool,
}

/// How a question names its message: exactly one of the two is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalOf {
    /// By its own id.
    Message(MessageId),
    /// By the id that the platform gave it when it accepted it.
    Track(MessageId),
}

/// `journ:Rec`: one event of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRecord {
    /// The message, if the event has one.
    pub message: Option<MessageDetail>,
    /// When it happened.
    pub operation_at: Timestamp,
    /// The id under which the message is tracked.
    pub track_id: String,
    /// When the message was accepted.
    pub accepted_at: Timestamp,
    /// Who sent it.
    pub source: String,
    /// Who gets it.
    pub receiver: String,
    /// What happened.
    pub status: String,
    /// The same in words.
    pub text: String,
    /// What went wrong.
    pub error_text: Option<String>,
    /// The code of what went wrong.
    pub error_code: Option<String>,
    /// The id of the record.
    pub id_ref: Option<String>,
}

/// `journ:MessageDetail`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageDetail {
    /// Only for messages of common processes.
    pub process: Option<ProcessInfo>,
    /// `wsa:Action`.
    pub action: String,
    /// Where it goes and whence.
    pub routing: Routing,
    /// `wsa:MessageID`.
    pub message_id: String,
    /// `wsa:RelatesTo`.
    pub relates_to: Option<String>,
    /// `int:ConversationID`.
    pub conversation_id: Option<String>,
    /// What kind of message it is; the rules do not list the words.
    pub message_type: String,
    /// The receipt of a trusted third party.
    pub receipt: Option<ThirdPartyReceipt>,
}

/// `journ:ProcessInfo`: the components of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessInfo {
    /// The process.
    pub code: String,
    /// Its version.
    pub version: String,
    /// The procedure.
    pub procedure: String,
    /// The transaction.
    pub transaction: String,
    /// The message.
    pub message: String,
}

/// `journ:Routing`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routing {
    /// `wsa:To`.
    pub to: String,
    /// Its segment.
    pub to_segment: String,
    /// `wsa:ReplyTo`.
    pub reply_to: Option<String>,
    /// `wsa:From`.
    pub from: Option<String>,
    /// `wsa:FaultTo`.
    pub fault_to: Option<String>,
    /// The segment of From or ReplyTo.
    pub from_segment: String,
}

/// `journ:Receipt`: what a trusted third party attests of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThirdPartyReceipt {
    /// Of which document.
    pub document: String,
    /// The id of the receipt.
    pub id: String,
    /// Whether the signature was found good.
    pub is_valid: bool,
    /// Why not, as a code.
    pub error_code: Option<String>,
    /// Why not, in words.
    pub reason: Option<String>,
}

/// A body that is no journal message.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Not XML that we accept.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// XML, but not what its action promises.
    #[error("read the journal message: {element} {reason}")]
    Structure {
        /// Which element.
        element: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// One of ours could not be written.
    #[error("write the journal message")]
    Write(#[from] WriteError),
}

impl JournalError {
    /// What becomes of the message.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Xml(error) => error.verdict(),
            Self::Structure { .. } => Verdict::Return { code: STRUCTURE },
            Self::Write(_) => Verdict::Park { code: "transit.journal_write" },
        }
    }
}

impl GetJournal {
    /// The question as XML, canonical. Both ids have multiplicity 1 in the rules, so the other one stands empty.
    ///
    /// # Errors
    /// Never; a defect of ours otherwise.
    pub fn encode(&self) -> Result<Vec<u8>, JournalError> {
        let (message, track) = match self.of {
            JournalOf::Message(id) => (id.to_urn(), String::new()),
            JournalOf::Track(id) => (String::new(), id.to_urn()),
        };
        let mut writer = CanonicalWriter::new(&[(PREFIX, NAMESPACE)]);
        writer.start(PREFIX, "getJournal");
        writer.leaf(PREFIX, "MessageID", &message).leaf(PREFIX, "TrackID", &track);
        writer.leaf(PREFIX, "FindRelates", boolean(self.find_relates)).end();
        Ok(writer.finish()?)
    }

    /// Reads the body of a message whose action is that of a question.
    ///
    /// # Errors
    /// Another root, both ids or neither, an element that is malformed or not known.
    pub fn decode(body: &[u8], scope: &Scope, limits: &Limits) -> Result<Self, JournalError> {
        let root = root("getJournal", body, scope, limits)?;
        let fields = Fields::of(&root, "getJournal", &["MessageID", "TrackID", "FindRelates"])?;
        let filled = |name| fields.text(name).filter(|text| !text.is_empty());
        let of = match (filled("MessageID"), filled("TrackID")) {
            (Some(id), None) => JournalOf::Message(parsed("MessageID", &id)?),
            (None, Some(id)) => JournalOf::Track(parsed("TrackID", &id)?),
            (Some(_), Some(_)) | (None, None) => {
                return Err(refuse("getJournal", "does not fill exactly one of MessageID and TrackID"));
            }
        };
        Ok(Self { of, find_relates: fields.flag("FindRelates")? })
    }
}

impl PutJournal {
    /// The records as XML, canonical.
    ///
    /// # Errors
    /// A text holds a character XML does not allow.
    pub fn encode(&self) -> Result<Vec<u8>, JournalError> {
        let mut writer = CanonicalWriter::new(&[(PREFIX, NAMESPACE)]);
        writer.start(PREFIX, "putJournal").start(PREFIX, "Journal");
        for record in &self.records {
            record.write(&mut writer);
        }
        writer.leaf(PREFIX, "SourceSegment", &self.source_segment).end().end();
        Ok(writer.finish()?)
    }

    /// Reads the body of a message whose action is that of records.
    ///
    /// # Errors
    /// Another root, too many records, an element that is missing, malformed, double or not known.
    pub fn decode(body: &[u8], scope: &Scope, limits: &Limits) -> Result<Self, JournalError> {
        let root = root("putJournal", body, scope, limits)?;
        let beside = Fields::of(&root, "putJournal", &["Journal", "SourceSegment"])?;
        let journal = beside.child("Journal").ok_or(refuse("Journal", MISSING))?;
        let is_record = |child: &&Element<'_>| child.is(NAMESPACE, "Rec");
        let (records, others): (Vec<&Element<'_>>, Vec<_>) = journal.children.iter().partition(is_record);
        if records.len() > RECORDS_MAX {
            return Err(refuse("Journal", "holds more records than are read at once"));
        }
        let inside = Fields::among(others, "Journal", &["SourceSegment"])?;
        let segment = inside.text("SourceSegment").or_else(|| beside.text("SourceSegment"));
        Ok(Self {
            records: records.into_iter().map(JournalRecord::read).collect::<Result<_, _>>()?,
            source_segment: segment.ok_or(refuse("SourceSegment", MISSING))?,
        })
    }
}

impl JournalRecord {
    fn write(&self, writer: &mut CanonicalWriter) {
        writer.start(PREFIX, "Rec");
        if let Some(message) = &self.message {
            message.write(writer);
        }
        writer.leaf(PREFIX, "OperationDt", &self.operation_at.to_string());
        writer.leaf(PREFIX, "TrackID", &self.track_id);
        writer.leaf(PREFIX, "AcceptTime", &self.accepted_at.to_string());
        for (name, text) in [
            ("Source", &self.source),
            ("Receiver", &self.receiver),
            ("Status", &self.status),
            ("Msg", &self.text),
        ] {
            writer.leaf(PREFIX, name, text);
        }
        let optional =
            [("ErrorTxt", &self.error_text), ("ErrorCode", &self.error_code), ("IDRef", &self.id_ref)];
        write_optional(writer, &optional);
        writer.end();
    }

    fn read(element: &Element) -> Result<Self, JournalError> {
        let names = [
            "MessageDetail",
            "OperationDt",
            "TrackID",
            "AcceptTime",
            "Source",
            "Receiver",
            "Status",
            "Msg",
            "ErrorTxt",
            "ErrorCode",
            "IDRef",
        ];
        let fields = Fields::of(element, "Rec", &names)?;
        let instant = |name| parsed(name, &fields.required(name)?);
        Ok(Self {
            message: fields.child("MessageDetail").map(MessageDetail::read).transpose()?,
            operation_at: instant("OperationDt")?,
            track_id: fields.required("TrackID")?,
            accepted_at: instant("AcceptTime")?,
            source: fields.required("Source")?,
            receiver: fields.required("Receiver")?,
            status: fields.required("Status")?,
            text: fields.required("Msg")?,
            error_text: fields.text("ErrorTxt"),
            error_code: fields.text("ErrorCode"),
            id_ref: fields.text("IDRef"),
        })
    }
}

impl MessageDetail {
    fn write(&self, writer: &mut CanonicalWriter) {
        writer.start(PREFIX, "MessageDetail");
        if let Some(process) = &self.process {
            writer.start(PREFIX, "ProcessInfo");
            for (name, text) in [
                ("Code", &process.code),
                ("Version", &process.version),
                ("ProcedureCode", &process.procedure),
                ("TransactionCode", &process.transaction),
                ("MessageCode", &process.message),
            ] {
                writer.leaf(PREFIX, name, text);
            }
            writer.end();
        }
        let routing = &self.routing;
        writer.leaf(PREFIX, "Action", &self.action).start(PREFIX, "Routing");
        writer.start(PREFIX, "To").attribute("", "Segment", &routing.to_segment).text(&routing.to).end();
        let optional =
            [("ReplyTo", &routing.reply_to), ("From", &routing.from), ("FaultTo", &routing.fault_to)];
        write_optional(writer, &optional);
        writer.leaf(PREFIX, "FromSegment", &routing.from_segment).end();
        writer.leaf(PREFIX, "MessageID", &self.message_id);
        let optional = [("RelatesTo", &self.relates_to), ("ConversationID", &self.conversation_id)];
        write_optional(writer, &optional);
        writer.leaf(PREFIX, "MessageType", &self.message_type);
        if let Some(receipt) = &self.receipt {
            writer.start(PREFIX, "Receipt");
            writer.leaf(PREFIX, "DocumentRef", &receipt.document).leaf(PREFIX, "ReceiptId", &receipt.id);
            writer.leaf(PREFIX, "IsValid", boolean(receipt.is_valid));
            write_optional(writer, &[("ErrorCode", &receipt.error_code), ("ReasonText", &receipt.reason)]);
            writer.end();
        }
        writer.end();
    }

    fn read(element: &Element) -> Result<Self, JournalError> {
        let names = [
            "ProcessInfo",
            "Action",
            "Routing",
            "MessageID",
            "RelatesTo",
            "ConversationID",
            "MessageType",
            "Receipt",
        ];
        let fields = Fields::of(element, "MessageDetail", &names)?;
        let routing = fields.child("Routing").ok_or(refuse("Routing", MISSING))?;
        Ok(Self {
            process: fields.child("ProcessInfo").map(ProcessInfo::read).transpose()?,
            action: fields.required("Action")?,
            routing: Routing::read(routing)?,
            message_id: fields.required("MessageID")?,
            relates_to: fields.text("RelatesTo"),
            conversation_id: fields.text("ConversationID"),
            message_type: fields.required("MessageType")?,
            receipt: fields.child("Receipt").map(ThirdPartyReceipt::read).transpose()?,
        })
    }
}

impl ProcessInfo {
    fn read(element: &Element) -> Result<Self, JournalError> {
        let names = ["Code", "Version", "ProcedureCode", "TransactionCode", "MessageCode"];
        let fields = Fields::of(element, "ProcessInfo", &names)?;
        Ok(Self {
            code: fields.required("Code")?,
            version: fields.required("Version")?,
            procedure: fields.required("ProcedureCode")?,
            transaction: fields.required("TransactionCode")?,
            message: fields.required("MessageCode")?,
        })
    }
}

impl Routing {
    fn read(element: &Element) -> Result<Self, JournalError> {
        let fields = Fields::of(element, "Routing", &["To", "ReplyTo", "From", "FaultTo", "FromSegment"])?;
        let segment = fields.child("To").and_then(|to| to.attribute("Segment"));
        Ok(Self {
            to: fields.required("To")?,
            to_segment: segment.ok_or(refuse("To", "has no Segment"))?.to_owned(),
            reply_to: fields.text("ReplyTo"),
            from: fields.text("From"),
            fault_to: fields.text("FaultTo"),
            from_segment: fields.required("FromSegment")?,
        })
    }
}

impl ThirdPartyReceipt {
    fn read(element: &Element) -> Result<Self, JournalError> {
        let names = ["DocumentRef", "ReceiptId", "IsValid", "ErrorCode", "ReasonText"];
        let fields = Fields::of(element, "Receipt", &names)?;
        Ok(Self {
            document: fields.required("DocumentRef")?,
            id: fields.required("ReceiptId")?,
            is_valid: fields.flag("IsValid")?,
            error_code: fields.text("ErrorCode"),
            reason: fields.text("ReasonText"),
        })
    }
}

/// The children of an element, each known and there at most once.
struct Fields<'e>(Vec<(&'static str, &'e Element<'e>)>);

impl<'e> Fields<'e> {
    fn of(
        element: &'e Element<'e>,
        name: &'static str,
        known: &[&'static str],
    ) -> Result<Self, JournalError> {
        Self::among(element.children.iter().collect(), name, known)
    }

    fn among(
        children: Vec<&'e Element<'e>>,
        within: &'static str,
        known: &[&'static str],
    ) -> Result<Self, JournalError> {
        let mut found: Vec<(&'static str, &Element<'_>)> = Vec::with_capacity(children.len());
        for child in children {
            let name = known.iter().find(|name| child.is(NAMESPACE, name));
            let name = *name.ok_or(refuse(within, "holds an element that does not belong there"))?;
            if found.iter().any(|(earlier, _)| *earlier == name) {
                return Err(refuse(name, "stands twice"));
            }
            found.push((name, child));
        }
        Ok(Self(found))
    }

    fn child(&self, name: &str) -> Option<&'e Element<'e>> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, child)| *child)
    }

    fn text(&self, name: &str) -> Option<String> {
        self.child(name).map(|child| child.text.trim().to_owned())
    }

    fn required(&self, name: &'static str) -> Result<String, JournalError> {
        self.text(name).ok_or(refuse(name, MISSING))
    }

    fn flag(&self, name: &'static str) -> Result<bool, JournalError> {
        match self.required(name)?.as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(refuse(name, "is neither true nor false")),
        }
    }
}

fn root<'d>(
    name: &'static str,
    body: &'d [u8],
    scope: &'d Scope,
    limits: &Limits,
) -> Result<Element<'d>, JournalError> {
    let root = Element::parse_within(body, scope, limits)?;
    let is_it = root.is(NAMESPACE, name) || root.is("", name);
    if is_it { Ok(root) } else { Err(refuse(name, "is not the root, although the action says so")) }
}

fn write_optional(writer: &mut CanonicalWriter, fields: &[(&str, &Option<String>)]) {
    for (name, text) in fields {
        if let Some(text) = text {
            writer.leaf(PREFIX, name, text);
        }
    }
}

fn parsed<T: FromStr>(name: &'static str, text: &str) -> Result<T, JournalError> {
    text.parse().map_err(|_cause| refuse(name, "is malformed"))
}

fn refuse(element: &'static str, reason: &'static str) -> JournalError {
    JournalError::Structure { element, reason }
}

fn boolean(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}

const NAMESPACE: &str = "urn:EEC:Interaction:v1.0:Service:Util:Journal";
const PREFIX: &str = "journ";
const MISSING: &str = "is missing";
const STRUCTURE: Code = "transit.journal_structure";
/// More are asked for message by message.
const RECORDS_MAX: usize = 10_000;

#[cfg(test)]
mod tests;
