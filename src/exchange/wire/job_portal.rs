//! The open interface of the Russian portal of vacancies (trudvsem, v1), read page by page.
//!
//! Its pages are found, not believed (`labour.md` 2.1): `offset` is the number of a page, only a hundred pages of a hundred
//! entries are given, what lies behind the end is answered by HTTP 500, the same entry may come on two pages, the status
//! in the body may differ from that of HTTP, and a filter by day may be passed over. What was read before a failure is
//! kept.

use super::WireError;
use super::client::{builder, finish_within, not_sent};
use crate::base::{Random, Verdict};
use crate::exchange::adapter::jobs::{Page, entry_changed, entry_company, entry_id};
use crate::exchange::transit::Schedule;
use jiff::Timestamp;
use reqwest::header::RETRY_AFTER;
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

/// How the portal is asked.
#[derive(Debug, Clone)]
pub struct PortalPlan {
    /// Where its interface is, such as `https://opendata.trudvsem.ru/api/v1`.
    pub base: reqwest::Url,
    /// How long one answer may take.
    pub timeout_ms: u64,
    /// How often a page is asked for before it is given up.
    pub tries: u32,
    /// How long it waits between two tries.
    pub schedule: Schedule,
    /// Entries that were changed before are passed over.
    pub since: Option<Timestamp>,
}

/// A reader of the portal. An entry that comes twice is given once.
pub struct JobPortal<'r> {
    plan: PortalPlan,
    client: reqwest::Client,
    random: &'r dyn Random,
    seen: HashSet<String>,
    fetched: Fetched,
}

/// What was read, and what is known not to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Fetched {
    /// How many pages were read.
    pub pages: u64,
    /// How many entries were given on, each once.
    pub entries: u64,
    /// How many came again.
    pub repeated: u64,
    /// How many were changed before the instant that was asked for, although the portal was told it.
    pub outside: u64,
    /// Why something may be missing, in words.
    pub warnings: Vec<String>,
}

/// Why nothing can be read of a region or an employer.
#[derive(Debug, thiserror::Error)]
pub enum PortalError {
    /// The way to it.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// It answers an error.
    #[error("read {path} of the portal of vacancies: it answers {status}")]
    Status {
        /// What was asked for.
        path: String,
        /// Its answer, by HTTP or in the body.
        status: u16,
    },
    /// It answers well, but no page.
    #[error("read {path} of the portal of vacancies: what it answers is no page of them")]
    Body {
        /// What was asked for.
        path: String,
    },
    /// A region that is none.
    #[error("ask for region {region}: write its two digits, or its code of KLADR of thirteen")]
    Region {
        /// What was written.
        region: String,
    },
}

impl PortalError {
    /// The stable code of the failure.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Wire(_) | Self::Status { .. } | Self::Body { .. } | Self::Region { .. } => {
                "wire.job_source"
            }
        }
    }

    /// What becomes of the reading.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Wire(error) => error.verdict(),
            Self::Status { status, .. } if is_passing(*status) => Verdict::Retry { not_before: None },
            Self::Status { .. } | Self::Body { .. } | Self::Region { .. } => {
                Verdict::Park { code: self.code() }
            }
        }
    }

    fn is_passing(&self) -> bool {
        match self {
            Self::Wire(error) => matches!(error.verdict(), Verdict::Retry { .. }),
            Self::Status { status, .. } => is_passing(*status),
            Self::Body { .. } => true, // a page cut short reads whole the next time
            Self::Region { .. } => false,
        }
    }
}

/// Takes entries, each with its place, such as `region/7700000000000#3:12`: page 3, entry 12. Afterwards the count of
/// entries so far and of those that the portal says there are.
pub type EachEntry<'e> = &'e mut (dyn FnMut(&Value, &str, (u64, Option<u64>)) + Send);

