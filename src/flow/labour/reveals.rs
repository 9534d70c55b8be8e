//! A person shows himself to one employer: by a consent of its own, for one vacancy, noted in the transaction in which it leaves
//! (`privacy.md` §6). What ends the consent tells the employer's node.

use super::{LabourError, enabled, erase_shown, vacancy_name};
use crate::base::{ConversationId, DocumentId};
use crate::exchange::canonical::State;
use crate::exchange::canonical::job::{
    Candidate, Interest, JobDocument, JobDocumentKind, Reveal, RevealEnd, RevealId, Revealed,
};
use crate::exchange::document::codec::job_root;
use crate::flow::compose::{Begin, Composed, Opening, Prepared, begin, prepare};
use crate::flow::{Context, FlowError};
use crate::labour::consent::{Purpose, Section};
use crate::labour::sync::StreamKind;
use crate::store::{
    JournalDraft, MirrorState, PublishedState, RevealBody, RevealRow, ShownRow, Tx, consent_find,
    consent_lock, journal_append, mirror_find, published_find, reveal_end_one, reveal_find, reveal_list,
    reveal_put, shown_end, shown_erase, shown_find, shown_put,
};
use jiff::SignedDuration;
use uuid::Uuid;

/// What a person decides about an employer's interest.
#[derive(Clone)]
pub struct NewReveal {
    /// By which consent.
    pub consent: Uuid,
    /// What he chose to show.
    pub revealed: Revealed,
    /// For how many days; never longer than the consent.
    pub days: u32,
}

impl std::fmt::Debug for NewReveal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewReveal({}, {:?}, …)", self.consent, self.revealed.fields())
    }
}

/// Shows a person to the employer whose interest it is, and to nobody else.
///
/// # Errors
/// No such consent of this person in force; what speaks against a reveal, see [`LabourError::Reveal`]; the database.
pub async fn reveal(
    candidate: &Candidate,
    interest: &Interest,
    new: NewReveal,
    ctx: &Context,
) -> Result<(RevealId, Composed), FlowError> {
    enabled(ctx)?;
    let now = ctx.clock.now();
    let consent = consent_find(&mut ctx.store.read().await?, new.consent).await?;
    let subject = super::subject_of(&candidate.person, ctx)?;
    let consent = consent.filter(|consent| consent.terms().subject == subject);
    let Some(consent) = consent else { return Err(LabourError::NoConsent.into()) };
    let asked = now.saturating_add(SignedDuration::from_hours(i64::from(new.days) * 24)).unwrap_or(now);
    let level = consent.terms().signature_level.as_str().replace('_', "-");
    let reveal = Reveal {
        id: RevealId(ctx.random.uuid()),
        state: ctx.state,
        consent: new.consent,
        profile: interest.profile,
        employer: interest.employer.clone(),
        vacancy: interest.vacancy.clone(),
        given_at: now,
        expires_at: asked.min(consent.terms().expires_at),
        level: level.parse().map_err(|finding| FlowError::Unlawful(vec![finding]))?,
        revealed: new.revealed,
    };
    let (id, to) = (reveal.id, reveal.vacancy.state);
    let document = JobDocument::Reveal(Box::new(reveal));
    let (_process, transaction) = ctx.catalogue.beginning_with_root(job_root(document.kind()))?;
    let opening = Opening::Job(&document);
    let what = Begin { opening, to, transaction: &transaction.code, within: None, refers_to: None };
    Ok((id, begin(what, ctx).await?))
}

