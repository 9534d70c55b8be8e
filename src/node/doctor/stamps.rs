//! Asks our time-stamping authority for a time stamp of nothing in particular.

use super::{Check, OtherClock};
use crate::base::{Clock, OsRandom, Random, SystemClock, with_causes};
use crate::exchange::seal::{DigestAlgorithm, Imprint, StampAnswer, StampQuestion, StampTrust, TrustStore};
use crate::exchange::wire::{AskedBy, HttpsThirdParty, Inquest, NodeIdentity, ThirdPartyWire};
use crate::node::{Settings, TimeStampSettings};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};

/// Sees that time stamps can be had, by whom the settings name.
pub(super) async fn time_stamps(
    settings: &Settings,
    identity: &NodeIdentity,
    tell: &mut (dyn FnMut(Check) + Send),
) -> Option<OtherClock> {
    const OF: &str = "the time stamps";
    let own = settings.time_stamps.as_ref()?;
    match asked(own, settings.limits.post_timeout_ms, identity).await {
        Ok(clock) => {
            tell(Check::good(OF, "they can be had, by whom the settings name"));
            Some(OtherClock { of: OF.to_owned(), ..clock })
        }
        Err(why) => {
            tell(Check::bad(OF, "doctor.time_stamps_away", why));
            None
        }
    }
}

async fn asked(
    own: &TimeStampSettings,
    timeout_ms: u64,
    identity: &NodeIdentity,
) -> Result<OtherClock, String> {
    let words = |error: &dyn std::error::Error| with_causes(error);
    let url = own.url.parse().map_err(|_cause| "its url is none".to_owned())?;
    let wire = HttpsThirdParty::new("time-stamps", url, timeout_ms, identity);
    let wire = wire.map_err(|error| words(&error))?;
    let imprint = Imprint::of(DigestAlgorithm::Sha256, b"").map_err(|error| words(&error))?;
    let question = StampQuestion::new(imprint, OsRandom::default().uuid(), SystemClock.now());
    let request = Bytes::from(question.to_der().map_err(|error| words(&error))?);
    let bytes = u64::try_from(request.len()).unwrap_or_default();
    let body = stream::iter([Ok(request)]).boxed();
    let answer = wire.ask(Inquest { form: AskedBy::TimeStamp, bytes, body }).await;
    let answer = answer.map_err(|error| words(&error))?;
    let trust = TrustStore::from_files(&[&own.authorities]).map_err(|error| words(&error))?;
    let trust = StampTrust::new(trust, own.signer.clone());
    let ours = SystemClock.now();
    match question.read_answer(&answer, &trust, ours).map_err(|error| words(&error))? {
        StampAnswer::Stamped(stamp) => Ok(OtherClock { of: String::new(), theirs: stamp.at(), ours }),
        StampAnswer::Refused(refusal) => Err(format!("it refuses: {refusal}")),
    }
}
