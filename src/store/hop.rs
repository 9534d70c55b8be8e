//! What an entry of the journal is to Decision 5, App. 4: one of the events that a gateway records of a message.

use super::{JournalDraft, word_enum};

word_enum!(
    /// An event of a gateway (D5 App.4 ¶1).
    Hop {
        /// 1: a message was received.
        Received = "received",
        /// 2: it was made into another form: a record into a document, or back.
        Transformed = "transformed",
        /// 3: it was sent to another gateway or an adjacent system.
        Sent = "sent",
        /// 4: it was sent to the trusted third party.
        ToThirdParty = "to-third-party",
        /// 5: it came back from the trusted third party.
        FromThirdParty = "from-third-party",
        /// 6: it could not be delivered in time.
        TimedOut = "timed-out",
        /// 7: its header does not fit.
        HeaderRefused = "header-refused",
    }
);

impl Hop {
    /// Its number in the Decision.
    pub fn number(self) -> u8 {
        match self {
            Self::Received => 1,
            Self::Transformed => 2,
            Self::Sent => 3,
            Self::ToThirdParty => 4,
            Self::FromThirdParty => 5,
            Self::TimedOut => 6,
            Self::HeaderRefused => 7,
        }
    }

    /// The event that an entry tells; none for what a node journals beyond the Decision.
    pub fn of(entry: &JournalDraft) -> Option<Self> {
        let code = entry.code.as_deref().unwrap_or_default();
        match KINDS.iter().find(|(kind, _)| *kind == entry.kind)?.1 {
            Told::Always(hop) => Some(hop),
            Told::IfCode(start, hop) => code.starts_with(start).then_some(hop),
            Told::Never => None,
        }
    }

    /// Whether a kind of entry is in the table.
    pub fn is_known(kind: &str) -> bool {
        KINDS.iter().any(|(known, _)| *known == kind)
    }
}

/// When a kind of entry is an event of the Decision.
enum Told {
    Always(Hop),
    /// When its code begins so.
    IfCode(&'static str, Hop),
    Never,
}

/// Every kind of entry that the flows write.
const KINDS: [(&str, Told); 43] = [
    ("held", Told::Always(Hop::Received)),
    ("composed", Told::Always(Hop::Transformed)),
    ("answering", Told::Always(Hop::Transformed)),
    ("accepted", Told::Always(Hop::Transformed)),
    ("sent", Told::Always(Hop::Sent)),
    ("faulted", Told::Always(Hop::Sent)),
    ("answered", Told::Always(Hop::Sent)), // to the local system, which is an adjacent one
    ("taken", Told::Always(Hop::Sent)),
    ("to_third_party", Told::Always(Hop::ToThirdParty)),
    ("from_third_party", Told::Always(Hop::FromThirdParty)),
    ("time_stamped", Told::Never),
    ("translated", Told::Never),
    ("journal_asked", Told::Never),
    ("journal_told", Told::Never),
    ("journal_learnt", Told::Never),
    ("act", Told::Never), // of a person or a program: see `Act`
    ("missed", Told::Always(Hop::TimedOut)),
    ("expired", Told::Always(Hop::TimedOut)),
    ("ask_person", Told::IfCode("transit.unanswered", Hop::TimedOut)),
    ("returned", Told::IfCode("wire.", Hop::HeaderRefused)),
    ("quarantined", Told::IfCode("wire.", Hop::HeaderRefused)),
    ("turned_away", Told::Never), // nothing was received of a caller who did not prove who he is
    ("received", Told::Never),
    ("repeated", Told::Never),
    ("deferred", Told::Never),
    ("postponed", Told::Never),
    ("parked", Told::Never),
    ("fault", Told::Never), // its receipt is told by `held`, as that of a signal
    ("signal", Told::Never),
    ("released", Told::Never),
    ("resent", Told::Never),
    ("local", Told::Never),
    ("keys_changed", Told::Never),
    ("placed", Told::Never),
    ("archived", Told::Never),
    ("not_placed", Told::Never),
    ("keys_unfit", Told::Never),
    ("store_back", Told::Never),
    ("status_away", Told::Never),
    ("status_back", Told::Never),
    ("revoked", Told::Never),
    ("persons_noted", Told::Never),
    ("person_forgotten", Told::Never),
];

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn the_table_is_that_of_the_decision() {
        let hop = |kind: &str, code: Option<&str>| {
            Hop::of(&JournalDraft::at(Timestamp::UNIX_EPOCH, kind, "").coded(code)).map(Hop::number)
        };
        assert_eq!(hop("held", None), Some(1));
        assert_eq!(hop("composed", None), Some(2));
        assert_eq!(hop("sent", None), Some(3));
        assert_eq!(hop("missed", Some("wire.unreachable")), Some(6));
        assert_eq!(hop("ask_person", Some("transit.unanswered")), Some(6));
        assert_eq!(hop("ask_person", Some("wire.fault")), None);
        assert_eq!(hop("returned", Some("wire.header")), Some(7));
        assert_eq!(hop("returned", Some("rules.structure")), None);
        assert_eq!(hop("never heard of", None), None);
        assert_eq!(Hop::ALL.iter().map(|hop| hop.number()).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7]);
        assert!(Hop::ALL.iter().all(|hop| hop.as_str().parse() == Ok(*hop)));
    }
}