/// Judges a reveal that is about to leave, and notes it, whichever way it was made. Where no jobs are exchanged there are no
/// consents to judge it by: the local system answers for it.
pub(in crate::flow) async fn note_reveal(
    tx: &mut Tx,
    reveal: &Reveal,
    (to, document): (State, DocumentId),
    ctx: &Context,
) -> Result<(), FlowError> {
    if !ctx.labour.is_enabled {
        return Ok(());
    }
    let (now, state) = (ctx.clock.now(), reveal.vacancy.state);
    let refuse = |why: &'static str| FlowError::from(LabourError::Reveal(why));
    if to != state {
        return Err(refuse("it goes to another state than that of the vacancy"));
    }
    if !consent_lock(tx, reveal.consent).await? {
        return Err(LabourError::NoConsent.into());
    }
    let Some(consent) = consent_find(tx, reveal.consent).await? else {
        return Err(LabourError::NoConsent.into());
    };
    consent.permits(Purpose::Reveal, state, now).map_err(LabourError::from)?;
    let terms = consent.terms();
    if reveal.expires_at > terms.expires_at {
        return Err(refuse("it lasts longer than the consent"));
    }
    let lacks = |section| !terms.sections.contains(&section);
    let shown = &reveal.revealed;
    if (!shown.history.is_empty() && lacks(Section::ExperienceHistory))
        || (shown.summary.is_some() && lacks(Section::Summary))
    {
        return Err(refuse("it shows a section that the consent does not name"));
    }
    let name = reveal.profile.to_string();
    let found =
        published_find(tx, (state.as_code(), StreamKind::Profile), std::slice::from_ref(&name)).await?;
    let by =
        found.get(&name).filter(|one| one.state == PublishedState::Active).and_then(|one| one.consent_id);
    let of = match by {
        Some(by) => consent_find(tx, by).await?,
        None => None,
    };
    if of.is_none_or(|of| of.terms().subject != terms.subject) {
        return Err(refuse("no profile of this person that is open there is called so"));
    }
    let vacancy = vacancy_name(&reveal.vacancy);
    let mirrored = mirror_find(tx, (state.as_code(), StreamKind::Vacancy, &vacancy)).await?;
    if mirrored.is_none_or(|mirrored| mirrored.state != MirrorState::Held) {
        return Err(refuse("the vacancy is not open"));
    }
    let employer = &reveal.employer;
    let number = employer.number.as_ref().map(|number| number.value.as_str().to_owned());
    let employer = number.or_else(|| employer.name.as_ref().map(|name| name.as_str().to_owned()));
    let row = RevealRow {
        id: reveal.id.0,
        consent_id: reveal.consent,
        body: RevealBody {
            employer: employer.unwrap_or_default(),
            state: state.to_string(),
            vacancy,
            fields: shown.fields().into_iter().map(str::to_owned).collect(),
        },
        given_at: reveal.given_at,
        expires_at: reveal.expires_at,
        ended_at: None,
    };
    reveal_put(tx, &row, document).await?;
    let detail = format!("reveal {} by consent {}, for {}", reveal.id, reveal.consent, row.body.vacancy);
    journal_append(tx, &JournalDraft::at(now, "revealed", detail)).await?;
    Ok(())
}

/// Notes what a peer's person showed an employer of ours, so that its clock runs; and erases it when he ends that. Nothing is noted of
/// other documents. The answer that leaves with this transaction is the receipt.
pub(in crate::flow) async fn note_shown(
    tx: &mut Tx,
    document: &JobDocument,
    (peer, id, conversation): (&str, DocumentId, ConversationId),
    ctx: &Context,
) -> Result<(), FlowError> {
    match document {
        JobDocument::Reveal(reveal) => {
            let row = ShownRow {
                peer: peer.to_owned(),
                reveal: reveal.id.0,
                document_id: Some(id),
                conversation_id: Some(conversation.as_uuid()),
                vacancy: Some(vacancy_name(&reveal.vacancy)),
                expires_at: reveal.expires_at,
                ended_at: None,
                vacancy_closed_at: None,
            };
            let before = shown_find(tx, (peer, reveal.id.0)).await?;
            if let Some(before) = before.filter(|before| before.document_id.is_some_and(|of| of != id)) {
                shown_erase(tx, &before, ctx.clock.now()).await?;
            }
            shown_put(tx, &row).await?;
        }
        JobDocument::RevealEnd(end) => {
            // a clock of theirs that is ahead does not let us keep it longer
            shown_end(tx, (peer, end.reveal.0), end.ended_at.min(ctx.clock.now())).await?;
            erase_shown(tx, (peer, end.reveal.0), ctx).await?;
        }
        JobDocument::Vacancy(_)
        | JobDocument::CandidateProfile(_)
        | JobDocument::Interest(_)
        | JobDocument::JobOffer(_)
        | JobDocument::EmploymentRecord(_) => {}
    }
    Ok(())
}

