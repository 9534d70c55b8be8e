//! `wsa:Action` of common processes: `int://CP/<process>/<version>/<procedure>/<transaction>/<message>` (D5 ¶59–60).

use std::fmt;
use std::str::FromStr;

/// What a message means: its place in a common process and its message code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Action {
    /// Such as `P.XP.01`.
    pub process: String,
    /// Such as `1.0.0`.
    pub version: String,
    /// Such as `P.XP.01.PRC.001`.
    pub procedure: String,
    /// Such as `P.XP.01.TRN.001`.
    pub transaction: String,
    /// The last component.
    pub message: MessageCode,
}

/// The last component of an action: a message of a process, or a signal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum MessageCode {
    /// Such as `P.XP.01.MSG.001`; may belong to another process family (D5 App.3).
    Application(String),
    /// RCV, PRS or ERR.
    Signal(Signal),
}

/// The three signals (D5 ¶112–121).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signal {
    /// "Получено": structural control is done.
    Received,
    /// "Принято в обработку": control of the data is done.
    Accepted,
    /// "Ошибка".
    Error,
}

/// An action that is not one of a common process.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "read wsa:Action: {reason}; expected int://CP/<process>/<version>/<procedure>/<transaction>/<message>"
)]
pub struct ActionError {
    reason: &'static str,
}

impl Action {
    /// The action of a signal about a message with this action (D5 ¶114, ¶115, ¶121).
    pub fn signal(&self, signal: Signal) -> Self {
        Self { message: MessageCode::Signal(signal), ..self.clone() }
    }

    /// The action of another message of the same transaction.
    pub fn reply(&self, message: &str) -> Self {
        Self { message: MessageCode::Application(message.to_owned()), ..self.clone() }
    }
}

impl Signal {
    /// `P.MSG.RCV`, `P.MSG.PRS` or `P.MSG.ERR`.
    pub fn as_code(&self) -> &'static str {
        match self {
            Self::Received => "P.MSG.RCV",
            Self::Accepted => "P.MSG.PRS",
            Self::Error => "P.MSG.ERR",
        }
    }
}

impl fmt::Display for MessageCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Application(code) => code,
            Self::Signal(signal) => signal.as_code(),
        })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { process, version, procedure, transaction, message } = self;
        write!(f, "int://CP/{process}/{version}/{procedure}/{transaction}/{message}")
    }
}

impl FromStr for Action {
    type Err = ActionError;

    fn from_str(text: &str) -> Result<Self, ActionError> {
        let refuse = |reason| ActionError { reason };
        let rest = text.trim().strip_prefix("int://CP/").ok_or(refuse("it does not begin with int://CP/"))?;
        let parts: Vec<&str> = rest.split('/').collect();
        let [process, version, procedure, transaction, message] = parts.as_slice() else {
            return Err(refuse("it has not five components"));
        };
        if parts.iter().any(|part| part.is_empty()) {
            return Err(refuse("a component is empty"));
        }
        let signals = [Signal::Received, Signal::Accepted, Signal::Error];
        let message = match signals.into_iter().find(|signal| signal.as_code() == *message) {
            Some(signal) => MessageCode::Signal(signal),
            None if is_message_code(message) => MessageCode::Application((*message).to_owned()),
            None => return Err(refuse("its last component is neither P.xx.nn.MSG.nnn nor a signal")),
        };
        Ok(Self {
            process: (*process).to_owned(),
            version: (*version).to_owned(),
            procedure: (*procedure).to_owned(),
            transaction: (*transaction).to_owned(),
            message,
        })
    }
}

/// `P\.[A-Z]{2}\.[0-9]{2}\.MSG\.[0-9]{3}`
fn is_message_code(code: &str) -> bool {
    let is = |part: &str, length: usize, test: fn(&u8) -> bool| {
        part.len() == length && part.as_bytes().iter().all(test)
    };
    match code.split('.').collect::<Vec<_>>().as_slice() {
        ["P", area, process, "MSG", number] => {
            is(area, 2, u8::is_ascii_uppercase)
                && is(process, 2, u8::is_ascii_digit)
                && is(number, 3, u8::is_ascii_digit)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_of_the_rules_is_read_and_its_signals_follow() {
        let text = "int://CP/P.SP.03/0.1/P.SP.03.PRC.001/P.SP.03.TRN.002/P.CC.04.MSG.003";
        let action: Action = text.parse().unwrap();
        assert_eq!(action.to_string(), text);
        let signal = action.signal(Signal::Accepted);
        assert!(signal.to_string().ends_with("/P.SP.03.TRN.002/P.MSG.PRS"));
        assert_eq!(signal.to_string().parse::<Action>().unwrap(), signal);
        assert_eq!(signal.reply("P.CC.04.MSG.003"), action);
    }

    #[test]
    fn an_unknown_action_is_refused_with_the_reason() {
        for text in [
            "int://SR/UTIL/JOURNAL/SYNC/PUT",
            "int://CP/P.SP.03/0.1/P.SP.03.PRC.001/P.SP.03.TRN.002",
            "int://CP/P.SP.03/0.1/P.SP.03.PRC.001/P.SP.03.TRN.002/P.CC.04.MSG.3",
            "int://CP/P.SP.03//P.SP.03.PRC.001/P.SP.03.TRN.002/P.CC.04.MSG.003",
            "http://www.w3.org/2005/08/addressing/fault",
        ] {
            assert!(text.parse::<Action>().is_err(), "{text}");
        }
        let error = "urn:x".parse::<Action>().unwrap_err();
        assert!(error.to_string().starts_with("read wsa:Action: it does not begin with int://CP/; expected"));
    }
}
