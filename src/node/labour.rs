//! How a node exchanges jobs, by its settings.

use super::{Settings, StartError};
use crate::exchange::wire::{HttpsSync, NodeIdentity, PeerEndpoint, SyncRoad};
use crate::flow::labour::{Labour, LivePlan, PAGE_MAX, REFS_MAX};
use crate::flow::posts::JobShelf;
use crate::labour::live::LIVE_RECORDS_MAX;
use crate::labour::retention::Terms;
use crate::labour::sync::NODE_SCHEME;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The exchange of jobs: the section `[labour]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LabourSettings {
    /// Whether this node takes part.
    pub enabled: bool,
    /// How often peers are asked for what has changed.
    pub sync_every_ms: u64,
    /// A region stands beside an occupation only if so many profiles share both.
    pub small_cell: u32,
    /// The longest consent.
    pub consent_days_max: u32,
    /// Within how many hours peers confirm an erasure, before a person is asked.
    pub receipt_hours: u32,
    /// After so many days without that a peer gets no new profiles.
    pub suspend_days: u32,
    /// So many days before a consent ends the person is asked whether he renews it.
    pub renewal_days: u32,
    /// Within so many minutes of a consent, at a random instant, its profile is published.
    pub publish_within_minutes: u32,
    /// How long each class of record is kept.
    pub keep: Terms,
    /// How many changes are asked for at once.
    pub page: u32,
    /// How many contents are asked for at once.
    pub batch: u32,
    /// The term for all peers that are asked at once.
    pub live_ms: u64,
    /// How many vacancies each of them is asked for.
    pub live_records: u32,
    /// Rates of currencies with their days; without them pay is compared in one currency alone.
    pub rates: Option<PathBuf>,
}

impl Default for LabourSettings {
    fn default() -> Self {
        let Labour {
            is_enabled,
            every_ms,
            k,
            consent_days_max,
            receipt_hours,
            suspend_days,
            renewal_days,
            publish_within_minutes,
            terms,
            page,
            batch,
            live,
            road: _,
            shelf: _,
        } = Labour::default();
        Self {
            enabled: is_enabled,
            sync_every_ms: every_ms,
            small_cell: k,
            consent_days_max,
            receipt_hours,
            suspend_days,
            renewal_days,
            publish_within_minutes,
            keep: terms,
            page,
            batch,
            live_ms: live.term_ms,
            live_records: live.records,
            rates: None,
        }
    }
}

impl LabourSettings {
    /// The same with its file below the folder of the settings.
    pub(super) fn within(self, folder: &Path) -> Self {
        Self { rates: self.rates.map(|file| folder.join(file)), ..self }
    }

    /// The first thing that does not fit, if any.
    pub(super) fn misfit(&self) -> Option<String> {
        let batch_max = u32::try_from(REFS_MAX).unwrap_or(u32::MAX);
        if self.sync_every_ms == 0 {
            return Some("sync_every_ms of [labour] is 0; write 1 or more".to_owned());
        }
        if self.small_cell == 0 {
            return Some("small_cell of [labour] is 0; write 1 or more, 5 unless the law says so".to_owned());
        }
        if !(1..=PAGE_MAX).contains(&self.page) || !(1..=batch_max).contains(&self.batch) {
            return Some(format!("page and batch of [labour] are from 1 to {PAGE_MAX}"));
        }
        if !(100..=LIVE_MS_MAX).contains(&self.live_ms)
            || !(1..=LIVE_RECORDS_MAX).contains(&self.live_records)
        {
            return Some(format!(
                "live_ms of [labour] is from 100 to {LIVE_MS_MAX}, live_records from 1 to {LIVE_RECORDS_MAX}"
            ));
        }
        if self.publish_within_minutes > PUBLISH_MINUTES_MAX {
            return Some(format!("publish_within_minutes of [labour] is from 0 to {PUBLISH_MINUTES_MAX}"));
        }
        if !(1..=3_660).contains(&self.consent_days_max) {
            return Some("consent_days_max of [labour] is from 1 to 3660".to_owned());
        }
        None
    }

    /// What the flows are told of it, with a road to the peers that are reached by HTTPS.
    ///
    /// # Errors
    /// Our key or certificate is unusable.
    pub(super) fn of(
        &self,
        peers: Vec<PeerEndpoint>,
        settings: &Settings,
        identity: &NodeIdentity,
    ) -> Result<Labour, StartError> {
        let road: Option<Arc<dyn SyncRoad>> = if self.enabled {
            let caller = format!("{NODE_SCHEME} {}", settings.state);
            Some(Arc::new(HttpsSync::new(peers, settings.limits.post_timeout_ms, identity, caller)?))
        } else {
            None
        };
        Ok(Labour {
            is_enabled: self.enabled,
            every_ms: self.sync_every_ms,
            k: self.small_cell,
            consent_days_max: self.consent_days_max,
            receipt_hours: self.receipt_hours,
            suspend_days: self.suspend_days,
            renewal_days: self.renewal_days,
            publish_within_minutes: self.publish_within_minutes,
            terms: self.keep,
            page: self.page,
            batch: self.batch,
            live: Arc::new(LivePlan::new(self.live_ms, self.live_records)),
            road,
            shelf: Some(Arc::new(JobShelf::new(settings.data.join(JOBS), self.rates.clone()))),
        })
    }
}

/// A reader waits no longer for peers.
const LIVE_MS_MAX: u64 = 60_000;
/// A week: who consents is not to wait longer.
const PUBLISH_MINUTES_MAX: u32 = 10_080;
/// The folder of the index of vacancies, in that of the data.
const JOBS: &str = "jobs";
