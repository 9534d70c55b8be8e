//! The ledger of a worker: what he consented to, where his profile is, to whom he showed himself, and who has confirmed that it
//! is gone.

use super::seek::By;
use super::told::{NameTold, PayTold, PublishedProfile, named, pay_told, profile_told};
use crate::access::Permit;
use crate::base::{Digest256, DocumentId, Language};
use crate::exchange::OnTheWay;
use crate::exchange::canonical::job::{Candidate, Interest, JobDocument};
use crate::flow::office::kept::Kept;
use crate::flow::{Context, FlowError, PersonQuery};
use crate::labour::consent::{Consent, ConsentState, Purpose};
use crate::labour::retention::renewal_at;
use crate::store::{
    ConsentTarget, RevealRow, consent_active, consent_candidate, consent_list, person_refs, reveal_list,
    target_list,
};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

/// A worker with all his consents.
#[derive(Clone, PartialEq, Serialize, JsonSchema)]
pub struct WorkerView {
    /// The digest under which he is kept: only this node can make it.
    pub worker: String,
    /// Who he is, as long as a consent to be found is in force.
    pub name: Option<String>,
    /// What may be told of his work; likewise.
    pub profile: Option<PublishedProfile>,
    /// His consents, the latest first.
    pub consents: Vec<ConsentView>,
    /// Employers who are interested in his profile, the latest first.
    pub interests: Vec<InterestView>,
}

impl std::fmt::Debug for WorkerView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WorkerView({}, …)", self.worker)
    }
}

/// A consent.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ConsentView {
    /// Its number.
    pub id: String,
    /// For what.
    pub purpose: NameTold,
    /// `active`, `expired`, `withdrawn` or `superseded`.
    pub state: NameTold,
    /// Which parts of what he told.
    pub sections: Vec<NameTold>,
    /// To which states.
    pub target_states: Vec<NameTold>,
    /// To which employers.
    pub employer_class: NameTold,
    /// Whether agencies are left out.
    pub is_agency_excluded: bool,
    /// The version of the text that was shown.
    pub text_version: String,
    /// Its language.
    pub text_language: String,
    /// Its SHA-256.
    pub text_sha256: String,
    /// How he said yes.
    pub signature_level: NameTold,
    /// What shows that.
    pub evidence: Option<String>,
    /// Act and article.
    pub legal_basis: String,
    /// When he said yes.
    #[schemars(with = "String")]
    pub given_at: Timestamp,
    /// From when on it counts no more.
    #[schemars(with = "String")]
    pub expires_at: Timestamp,
    /// Whether it ends so soon that the person is to be asked whether he renews it.
    pub is_renewal_due: bool,
    /// When it ended.
    #[schemars(with = "Option<String>")]
    pub ended_at: Option<Timestamp>,
    /// Where it lets the profile go.
    pub targets: Vec<TargetView>,
    /// To whom he showed himself by it.
    pub reveals: Vec<RevealView>,
}

/// How a profile stands at a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetIs {
    /// It waits: for the peer, or for others who share its cell.
    Waits,
    /// It is there.
    Published,
    /// It was never there.
    NeverPublished,
    /// It is to be erased, and the peer has not confirmed that.
    Outstanding,
    /// The same for longer than the peer may take.
    Late,
    /// The peer has confirmed that it is gone.
    Confirmed,
}

impl TargetIs {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waits => "waits",
            Self::Published => "published",
            Self::NeverPublished => "never_published",
            Self::Outstanding => "outstanding",
            Self::Late => "late",
            Self::Confirmed => "confirmed",
        }
    }
}

/// Where a consent lets a profile go.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TargetView {
    /// To which state.
    pub state: NameTold,
    /// How the profile is called there.
    pub reference: Option<String>,
    /// How it stands.
    pub is: TargetIs,
    /// When it was erased here.
    #[schemars(with = "Option<String>")]
    pub erased_at: Option<Timestamp>,
    /// When the peer confirmed that.
    #[schemars(with = "Option<String>")]
    pub confirmed_at: Option<Timestamp>,
    /// Who vouches for the receipt, and how that was judged.
    pub signer: Option<String>,
}

