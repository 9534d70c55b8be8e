//! Headers of system service messages (D5 ¶57, ¶77): no transaction, no process, two gateways alone.

use super::{Fault, LogicalAddress, RawHeaders, Space, Subcode};
use crate::base::MessageId;

/// The services whose messages a node knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceAction {
    /// Records of a journal.
    JournalPut,
    /// A question for them.
    JournalGet,
}

/// The header of a service message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceHeaders {
    /// The service it is for.
    pub to: LogicalAddress,
    /// Whom an answer goes to.
    pub reply_to: LogicalAddress,
    /// Which service message it is.
    pub action: ServiceAction,
    /// New for every send.
    pub message_id: MessageId,
    /// The message it answers.
    pub relates_to: Option<MessageId>,
}

impl ServiceAction {
    const ALL: [Self; 2] = [Self::JournalPut, Self::JournalGet];

    /// `wsa:Action`.
    pub fn as_uri(self) -> &'static str {
        match self {
            Self::JournalPut => "int://SR/UTIL/JOURNAL/SYNC/PUT",
            Self::JournalGet => "int://SR/UTIL/JOURNAL/SYNC/GET",
        }
    }

    /// The service action of a message, if it is a service message.
    pub fn of(headers: &RawHeaders) -> Option<Self> {
        let action = headers.action.as_deref()?.trim();
        Self::ALL.into_iter().find(|known| known.as_uri() == action)
    }

    /// The service, as an address names it.
    fn service(self) -> &'static str {
        match self {
            Self::JournalPut => "JOURNAL/PUT",
            Self::JournalGet => "JOURNAL/GET",
        }
    }
}

impl ServiceHeaders {
    /// Reads the header of a service message from `peer` to the node of `own`, both by their segments.
    ///
    /// # Errors
    /// Every fault found: the message is for another node or service, its sender speaks for another segment, it has no
    /// lawful id.
    pub fn parse(action: ServiceAction, raw: &RawHeaders, own: &str, peer: &str) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let to = address(&mut faults, raw.to.as_deref(), "wsa:To");
        let sender = raw.reply_to.as_deref().or(raw.from.as_deref());
        let reply_to = address(&mut faults, sender, "wsa:ReplyTo");
        let message_id = match raw.message_id.as_deref() {
            Some(text) => {
                text.parse().ok().or_else(|| fault(&mut faults, INVALID, "wsa:MessageID is no UUID"))
            }
            None => fault(&mut faults, REQUIRED, "wsa:MessageID is absent"),
        };
        let relates_to: Option<MessageId> = raw.relates_to.as_deref().and_then(|text| {
            text.parse().ok().or_else(|| fault(&mut faults, INVALID, "wsa:RelatesTo is no UUID"))
        });
        let service = Space::Service(action.service().to_owned());
        // what answers a question comes to who asked it, which is the gateway
        let is_answer = action == ServiceAction::JournalPut && relates_to.is_some();
        let is_for_us = |to: &LogicalAddress| {
            to.segment() == own
                && (*to.space() == service || is_answer && *to == LogicalAddress::of_gate(own))
        };
        if to.as_ref().is_some_and(|to| !is_for_us(to)) {
            let place = format!("wsa:To is not EAEU://{own}/SR/{}", action.service());
            faults.push(Fault::new(Subcode::DestinationUnreachable, place));
        }
        for (name, text) in [("wsa:ReplyTo", &raw.reply_to), ("wsa:From", &raw.from)] {
            let named = text.as_deref().and_then(|text| text.parse::<LogicalAddress>().ok());
            if named.is_some_and(|named| named.segment() != peer) {
                let place = format!("{name} names another segment than the certificate, which is of {peer}");
                faults.push(Fault::new(INVALID, place));
            }
        }
        match (to, reply_to, message_id) {
            (Some(to), Some(reply_to), Some(message_id)) if faults.is_empty() => {
                Ok(Self { to, reply_to, action, message_id, relates_to })
            }
            _ => Err(faults),
        }
    }

    /// The header of the records that answer a question: they go to who asked, from the gateway of `own`.
    pub fn answer(&self, own: &str, message_id: MessageId) -> Self {
        Self {
            to: self.reply_to.clone(),
            reply_to: LogicalAddress::of_gate(own),
            action: ServiceAction::JournalPut,
            message_id,
            relates_to: Some(self.message_id),
        }
    }
}

