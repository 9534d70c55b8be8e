//! The SOAP 1.2 envelope with its addressing and interaction headers (D5 ¶18, ¶28–44, App.3, App.6).
//!
//! Reading goes only as far as the header and the place of the body's one element: what the body says is for
//! later stages. The order of headers and the choice of prefixes mean nothing.

use super::EnvelopeError;
use crate::base::Limits;
use crate::exchange::document::{CanonicalWriter, Event, Scope, StartTag, XmlReader};
use crate::exchange::transit::{Fault, FaultClass, Headers, RawHeaders, ServiceHeaders};
use std::ops::Range;

/// An envelope as it was received: its header's texts and where its body's element stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The texts of the headers.
    pub headers: RawHeaders,
    /// What the platform wrote when it took the message, if it did (D5 ¶41–44).
    pub integration: Option<Integration>,
    /// The bytes of the body's one element within the envelope.
    pub body: Range<usize>,
    /// The namespaces declared around the body; it means nothing without them.
    pub scope: Scope,
    /// Whether the body is a `soap:Fault`, which is never answered with a fault (D5 ¶89).
    pub is_fault: bool,
}

/// `int:Integration` as it stood in the envelope. Nothing is decided on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Integration {
    /// `int:TrackID`
    pub track_id: Option<String>,
    /// `int:AcceptTime`
    pub accept_time: Option<String>,
}

