//! Takes the streams of a peer: everything once, then what changes. Records and the place in the stream move in one transaction,
//! so that a node that is killed goes on where it was. A peer whose pages lead nowhere is given up, and a person is told.

use super::{Labour, LabourError, enabled};
use crate::exchange::canonical::State;
use crate::exchange::canonical::job::{CandidateProfile, Vacancy};
use crate::exchange::seal::{attest, sha256};
use crate::exchange::wire::{Reply, SyncCall, SyncRoad};
use crate::flow::{Context, FlowError};
use crate::labour::sync::{
    Change, ChangeKind, ChangePage, Detail, DetailOutcome, Details, DetailsAsked, PageFault, Ping, SYNC_PATH,
    SnapshotPage, StreamHead, StreamKind, SyncReceipt,
};
use crate::store::{
    Cursor, JournalDraft, MirrorMove, MirrorState, cursor_find, cursor_move, journal_append, mirror_blank,
    mirror_hashes, mirror_put, mirror_sweep, mirror_wanted,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};

/// What was taken of a peer in one pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pulled {
    /// Contents that came.
    pub came: u64,
    /// Records that are gone.
    pub gone: u64,
    /// Records that could not be had, and are asked for again.
    pub wanted: u64,
    /// Erasures of records that were never here.
    pub unknown: u64,
    /// Pages.
    pub pages: u64,
}

/// Takes all that a peer has for us, of both streams, and confirms it.
///
/// # Errors
/// The peer cannot be asked, does not serve us, or leads nowhere; the database. What was taken before is kept.
pub async fn pull(peer: &str, ctx: &Context) -> Result<Pulled, FlowError> {
    let plan = enabled(ctx)?;
    let road = plan.road.as_deref().ok_or(LabourError::Off)?;
    let state = ctx.peers.of_name(peer)?.state;
    let mut pulled = Pulled::default();
    let ping: Ping = Line { road, peer }.get("ping", "ping").await?;
    for kind in StreamKind::ALL {
        let Some(head) = ping.streams.get(kind) else { continue };
        let mut puller = Puller { line: Line { road, peer }, state, kind: *kind, plan, ctx, pulled };
        let taken = puller.take(head).await;
        pulled = puller.pulled;
        if let Err(error) = &taken
            && let FlowError::Labour(error) = error
        {
            puller.note_fault(error).await?;
        }
        taken?;
    }
    Ok(pulled)
}

/// The way to one peer.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) road: &'a dyn SyncRoad,
    pub(super) peer: &'a str,
}

impl Line<'_> {
    async fn get<T: DeserializeOwned>(&self, rest: &str, what: &'static str) -> Result<T, LabourError> {
        let call = SyncCall::Get { path: format!("{SYNC_PATH}/{rest}") };
        self.read(self.road.call(self.peer, call).await?, what)
    }

    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        rest: &str,
        body: &impl serde::Serialize,
        what: &'static str,
    ) -> Result<T, LabourError> {
        let body = serde_json::to_vec(body).map(Bytes::from).map_err(|_cause| LabourError::Unwritable)?;
        let call = SyncCall::Post { path: format!("{SYNC_PATH}/{rest}"), body };
        self.read(self.road.call(self.peer, call).await?, what)
    }

    fn read<T: DeserializeOwned>(&self, reply: Reply, what: &'static str) -> Result<T, LabourError> {
        let peer = || self.peer.to_owned();
        if reply.status == 200 {
            // not the cause: it would show what came
            return serde_json::from_slice(&reply.body)
                .map_err(|_cause| LabourError::Reply { peer: peer(), what });
        }
        let told: Option<serde_json::Value> = serde_json::from_slice(&reply.body).ok();
        let told = told.as_ref().and_then(|told| told.get("code")).and_then(|code| code.as_str());
        let told = told.unwrap_or_default().chars().filter(|c| !c.is_control()).take(60).collect();
        Err(LabourError::Refused { peer: peer(), status: reply.status, told })
    }
}

/// The vacancy in a content, if it is the peer's own, of its name, and tells of nobody whom to call.
pub(super) fn fit_vacancy(peer: State, reference: &str, content: &str) -> Option<Vacancy> {
    let vacancy: Vacancy = serde_json::from_str(content).ok()?;
    let is_fit = vacancy.reference.state == peer
        && vacancy.contacts.is_empty()
        && super::vacancy_name(&vacancy.reference) == reference;
    is_fit.then_some(vacancy)
}