/// A reveal.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RevealView {
    /// Its number.
    pub id: String,
    /// To which employer.
    pub employer: String,
    /// In which state.
    pub state: NameTold,
    /// For which vacancy.
    pub vacancy: String,
    /// What was shown, by the names of fields.
    pub fields: Vec<NameTold>,
    /// When.
    #[schemars(with = "String")]
    pub given_at: Timestamp,
    /// Until when the employer may keep it.
    #[schemars(with = "String")]
    pub expires_at: Timestamp,
    /// When it was ended.
    #[schemars(with = "Option<String>")]
    pub ended_at: Option<Timestamp>,
    /// Whether it is in force.
    pub is_open: bool,
}

/// An employer's interest in a worker whom he does not know.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct InterestView {
    /// The document that brought it.
    pub document: String,
    /// When it came.
    #[schemars(with = "String")]
    pub came_at: Timestamp,
    /// The state of the vacancy.
    pub state: NameTold,
    /// Who is interested.
    pub employer: String,
    /// What the post is called.
    pub title: String,
    /// Which vacancy: source and id.
    pub vacancy: (String, String),
    /// What is paid.
    pub pay: Option<PayTold>,
    /// The last day to answer.
    pub closes_on: Option<String>,
}

/// Who a person is in the ledger; none if he never consented to anything.
///
/// # Errors
/// The database does not answer.
pub async fn find_worker(
    _permit: &Permit,
    query: &PersonQuery,
    ctx: &Context,
) -> Result<Option<Digest256>, FlowError> {
    let mut tx = ctx.store.read().await?;
    for digest in query.digests(&ctx.entry)? {
        if !consent_list(&mut tx, digest).await?.is_empty() {
            return Ok(Some(digest));
        }
    }
    Ok(None)
}

/// The ledger of a worker; none if he never consented to anything.
///
/// # Errors
/// The database does not answer.
pub async fn worker_view(
    _permit: &Permit,
    worker: Digest256,
    language: Language,
    ctx: &Context,
) -> Result<Option<WorkerView>, FlowError> {
    let now = ctx.clock.now();
    let mut tx = ctx.store.read().await?;
    let consents = consent_list(&mut tx, worker).await?;
    if consents.is_empty() {
        return Ok(None);
    }
    let mut views = Vec::new();
    for consent in &consents {
        let id = consent.terms().id;
        let (targets, reveals) = (target_list(&mut tx, id).await?, reveal_list(&mut tx, id).await?);
        views.push(consent_view(consent, (&targets, &reveals), language, ctx));
    }
    drop(tx);
    let candidate = candidate_of(worker, ctx).await?;
    let by = By::of(None, ctx)?;
    let mut interests = Vec::new();
    for (document, came_at, interest) in interests_of(worker, ctx).await? {
        let employer = &interest.employer;
        let number = employer.number.as_ref().map(|number| number.value.as_str().to_owned());
        let name = employer.name.as_ref().map(|name| name.as_str().to_owned());
        interests.push(InterestView {
            document: document.as_uuid().to_string(),
            came_at,
            state: named(language, "peer", interest.vacancy.state.as_code()),
            employer: name.into_iter().chain(number).collect::<Vec<_>>().join(", "),
            title: interest.title.as_str().to_owned(),
            vacancy: (interest.vacancy.source.as_str().to_owned(), interest.vacancy.id.as_str().to_owned()),
            pay: interest.pay.as_ref().map(|pay| pay_told(language, &by.matching().pay_shown(pay))),
            closes_on: interest.closes_on.map(|day| day.to_string()),
        });
    }
    let is_in_force = consents.iter().any(|consent| {
        consent.terms().purpose == Purpose::CvSearch && consent.state(now) == ConsentState::Active
    });
    let candidate = candidate.filter(|_| is_in_force);
    Ok(Some(WorkerView {
        worker: worker.to_string(),
        name: candidate.as_ref().map(|candidate| {
            let name = &candidate.person.name;
            let parts = [name.family(), name.given(), name.patronymic()];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        }),
        profile: candidate
            .as_ref()
            .map(|candidate| profile_told(language, &candidate.profile, |pay| by.matching().pay_shown(pay))),
        consents: views,
        interests,
    }))
}

/// What a consent to be found, which is in force, keeps of a worker.
pub(super) async fn candidate_of(worker: Digest256, ctx: &Context) -> Result<Option<Candidate>, FlowError> {
    let mut tx = ctx.store.read().await?;
    let Some(consent) = consent_active(&mut tx, worker, Purpose::CvSearch).await? else { return Ok(None) };
    Ok(consent_candidate(&mut tx, consent.terms().id).await?)
}