impl Envelope {
    /// Reads the header and finds the body.
    ///
    /// # Errors
    /// Bytes that are no XML, no envelope, or have a header twice, two bodies, or not one element in the body.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, EnvelopeError> {
        let mut reading = Reading::default();
        let mut reader = XmlReader::new(bytes, limits)?;
        loop {
            match reader.next_event()? {
                Event::Start(tag) => {
                    let is_body_child = reading.start(&tag)?;
                    if is_body_child {
                        reading.body = Some((tag.offset()..tag.offset(), Scope::default()));
                    }
                    if is_body_child && let Some((_, scope)) = &mut reading.body {
                        *scope = reader.scope();
                    }
                }
                Event::Text(text) => reading.text(&text)?,
                Event::End { .. } => reading.end(reader.position())?,
                Event::Pi { .. } => return Err(EnvelopeError::Instruction),
                Event::Done => return reading.finish(),
            }
        }
    }

    /// Puts an element of the body into an envelope. `body` is one element, without an XML declaration.
    ///
    /// # Errors
    /// Never for headers that were parsed; a defect of ours otherwise.
    pub fn write(headers: &Headers, body: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
        let mut writer = CanonicalWriter::new(&PREFIXES);
        writer.start("soap", "Envelope").start("soap", "Header");
        writer.leaf("wsa", "To", &headers.to.to_string());
        writer.start("wsa", "ReplyTo").leaf("wsa", "Address", &headers.reply_to.to_string()).end();
        writer.leaf("wsa", "Action", &headers.action.to_string());
        writer.leaf("wsa", "MessageID", &headers.message_id.to_urn());
        if let Some(relates_to) = headers.relates_to {
            writer.leaf("wsa", "RelatesTo", &relates_to.to_urn());
        }
        writer.leaf("int", "ProcedureID", &headers.procedure_id.to_string());
        writer.leaf("int", "ConversationID", &headers.conversation_id.to_urn());
        around(writer, body)
    }

    /// The same for a service message, which belongs to no transaction (D5 ¶77).
    ///
    /// # Errors
    /// Never for headers that were parsed; a defect of ours otherwise.
    pub fn write_service(headers: &ServiceHeaders, body: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
        let mut writer = CanonicalWriter::new(&PREFIXES);
        writer.start("soap", "Envelope").start("soap", "Header");
        writer.leaf("wsa", "To", &headers.to.to_string());
        writer.start("wsa", "ReplyTo").leaf("wsa", "Address", &headers.reply_to.to_string()).end();
        writer.leaf("wsa", "Action", headers.action.as_uri());
        writer.leaf("wsa", "MessageID", &headers.message_id.to_urn());
        if let Some(relates_to) = headers.relates_to {
            writer.leaf("wsa", "RelatesTo", &relates_to.to_urn());
        }
        around(writer, body)
    }

    /// The immediate answer to a message that cannot be processed (D5 ¶65–76): its faults, gravest first.
    /// `from` is our logical address; `message_id` is fresh. The failed message goes back whole if it is given (D5 ¶76).
    ///
    /// # Errors
    /// The failed message holds what XML cannot.
    pub fn write_fault(
        fault: &Fault,
        (from, message_id): (&str, &str),
        failed: &RawHeaders,
        problem: Option<&str>,
    ) -> Result<Vec<u8>, EnvelopeError> {
        let mut writer = CanonicalWriter::new(&PREFIXES);
        writer.start("soap", "Envelope").start("soap", "Header");
        if let Some(to) = failed.fault_to.as_ref().or(failed.reply_to.as_ref()).or(failed.from.as_ref()) {
            writer.leaf("wsa", "To", to);
        }
        writer.start("wsa", "From").leaf("wsa", "Address", from).end();
        writer.leaf("wsa", "Action", fault.action());
        writer.leaf("wsa", "MessageID", message_id);
        if let Some(failed_id) = &failed.message_id {
            writer.start("wsa", "RelatesTo");
            if let Some(action) = &failed.action {
                writer.attribute("int", "RelatesAction", action);
            }
            writer.text(failed_id).end();
        }
        for (name, text) in
            [("ProcedureID", &failed.procedure_id), ("ConversationID", &failed.conversation_id)]
        {
            if let Some(text) = text {
                writer.leaf("int", name, text);
            }
        }
        writer.end().start("soap", "Body").start("soap", "Fault").start("soap", "Code");
        let class = match fault.subcode.class() {
            FaultClass::Sender => "soap:Sender",
            FaultClass::Receiver => "soap:Receiver",
        };
        writer.leaf("soap", "Value", class);
        // The prefix stands inside a text, where canonical writing does not see it: the root declares it.
        let subcode = fault.subcode.as_qname();
        writer.start("soap", "Subcode").leaf("soap", "Value", subcode).end().end();
        writer.start("soap", "Reason");
        writer.start("soap", "Text").attribute("xml", "lang", "ru").text(fault.subcode.as_russian()).end();
        writer.start("soap", "Text").attribute("xml", "lang", "en").text(&fault.place).end();
        writer.end();
        if let Some(problem) = problem {
            writer.start("soap", "Detail").leaf("int", "ProblemMessage", problem).end();
        }
        writer.end().end().end();
        let envelope = writer.finish()?;
        Ok(declare_at_root(envelope))
    }
}

/// Ends the header and puts the element of the body behind it.
fn around(mut writer: CanonicalWriter, body: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
    writer.end().start("soap", "Body").end().end();
    let mut envelope = writer.finish()?;
    envelope.truncate(envelope.len().saturating_sub(TAIL.len()));
    envelope.extend_from_slice(body);
    envelope.extend_from_slice(TAIL);
    Ok(envelope)
}

/// Declares the prefixes that stand in texts (QNames in content) on the root, where every reader finds them.
fn declare_at_root(envelope: Vec<u8>) -> Vec<u8> {
    let Some(rest) = envelope.strip_prefix(ROOT) else { return envelope };
    let mut declared = ROOT.to_vec();
    declared.truncate(ROOT.len() - 1);
    for (prefix, namespace) in PREFIXES.iter().filter(|(prefix, _)| matches!(*prefix, "wsa" | "int")) {
        declared.extend_from_slice(format!(" xmlns:{prefix}=\"{namespace}\"").as_bytes());
    }
    declared.push(b'>');
    declared.extend_from_slice(rest);
    declared
}