/// Ends one reveal, and tells the node of its employer to erase what was shown; false if it is over already.
///
/// # Errors
/// The peer is not known; the database. Then it is not ended.
pub async fn end_reveal(id: Uuid, ctx: &Context) -> Result<bool, FlowError> {
    enabled(ctx)?;
    let now = ctx.clock.now();
    let row = reveal_find(&mut ctx.store.read().await?, id).await?;
    let Some(row) = row.filter(|row| row.ended_at.is_none() && row.expires_at > now) else {
        return Ok(false);
    };
    let end = RevealEnd { reveal: RevealId(id), state: ctx.state, ended_at: now };
    let prepared = end_of(end, &row.body.state, ctx).await?;
    let mut tx = ctx.store.begin().await?;
    if !reveal_end_one(&mut tx, id, now).await? {
        return Ok(false); // another was quicker
    }
    prepared.put(&mut tx).await?;
    let detail = format!("reveal {id} by consent {} is ended", row.consent_id);
    journal_append(&mut tx, &JournalDraft::at(now, "reveal_ended", detail)).await?;
    tx.commit().await?;
    ctx.wake.outbox();
    Ok(true)
}

/// Words to the nodes of employers that what a consent let be shown is to be erased. A consent ends even where they cannot be
/// written: then a person is asked.
pub(super) struct Ends {
    prepared: Vec<Prepared>,
    failed: Vec<(RevealRow, FlowError)>,
}

impl Ends {
    /// Of all reveals by a consent that are open.
    pub(super) async fn of(consent: Uuid, ctx: &Context) -> Result<Self, FlowError> {
        let now = ctx.clock.now();
        let rows = reveal_list(&mut ctx.store.read().await?, consent).await?;
        let mut ends = Self { prepared: Vec::new(), failed: Vec::new() };
        for row in rows.into_iter().filter(|row| row.ended_at.is_none() && row.expires_at > now) {
            let end = RevealEnd { reveal: RevealId(row.id), state: ctx.state, ended_at: now };
            match end_of(end, &row.body.state, ctx).await {
                Ok(prepared) => ends.prepared.push(prepared),
                Err(error) => ends.failed.push((row, error)),
            }
        }
        Ok(ends)
    }

    /// Puts them into the outbox.
    pub(super) async fn put(&self, tx: &mut Tx, ctx: &Context) -> Result<(), FlowError> {
        for prepared in &self.prepared {
            prepared.put(tx).await?;
        }
        for (row, error) in &self.failed {
            let detail = format!("reveal {} is ended and {} could not be told so", row.id, row.body.state);
            let entry = JournalDraft::at(ctx.clock.now(), "ask_person", detail).coded(error.verdict().code());
            journal_append(tx, &entry).await?;
        }
        Ok(())
    }

    /// Wakes whoever sends them.
    pub(super) fn wake(&self, ctx: &Context) {
        if !self.prepared.is_empty() {
            ctx.wake.outbox();
        }
    }
}

async fn end_of(end: RevealEnd, to: &str, ctx: &Context) -> Result<Prepared, FlowError> {
    let to = ctx.peers.of_name(to)?.state;
    let (_process, transaction) = ctx.catalogue.beginning_with_root(job_root(JobDocumentKind::RevealEnd))?;
    let document = JobDocument::RevealEnd(Box::new(end));
    let opening = Opening::Job(&document);
    prepare(Begin { opening, to, transaction: &transaction.code, within: None, refers_to: None }, ctx).await
}
