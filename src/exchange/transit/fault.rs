//! Technological faults (D5 ¶65–76): what prevents processing before the meaning of the data is looked at.
//!
//! A fault is never answered with a fault (D5 ¶89, ¶92).

/// Why a message cannot be processed or passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subcode {
    /// A header that addressing knows is malformed.
    InvalidAddressingHeader,
    /// A header that addressing requires is absent.
    MessageAddressingHeaderRequired,
    /// Nobody is known under the address.
    DestinationUnreachable,
    /// The action is not known here.
    ActionNotSupported,
    /// The recipient cannot be reached now.
    EndpointUnavailable,
    /// A special `int:` header is absent or malformed.
    InvalidHeader,
    /// The application data have a wrong structure; for gateways, since a common process answers ERR.
    DataError,
    /// An unexpected error, or a transport message over the limit (D5 App.1 ¶5).
    InternalError,
}

/// Whose fault it is, in SOAP's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultClass {
    /// `soap:Sender`
    Sender,
    /// `soap:Receiver`
    Receiver,
}

/// A fault to be told to the sender, with the place that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {place}", subcode.as_qname())]
pub struct Fault {
    /// What kind.
    pub subcode: Subcode,
    /// Which header or part is wrong, and how. Never a value.
    pub place: String,
}

impl Fault {
    /// A fault about `place`.
    pub fn new(subcode: Subcode, place: impl Into<String>) -> Self {
        Self { subcode, place: place.into() }
    }

    /// The `wsa:Action` of the fault message (D5 ¶70).
    pub fn action(&self) -> &'static str {
        match self.subcode {
            Subcode::InvalidAddressingHeader
            | Subcode::MessageAddressingHeaderRequired
            | Subcode::DestinationUnreachable
            | Subcode::ActionNotSupported
            | Subcode::EndpointUnavailable => "http://www.w3.org/2005/08/addressing/fault",
            Subcode::InvalidHeader | Subcode::DataError | Subcode::InternalError => {
                "http://www.w3.org/2005/08/addressing/soap/fault"
            }
        }
    }
}

impl Subcode {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::InvalidAddressingHeader,
        Self::MessageAddressingHeaderRequired,
        Self::DestinationUnreachable,
        Self::ActionNotSupported,
        Self::EndpointUnavailable,
        Self::InvalidHeader,
        Self::DataError,
        Self::InternalError,
    ];

    /// Its qualified name with the usual prefixes `wsa` and `int`.
    pub fn as_qname(&self) -> &'static str {
        match self {
            Self::InvalidAddressingHeader => "wsa:InvalidAddressingHeader",
            Self::MessageAddressingHeaderRequired => "wsa:MessageAddressingHeaderRequired",
            Self::DestinationUnreachable => "wsa:DestinationUnreachable",
            Self::ActionNotSupported => "wsa:ActionNotSupported",
            Self::EndpointUnavailable => "wsa:EndpointUnavailable",
            Self::InvalidHeader => "int:InvalidHeader",
            Self::DataError => "int:DataError",
            Self::InternalError => "int:InternalError",
        }
    }

    /// `soap:Sender` or `soap:Receiver` (D5 tables 7, 8).
    pub fn class(&self) -> FaultClass {
        match self {
            Self::InvalidAddressingHeader
            | Self::MessageAddressingHeaderRequired
            | Self::DestinationUnreachable
            | Self::ActionNotSupported
            | Self::InvalidHeader
            | Self::DataError => FaultClass::Sender,
            Self::EndpointUnavailable | Self::InternalError => FaultClass::Receiver,
        }
    }

    /// The Russian text, which is mandatory (D5 ¶73).
    pub fn as_russian(&self) -> &'static str {
        match self {
            Self::InvalidAddressingHeader => "Недопустимое значение заголовка адресации",
            Self::MessageAddressingHeaderRequired => "Отсутствует обязательный заголовок адресации",
            Self::DestinationUnreachable => "Получатель с указанным логическим адресом не найден",
            Self::ActionNotSupported => "Указанное в заголовке действие не поддерживается",
            Self::EndpointUnavailable => "Получатель временно недоступен",
            Self::InvalidHeader => "Отсутствует или заполнен неверно специальный заголовок сообщения",
            Self::DataError => "Структура прикладных данных не соответствует установленной",
            Self::InternalError => "Внутренняя ошибка при обработке сообщения",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_its_own_name_and_a_russian_text() {
        let names: std::collections::HashSet<_> = Subcode::ALL.iter().map(Subcode::as_qname).collect();
        assert_eq!(names.len(), Subcode::ALL.len());
        for subcode in Subcode::ALL {
            assert!(subcode.as_russian().chars().any(|c| ('а'..='я').contains(&c)));
            let is_addressing = subcode.as_qname().starts_with("wsa:");
            let action = Fault::new(subcode, "").action();
            assert_eq!(is_addressing, action.ends_with("/addressing/fault"), "D5 ¶70");
        }
        assert_eq!(Subcode::InternalError.class(), FaultClass::Receiver);
    }
}
