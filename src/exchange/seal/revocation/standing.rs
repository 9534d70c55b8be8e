//! What follows from all that is known of a certificate: a pure function of answers and an instant.

use super::{Reason, Revoked, Said, Window};
use jiff::Timestamp;

/// How many certificates of a chain were judged, of how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coverage {
    /// So many were.
    pub checked: usize,
    /// So many are there below the anchor.
    pub of: usize,
}

/// That no certificate of a chain is known to be revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standings {
    pub(crate) coverage: Coverage,
    /// The second from which on it must be judged anew.
    pub(crate) until: i64,
}

/// An answer about one certificate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evidence {
    pub(super) said: Said,
    pub(super) window: Window,
    /// How many seconds it counts if it does not tell when the next one comes.
    pub(super) life: i64,
    /// How many seconds it counts beyond that.
    pub(super) grace: i64,
}

/// What is known of one certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is good, and needs no other look before this second.
    Good(i64),
    Revoked(Revoked),
    Unknown(&'static str),
}

/// Judges a certificate that ends at the second `not_after`, as of an instant, by answers that were fresh at another.
/// One answer that it was revoked outweighs all others.
pub(super) fn standing(
    evidence: &[Evidence],
    not_after: i64,
    (at, fresh_at): (Timestamp, Timestamp),
) -> Standing {
    let (mut good, mut reason) = (None::<i64>, NO_ANSWER);
    let least = |good: Option<i64>, until: i64| Some(good.map_or(until, |good| good.min(until)));
    for one in evidence {
        let Window { this_update, next_update } = one.window;
        let end = next_update.unwrap_or(this_update.saturating_add(one.life)).saturating_add(one.grace);
        let is_fresh = fresh_at.as_second() < end;
        match one.said {
            Said::Revoked(revoked) if revoked.reason == Reason::CertificateHold && !is_fresh => {
                reason = STALE
            }
            Said::Revoked(revoked) if revoked.counts_at(at) => return Standing::Revoked(revoked),
            Said::Revoked(revoked) => good = least(good, revoked.since.as_second()),
            // lists and responders forget what has expired
            Said::Good if this_update > not_after => reason = TOO_LATE,
            Said::Good if is_fresh => good = least(good, end),
            Said::Good => reason = STALE,
            Said::Unknown => reason = NOT_KNOWN,
        }
    }
    good.map_or(Standing::Unknown(reason), Standing::Good)
}

const NO_ANSWER: &str = "no answer of its authority has come yet";
const STALE: &str = "the last answer of its authority is too old";
const TOO_LATE: &str = "the answer was made after it had expired, when such answers say nothing any more";
const NOT_KNOWN: &str = "the responder does not know it";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn answer(said: Said, from: i64, to: Option<i64>) -> Evidence {
        let window = Window { this_update: from, next_update: to };
        Evidence { said, window, life: 10, grace: 0 }
    }

    fn revoked(since: i64, reason: Reason) -> Said {
        Said::Revoked(Revoked { since: at(since), reason })
    }

    const END: i64 = 10_000;

    #[test]
    fn a_certificate_was_good_before_it_was_revoked_unless_its_key_was_stolen() {
        use Reason::*;
        for reason in [Unspecified, AffiliationChanged, Superseded, CessationOfOperation, PrivilegeWithdrawn]
        {
            let told = [answer(revoked(500, reason), 600, Some(700))];
            assert_eq!(standing(&told, END, (at(499), at(499))), Standing::Good(500), "{reason:?}");
            for late in [500, 650, 99_999] {
                assert!(
                    matches!(standing(&told, END, (at(late), at(late))), Standing::Revoked(_)),
                    "{reason:?} {late}"
                );
            }
        }
        for reason in [KeyCompromise, CaCompromise, AaCompromise] {
            let told = [answer(revoked(500, reason), 600, Some(700))];
            assert!(matches!(standing(&told, END, (at(1), at(1))), Standing::Revoked(_)), "{reason:?}");
        }
    }

    #[test]
    fn a_hold_counts_while_the_answer_does() {
        let told = [answer(revoked(500, Reason::CertificateHold), 600, Some(700))];
        assert_eq!(standing(&told, END, (at(499), at(499))), Standing::Good(500));
        assert!(matches!(standing(&told, END, (at(699), at(699))), Standing::Revoked(_)));
        assert_eq!(standing(&told, END, (at(700), at(700))), Standing::Unknown(STALE));
    }

    #[test]
    fn an_answer_counts_up_to_its_next_update_and_as_long_as_grace_is_given() {
        let mut told = answer(Said::Good, 600, Some(700));
        assert_eq!(
            standing(&[told], END, (at(1), at(1))),
            Standing::Good(700),
            "it is younger than the signature"
        );
        assert_eq!(standing(&[told], END, (at(700), at(700))), Standing::Unknown(STALE));
        told.grace = 50;
        assert_eq!(standing(&[told], END, (at(749), at(749))), Standing::Good(750));
        assert_eq!(standing(&[told], END, (at(750), at(750))), Standing::Unknown(STALE));
        assert_eq!(standing(&[answer(Said::Good, 600, None)], END, (at(609), at(609))), Standing::Good(610));
        assert_eq!(
            standing(&[answer(Said::Good, 600, None)], END, (at(610), at(610))),
            Standing::Unknown(STALE)
        );
    }

    #[test]
    fn what_nobody_knows_is_unknown() {
        assert_eq!(standing(&[], END, (at(1), at(1))), Standing::Unknown(NO_ANSWER));
        assert_eq!(
            standing(&[answer(Said::Unknown, 600, Some(700))], END, (at(650), at(650))),
            Standing::Unknown(NOT_KNOWN)
        );
        let late = answer(Said::Good, END + 1, Some(END + 100));
        assert_eq!(standing(&[late], END, (at(650), at(650))), Standing::Unknown(TOO_LATE));
    }

    fn any_evidence() -> impl Strategy<Value = Evidence> {
        let reasons =
            prop::sample::select(vec![Reason::Superseded, Reason::KeyCompromise, Reason::CertificateHold]);
        let said = prop_oneof![
            Just(Said::Good),
            Just(Said::Unknown),
            (0_i64..1000, reasons).prop_map(|(since, reason)| revoked(since, reason)),
        ];
        (said, 0_i64..1000, prop::option::of(0_i64..1000), 0_i64..100)
            .prop_map(|(said, from, to, grace)| Evidence { grace, ..answer(said, from, to) })
    }

    proptest! {
        #[test]
        fn more_answers_never_make_a_revoked_certificate_good(
            told in prop::collection::vec(any_evidence(), 0..4),
            more in any_evidence(),
            second in 0_i64..1100,
        ) {
            let before = standing(&told, END, (at(second), at(second)));
            let after = standing(&[told, vec![more]].concat(), END, (at(second), at(second)));
            if let Standing::Revoked(_) = before {
                prop_assert!(matches!(after, Standing::Revoked(_)));
            }
            if let Standing::Good(until) = after {
                prop_assert!(until > second);
            }
        }
    }
}
