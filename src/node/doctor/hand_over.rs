//! Whether what the peers answer can reach the local system.

use super::{Check, Settings};
use crate::base::with_causes;
use crate::node::hand_over::look;

/// Looks at whom `[hand_over]` names; nothing is handed over.
pub(super) async fn taker(settings: &Settings, tell: &mut (dyn FnMut(Check) + Send)) {
    const OF: &str = "the hand-over";
    let Some(webhook) = &settings.hand_over.webhook else {
        let folder = settings.handed_over.display();
        return tell(Check::good(OF, format!("records become files in {folder}")));
    };
    tell(match look(webhook).await {
        Ok(status) => {
            let told = format!("{} is there ({status} to a question without a record)", webhook.url);
            Check::good(OF, told)
        }
        Err(error) => Check::bad(OF, "doctor.hand_over", with_causes(&error)),
    });
}
