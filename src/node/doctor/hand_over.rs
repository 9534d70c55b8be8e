//! Whether what the peers answer can reach the local system.

use super::{Check, Settings};
use crate::base::with_causes;
use crate::node::hand_over::Teller;

/// Looks at whom `[hand_over]` names; nothing is handed over.
pub(super) async fn taker(settings: &Settings, tell: &mut (dyn FnMut(Check) + Send)) {
    const OF: &str = "the hand-over";
    let teller = match Teller::open(&settings.hand_over) {
        Ok(Some(teller)) => teller,
        Ok(None) => {
            let folder = settings.handed_over.display();
            return tell(Check::good(OF, format!("records become files in {folder}")));
        }
        Err(error) => return tell(Check::failed(OF, "doctor.hand_over", &error)),
    };
    tell(match teller.look().await {
        Ok(seen) => Check::good(OF, seen),
        Err(error) => Check::bad(OF, "doctor.hand_over", with_causes(&error)),
    });
}