/// One stream of one peer.
struct Puller<'a> {
    line: Line<'a>,
    state: State,
    kind: StreamKind,
    plan: &'a Labour,
    ctx: &'a Context,
    pulled: Pulled,
}

/// What is to be done with one page.
#[derive(Default)]
struct Work {
    puts: BTreeMap<String, MirrorMove>,
    blanks: Vec<(String, MirrorState)>,
}

impl Puller<'_> {
    async fn take(&mut self, head: &StreamHead) -> Result<(), FlowError> {
        let mut cursor = self.cursor(head).await?;
        if cursor.epoch != head.stream_epoch {
            cursor = self.begin_anew(cursor, &head.stream_epoch).await?;
        }
        while let Some(after) = cursor.snapshot_after {
            cursor = self.snapshot_page(cursor, after).await?;
        }
        while cursor.snapshot_after.is_none() {
            let (moved, has_more) = self.change_page(cursor).await?;
            cursor = moved;
            if !has_more {
                break;
            }
        }
        if cursor.snapshot_after.is_some() {
            return Ok(()); // the peer's database was restored meanwhile; the next pass takes everything anew
        }
        let cursor = self.ask_again(cursor).await?;
        self.confirm(cursor).await
    }

    async fn cursor(&self, head: &StreamHead) -> Result<Cursor, FlowError> {
        let found = cursor_find(&mut self.ctx.store.read().await?, self.line.peer, self.kind).await?;
        Ok(found.unwrap_or_else(|| Cursor {
            peer: self.line.peer.to_owned(),
            kind: self.kind,
            epoch: String::new(),
            seq: 0,
            head_seq: head.head_seq,
            snapshot_after: None,
            generation: 0,
            acked_seq: 0,
            unknown: 0,
            moves: 0,
            heard_at: self.ctx.clock.now(),
            code: None,
        }))
    }

    async fn begin_anew(&mut self, cursor: Cursor, epoch: &str) -> Result<Cursor, FlowError> {
        let anew = Cursor {
            epoch: epoch.chars().filter(|c| !c.is_control()).take(64).collect(),
            seq: 0,
            snapshot_after: Some(0),
            generation: cursor.generation.saturating_add(1),
            acked_seq: 0,
            ..cursor
        };
        if anew.epoch != epoch {
            return Err(LabourError::Reply { peer: self.line.peer.to_owned(), what: "the epoch" }.into());
        }
        self.apply(anew, Work::default(), false).await
    }

    /// One page of everything; the place behind the last one is where changes go on from.
    async fn snapshot_page(&mut self, cursor: Cursor, after: u64) -> Result<Cursor, FlowError> {
        let (kind, limit) = (self.kind.as_str(), self.plan.page);
        let rest = format!("snapshot?kind={kind}&cursor={after}&limit={limit}");
        let page: SnapshotPage = self.line.get(&rest, "what is there").await?;
        if page.head.stream_epoch != cursor.epoch {
            return self.begin_anew(cursor, &page.head.stream_epoch).await;
        }
        page.judge(after, limit).map_err(|fault| self.stuck(fault))?;
        self.pulled.pages += 1;
        let items: Vec<(&str, _)> =
            page.items.iter().map(|item| (item.reference.as_str(), item.hash)).collect();
        let work = self.work(&items).await?;
        // what changes while everything is taken is above the head of the first page
        let seq = if after == 0 { page.head.head_seq } else { cursor.seq };
        let (generation, is_last) = (cursor.generation, !page.has_more);
        let snapshot_after = page.has_more.then_some(page.next_cursor);
        let moved = Cursor { seq, snapshot_after, head_seq: page.head.head_seq, ..cursor };
        let moved = self.apply(moved, work, is_last).await?;
        if is_last {
            tracing::info!(
                peer = self.line.peer,
                kind,
                generation,
                "everything of a peer's stream was taken"
            );
        }
        Ok(moved)
    }

    async fn change_page(&mut self, cursor: Cursor) -> Result<(Cursor, bool), FlowError> {
        let (kind, limit, since) = (self.kind.as_str(), self.plan.page, cursor.seq);
        let rest = format!("changes?kind={kind}&since={since}&limit={limit}");
        let page: ChangePage = self.line.get(&rest, "changes").await?;
        if page.head.stream_epoch != cursor.epoch {
            return Ok((self.begin_anew(cursor, &page.head.stream_epoch).await?, false));
        }
        page.judge(since, limit).map_err(|fault| self.stuck(fault))?;
        self.pulled.pages += 1;
        let items: Vec<(&str, _)> = page
            .changes
            .iter()
            .filter_map(|change| Some((change.reference.as_str(), change.hash?)))
            .collect();
        let mut work = self.work(&items).await?;
        let gone = |change: &Change| match change.kind {
            ChangeKind::Created | ChangeKind::Modified => None,
            ChangeKind::Closed => Some((change.reference.clone(), MirrorState::Closed)),
            ChangeKind::Erased => Some((change.reference.clone(), MirrorState::Erased)),
        };
        work.blanks.extend(page.changes.iter().filter_map(gone));
        let moved = Cursor { seq: page.next_seq, head_seq: page.head.head_seq, ..cursor };
        Ok((self.apply(moved, work, false).await?, page.has_more))
    }

    /// Asks again for what could not be had before, as much as fits into one question.
    async fn ask_again(&mut self, cursor: Cursor) -> Result<Cursor, FlowError> {
        let mut tx = self.ctx.store.read().await?;
        let of = (self.line.peer, self.kind);
        let wanted = mirror_wanted(&mut tx, of, self.plan.batch).await?;
        drop(tx);
        if wanted.is_empty() {
            return Ok(cursor);
        }
        let mut work = Work::default();
        self.ask(wanted.iter().map(String::as_str).collect(), &mut work).await?;
        self.apply(cursor, work, false).await
    }

    /// Asks for the contents of what is other here than there.
    async fn work(&mut self, items: &[(&str, crate::base::Digest256)]) -> Result<Work, FlowError> {
        let names: Vec<&str> = items.iter().map(|(name, _)| *name).collect();
        let mut tx = self.ctx.store.read().await?;
        let here = mirror_hashes(&mut tx, (self.line.peer, self.kind), &names).await?;
        drop(tx);
        let mut work = Work::default();
        let (same, other): (Vec<_>, Vec<_>) =
            items.iter().partition(|(name, hash)| here.get(*name) == Some(hash));
        work.puts.extend(same.iter().map(|(name, _)| ((*name).to_owned(), MirrorMove::Same)));
        let other: Vec<&str> = other.iter().map(|(name, _)| *name).collect();
        for some in other.chunks(usize::try_from(self.plan.batch).unwrap_or(1).max(1)) {
            self.ask(some.to_vec(), &mut work).await?;
        }
        Ok(work)
    }

    async fn ask(&mut self, names: Vec<&str>, work: &mut Work) -> Result<(), FlowError> {
        let mut left: BTreeSet<&str> = names.iter().copied().collect();
        while !left.is_empty() {
            let refs = names.iter().filter(|name| left.contains(*name)).map(|name| (*name).to_owned());
            let asked = DetailsAsked { stream: self.kind, refs: refs.collect() };
            let details: Details = self.line.post("details", &asked, "contents").await?;
            let before = left.len();
            for detail in details.results {
                // what was not asked for is passed over
                if left.remove(detail.reference.as_str()) {
                    self.sort_in(detail, work);
                }
            }
            if left.len() == before {
                return Err(self.stuck(PageFault::Repeats).into());
            }
        }
        Ok(())
    }

    fn sort_in(&self, detail: Detail, work: &mut Work) {
        let Detail { reference, outcome } = detail;
        match outcome {
            DetailOutcome::Ok { content, hash, until } => {
                let content: String = Box::<str>::from(content).into();
                let is_fit = sha256(content.as_bytes()) == hash && self.is_fit(&reference, &content);
                let becomes = match is_fit {
                    true => MirrorMove::Hold { content, hash, until },
                    false => MirrorMove::Want { code: "labour.sync_content".to_owned() },
                };
                work.puts.insert(reference, becomes);
            }
            DetailOutcome::NotFound | DetailOutcome::Closed => {
                work.blanks.push((reference, MirrorState::Erased));
            }
            DetailOutcome::Failed { reason } => {
                let code = reason.chars().filter(|c| !c.is_control()).take(60).collect();
                work.puts.insert(reference, MirrorMove::Want { code });
            }
        }
    }

    /// Whether a content is of its kind, of its peer and of its name; a profile that holds more than profiles do is not.
    fn is_fit(&self, reference: &str, content: &str) -> bool {
        match self.kind {
            StreamKind::Vacancy => fit_vacancy(self.state, reference, content).is_some(),
            StreamKind::Profile => serde_json::from_str::<CandidateProfile>(content).is_ok_and(|profile| {
                profile.state == self.state && profile.reference.to_string() == reference
            }),
        }
    }

    /// Puts what a page comes to, and moves the place, in one transaction.
    async fn apply(&mut self, cursor: Cursor, work: Work, is_last: bool) -> Result<Cursor, FlowError> {
        let now = self.ctx.clock.now();
        let (peer, kind) = (self.line.peer, self.kind);
        let mut tx = self.ctx.store.begin().await?;
        let (mut sum, mut unknown) = (self.pulled, 0);
        for (name, becomes) in &work.puts {
            mirror_put(&mut tx, (peer, kind, name), (becomes, cursor.generation), now).await?;
            match becomes {
                MirrorMove::Hold { .. } => sum.came += 1,
                MirrorMove::Want { .. } => sum.wanted += 1,
                MirrorMove::Same => {}
            }
        }
        for (name, state) in &work.blanks {
            match mirror_blank(&mut tx, (peer, kind, name), *state, now).await? {
                true => sum.gone += 1,
                false => unknown += 1,
            }
        }
        if is_last {
            let of = (self.line.peer, self.kind);
            sum.gone += mirror_sweep(&mut tx, of, cursor.generation, now).await?;
        }
        sum.unknown += unknown;
        let moved =
            Cursor { unknown: cursor.unknown.saturating_add(unknown), heard_at: now, code: None, ..cursor };
        if !cursor_move(&mut tx, &moved).await? {
            return Err(LabourError::Raced.into());
        }
        tx.commit().await?;
        self.pulled = sum;
        Ok(Cursor { moves: moved.moves.saturating_add(1), ..moved })
    }

    /// Tells the peer that all up to here is applied, erasures among it, under the key of our seals if that is at hand.
    async fn confirm(&mut self, cursor: Cursor) -> Result<(), FlowError> {
        if cursor.seq <= cursor.acked_seq {
            return Ok(());
        }
        let mut receipt = SyncReceipt {
            stream: self.kind,
            stream_epoch: cursor.epoch.clone(),
            seq: cursor.seq,
            applied_at: self.ctx.clock.now(),
            unknown: cursor.unknown,
            signature: None,
            certificate: None,
        };
        let sentence = receipt.sentence(self.ctx.state.as_code(), self.line.peer);
        let signers = self.ctx.signers.get();
        let signed = Context::aside(move || {
            let signer = signers.first()?;
            let certificate = signer.certificates_pem()?;
            Ok::<_, crate::exchange::seal::SealError>((attest(&sentence, signer)?, certificate))
        });
        match signed.await? {
            Ok((signature, certificate)) => {
                receipt.signature = Some(STANDARD.encode(signature));
                receipt.certificate = String::from_utf8(certificate).ok();
            }
            // the line still says who we are
            Err(error) => {
                tracing::warn!(%error, "a receipt is not signed: the key of our seals is not at hand")
            }
        }
        let _confirmed: serde_json::Value = self.line.post("receipts", &receipt, "a receipt").await?;
        let acked = Cursor { acked_seq: cursor.seq, ..cursor };
        self.apply(acked, Work::default(), false).await?;
        Ok(())
    }

    fn stuck(&self, fault: PageFault) -> LabourError {
        LabourError::Stuck { peer: self.line.peer.to_owned(), fault }
    }

    /// Keeps why a stream is not gone on with, and has a person told when that begins.
    async fn note_fault(&self, error: &LabourError) -> Result<(), FlowError> {
        let Some(code) = error.verdict().code() else { return Ok(()) };
        let now = self.ctx.clock.now();
        let mut tx = self.ctx.store.begin().await?;
        let found = cursor_find(&mut tx, self.line.peer, self.kind).await?;
        let is_known = found.as_ref().is_some_and(|cursor| cursor.code.as_deref() == Some(code));
        if let Some(cursor) = found {
            cursor_move(&mut tx, &Cursor { code: Some(code.to_owned()), ..cursor }).await?;
        }
        if !is_known {
            let detail =
                format!("the {} stream of {} is not gone on with", self.kind.as_str(), self.line.peer);
            let entry = JournalDraft::at(now, "ask_person", detail).coded(Some(code));
            journal_append(&mut tx, &JournalDraft { peer: Some(self.line.peer.to_owned()), ..entry }).await?;
            tracing::warn!(peer = self.line.peer, code, "a peer's stream of jobs is not gone on with");
        }
        tx.commit().await?;
        Ok(())
    }
}