fn address(faults: &mut Vec<Fault>, text: Option<&str>, name: &str) -> Option<LogicalAddress> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        return fault(faults, REQUIRED, &format!("{name} is absent or empty"));
    };
    match text.parse() {
        Ok(address) => Some(address),
        Err(error) => fault(faults, INVALID, &format!("{name}: {error}")),
    }
}

fn fault<T>(faults: &mut Vec<Fault>, subcode: Subcode, place: &str) -> Option<T> {
    faults.push(Fault::new(subcode, place));
    None
}

const INVALID: Subcode = Subcode::InvalidAddressingHeader;
const REQUIRED: Subcode = Subcode::MessageAddressingHeaderRequired;

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> RawHeaders {
        let text = |text: &str| Some(text.to_owned());
        RawHeaders {
            to: text("EEU://RU/SR/JOURNAL/GET"),
            reply_to: text("EAEU://KZ/SR/gate"),
            action: text("int://SR/UTIL/JOURNAL/SYNC/GET"),
            message_id: text("urn:uuid:eaddf37f-70db-45ee-9a08-542d2c5589c3"),
            ..RawHeaders::default()
        }
    }

    fn parse(raw: &RawHeaders) -> Result<ServiceHeaders, Vec<Fault>> {
        ServiceHeaders::parse(ServiceAction::of(raw).unwrap(), raw, "RU", "KZ")
    }

    #[test]
    fn a_question_for_the_journal_is_read_and_its_answer_goes_back() {
        let headers = parse(&question()).unwrap();
        assert_eq!(headers.to.to_string(), "EAEU://RU/SR/JOURNAL/GET");
        let id: MessageId = "0d0f2f0a-6f43-4c54-9a36-5a2f4a9c1f01".parse().unwrap();
        let answer = headers.answer("RU", id);
        assert_eq!(answer.to.to_string(), "EAEU://KZ/SR/gate");
        assert_eq!(answer.reply_to.to_string(), "EAEU://RU/SR/gate");
        assert_eq!((answer.relates_to, answer.action), (Some(headers.message_id), ServiceAction::JournalPut));
        let mut by_from = question();
        std::mem::swap(&mut by_from.from, &mut by_from.reply_to);
        assert_eq!(parse(&by_from).unwrap().reply_to, headers.reply_to);
    }

    #[test]
    fn a_question_of_another_shape_is_refused_with_its_fault() {
        type Break = fn(&mut RawHeaders);
        let cases: [(Break, Subcode); 8] = [
            (|raw| raw.to = Some("EAEU://BY/SR/JOURNAL/GET".into()), Subcode::DestinationUnreachable),
            (|raw| raw.to = Some("EAEU://RU/SR/JOURNAL/PUT".into()), Subcode::DestinationUnreachable),
            (|raw| raw.to = None, REQUIRED),
            (|raw| raw.reply_to = Some("EAEU://BY/SR/gate".into()), INVALID),
            (|raw| raw.from = Some("EAEU://BY/SR/gate".into()), INVALID),
            (|raw| raw.reply_to = None, REQUIRED),
            (|raw| raw.message_id = Some("1".into()), INVALID),
            (|raw| raw.relates_to = Some("1".into()), INVALID),
        ];
        for (break_it, subcode) in cases {
            let mut raw = question();
            break_it(&mut raw);
            let faults = parse(&raw).unwrap_err();
            assert_eq!(faults.iter().map(|fault| fault.subcode).collect::<Vec<_>>(), [subcode]);
        }
        assert_eq!(ServiceAction::of(&RawHeaders::default()), None);
    }
}
