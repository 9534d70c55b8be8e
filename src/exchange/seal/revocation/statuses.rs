//! What is known of revoked certificates, for all who judge seals: lists and answers that were verified when they came,
//! how long each counts, and which sources are away.
//!
//! It asks nobody. Whoever meets [`SealError::StatusUnknown`] has its questions asked and tries again.

use super::crl::Crl;
use super::issuer::{Issuer, Link, shown};
use super::ocsp::{OcspAnswer, StatusQuestion};
use super::standing::{Coverage, Evidence, Standing, Standings, standing};
use super::{Revoked, Said, Window, unusable};
use crate::base::Digest256;
use crate::exchange::seal::SealError;
use jiff::Timestamp;
use openssl::x509::X509;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// All that is known of revoked certificates.
pub struct Statuses {
    sources: Vec<StatusSource>,
    /// Answers that came with what is judged, each for whichever authority made it.
    loose: Vec<(StatusKind, Vec<u8>)>,
    terms: Terms,
    known: RwLock<Known>,
    seen: Mutex<HashMap<Place, Seen>>,
    changes: AtomicU64,
}

/// How long answers count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Seconds that the last answer counts beyond its time while its source is away.
    pub grace: i64,
    /// Seconds after which a source is asked again, and that an answer counts which tells no time.
    pub refresh: i64,
    /// Whether a certificate that no source is known for is unknown rather than not checked.
    pub is_required: bool,
}

impl Default for Terms {
    /// A day of grace, and an hour.
    fn default() -> Self {
        Self { grace: DAY, refresh: 3_600, is_required: false }
    }
}

/// An authority that answers for the certificates it issued.
pub struct StatusSource {
    issuer: Arc<Issuer>,
    signers: Vec<X509>,
    has_ocsp: bool,
}

/// The two kinds of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatusKind {
    /// A list of all that are revoked.
    Crl,
    /// An answer about one.
    Ocsp,
}

/// A certificate that a source is to be asked about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ask {
    source: usize,
    serial: Vec<u8>,
}

/// An answer to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusAnswer {
    /// Which kind.
    pub kind: StatusKind,
    /// The authority: a digest of its name and key.
    pub issuer: Digest256,
    /// The serial number of the certificate, as a person reads it; empty for a list.
    pub serial: String,
    /// When what it says was known to be right (`thisUpdate`).
    pub this_update: Timestamp,
    /// The answer as it came.
    pub der: Vec<u8>,
}

/// An answer that was taken.
#[derive(Debug)]
pub struct Taken {
    /// What is to be kept of it; nothing if it was known.
    pub kept: Option<StatusAnswer>,
    /// The certificates that were met before and turn out to be revoked.
    pub found: Vec<FoundRevoked>,
    /// When to ask again at the latest.
    pub ask_again_at: Timestamp,
}

/// A certificate that was met before and turns out to be revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundRevoked {
    /// Its serial number.
    pub serial: String,
    /// Since when, and why.
    pub revoked: Revoked,
}

type Place = (usize, Vec<u8>);

#[derive(Default)]
struct Known {
    lists: HashMap<usize, Crl>,
    /// Each with the second at which it is to be asked for again.
    answers: HashMap<Place, (OcspAnswer, i64)>,
    away: HashSet<(usize, StatusKind)>,
}

struct Seen {
    links: Arc<[Link]>,
    which: usize,
    at: i64,
    is_told: bool,
}

impl Ask {
    #[cfg(test)]
    pub(crate) fn about(source: usize, serial: u8) -> Self {
        Self { source, serial: vec![serial] }
    }

    /// The place of its source among all.
    pub fn source(&self) -> usize {
        self.source
    }

    /// The serial number of the certificate, as a person reads it.
    pub fn serial(&self) -> String {
        shown(&self.serial)
    }
}

