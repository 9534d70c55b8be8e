//! Technological control: whose bytes they are, how many, and whether the header fits (D5 ¶91–92).

use super::Context;
use super::context::Peer;
use crate::base::Code;
use crate::exchange::transit::{Action, Fault, Headers, LogicalAddress, MessageCode, RawHeaders, Subcode};
use crate::exchange::wire::{Came, Envelope, EnvelopeError, PeerCertificate};
use crate::store::Arrival;

/// What is seen of a message from outside.
pub(super) struct Sight {
    pub(super) peer: String,
    pub(super) headers: RawHeaders,
    pub(super) arrival: Arrival,
    pub(super) fault: Option<(u16, Fault)>,
    pub(super) detail: String,
}

/// Looks at what a caller sent.
pub(super) fn look(caller: &PeerCertificate, came: &Came, ctx: &Context) -> Sight {
    let Some(peer) = ctx.peers.of_certificate(caller) else {
        let fault =
            Fault::new(Subcode::DestinationUnreachable, "this certificate belongs to no peer of this node");
        let peer = caller.common_name.clone();
        let detail = "the caller's certificate belongs to no configured peer".to_owned();
        let arrival = Arrival::Quarantined { code: "wire.unknown_caller".to_owned() };
        return Sight { peer, headers: RawHeaders::default(), arrival, fault: Some((403, fault)), detail };
    };
    let refuse = |code: Code, status, headers, fault: Option<Fault>, detail: String| Sight {
        peer: peer.state.to_string(),
        headers,
        arrival: Arrival::Returned { code: code.to_owned() },
        fault: fault.map(|fault| (status, fault)),
        detail,
    };
    let bytes = match came {
        Came::Whole(bytes) => bytes,
        Came::TooLarge { announced, .. } => {
            let limit = ctx.limits.body_bytes_max;
            let detail = match announced {
                Some(n) => format!("a body of {n} bytes exceeds the limit of {limit}"),
                None => format!("a body exceeds the limit of {limit} bytes"),
            };
            let fault = Fault::new(Subcode::InternalError, detail.clone());
            return refuse("wire.body_too_large", 413, RawHeaders::default(), Some(fault), detail);
        }
        Came::Broken { kept, announced } => {
            let announced = announced.map_or("an unknown number of".to_owned(), |n| n.to_string());
            let detail = format!("{} bytes of {announced} announced bytes came", kept.len());
            let fault = Fault::new(Subcode::DataError, detail.clone());
            return refuse("wire.body_broken", 400, RawHeaders::default(), Some(fault), detail);
        }
    };
    let envelope = match Envelope::read(bytes, &ctx.limits) {
        Ok(envelope) => envelope,
        Err(error) => {
            let code = envelope_code(&error);
            let fault = Fault::new(Subcode::DataError, error.to_string());
            return refuse(code, 400, RawHeaders::default(), Some(fault), error.to_string());
        }
    };
    if envelope.is_fault {
        let detail = "a fault about a message of ours".to_owned();
        return Sight {
            peer: peer.state.to_string(),
            headers: envelope.headers,
            arrival: Arrival::Held,
            fault: None,
            detail,
        };
    }
    match check_headers(&envelope.headers, peer, ctx) {
        Ok(headers) => Sight {
            peer: peer.state.to_string(),
            detail: headers.action.message.to_string(),
            headers: envelope.headers,
            arrival: Arrival::Held,
            fault: None,
        },
        Err(faults) => {
            let detail = faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            let first = faults.into_iter().next();
            let fault = first.map(|fault| Fault { place: detail.clone(), ..fault });
            refuse("wire.header", 400, envelope.headers, fault, detail)
        }
    }
}

/// Technological control: the header fits, it is for us, it is from the peer it says, its action is known.
fn check_headers(raw: &RawHeaders, peer: &Peer, ctx: &Context) -> Result<Headers, Vec<Fault>> {
    let headers = Headers::parse(raw)?;
    let mut faults = Vec::new();
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