/// Where the reading stands: the path of open elements, as far as it matters.
#[derive(Default)]
struct Reading {
    depth: usize,
    part: Part,
    header: Option<Header>,
    /// Whether the open element at depth 4 is the address of an endpoint header.
    is_address: bool,
    /// Which part of `int:Integration` the open element at depth 4 is.
    stamp: Option<Stamp>,
    integration: Option<Integration>,
    text: String,
    headers: RawHeaders,
    bodies: usize,
    body: Option<(Range<usize>, Scope)>,
    is_fault: bool,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Part {
    #[default]
    Neither,
    Header,
    Body,
}

/// A header whose text is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Header {
    To,
    ReplyTo,
    From,
    FaultTo,
    Action,
    MessageId,
    RelatesTo,
    ProcedureId,
    ConversationId,
    Integration,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stamp {
    TrackId,
    AcceptTime,
}

impl Reading {
    /// Takes a start tag; tells whether it opens the body's element.
    fn start(&mut self, tag: &StartTag<'_>) -> Result<bool, EnvelopeError> {
        self.depth += 1;
        match (self.depth, self.part) {
            (1, _) if tag.is(SOAP, "Envelope") => Ok(false),
            (1, _) => Err(EnvelopeError::NotAnEnvelope),
            (2, _) => {
                self.part = self.part_of(tag)?;
                Ok(false)
            }
            (3, Part::Header) => {
                self.header = header_of(tag);
                self.text.clear();
                if self.header == Some(Header::Integration) {
                    let earlier = self.integration.replace(Integration::default());
                    if earlier.is_some() {
                        return Err(EnvelopeError::HeaderTwice { name: "int:Integration" });
                    }
                }
                Ok(false)
            }
            (3, Part::Body) if self.body.is_some() => Err(EnvelopeError::BodyElements),
            (3, Part::Body) => {
                self.is_fault = tag.is(SOAP, "Fault");
                Ok(true)
            }
            (4, Part::Header) => {
                self.is_address = self.is_endpoint() && tag.is(WSA, "Address");
                self.stamp = match tag.local() {
                    "TrackID" if self.is_stamped_by(tag) => Some(Stamp::TrackId),
                    "AcceptTime" if self.is_stamped_by(tag) => Some(Stamp::AcceptTime),
                    _ => None,
                };
                Ok(false)
            }
            _ => Ok(false),
        }
    }

