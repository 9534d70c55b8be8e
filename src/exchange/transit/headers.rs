//! The header of a message, parsed: technological control of D5 ¶28–42, ¶58 and ¶91 (a).
//!
//! What a peer wrote arrives as [`RawHeaders`]; whoever holds [`Headers`] holds a header that fits its kind.
//! The order of headers means nothing.

use super::{Action, Fault, LogicalAddress, MessageCode, Subcode};
use crate::base::{ConversationId, MessageId, ProcedureId};

/// The texts of the headers as they stood in the envelope; `None` where one is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawHeaders {
    /// `wsa:To`
    pub to: Option<String>,
    /// `wsa:ReplyTo/wsa:Address`
    pub reply_to: Option<String>,
    /// `wsa:From/wsa:Address`
    pub from: Option<String>,
    /// `wsa:FaultTo/wsa:Address`
    pub fault_to: Option<String>,
    /// `wsa:Action`
    pub action: Option<String>,
    /// `wsa:MessageID`
    pub message_id: Option<String>,
    /// `wsa:RelatesTo`
    pub relates_to: Option<String>,
    /// `int:ProcedureID`
    pub procedure_id: Option<String>,
    /// `int:ConversationID`
    pub conversation_id: Option<String>,
}

/// The header of an application message or signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headers {
    /// The actual recipient (D5 ¶30).
    pub to: LogicalAddress,
    /// The sender, to whom the answer goes (D5 ¶32).
    pub reply_to: LogicalAddress,
    /// What the message means.
    pub action: Action,
    /// New for every send (D5 ¶36).
    pub message_id: MessageId,
    /// The message of the previous step; absent only in the one that begins (D5 ¶37, ¶102).
    pub relates_to: Option<MessageId>,
    /// The chain of procedures (D5 ¶39).
    pub procedure_id: ProcedureId,
    /// The instance of the transaction (D5 ¶40).
    pub conversation_id: ConversationId,
}

impl Headers {
    /// Reads the header of an application message or signal.
    ///
    /// # Errors
    /// Every fault found, the gravest first: an addressing header before a special one.
    pub fn parse(raw: &RawHeaders) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let wsa = |faults: &mut Vec<Fault>, text: &Option<String>, name| {
            required(faults, text.as_deref(), name, Subcode::MessageAddressingHeaderRequired)
        };
        let to = wsa(&mut faults, &raw.to, "wsa:To");
        let to = to.and_then(|text| read(&mut faults, &text, "wsa:To", Subcode::InvalidAddressingHeader));
        let reply_to = wsa(&mut faults, &raw.reply_to, "wsa:ReplyTo");
        let reply_to = reply_to
            .and_then(|text| read(&mut faults, &text, "wsa:ReplyTo", Subcode::InvalidAddressingHeader));
        let action = wsa(&mut faults, &raw.action, "wsa:Action");
        let action = action
            .and_then(|text| read::<Action>(&mut faults, &text, "wsa:Action", Subcode::ActionNotSupported));
        let message_id = wsa(&mut faults, &raw.message_id, "wsa:MessageID");
        let message_id = message_id
            .and_then(|text| read(&mut faults, &text, "wsa:MessageID", Subcode::InvalidAddressingHeader));
        let relates_to = raw
            .relates_to
            .as_deref()
            .and_then(|text| read(&mut faults, text, "wsa:RelatesTo", Subcode::InvalidAddressingHeader));
        for (text, name) in [(&raw.from, "wsa:From"), (&raw.fault_to, "wsa:FaultTo")] {
            if text.is_some() {
                let place = format!("{name} is forbidden in an application message (D5 ¶58); leave it out");
                faults.push(Fault::new(Subcode::InvalidAddressingHeader, place));
            }
        }
        if raw.relates_to.is_none()
            && action.as_ref().is_some_and(|action| matches!(action.message, MessageCode::Signal(_)))
        {
            let place = "wsa:RelatesTo is absent, and a signal answers a message (D5 ¶102)";
            faults.push(Fault::new(Subcode::MessageAddressingHeaderRequired, place));
        }
        let special = |faults: &mut Vec<Fault>, text: &Option<String>, name| {
            required(faults, text.as_deref(), name, Subcode::InvalidHeader)
        };
        let procedure_id = special(&mut faults, &raw.procedure_id, "int:ProcedureID")
            .and_then(|text| read(&mut faults, &text, "int:ProcedureID", Subcode::InvalidHeader));
        let conversation_id = special(&mut faults, &raw.conversation_id, "int:ConversationID")
            .and_then(|text| read(&mut faults, &text, "int:ConversationID", Subcode::InvalidHeader));
        match (to, reply_to, action, message_id, procedure_id, conversation_id) {
            (
                Some(to),
                Some(reply_to),
                Some(action),
                Some(message_id),
                Some(procedure_id),
                Some(conversation_id),
            ) if faults.is_empty() => {
                Ok(Self { to, reply_to, action, message_id, relates_to, procedure_id, conversation_id })
            }
            _ => Err(faults),
        }
    }

    /// The header of an answer to this message: the addresses swapped, linked to it, its ids kept apart.
    pub fn reply(&self, action: Action, message_id: MessageId) -> Self {
        Self {
            to: self.reply_to.clone(),
            reply_to: self.to.clone(),
            action,
            message_id,
            relates_to: Some(self.message_id),
            procedure_id: self.procedure_id.clone(),
            conversation_id: self.conversation_id,
        }
    }
}

