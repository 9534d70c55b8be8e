//! Examines a node from the outside in: keys, trust, clock, peers, third party, database, local forms. It changes nothing,
//! and tells of everything it looked at; what to do about a finding stands in the error catalogue under its code.

mod away;
mod hand_over;
mod home;
mod keys;
mod revocation;
mod stamps;

pub use away::look_at;

use super::Settings;
use crate::base::{Code, with_causes};
use crate::exchange::wire::NodeIdentity;
use crate::flow::{Examined, Examiner};
use jiff::{SignedDuration, Timestamp};
use std::error::Error;
use std::pin::Pin;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What: `our seal`, `peer KZ`.
    pub of: String,
    /// What was found, in words.
    pub told: String,
    /// How grave it is.
    pub grade: Grade,
}

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    /// As it should be.
    Good,
    /// The node works, and somebody should look.
    Warning(Code),
    /// The node, or a part of it, does not work.
    Bad(Code),
}

impl Check {
    fn good(of: &str, told: impl Into<String>) -> Self {
        Self { of: of.to_owned(), told: told.into(), grade: Grade::Good }
    }

    fn warning(of: &str, code: Code, told: impl Into<String>) -> Self {
        Self { of: of.to_owned(), told: told.into(), grade: Grade::Warning(code) }
    }

    fn bad(of: &str, code: Code, told: impl Into<String>) -> Self {
        Self { of: of.to_owned(), told: told.into(), grade: Grade::Bad(code) }
    }

    fn failed(of: &str, code: Code, error: &dyn Error) -> Self {
        Self::bad(of, code, with_causes(error))
    }
}

/// Looks at everything; `tell` is called with each finding as soon as it is there.
pub async fn examine(settings: &Settings, tell: &mut (dyn FnMut(Check) + Send)) {
    let now = settings.clock().now();
    keys::engines(settings, tell);
    keys::seal(settings, now, tell);
    keys::trusted(settings, now, tell);
    home::folders(settings, tell);
    home::local(settings, tell).await;
    home::facts(settings, now, tell).await;
    home::treaty(settings, tell);
    home::database(settings, tell).await;
    hand_over::taker(settings, tell).await;
    hand_over::sources(settings, tell).await;
    hand_over::live(settings, tell).await;
    revocation::sources(settings, tell).await;
    let Some(identity) = keys::wire(settings, now, tell) else { return };
    let mut clocks = away::peers(settings, &identity, tell).await;
    clocks.extend(away::third_party(settings, &identity, tell).await);
    clocks.extend(stamps::time_stamps(settings, &identity, tell).await);
    clock(&clocks, tell);
}

/// Looks the node of these settings over for its pages.
pub(super) struct Examination(pub(super) Settings);

impl Examiner for Examination {
    fn examine(&self) -> Pin<Box<dyn Future<Output = Vec<Examined>> + Send + '_>> {
        Box::pin(async {
            let mut found = Vec::new();
            examine(&self.0, &mut |Check { of, told, grade }| {
                let (grade, code) = match grade {
                    Grade::Good => ("good", None),
                    Grade::Warning(code) => ("warning", Some(code)),
                    Grade::Bad(code) => ("bad", Some(code)),
                };
                found.push(Examined::new((of, told), grade, code));
            })
            .await;
            found
        })
    }
}

/// The clock of another, as it was when ours showed `ours`.
struct OtherClock {
    of: String,
    theirs: Timestamp,
    ours: Timestamp,
}

/// Compares our clock with those of others: certificates, terms and receipts are judged by it.
fn clock(clocks: &[OtherClock], tell: &mut (dyn FnMut(Check) + Send)) {
    const OF: &str = "the clock";
    let apart = |clock: &OtherClock| clock.ours.duration_since(clock.theirs).abs();
    let Some(worst) = clocks.iter().max_by_key(|clock| apart(clock)) else {
        let told = "nobody was reached to compare it with";
        return tell(Check::warning(OF, "doctor.clock", told));
    };
    let seconds = apart(worst).as_secs();
    let told =
        format!("at most {seconds} s apart from {} others, most from that of {}", clocks.len(), worst.of);
    tell(match apart(worst) {
        apart if apart > CLOCK_BAD => Check::bad(OF, "doctor.clock", told),
        apart if apart > CLOCK_ODD => Check::warning(OF, "doctor.clock", told),
        _ => Check::good(OF, told),
    });
}

/// Whole seconds are told, and the way takes its time.
const CLOCK_ODD: SignedDuration = SignedDuration::from_secs(5);
/// Receipts of another time than ours are refused beyond five minutes.
const CLOCK_BAD: SignedDuration = SignedDuration::from_mins(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_that_is_furthest_apart_is_told() {
        let ours: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        let other = |of: &str, seconds: i64| OtherClock {
            of: of.to_owned(),
            theirs: ours.checked_add(SignedDuration::from_secs(seconds)).unwrap(),
            ours,
        };
        let told = |clocks: &[OtherClock]| {
            let mut all = Vec::new();
            clock(clocks, &mut |check| all.push(check));
            all.remove(0)
        };
        assert_eq!(told(&[other("KZ", 1), other("BY", -2)]).grade, Grade::Good);
        assert_eq!(told(&[other("KZ", 1), other("BY", -20)]).grade, Grade::Warning("doctor.clock"));
        let bad = told(&[other("KZ", 90), other("BY", 1)]);
        assert!(bad.grade == Grade::Bad("doctor.clock") && bad.told.contains("KZ"), "{bad:?}");
        assert_eq!(told(&[]).grade, Grade::Warning("doctor.clock"));
    }
}
