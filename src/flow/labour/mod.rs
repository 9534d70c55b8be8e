//! Jobs between nodes: what is published, by whose consent, and what peers publish. A stream for each peer tells it what has
//! become of each record; contents are asked for apart, and each time a consent is judged anew.

mod consents;
mod error;
mod holds;
mod live;
mod publish;
mod pull;
mod receipt;
mod renewals;
mod retention;
mod reveals;
mod serve;
mod subject;
mod watch;

pub use consents::{
    Given, NewConsent, end_expired, give_consent, publish_waiting, subject_of, withdraw_consent,
};
pub use error::LabourError;
pub use holds::{HoldOn, lift_hold, set_hold};
pub use live::{LiveAsked, LivePlan, ask_peers};
pub use publish::{PublishedSum, close_untouched, publish_vacancies, vacancy_name};
pub use pull::{Pulled, pull};
pub use receipt::take_receipt;
pub use renewals::ask_renewals;
pub use retention::{ClassView, Swept, retention_view, sweep_retention};
pub(in crate::flow) use retention::{erase_shown, take_back};
pub use reveals::{NewReveal, end_reveal, reveal};
pub(in crate::flow) use reveals::{note_reveal, note_shown};
pub(in crate::flow) use serve::CONTENT_BYTES_MAX;
pub use serve::{Refusal, answer_changes, answer_details, answer_ping, answer_snapshot};
pub(in crate::flow) use subject::subject_of_job;
pub use watch::{StreamLag, lags, note_missing_receipts};

use super::posts::JobShelf;
use super::{Context, FlowError};
use crate::exchange::canonical::RecordId;
use crate::exchange::wire::SyncRoad;
use crate::labour::consent::ConsentState;
use crate::labour::retention::Terms;
use std::sync::Arc;

/// How a node exchanges jobs: the section `[labour]`.
#[derive(Clone)]
pub struct Labour {
    /// Whether it does.
    pub is_enabled: bool,
    /// How often peers are asked.
    pub every_ms: u64,
    /// How many must share a cell.
    pub k: u32,
    /// The longest consent.
    pub consent_days_max: u32,
    /// Within how many hours peers confirm an erasure.
    pub receipt_hours: u32,
    /// After how many days without that a peer gets no new profiles.
    pub suspend_days: u32,
    /// So many days before a consent ends the person is asked whether he renews it.
    pub renewal_days: u32,
    /// Within so many minutes of a consent, at a random instant, its profile is published.
    pub publish_within_minutes: u32,
    /// How long each class of record is kept.
    pub terms: Terms,
    /// How many changes a page has.
    pub page: u32,
    /// How many contents are asked for at once.
    pub batch: u32,
    /// How peers are asked at once.
    pub live: Arc<LivePlan>,
    /// The road to the peers; none where nothing is to be asked.
    pub road: Option<Arc<dyn SyncRoad>>,
    /// The index of vacancies and the rates of currencies; none where nobody looks for a post.
    pub shelf: Option<Arc<JobShelf>>,
}

impl Default for Labour {
    fn default() -> Self {
        Self {
            is_enabled: false,
            every_ms: 60_000,
            k: 5,
            consent_days_max: 365,
            receipt_hours: 24,
            suspend_days: 7,
            renewal_days: 30,
            publish_within_minutes: 60,
            terms: Terms::default(),
            page: 500,
            batch: 250,
            live: Arc::default(),
            road: None,
            shelf: None,
        }
    }
}

impl std::fmt::Debug for Labour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Labour").field("is_enabled", &self.is_enabled).finish_non_exhaustive()
    }
}

/// How a consent ends.
#[derive(Clone, Copy)]
struct Ended<'c> {
    state: ConsentState,
    /// By which way the person took it back.
    channel: Option<&'c RecordId>,
}

/// Refuses what a node that exchanges no jobs does not do.
fn enabled(ctx: &Context) -> Result<&Labour, FlowError> {
    if ctx.labour.is_enabled { Ok(&ctx.labour) } else { Err(LabourError::Off.into()) }
}

/// The most changes that a page may have, whatever is asked for.
pub const PAGE_MAX: u32 = 1_000;
/// The most records that may be asked for at once.
pub const REFS_MAX: usize = 1_000;