fn required(faults: &mut Vec<Fault>, text: Option<&str>, name: &str, subcode: Subcode) -> Option<String> {
    match text.map(str::trim) {
        Some(text) if !text.is_empty() => Some(text.to_owned()),
        Some(_) | None => {
            faults.push(Fault::new(subcode, format!("{name} is absent or empty")));
            None
        }
    }
}

fn read<T: std::str::FromStr>(faults: &mut Vec<Fault>, text: &str, name: &str, subcode: Subcode) -> Option<T>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error| faults.push(Fault::new(subcode, format!("{name}: {error}")))).ok()
}

#[cfg(test)]
mod tests {
    use super::super::Signal;
    use super::*;

    fn sample() -> RawHeaders {
        let text = |text: &str| Some(text.to_owned());
        RawHeaders {
            to: text("EAEU://EEC/CP/P.SP.03/P.ACT.001"),
            reply_to: text("EAEU://RU/CP/P.SP.03/P.SP.03.ACT.002"),
            action: text("int://CP/P.SP.03/0.1/P.SP.03.PRC.001/P.SP.03.TRN.002/P.CC.04.MSG.003"),
            message_id: text("urn:uuid:eaddf37f-70db-45ee-9a08-542d2c5589c3"),
            procedure_id: text(
                "urn:uuid:f8a30dda-8443-4ef9-a367-c36fa39ee1f1/urn:uuid:9273bfae-5269-4e0c-83f0-8ce8b7cd75f6",
            ),
            conversation_id: text("urn:uuid:f8a30dda-8443-4ef9-a367-c36fa39ee1f1"),
            ..RawHeaders::default()
        }
    }

    #[test]
    fn the_sample_of_the_rules_is_a_lawful_header() {
        let headers = Headers::parse(&sample()).unwrap();
        let id: MessageId = "0d0f2f0a-6f43-4c54-9a36-5a2f4a9c1f01".parse().unwrap();
        let signal = headers.reply(headers.action.signal(Signal::Received), id);
        assert_eq!(signal.to, headers.reply_to);
        assert_eq!(signal.relates_to, Some(headers.message_id));
        assert_eq!(signal.conversation_id, headers.conversation_id);
    }

    #[test]
    fn every_absent_header_is_named_at_once() {
        let faults = Headers::parse(&RawHeaders::default()).unwrap_err();
        let found: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "wsa:MessageAddressingHeaderRequired: wsa:To is absent or empty",
                "wsa:MessageAddressingHeaderRequired: wsa:ReplyTo is absent or empty",
                "wsa:MessageAddressingHeaderRequired: wsa:Action is absent or empty",
                "wsa:MessageAddressingHeaderRequired: wsa:MessageID is absent or empty",
                "int:InvalidHeader: int:ProcedureID is absent or empty",
                "int:InvalidHeader: int:ConversationID is absent or empty",
            ]
        );
    }

    #[test]
    fn each_broken_header_has_its_fault() {
        type Break = fn(&mut RawHeaders);
        let cases: [(Break, Subcode); 8] = [
            (|raw| raw.to = Some("http://x".into()), Subcode::InvalidAddressingHeader),
            (|raw| raw.action = Some("urn:unknown".into()), Subcode::ActionNotSupported),
            (|raw| raw.message_id = Some("1".into()), Subcode::InvalidAddressingHeader),
            (|raw| raw.relates_to = Some("1".into()), Subcode::InvalidAddressingHeader),
            (|raw| raw.from = Some("EAEU://RU/CA/1".into()), Subcode::InvalidAddressingHeader),
            (|raw| raw.fault_to = Some("EAEU://RU/CA/1".into()), Subcode::InvalidAddressingHeader),
            (|raw| raw.procedure_id = Some("urn:uuid:1".into()), Subcode::InvalidHeader),
            (|raw| raw.conversation_id = None, Subcode::InvalidHeader),
        ];
        for (break_it, subcode) in cases {
            let mut raw = sample();
            break_it(&mut raw);
            let faults = Headers::parse(&raw).unwrap_err();
            assert_eq!(faults.iter().map(|fault| fault.subcode).collect::<Vec<_>>(), [subcode]);
        }
    }

    #[test]
    fn a_signal_that_answers_nothing_is_a_fault() {
        let mut raw = sample();
        raw.action = Some("int://CP/P.SP.03/0.1/P.SP.03.PRC.001/P.SP.03.TRN.002/P.MSG.RCV".into());
        let faults = Headers::parse(&raw).unwrap_err();
        assert_eq!(faults.first().unwrap().subcode, Subcode::MessageAddressingHeaderRequired);
    }
}