/// How one list came to its end.
struct Walked {
    total: Option<u64>,
    read: u64,
    is_capped: bool,
    companies: BTreeSet<(&'static str, String)>,
}

impl<'r> JobPortal<'r> {
    /// Prepares a client.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(plan: PortalPlan, random: &'r dyn Random) -> Result<Self, PortalError> {
        let client = builder(plan.timeout_ms).build();
        let client = client.map_err(|source| WireError::Client { peer: NAME.to_owned(), source })?;
        Ok(Self { plan, client, random, seen: HashSet::new(), fetched: Fetched::default() })
    }

    /// Reads the vacancies whose employers are registered in a region, by its two digits or its code of KLADR. Of a region
    /// with more than the portal gives of one list, those of each employer that was met are read as well.
    ///
    /// # Errors
    /// The first page could not be read. A later failure is a warning.
    pub async fn region(&mut self, region: &str, each: EachEntry<'_>) -> Result<(), PortalError> {
        let is_code = matches!(region.len(), 2 | 13) && region.bytes().all(|byte| byte.is_ascii_digit());
        if !is_code {
            return Err(PortalError::Region { region: region.to_owned() });
        }
        let list = format!("region/{region:0<13}");
        let begun = self.fetched.entries;
        let walked = self.walk(&list, each).await?;
        if !walked.is_capped {
            return Ok(());
        }
        for (kind, number) in &walked.companies {
            let list = format!("company/{kind}/{number}");
            if let Err(error) = self.walk(&list, each).await {
                self.warn(format!("{list} is missing: {error}"));
            }
        }
        let read = self.fetched.entries.saturating_sub(begun).max(walked.read);
        let total = walked.total.unwrap_or(read);
        if read < total {
            self.warn(format!(
                "{list} has {total} vacancies, of which the portal gave {read}, asked by employers too"
            ));
        }
        Ok(())
    }

    /// What was read so far.
    pub fn fetched(&self) -> &Fetched {
        &self.fetched
    }

    /// Reads one list to its end.
    async fn walk(&mut self, list: &str, each: EachEntry<'_>) -> Result<Walked, PortalError> {
        let mut walked = Walked { total: None, read: 0, is_capped: false, companies: BTreeSet::new() };
        let mut own: HashSet<String> = HashSet::new();
        for number in 0..PAGES_MAX {
            let is_end =
                |total: Option<u64>| number > 0 && total.is_none_or(|total| number * PAGE_ENTRIES >= total);
            let page = match self.page(list, number, is_end(walked.total)).await {
                Ok(page) => page,
                Err(PortalError::Status { status: 500, .. }) if is_end(walked.total) => return Ok(walked),
                Err(error) if number == 0 => return Err(error),
                Err(error) => {
                    let (read, total) = (walked.read, told(walked.total));
                    self.warn(format!(
                        "{list} is read up to page {number} only, {read} of {total} vacancies: {error}"
                    ));
                    return Ok(walked);
                }
            };
            self.fetched.pages += 1;
            walked.total = page.total.or(walked.total);
            let count = u64::try_from(page.entries.len()).unwrap_or(u64::MAX);
            let mut fresh = 0_u64;
            for (at, entry) in page.entries.iter().enumerate() {
                walked.companies.extend(entry_company(entry));
                let place = format!("{list}#{number}:{}", at + 1);
                // without an id it cannot be known again, and whoever reads it says what is wrong
                let id = entry_id(entry).unwrap_or_else(|| place.clone());
                fresh += u64::from(own.insert(id.clone()));
                self.give(entry, id, &place, (walked.total, &mut *each));
            }
            walked.read += fresh;
            if fresh == 0 && count > 0 {
                self.warn(format!(
                    "{list} repeats a page for ever from page {number} on; it is read no further"
                ));
                return Ok(walked);
            }
            let is_last = walked.total.is_some_and(|total| (number + 1) * PAGE_ENTRIES >= total);
            if count < PAGE_ENTRIES || is_last {
                if let Some(total) = walked.total.filter(|total| walked.read < *total) {
                    let read = walked.read;
                    self.warn(format!("{list} ends after {read} of {total} vacancies"));
                }
                return Ok(walked);
            }
        }
        walked.is_capped = true;
        Ok(walked)
    }