/// Employers' interests in a worker, the latest first.
pub(super) async fn interests_of(
    worker: Digest256,
    ctx: &Context,
) -> Result<Vec<(DocumentId, Timestamp, Interest)>, FlowError> {
    let mut interests = Vec::new();
    for (id, at, document) in documents_of(worker, ctx).await? {
        if let OnTheWay::Job(document) = document
            && let JobDocument::Interest(interest) = *document
        {
            interests.push((id, at, *interest));
        }
    }
    Ok(interests)
}

/// What came and left about a worker, the latest first, as far as it is of his way.
pub(super) async fn documents_of(
    worker: Digest256,
    ctx: &Context,
) -> Result<Vec<(DocumentId, Timestamp, OnTheWay)>, FlowError> {
    let refs = person_refs(&mut ctx.store.read().await?, &[worker], DOCUMENTS_MAX).await?;
    let mut documents = Vec::new();
    for of in refs {
        let Some((kept, asked)) = Kept::of_any(of.document_id, ctx).await? else { continue };
        if let Some(document) = kept.on_the_way(asked, ctx).await? {
            documents.push((of.document_id, of.at, document));
        }
    }
    Ok(documents)
}

fn consent_view(
    consent: &Consent,
    (targets, reveals): (&[ConsentTarget], &[RevealRow]),
    language: Language,
    ctx: &Context,
) -> ConsentView {
    let (terms, now) = (consent.terms(), ctx.clock.now());
    let states = terms.target_states.iter();
    ConsentView {
        id: terms.id.to_string(),
        purpose: named(language, "consent-purpose", terms.purpose.as_str()),
        state: named(language, "consent-state", consent.state(now).as_str()),
        sections: terms.sections.iter().map(|one| named(language, "sections", one.as_str())).collect(),
        target_states: states.map(|state| named(language, "peer", state.as_code())).collect(),
        employer_class: named(language, "employer-class", terms.employer_class.as_str()),
        is_agency_excluded: terms.is_agency_excluded,
        text_version: terms.text.version.as_str().to_owned(),
        text_language: terms.text.language.to_string(),
        text_sha256: terms.text.sha256.to_string(),
        signature_level: named(language, "signature-level", terms.signature_level.as_str()),
        evidence: terms.evidence.as_ref().map(|evidence| evidence.as_str().to_owned()),
        legal_basis: terms.legal_basis.as_str().to_owned(),
        given_at: terms.given_at,
        expires_at: terms.expires_at,
        is_renewal_due: consent.state(now) == ConsentState::Active
            && renewal_at(terms.given_at, terms.expires_at, ctx.labour.renewal_days) <= now,
        ended_at: consent.ended_at(),
        targets: targets.iter().map(|target| target_view(target, language, ctx)).collect(),
        reveals: reveals.iter().map(|row| reveal_view(row, language, now)).collect(),
    }
}

fn target_view(target: &ConsentTarget, language: Language, ctx: &Context) -> TargetView {
    let term = SignedDuration::from_hours(i64::from(ctx.labour.receipt_hours));
    let is = match (target.erased_at, target.erased_seq, target.confirmed_at) {
        (None, _, _) if target.reference.is_some() => TargetIs::Published,
        (None, _, _) => TargetIs::Waits,
        (Some(_), None, _) => TargetIs::NeverPublished,
        (Some(_), Some(_), Some(_)) => TargetIs::Confirmed,
        (Some(at), Some(_), None) if ctx.clock.now().duration_since(at) > term => TargetIs::Late,
        (Some(_), Some(_), None) => TargetIs::Outstanding,
    };
    TargetView {
        state: named(language, "peer", &target.peer),
        reference: target.reference.clone(),
        is,
        erased_at: target.erased_at,
        confirmed_at: target.confirmed_at,
        signer: target.signer.clone(),
    }
}

fn reveal_view(row: &RevealRow, language: Language, now: Timestamp) -> RevealView {
    RevealView {
        id: row.id.to_string(),
        employer: row.body.employer.clone(),
        state: named(language, "peer", &row.body.state),
        vacancy: row.body.vacancy.clone(),
        fields: row.body.fields.iter().map(|field| named(language, "revealed", field)).collect(),
        given_at: row.given_at,
        expires_at: row.expires_at,
        ended_at: row.ended_at,
        is_open: row.ended_at.is_none() && row.expires_at > now,
    }
}

/// Documents of a worker that are read at once, the latest.
const DOCUMENTS_MAX: u32 = 40;
