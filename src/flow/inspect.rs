//! Technological control: whose bytes they are, how many, and whether the header fits (D5 ¶91–92).

use super::Context;
use super::context::Peer;
use crate::base::{Code, Limits};
use crate::exchange::transit::{
    Action, Fault, Headers, LogicalAddress, MessageCode, RawHeaders, ServiceAction, ServiceHeaders, Subcode,
};
use crate::exchange::wire::{Came, Envelope, EnvelopeError, Integration, PeerCertificate};
use crate::store::Arrival;
use bytes::Bytes;
use jiff::Timestamp;

/// What is seen of a message from outside.
pub(super) struct Sight {
    /// Whether it is of a peer; only then may it be taken for more than evidence.
    pub(super) is_of_peer: bool,
    pub(super) peer: String,
    pub(super) headers: RawHeaders,
    pub(super) arrival: Arrival,
    pub(super) fault: Option<(u16, Fault)>,
    /// The message a fault is about, if it is to go back to its sender.
    pub(super) failed: Option<Bytes>,
    pub(super) detail: String,
}

/// Who brings a message.
#[derive(Debug, Clone, Copy)]
pub enum Caller<'a> {
    /// Whoever proved to hold the key of a certificate.
    Certificate(&'a PeerCertificate),
    /// The road itself: what comes by a peer's folder or names it in a queue is the peer's, since only he, or who
    /// works for him, can put it there.
    Road(&'a str),
}

/// Looks at what a caller sent.
pub(super) fn look(caller: Caller<'_>, came: &Came, ctx: &Context) -> Sight {
    let peer = match caller {
        Caller::Certificate(certificate) => {
            ctx.peers.of_certificate(certificate).ok_or_else(|| certificate.as_stranger())
        }
        Caller::Road(name) => ctx.peers.of_name(name).map_err(|_unknown| format!("stranger {name}")),
    };
    let peer = match peer {
        Ok(peer) => peer,
        Err(name) => return stranger(name),
    };
    let refuse = |code: Code, status, headers, fault: Option<Fault>, detail: String| Sight {
        is_of_peer: true,
        peer: peer.state.to_string(),
        headers,
        arrival: Arrival::Returned { code: code.to_owned() },
        fault: fault.map(|fault| (status, fault)),
        failed: match came {
            Came::Whole(bytes) if bytes.len() <= RETURNED_BYTES_MAX => Some(bytes.clone()),
            Came::Whole(_)
            | Came::TooLarge { .. }
            | Came::Broken { .. }
            | Came::TooSlow { .. }
            | Came::Spoilt { .. }
            | Came::Unpackable { .. }
            | Came::UnknownCoding { .. } => None,
        },
        detail,
    };
    let bytes = match whole(came, ctx.limits.body_bytes_max) {
        Ok(bytes) => bytes,
        Err((code, status, subcode, detail)) => {
            let fault = Fault::new(subcode, detail.clone());
            return refuse(code, status, headers_of(came, ctx), Some(fault), detail);
        }
    };
    let envelope = match Envelope::read(bytes, &ctx.limits) {
        Ok(envelope) => envelope,
        Err(error) => {
            let code = envelope_code(&error);
            let subcode = match &error {
                EnvelopeError::HeaderTwice { name } if name.starts_with("int:") => Subcode::InvalidHeader,
                EnvelopeError::HeaderTwice { .. } => Subcode::InvalidAddressingHeader,
                EnvelopeError::Xml(_)
                | EnvelopeError::NotAnEnvelope
                | EnvelopeError::SecondBody
                | EnvelopeError::BodyElements
                | EnvelopeError::Instruction
                | EnvelopeError::Write(_) => Subcode::DataError,
            };
            let fault = Fault::new(subcode, error.to_string());
            return refuse(code, 400, RawHeaders::default(), Some(fault), error.to_string());
        }
    };
    if envelope.is_fault {
        let detail = "a fault about a message of ours".to_owned();
        return Sight {
            is_of_peer: true,
            peer: peer.state.to_string(),
            headers: envelope.headers,
            arrival: Arrival::Held,
            fault: None,
            failed: None,
            detail,
        };
    }
    let checked = match ServiceAction::of(&envelope.headers) {
        Some(action) => {
            let (own, from) = (ctx.state.as_code(), peer.state.as_code());
            let parsed = ServiceHeaders::parse(action, &envelope.headers, own, from);
            parsed.map(|_| action.as_uri().to_owned()).map_err(|faults| ("wire.header", faults))
        }
        None => check_headers(&envelope, peer, ctx).map_err(|faults| ("wire.header", faults)).and_then(
            |headers| match peer.may_take_part(&headers.action.process) {
                true => Ok(headers.action.message.to_string()),
                false => Err(("wire.process_not_allowed", vec![not_allowed(&headers.action, peer)])),
            },
        ),
    };
    match checked {
        Ok(what) => Sight {
            is_of_peer: true,
            peer: peer.state.to_string(),
            detail: match envelope.integration {
                None => what,
                Some(_) => format!("{what}; {STAMPED}"),
            },
            headers: envelope.headers,
            arrival: Arrival::Held,
            fault: None,
            failed: None,
        },
        Err((code, faults)) => {
            let detail = faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            let first = faults.into_iter().next();
            let fault = first.map(|fault| Fault { place: detail.clone(), ..fault });
            refuse(code, 400, envelope.headers, fault, detail)
        }
    }
}

/// A lawful caller that is no peer. Its name can be that of a state: it is marked, and its row is not one that waits.
pub(super) fn stranger(name: String) -> Sight {
    let fault = Fault::new(Subcode::DestinationUnreachable, "the sender is no peer of this node");
    Sight {
        is_of_peer: false,
        peer: name,
        headers: RawHeaders::default(),
        arrival: Arrival::Returned { code: UNKNOWN_CALLER.to_owned() },
        fault: Some((403, fault)),
        failed: None,
        detail: "the sender is no configured peer".to_owned(),
    }
}

/// The header of a message that is too large and yet here as a whole, as a queue brings it: its sender is told which.
fn headers_of(came: &Came, ctx: &Context) -> RawHeaders {
    match came {
        Came::TooLarge { kept, announced } if u64::try_from(kept.len()).ok() == *announced => {
            let limits = Limits { xml_bytes_max: kept.len(), ..ctx.limits };
            Envelope::read(kept, &limits).map(|envelope| envelope.headers).unwrap_or_default()
        }
        Came::TooLarge { .. }
        | Came::Whole(_)
        | Came::Broken { .. }
        | Came::TooSlow { .. }
        | Came::Spoilt { .. }
        | Came::Unpackable { .. }
        | Came::UnknownCoding { .. } => RawHeaders::default(),
    }
}

/// The whole body, or code, status and fault of one that is not.
fn whole(came: &Came, bytes_max: usize) -> Result<&Bytes, (Code, u16, Subcode, String)> {
    let of = |announced: &Option<u64>| announced.map_or("an unknown number of".to_owned(), |n| n.to_string());
    match came {
        Came::Whole(bytes) => Ok(bytes),
        Came::TooLarge { announced, .. } => {
            let detail = match announced {
                Some(n) => format!("a body of {n} bytes exceeds the limit of {bytes_max}"),
                None => format!("a body exceeds the limit of {bytes_max} bytes"),
            };
            Err(("wire.body_too_large", 413, Subcode::InternalError, detail))
        }
        Came::Broken { kept, announced } => {
            let detail = format!("{} bytes of {} announced bytes came", kept.len(), of(announced));
            Err(("wire.body_broken", 400, Subcode::DataError, detail))
        }
        Came::TooSlow { kept, announced } => {
            let detail =
                format!("a body came too slowly: {} bytes of {} announced bytes", kept.len(), of(announced));
            Err(("wire.body_slow", 408, Subcode::DataError, detail))
        }
        Came::Spoilt { reason, .. } => Err(("wire.body_coding", 400, Subcode::DataError, reason.clone())),
        Came::Unpackable { reason } => Err(("wire.package", 400, Subcode::DataError, reason.clone())),
        Came::UnknownCoding { coding } => {
            let detail = format!("the content coding {coding} is not taken; send gzip, or none");
            Err(("wire.body_coding", 415, Subcode::DataError, detail))
        }
    }
}

/// Technological control: the header fits, it is for us, it is from the peer it says, its action is known.
fn check_headers(envelope: &Envelope, peer: &Peer, ctx: &Context) -> Result<Headers, Vec<Fault>> {
    let headers = Headers::parse(&envelope.headers)?;
    let mut faults: Vec<Fault> = envelope.integration.as_ref().and_then(check_stamp).into_iter().collect();
    if headers.to.segment() != ctx.state.as_code() {
        let place = format!("wsa:To names segment {}, this node is {}", headers.to.segment(), ctx.state);
        faults.push(Fault::new(Subcode::DestinationUnreachable, place));
    }
    if !speaks_for(&headers.reply_to, peer) {
        let place = format!(
            "wsa:ReplyTo names segment {}, the certificate is of {}",
            headers.reply_to.segment(),
            peer.state
        );
        faults.push(Fault::new(Subcode::InvalidAddressingHeader, place));
    }
    if !is_known(&headers.action, ctx) {
        let place = format!("wsa:Action: {} is not in the catalogue of this node", headers.action);
        faults.push(Fault::new(Subcode::ActionNotSupported, place));
    }
    if faults.is_empty() { Ok(headers) } else { Err(faults) }
}

/// The platform stamps a message with an instant in UTC; without its zone it would be any of 26 hours (D5 ¶44).
fn check_stamp(stamp: &Integration) -> Option<Fault> {
    let is_instant = stamp.accept_time.as_deref().is_some_and(|text| text.parse::<Timestamp>().is_ok());
    let what = "int:Integration/int:AcceptTime is no instant with its zone, such as 2026-11-23T10:00:00Z";
    (!is_instant).then(|| Fault::new(Subcode::InvalidHeader, what))
}

fn speaks_for(address: &LogicalAddress, peer: &Peer) -> bool {
    address.segment() == peer.state.as_code()
}

fn is_known(action: &Action, ctx: &Context) -> bool {
    let Ok(process) = ctx.catalogue.process(&action.process) else { return false };
    let Ok(card) = process.transaction(&action.transaction) else { return false };
    let is_message = match &action.message {
        MessageCode::Signal(_) => true,
        MessageCode::Application(code) => card.request == *code || card.responses.contains(code),
    };
    is_message && process.version == action.version && card.procedure == action.procedure
}

/// A process that both nodes know, and in which this peer takes no part by our settings.
fn not_allowed(action: &Action, peer: &Peer) -> Fault {
    let place = format!("wsa:Action: {} is not among the processes of {} here", action.process, peer.state);
    Fault::new(Subcode::ActionNotSupported, place)
}

fn envelope_code(error: &EnvelopeError) -> Code {
    match error {
        EnvelopeError::Xml(error) => error.code(),
        EnvelopeError::NotAnEnvelope
        | EnvelopeError::SecondBody
        | EnvelopeError::BodyElements
        | EnvelopeError::HeaderTwice { .. }
        | EnvelopeError::Instruction => "wire.envelope",
        EnvelopeError::Write(_) => "wire.envelope_write",
    }
}

/// A caller that proved who it is, and is none of the peers.
pub(super) const UNKNOWN_CALLER: Code = "wire.unknown_caller";

/// A larger message is not sent back: its sender knows it by its id.
const RETURNED_BYTES_MAX: usize = 64 * 1024;

/// Between two nodes there is no platform, so nothing is decided on what it would write.
const STAMPED: &str =
    "it carries int:Integration, which only the platform fills (D5 ¶43); it is kept and not used";