    /// Gives an entry on, unless it came before or was changed too long ago.
    fn give(&mut self, entry: &Value, id: String, place: &str, (total, each): (Option<u64>, EachEntry<'_>)) {
        if !self.seen.insert(id) {
            self.fetched.repeated += 1;
            return;
        }
        let is_older = |since| entry_changed(entry).is_some_and(|changed| changed < since);
        if self.plan.since.is_some_and(is_older) {
            self.fetched.outside += 1;
            return;
        }
        self.fetched.entries += 1;
        each(entry, place, (self.fetched.entries, total));
    }

    /// One page, asked for again while its failure may pass; where the list may end with it, an HTTP 500 is no failure.
    async fn page(&self, list: &str, number: u64, may_end: bool) -> Result<Page, PortalError> {
        let mut failures = 0;
        loop {
            let (error, asked_ms) = match self.ask(list, number).await {
                Ok(page) => return Ok(page),
                Err(failed) => failed,
            };
            failures += 1;
            let is_end = may_end && matches!(error, PortalError::Status { status: 500, .. });
            if is_end || !error.is_passing() || failures >= self.plan.tries {
                return Err(error);
            }
            let at = self.plan.schedule.next_at(failures, self.random.permille(), Timestamp::UNIX_EPOCH);
            let wait_ms = u64::try_from(at.as_millisecond()).unwrap_or(0);
            let wait_ms = asked_ms.map_or(wait_ms, |asked| asked.max(wait_ms)).min(WAIT_MS_MAX);
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        }
    }

    /// One question; with its failure, how long the portal wants to be left alone.
    async fn ask(&self, list: &str, number: u64) -> Result<Page, (PortalError, Option<u64>)> {
        let timeout_ms = self.plan.timeout_ms;
        let mut url = self.plan.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("vacancies").extend(list.split('/'));
        }
        url.query_pairs_mut()
            .append_pair("limit", &PAGE_ENTRIES.to_string())
            .append_pair("offset", &number.to_string());
        if let Some(since) = self.plan.since {
            url.query_pairs_mut().append_pair("modifiedFrom", &since.to_string());
        }
        let path = || format!("{list}, page {number}");
        let response = self.client.get(url).send().await;
        let response = response.map_err(|source| (not_sent(NAME, timeout_ms, source).into(), None))?;
        let after =
            response.headers().get(RETRY_AFTER).and_then(|after| after.to_str().ok()?.parse::<u64>().ok());
        let after_ms = after.map(|seconds| seconds.saturating_mul(1000));
        let reply = finish_within(NAME, timeout_ms, PAGE_BYTES_MAX, response)
            .await
            .map_err(|error| (error.into(), None))?;
        if !(200..300).contains(&reply.status) {
            return Err((PortalError::Status { path: path(), status: reply.status }, after_ms));
        }
        let page = Page::read(&reply.body).map_err(|_cause| (PortalError::Body { path: path() }, None))?;
        match page.status {
            Some(status) if status != 200 => Err((PortalError::Status { path: path(), status }, after_ms)),
            None if page.has_error => Err((PortalError::Status { path: path(), status: 500 }, after_ms)),
            Some(_) | None => Ok(page),
        }
    }

    fn warn(&mut self, warning: String) {
        self.fetched.warnings.push(warning);
    }
}

fn told(total: Option<u64>) -> String {
    total.map_or_else(|| "an unknown number of".to_owned(), |total| total.to_string())
}

/// What may be otherwise at the next try.
fn is_passing(status: u16) -> bool {
    matches!(status, 429 | 500 | 502 | 503 | 504)
}

const NAME: &str = "trudvsem";
/// The page of this number is answered by HTTP 500, whatever there is.
const PAGES_MAX: u64 = 100;
/// No more are given on one page.
const PAGE_ENTRIES: u64 = 100;
/// A hundred vacancies with the longest texts that were seen are far less.
const PAGE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Who wants to be left alone for longer is asked another day.
const WAIT_MS_MAX: u64 = 60_000;