impl StatusSource {
    /// The authority of one PEM certificate, and who may answer in its place without a certificate of its own.
    ///
    /// # Errors
    /// A text holds no certificate, or more than one authority.
    pub fn new(authority: &[u8], signer: Option<&[u8]>, has_ocsp: bool) -> Result<Self, SealError> {
        let read = |pem: &[u8]| {
            let reason = "the authority or signer of a source of [revocation] is not PEM certificates";
            X509::stack_from_pem(pem).map_err(|_cause| SealError::TrustBundle { reason })
        };
        let authorities = read(authority)?;
        let [authority] = authorities.as_slice() else {
            let reason =
                "a source of [revocation] answers for one authority; name a file with its one certificate";
            return Err(SealError::TrustBundle { reason });
        };
        let signers = signer.map(read).transpose()?.unwrap_or_default();
        let issuer = Issuer::of(authority).map_err(super::super::suites::own_key)?;
        Ok(Self { issuer: Arc::new(issuer), signers, has_ocsp })
    }

    /// The authority: a digest of its name and key.
    pub fn authority(&self) -> Digest256 {
        self.issuer.id
    }
}

impl Statuses {
    /// Sources that may be asked, of which nothing is known yet.
    pub fn new(sources: Vec<StatusSource>, terms: Terms) -> Self {
        Self { sources, ..Self::of_answers(Vec::new(), terms) }
    }

    /// Answers that are at hand, and nobody to ask.
    pub fn of_answers(answers: Vec<(StatusKind, Vec<u8>)>, terms: Terms) -> Self {
        Self {
            sources: Vec::new(),
            loose: answers,
            terms,
            known: RwLock::default(),
            seen: Mutex::default(),
            changes: AtomicU64::new(0),
        }
    }

    /// The answers at hand with more of them.
    pub(in super::super) fn beside(&self, more: Vec<(StatusKind, Vec<u8>)>) -> Self {
        Self::of_answers([self.loose.clone(), more].concat(), self.terms)
    }

    /// Changes with whatever may change a judgement.
    pub(in super::super) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Judges the certificates of a chain as of an instant, by answers that were fresh at another.
    ///
    /// # Errors
    /// One is revoked; or, if none is known to be, of one it is not known.
    pub(in super::super) fn judge(
        &self,
        links: &Arc<[Link]>,
        at: Timestamp,
        fresh_at: Timestamp,
    ) -> Result<Standings, SealError> {
        let mut judged = Standings { coverage: Coverage { checked: 0, of: links.len() }, until: i64::MAX };
        let mut unknown: Option<(String, &'static str)> = None;
        let mut asks = Vec::new();
        for (which, link) in links.iter().enumerate() {
            let source = self.sources.iter().position(|source| source.issuer.id == link.issuer.id);
            if let Some(source) = source {
                self.remember(
                    (source, link.serial.clone()),
                    Seen { links: links.clone(), which, at: at.as_second(), is_told: false },
                );
            }
            let told = self.evidence(source, link);
            let standing = match told {
                None if self.terms.is_required => {
                    Standing::Unknown("nobody was told of who could answer for its authority")
                }
                None => continue,
                Some(told) => standing(&told?, link.not_after, (at, fresh_at)),
            };
            match standing {
                Standing::Good(until) => {
                    judged.coverage.checked += 1;
                    judged.until = judged.until.min(until);
                }
                Standing::Revoked(Revoked { since, reason }) => {
                    return Err(SealError::Revoked { serial: link.shown(), since, reason: reason.as_str() });
                }
                Standing::Unknown(reason) => {
                    unknown.get_or_insert((link.shown(), reason));
                    asks.extend(source.map(|source| Ask { source, serial: link.serial.clone() }));
                }
            }
        }
        match unknown {
            Some((serial, reason)) => Err(SealError::StatusUnknown { serial, reason, asks }),
            None => Ok(judged),
        }
    }

    /// All that is known of a certificate; nothing if nobody is there to be asked.
    fn evidence(&self, source: Option<usize>, link: &Link) -> Option<Result<Vec<Evidence>, SealError>> {
        let mut told = Vec::new();
        let (mut is_asked, mut trouble) = (false, None);
        if let Some(source) = source {
            is_asked = true;
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            let grace = |kind| if known.away.contains(&(source, kind)) { self.terms.grace } else { 0 };
            let life = self.terms.refresh;
            // who can be asked about the one certificate is heard first
            if let Some((answer, _)) = known.answers.get(&(source, link.serial.clone()))
                && let Some((said, window)) = answer.says_of(&link.issuer, &link.serial)
            {
                told.push(Evidence { said, window, life, grace: grace(StatusKind::Ocsp) });
            }
            if let Some(list) = known.lists.get(&source)
                && let Some(said) = list.says_of(link)
            {
                told.push(Evidence { said, window: list.window, life, grace: grace(StatusKind::Crl) });
            }
        }
        for (kind, bytes) in &self.loose {
            let read = match kind {
                StatusKind::Crl => Crl::of_issuer(bytes, &link.issuer)
                    .map(|list| list.map(|list| list.says_of(link).map(|said| (said, list.window)))),
                StatusKind::Ocsp => OcspAnswer::about(bytes, &link.issuer, &link.serial)
                    .map(|answer| answer.map(|answer| answer.says_of(&link.issuer, &link.serial))),
            };
            let Some(read) = read else { continue };
            is_asked = true;
            match read {
                Ok(Some((said, window))) => {
                    told.push(Evidence { said, window, life: self.terms.grace, grace: 0 })
                }
                Ok(None) => {}
                // one that cannot be used says nothing against one that can
                Err(error) => {
                    trouble.get_or_insert(error);
                }
            }
        }
        is_asked.then_some(match trouble {
            Some(error) if told.is_empty() => Err(error),
            Some(_) | None => Ok(told),
        })
    }

    fn remember(&self, place: Place, mut now: Seen) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= SEEN_MAX {
            seen.clear();
        }
        now.is_told = seen.get(&place).is_some_and(|before| before.is_told);
        seen.insert(place, now);
    }