    fn part_of(&mut self, tag: &StartTag<'_>) -> Result<Part, EnvelopeError> {
        match (tag.namespace(), tag.local()) {
            (SOAP, "Header") if self.bodies == 0 => Ok(Part::Header),
            (SOAP, "Body") if self.bodies == 0 => {
                self.bodies = 1;
                Ok(Part::Body)
            }
            (SOAP, "Body") => Err(EnvelopeError::SecondBody),
            _ => Err(EnvelopeError::NotAnEnvelope),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), EnvelopeError> {
        let is_blank = text.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n'));
        match (self.depth, self.part) {
            (3, Part::Header) if !self.has_parts() => self.text.push_str(text),
            (4, Part::Header) if self.is_address || self.stamp.is_some() => self.text.push_str(text),
            (1, _) | (2, Part::Body) if !is_blank => return Err(EnvelopeError::BodyElements),
            _ => {}
        }
        Ok(())
    }

    /// Takes an end tag that ends at `position`.
    fn end(&mut self, position: usize) -> Result<(), EnvelopeError> {
        match (self.depth, self.part) {
            (3, Part::Header) if !self.is_endpoint() => self.keep()?,
            (4, Part::Header) if self.stamp.is_some() => self.keep_stamp()?,
            (4, Part::Header) if self.is_address => self.keep()?,
            (3, Part::Body) => {
                if let Some((range, _)) = &mut self.body {
                    range.end = position;
                }
            }
            (2, _) => self.part = Part::Neither,
            _ => {}
        }
        self.depth -= 1;
        Ok(())
    }

    /// The endpoint headers hold their address one level deeper.
    fn is_endpoint(&self) -> bool {
        matches!(self.header, Some(Header::ReplyTo | Header::From | Header::FaultTo))
    }

    /// Its text stands one level deeper.
    fn has_parts(&self) -> bool {
        self.is_endpoint() || self.header == Some(Header::Integration)
    }

    fn is_stamped_by(&self, tag: &StartTag<'_>) -> bool {
        self.header == Some(Header::Integration) && tag.namespace() == INT
    }

    fn keep_stamp(&mut self) -> Result<(), EnvelopeError> {
        let integration = self.integration.get_or_insert_default();
        let (name, place) = match self.stamp.take() {
            Some(Stamp::TrackId) => ("int:TrackID", &mut integration.track_id),
            Some(Stamp::AcceptTime) => ("int:AcceptTime", &mut integration.accept_time),
            None => return Ok(()),
        };
        if place.is_some() {
            return Err(EnvelopeError::HeaderTwice { name });
        }
        *place = Some(self.text.trim().to_owned());
        self.text.clear();
        Ok(())
    }

    fn keep(&mut self) -> Result<(), EnvelopeError> {
        let Some(header) = self.header else { return Ok(()) };
        let headers = &mut self.headers;
        let (name, place) = match header {
            Header::To => ("wsa:To", &mut headers.to),
            Header::ReplyTo => ("wsa:ReplyTo", &mut headers.reply_to),
            Header::From => ("wsa:From", &mut headers.from),
            Header::FaultTo => ("wsa:FaultTo", &mut headers.fault_to),
            Header::Action => ("wsa:Action", &mut headers.action),
            Header::MessageId => ("wsa:MessageID", &mut headers.message_id),
            Header::RelatesTo => ("wsa:RelatesTo", &mut headers.relates_to),
            Header::ProcedureId => ("int:ProcedureID", &mut headers.procedure_id),
            Header::ConversationId => ("int:ConversationID", &mut headers.conversation_id),
            Header::Integration => return Ok(()), // kept by its parts
        };
        if place.is_some() {
            return Err(EnvelopeError::HeaderTwice { name });
        }
        *place = Some(self.text.trim().to_owned());
        self.text.clear();
        Ok(())
    }

    fn finish(self) -> Result<Envelope, EnvelopeError> {
        let Self { headers, integration, body, is_fault, .. } = self;
        let (body, scope) = body.ok_or(EnvelopeError::BodyElements)?;
        Ok(Envelope { headers, integration, body, scope, is_fault })
    }
}

fn header_of(tag: &StartTag<'_>) -> Option<Header> {
    match (tag.namespace(), tag.local()) {
        (WSA, "To") => Some(Header::To),
        (WSA, "ReplyTo") => Some(Header::ReplyTo),
        (WSA, "From") => Some(Header::From),
        (WSA, "FaultTo") => Some(Header::FaultTo),
        (WSA, "Action") => Some(Header::Action),
        (WSA, "MessageID") => Some(Header::MessageId),
        (WSA, "RelatesTo") => Some(Header::RelatesTo),
        (INT, "ProcedureID") => Some(Header::ProcedureId),
        (INT, "ConversationID") => Some(Header::ConversationId),
        (INT, "Integration") => Some(Header::Integration),
        _ => None,
    }
}

const SOAP: &str = "http://www.w3.org/2003/05/soap-envelope";
const WSA: &str = "http://www.w3.org/2005/08/addressing";
const INT: &str = "urn:EEC:Interaction:v1.0";

const PREFIXES: [(&str, &str); 3] = [("soap", SOAP), ("wsa", WSA), ("int", INT)];

const ROOT: &[u8] = b"<soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\">";
const TAIL: &[u8] = b"</soap:Body></soap:Envelope>";

#[cfg(test)]
mod tests;
