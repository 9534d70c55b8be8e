//! Logical addresses `EAEU://<segment>/<space>/<participant>` (D5 ¶45–56).

use std::fmt;
use std::str::FromStr;

/// A participant's logical address. Queue and host names never appear in one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogicalAddress {
    segment: String,
    space: Space,
}

/// What kind of participant an address names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Space {
    /// A role in a common process, with the body where the process lets several play it (D5 ¶52, ¶54).
    Process {
        /// Such as `P.XP.01`.
        process: String,
        /// Such as `P.XP.01.ACT.002`.
        actor: String,
        /// The body's id, only where the process asks for it.
        authority: Option<String>,
    },
    /// A concrete body (D5 ¶55).
    Authority(String),
    /// A service of the platform, such as `gate` or `JOURNAL/PUT` (D5 ¶56).
    Service(String),
}

/// An address that could not be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("read logical address: {reason}; expected EAEU://<segment>/<CP|CA|SR>/<participant>")]
pub struct AddressError {
    reason: &'static str,
}

impl LogicalAddress {
    /// The address of a role of a common process in a segment.
    pub fn of_actor(segment: &str, process: &str, actor: &str) -> Self {
        let space = Space::Process { process: process.to_owned(), actor: actor.to_owned(), authority: None };
        Self { segment: segment.to_owned(), space }
    }

    /// The address of a segment's gateway (D5 ¶56).
    pub fn of_gate(segment: &str) -> Self {
        Self::of_service(segment, "gate")
    }

    /// The address of a service of a segment, such as `JOURNAL/GET` (D5 ¶56).
    pub fn of_service(segment: &str, service: &str) -> Self {
        Self { segment: segment.to_owned(), space: Space::Service(service.to_owned()) }
    }

    /// `EEC` or the two letters of a state.
    pub fn segment(&self) -> &str {
        &self.segment
    }

    /// Whom it names there.
    pub fn space(&self) -> &Space {
        &self.space
    }
}

impl fmt::Display for LogicalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EAEU://{}/", self.segment)?;
        match &self.space {
            Space::Process { process, actor, authority } => {
                write!(f, "CP/{process}/{actor}")?;
                authority.as_ref().map_or(Ok(()), |id| write!(f, "/{id}"))
            }
            Space::Authority(id) => write!(f, "CA/{id}"),
            Space::Service(path) => write!(f, "SR/{path}"),
        }
    }
}

impl FromStr for LogicalAddress {
    type Err = AddressError;

    /// `EEU://`, printed once in D5 App.4 ¶6, is read as `EAEU://`.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let refuse = |reason| AddressError { reason };
        let text = text.trim();
        let rest = text
            .strip_prefix("EAEU://")
            .or_else(|| text.strip_prefix("EEU://"))
            .ok_or(refuse("the scheme is not EAEU"))?;
        let mut parts = rest.split('/');
        let segment = parts.next().unwrap_or_default();
        let is_state = segment.len() == 2 && segment.bytes().all(|b| b.is_ascii_uppercase());
        if !is_state && segment != "EEC" {
            return Err(refuse("the segment is neither EEC nor two capitals"));
        }
        let space = parts.next().ok_or(refuse("the space is missing"))?;
        let tail: Vec<&str> = parts.collect();
        if tail.iter().any(|part| part.is_empty()) {
            return Err(refuse("a part is empty"));
        }
        let space = match (space, tail.as_slice()) {
            ("CP", [process, actor]) => {
                Space::Process { process: (*process).into(), actor: (*actor).into(), authority: None }
            }
            ("CP", [process, actor, id]) => Space::Process {
                process: (*process).into(),
                actor: (*actor).into(),
                authority: Some((*id).into()),
            },
            ("CA", [id]) => Space::Authority((*id).into()),
            ("SR", [_, ..]) => Space::Service(tail.join("/")),
            _ => return Err(refuse("the participant does not fit its space")),
        };
        Ok(Self { segment: segment.to_owned(), space })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_addresses_of_the_rules_are_read_and_written_alike() {
        for text in [
            "EAEU://EEC/CP/P.SP.03/P.ACT.001",
            "EAEU://RU/CP/P.SP.03/P.SP.03.ACT.002",
            "EAEU://KZ/CP/P.XP.01/P.XP.01.ACT.002/7701",
            "EAEU://RU/CA/7701",
            "EAEU://EEC/SR/gate",
            "EAEU://EEC/SR/JOURNAL/PUT",
        ] {
            assert_eq!(text.parse::<LogicalAddress>().unwrap().to_string(), text);
        }
        let misprint: LogicalAddress = "EEU://KZ/SR/JOURNAL/GET".parse().unwrap();
        assert_eq!(misprint.to_string(), "EAEU://KZ/SR/JOURNAL/GET");
    }

    #[test]
    fn an_address_of_another_shape_is_refused_with_the_reason() {
        let error = "http://kz.example/".parse::<LogicalAddress>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "read logical address: the scheme is not EAEU; expected EAEU://<segment>/<CP|CA|SR>/<participant>"
        );
        for text in [
            "EAEU://",
            "EAEU://Kz/CP/a/b",
            "EAEU://KZ",
            "EAEU://KZ/CP/a",
            "EAEU://KZ/CP//b",
            "EAEU://KZ/XX/a",
        ] {
            assert!(text.parse::<LogicalAddress>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_back(segment in "EEC|[A-Z]{2}", process in "[A-Z.0-9]{1,9}", actor in "[A-Z.0-9]{1,9}") {
            let address = LogicalAddress::of_actor(&segment, &process, &actor);
            prop_assert_eq!(address.to_string().parse::<LogicalAddress>().unwrap(), address);
        }
    }
}
