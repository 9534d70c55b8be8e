//! Those who tell which certificates are revoked.

use super::{Check, Settings};
use crate::base::{OsRandom, SystemClock, with_causes};
use crate::flow::News;
use std::sync::Arc;

/// Asks every source once.
pub(super) async fn sources(settings: &Settings, tell: &mut (dyn FnMut(Check) + Send)) {
    const OF: &str = "revocation";
    let Some(revocation) = settings.revocation.as_ref().filter(|it| !it.sources.is_empty()) else {
        return tell(Check::good(
            OF,
            "no source is in the settings: nobody is asked whether certificates are revoked",
        ));
    };
    let given = (Arc::new(SystemClock), Arc::new(OsRandom::default()));
    let opened = revocation.open(settings.limits.post_timeout_ms, settings.retry, (given.0, given.1));
    let sources = match opened {
        Ok(sources) => sources,
        Err(error) => return tell(Check::bad(OF, "doctor.revocation", with_causes(&error))),
    };
    let mut are_well = true;
    sources.ask_each().await;
    let untold = sources.untold();
    for news in untold.news() {
        if let News::Away { .. } = news {
            are_well = false;
            tell(Check::bad(OF, "doctor.revocation", news.to_string()));
        }
    }
    untold.told();
    if are_well {
        tell(Check::good(OF, format!("every source answers ({})", revocation.sources.len())));
    }
}