    /// A question to the source of `ask`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn question(&self, ask: &Ask, nonce: Vec<u8>) -> Result<StatusQuestion, SealError> {
        StatusQuestion::new(&self.source(ask.source)?.issuer, &ask.serial, nonce)
    }

    /// Takes a list that the source at this place gave.
    ///
    /// # Errors
    /// It cannot be used. One that is merely out of date is kept nevertheless.
    pub fn take_list(&self, source: usize, bytes: &[u8], now: Timestamp) -> Result<Taken, SealError> {
        let issuer = &self.source(source)?.issuer;
        let list = Crl::read(bytes, issuer)?;
        let window = list.window;
        self.check_time(window.this_update, now)?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let before = known.lists.get(&source);
        if let Some(before) = before.filter(|before| list.is_before(before)) {
            let of_before = (before.window, self.again_at(before.window, false, now));
            drop(known); // what is newer stays; a source may be several, not all of them up to date
            return self.taken((source, StatusKind::Crl), None, of_before, now);
        }
        let is_newer = before.is_none_or(|before| before.is_before(&list));
        let is_other = before.is_none_or(|before| before.der != list.der);
        let kept = is_other.then(|| StatusAnswer {
            kind: StatusKind::Crl,
            issuer: issuer.id,
            serial: String::new(),
            this_update: instant_of(window, now),
            der: list.der.clone(),
        });
        known.lists.insert(source, list);
        drop(known);
        self.taken((source, StatusKind::Crl), kept, (window, self.again_at(window, is_newer, now)), now)
    }

    /// Takes an answer of the source of `ask` to this question; one that was kept answers none.
    ///
    /// # Errors
    /// It cannot be used. One that is merely out of date is kept nevertheless.
    pub fn take_answer(
        &self,
        ask: &Ask,
        question: Option<&StatusQuestion>,
        der: &[u8],
        now: Timestamp,
    ) -> Result<Taken, SealError> {
        let StatusSource { issuer, signers, .. } = self.source(ask.source)?;
        let instants: &[Timestamp] = if question.is_some() { &[now] } else { &[] };
        let answer = OcspAnswer::read(der, issuer, signers, instants)?;
        if let Some(question) = question {
            answer.answers(question)?;
        }
        let said = answer.says_of(issuer, &ask.serial);
        let (said, window) = said.ok_or(unusable("it is about another certificate"))?;
        self.check_time(window.this_update, now)?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let responder = answer.responder.as_ref().zip(known.lists.get(&ask.source));
        if let Some((responder, list)) = responder
            && let Some(Said::Revoked(_)) = list.says_of(responder)
        {
            return Err(unusable("its responder's certificate is revoked"));
        }
        let place = (ask.source, ask.serial.clone());
        let (mut is_newer, mut is_other) = (true, true);
        if let Some((before, again)) = known.answers.get_mut(&place) {
            is_other = before.der != answer.der;
            if let Some((said_before, before)) = before.says_of(issuer, &ask.serial) {
                is_newer = window.this_update > before.this_update;
                let is_known_no_more = said == Said::Unknown && said_before != Said::Unknown;
                if is_known_no_more || before.this_update > window.this_update {
                    *again = self.again_at(before, false, now);
                    let of_before = (before, *again);
                    drop(known); // as above: a responder that lost its books takes back nothing
                    return self.taken((ask.source, StatusKind::Ocsp), None, of_before, now);
                }
            }
        }
        let kept = (is_other && said != Said::Unknown).then(|| StatusAnswer {
            kind: StatusKind::Ocsp,
            issuer: issuer.id,
            serial: ask.serial(),
            this_update: instant_of(window, now),
            der: answer.der.clone(),
        });
        if known.answers.len() >= ANSWERS_MAX {
            known.answers.clear(); // they are asked for again
        }
        let again = self.again_at(window, is_newer, now);
        known.answers.insert(place, (answer, again));
        drop(known);
        self.taken((ask.source, StatusKind::Ocsp), kept, (window, again), now)
    }

    /// A question to a source about its authority's own certificate: any answer shows that it is there.
    pub fn ask_of_itself(&self, source: usize) -> Option<Ask> {
        let certificate = &self.sources.get(source)?.issuer.certificate;
        let serial =
            super::issuer::read(certificate).ok()?.tbs_certificate().serial_number().as_bytes().to_vec();
        Some(Ask { source, serial })
    }

    /// The authorities that answer, in the order of their sources.
    pub fn authorities(&self) -> impl Iterator<Item = Digest256> {
        self.sources.iter().map(|source| source.issuer.id)
    }

    /// Takes what was kept when the node last ran; tells how many still count. What is merely out of date is taken too,
    /// and whatever cannot be used any more is passed over: another comes.
    pub fn load(&self, kept: &[StatusAnswer], now: Timestamp) -> usize {
        let mut count = 0;
        for answer in kept {
            let source = self.sources.iter().position(|source| source.issuer.id == answer.issuer);
            let Some(source) = source else { continue };
            let taken = match answer.kind {
                StatusKind::Crl => self.take_list(source, &answer.der, now),
                StatusKind::Ocsp => match serial_of(&answer.serial) {
                    Some(serial) => self.take_answer(&Ask { source, serial }, None, &answer.der, now),
                    None => continue,
                },
            };
            count += usize::from(taken.is_ok());
        }
        count
    }

    /// Notes that a source gives no answers, or gives them again; tells whether that is news.
    pub fn set_away(&self, source: usize, kind: StatusKind, is_away: bool) -> bool {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let is_news = match is_away {
            true => known.away.insert((source, kind)),
            false => known.away.remove(&(source, kind)),
        };
        drop(known);
        if is_news {
            self.changes.fetch_add(1, Ordering::Release);
        }
        is_news
    }

    /// The certificates that were met in the last day and of which the answer is to be asked for again.
    pub fn due(&self, now: Timestamp) -> Vec<Ask> {
        let now = now.as_second();
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = seen.iter().filter(|(_, seen)| seen.at > now - DAY);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let is_due = |place: &Place, seen: &Seen| {
            let link = seen.links.get(seen.which)?;
            let (_, again) = known.answers.get(place)?;
            let has_ocsp = self.sources.get(place.0)?.has_ocsp;
            Some(has_ocsp && *again <= now && link.not_after > now)
        };
        let due = lately.filter(|(place, seen)| is_due(place, seen) == Some(true));
        due.map(|((source, serial), _)| Ask { source: *source, serial: serial.clone() }).collect()
    }

    /// All answers that are known about the certificates of a chain.
    pub(in super::super) fn answers_about(&self, links: &[Link]) -> Vec<(StatusKind, Vec<u8>)> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut about = Vec::new();
        for link in links {
            let source = self.sources.iter().position(|source| source.issuer.id == link.issuer.id);
            let Some(source) = source else { continue };
            let answer = known.answers.get(&(source, link.serial.clone()));
            about.extend(answer.map(|(answer, _)| (StatusKind::Ocsp, answer.der.clone())));
            let list = known.lists.get(&source).filter(|list| list.says_of(link).is_some());
            about.extend(list.map(|list| (StatusKind::Crl, list.der.clone())));
        }
        about
    }

    fn source(&self, place: usize) -> Result<&StatusSource, SealError> {
        self.sources.get(place).ok_or(unusable("no such source is known"))
    }

    fn check_time(&self, this_update: i64, now: Timestamp) -> Result<(), SealError> {
        if this_update > now.as_second() + SKEW {
            return Err(unusable("it is of the future; compare both clocks"));
        }
        Ok(())
    }

    /// What is to be done about an answer that was put in its place.
    fn taken(
        &self,
        (source, kind): (usize, StatusKind),
        kept: Option<StatusAnswer>,
        (window, again): (Window, i64),
        now: Timestamp,
    ) -> Result<Taken, SealError> {
        self.changes.fetch_add(1, Ordering::Release);
        let found = self.found(source, kind);
        if window.next_update.is_some_and(|next| next <= now.as_second()) && found.is_empty() {
            return Err(unusable("it is out of date: a newer one should be there"));
        }
        let ask_again_at = Timestamp::from_second(again).unwrap_or(now);
        Ok(Taken { kept, found, ask_again_at })
    }

    /// Well before an answer ends, and not later than all are asked for again. A source that has nothing newer yet is
    /// left alone for a while.
    fn again_at(&self, window: Window, is_newer: bool, now: Timestamp) -> i64 {
        let now = now.as_second();
        let by_schedule = now.saturating_add(self.terms.refresh);
        let pause = if is_newer { 1 } else { self.terms.refresh.clamp(1, PAUSE) };
        let Window { this_update, next_update } = window;
        let early = next_update.map(|next| next.saturating_sub(next.saturating_sub(this_update) / 10));
        early.map_or(by_schedule, |early| early.min(by_schedule)).max(now.saturating_add(pause))
    }

    /// Those of the certificates that were met which this source now says to be revoked; each is told once.
    fn found(&self, source: usize, kind: StatusKind) -> Vec<FoundRevoked> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut found = Vec::new();
        for (place, met) in seen.iter_mut().filter(|(place, met)| place.0 == source && !met.is_told) {
            let Some(link) = met.links.get(met.which) else { continue };
            let said = match kind {
                StatusKind::Crl => known.lists.get(&source).and_then(|list| list.says_of(link)),
                StatusKind::Ocsp => {
                    let answer = known.answers.get(place);
                    answer
                        .and_then(|(answer, _)| answer.says_of(&link.issuer, &link.serial))
                        .map(|(said, _)| said)
                }
            };
            if let Some(Said::Revoked(revoked)) = said {
                met.is_told = true;
                found.push(FoundRevoked { serial: link.shown(), revoked });
            }
        }
        found
    }
}

impl fmt::Debug for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Statuses({} sources, {} answers at hand)", self.sources.len(), self.loose.len())
    }
}

fn instant_of(window: Window, now: Timestamp) -> Timestamp {
    Timestamp::from_second(window.this_update).unwrap_or(now)
}

fn serial_of(shown: &str) -> Option<Vec<u8>> {
    let octet = |place: usize| u8::from_str_radix(shown.get(place..place + 2)?, 16).ok();
    (0..shown.len()).step_by(2).map(octet).collect()
}

/// How far the clock of a source may be before ours.
const SKEW: i64 = 300;
const DAY: i64 = 86_400;
/// How soon a source is asked again by itself that gave nothing newer.
const PAUSE: i64 = 60;
/// How many certificates are remembered as met.
const SEEN_MAX: usize = 4_096;
/// How many answers are kept at hand.
const ANSWERS_MAX: usize = 4_096;
