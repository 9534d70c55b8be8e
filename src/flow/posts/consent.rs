//! What a worker does before a clerk: he consents, takes a consent back, shows himself to one employer and ends that.

use super::workers::{candidate_of, interests_of};
use crate::access::Permit;
use crate::base::{Digest256, Finding, Language, from_json, phrases};
use crate::exchange::canonical::job::{
    Candidate, DrivingLicence, ExperienceBand, Interest, IscoCode, LanguageCode, LanguageLevel, ProfileRef,
    Revealed, Schooling,
};
use crate::exchange::canonical::{Identifier, IdentifierKind, RecordId, State};
use crate::exchange::seal::sha256;
use crate::flow::labour::{
    LabourError, NewConsent, NewReveal, end_reveal as end_one, give_consent, reveal, subject_of,
    withdraw_consent,
};
use crate::flow::{Context, FlowError};
use crate::labour::consent::{ConsentText as TextNoted, Purpose};
use crate::labour::occupations::{Coder, SkillList};
use crate::store::{consent_find, reveal_find};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// The text that a person is shown before he consents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConsentText {
    /// For what.
    pub purpose: String,
    /// In which language.
    pub language: String,
    /// The version of the texts.
    pub version: String,
    /// What is shown.
    pub text: String,
    /// Its SHA-256.
    pub sha256: String,
}

/// What came of a consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConsentGiven {
    /// The worker, by the digest under which he is kept.
    pub worker: String,
    /// The number of the consent.
    pub consent: String,
    /// The one that it stands in place of.
    pub superseded: Option<String>,
    /// To which peers the profile is published.
    pub published: Vec<String>,
    /// Where it waits, with the code of the reason.
    pub waiting: Vec<(String, String)>,
}

/// Somebody who seeks work and is not kept here yet, as a form brings him.
#[derive(Default)]
pub struct NewWorker<'f> {
    /// Family name.
    pub family: &'f str,
    /// Given name.
    pub given_name: &'f str,
    /// Patronymic, if he has one.
    pub patronymic: &'f str,
    /// Day of birth.
    pub born: Option<Date>,
    /// His number in any of the five states.
    pub number: &'f str,
    /// His telephone.
    pub telephone: &'f str,
    /// His e-mail.
    pub email: &'f str,
    /// What he has worked as: a code of ISCO-08, or what it is called.
    pub occupation: &'f str,
    /// How long: a band.
    pub experience: &'f str,
    /// What he can do: codes of skills or their names, between commas.
    pub skills: &'f str,
    /// Which languages, between commas, each with its level: `ru B2, ky native`.
    pub languages: &'f str,
    /// The highest schooling.
    pub schooling: &'f str,
    /// Driving licences, between commas.
    pub licences: &'f str,
    /// The code of the region where he lives.
    pub region: &'f str,
    /// Where he would work; in the states of his consent if he names none.
    pub states: Vec<State>,
    /// Whether he would move.
    pub would_move: bool,
    /// The least pay for a month, in the currency of our state.
    pub pay_from: &'f str,
}

/// A value of a form that does not fit: the field, and why.
pub type Misfit = (&'static str, String);

/// What a person is shown for a purpose, in a language.
pub fn consent_text(purpose: Purpose, language: Language) -> ConsentText {
    let text = phrases(language).say(&format!("consent-text-{}", purpose.as_str().replace('_', "-")));
    ConsentText {
        purpose: purpose.as_str().to_owned(),
        language: language.code().to_owned(),
        version: TEXT_VERSION.to_owned(),
        sha256: sha256(text.as_bytes()).to_string(),
        text,
    }
}

/// What is noted of the text that a person was shown.
///
/// # Errors
/// Never: the version and the languages are this program's own.
pub fn shown_text(purpose: Purpose, language: Language) -> Result<TextNoted, FlowError> {
    let refuse = |finding: Finding| FlowError::Unlawful(vec![finding]);
    let text = consent_text(purpose, language).text;
    Ok(TextNoted {
        version: TEXT_VERSION.parse().map_err(refuse)?,
        sha256: sha256(text.as_bytes()),
        language: language.code().parse().map_err(refuse)?,
    })
}

/// Notes a consent: of a worker who is kept, or of a candidate who is brought. None if no consent to be found is in force
/// that would keep who he is.
///
/// # Errors
/// As [`give_consent`].
pub async fn give(
    permit: &Permit,
    (worker, candidate): (Option<Digest256>, Option<Candidate>),
    new: NewConsent,
    ctx: &Context,
) -> Result<Option<ConsentGiven>, FlowError> {
    if permit.command() != "consent-give" {
        return Ok(None);
    }
    let candidate = match (candidate, worker) {
        (Some(candidate), _) => Some(candidate),
        (None, Some(worker)) => candidate_of(worker, ctx).await?,
        (None, None) => None,
    };
    let Some(candidate) = candidate else { return Ok(None) };
    let given = give_consent(&candidate, new, ctx).await?;
    Ok(Some(ConsentGiven {
        worker: subject_of(&candidate.person, ctx)?.to_string(),
        consent: given.id.to_string(),
        superseded: given.superseded.map(|id| id.to_string()),
        published: given.published,
        waiting: given.waiting.into_iter().map(|(peer, code)| (peer, code.to_owned())).collect(),
    }))
}

/// Takes a consent of a worker back; false if he has none of this number.
///
/// # Errors
/// As [`withdraw_consent`].
pub async fn withdraw(
    permit: &Permit,
    (worker, consent): (Digest256, Uuid),
    channel: &RecordId,
    ctx: &Context,
) -> Result<bool, FlowError> {
    if permit.command() != "consent-withdraw" || !is_of(worker, consent, ctx).await? {
        return Ok(false);
    }
    withdraw_consent(consent, channel, ctx).await?;
    Ok(true)
}

/// Whether a consent is a worker's.
async fn is_of(worker: Digest256, consent: Uuid, ctx: &Context) -> Result<bool, FlowError> {
    let found = consent_find(&mut ctx.store.read().await?, consent).await?;
    Ok(found.is_some_and(|consent| consent.terms().subject == worker))
}

/// An employer's interest in a worker, by the document that brought it.
///
/// # Errors
/// The database does not answer.
pub async fn interest_of(
    _permit: &Permit,
    worker: Digest256,
    document: Uuid,
    ctx: &Context,
) -> Result<Option<Interest>, FlowError> {
    let interests = interests_of(worker, ctx).await?;
    Ok(interests.into_iter().find(|(id, _, _)| id.as_uuid() == document).map(|(_, _, interest)| interest))
}

/// Shows a worker to the one employer whose interest it is; the number of the reveal. None if there is no such consent, no such
/// interest, or nobody is kept to be shown.
///
/// # Errors
/// As [`reveal`].
pub async fn show_to(
    permit: &Permit,
    (worker, consent, interest): (Digest256, Uuid, Uuid),
    (fields, days): (&[String], u32),
    ctx: &Context,
) -> Result<Option<Uuid>, FlowError> {
    if permit.command() != "consent-reveal" || !is_of(worker, consent, ctx).await? {
        return Ok(None);
    }
    let Some(interest) = interest_of(permit, worker, interest, ctx).await? else { return Ok(None) };
    let Some(candidate) = candidate_of(worker, ctx).await? else { return Ok(None) };
    let has = |field: &str| fields.iter().any(|chosen| chosen == field);
    let revealed = Revealed {
        name: has("name").then(|| candidate.person.name.clone()),
        contacts: if has("contacts") { candidate.contacts.clone() } else { Vec::new() },
        summary: candidate.summary.clone().filter(|_| has("summary")),
        history: if has("experience_history") { candidate.history.clone() } else { Vec::new() },
    };
    if revealed.fields().is_empty() {
        return Err(LabourError::Reveal("of what was chosen nothing is kept of the person").into());
    }
    let (id, _composed) = reveal(&candidate, &interest, NewReveal { consent, revealed, days }, ctx).await?;
    Ok(Some(id.0))
}

/// Ends one reveal of a worker; false if there is none in force of this number.
///
/// # Errors
/// As [`end_one`].
pub async fn end_reveal(
    permit: &Permit,
    (worker, reveal): (Digest256, Uuid),
    ctx: &Context,
) -> Result<bool, FlowError> {
    if permit.command() != "reveal-end" {
        return Ok(false);
    }
    let found = reveal_find(&mut ctx.store.read().await?, reveal).await?;
    match found {
        Some(row) if is_of(worker, row.consent_id, ctx).await? => end_one(reveal, ctx).await,
        Some(_) | None => Ok(false),
    }
}

impl NewWorker<'_> {
    /// The candidate whom the fields tell of.
    ///
    /// # Errors
    /// All fields that do not fit.
    pub fn candidate(&self, targets: &[State], ctx: &Context) -> Result<Candidate, Vec<Misfit>> {
        let mut misfits = Vec::new();
        let person = self.person(&mut misfits);
        let profile = self.profile(targets, ctx, &mut misfits);
        if !misfits.is_empty() {
            return Err(misfits);
        }
        let contacts: Vec<Value> = [("MobileTelephone", self.telephone), ("Email", self.email)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(channel, value)| json!({ "channel": channel, "value": value }))
            .collect();
        let whole = json!({ "person": person, "contacts": contacts, "profile": profile });
        candidate_of_text(&whole.to_string()).map_err(|fault| vec![("candidate", fault)])
    }

    fn person(&self, misfits: &mut Vec<Misfit>) -> Value {
        for (field, text) in [("family", self.family), ("given_name", self.given_name)] {
            if text.is_empty() {
                misfits.push((field, String::new()));
            }
        }
        if self.born.is_none() {
            misfits.push(("born", String::new()));
        }
        let mut identifiers = Vec::new();
        if !self.number.is_empty() {
            let kinds = IdentifierKind::ALL.into_iter();
            let mut known = kinds.filter(|kind| Identifier::parse(*kind, self.number).is_ok());
            match known.next() {
                Some(kind) => identifiers.push(json!({ "kind": kind, "value": self.number })),
                None => misfits.push(("number", String::new())),
            }
        }
        let mut name = json!({ "family": self.family, "given": self.given_name });
        if let (Some(name), false) = (name.as_object_mut(), self.patronymic.is_empty()) {
            name.insert("patronymic".to_owned(), self.patronymic.into());
        }
        let born = self.born.map(|day| day.to_string());
        json!({ "name": name, "birth_date": born, "identifiers": identifiers })
    }

    fn profile(&self, targets: &[State], ctx: &Context, misfits: &mut Vec<Misfit>) -> Value {
        let occupation =
            self.occupation.parse().ok().or_else(|| Coder::built_in().code(self.occupation).answer);
        let mut work = Vec::new();
        match occupation {
            Some(group) => {
                let group: IscoCode = group;
                let mut one = json!({ "occupation": {
                    "scheme": "isco-08", "edition": "2008", "code": group, "isco": group, "relation": "exact",
                } });
                if let (Some(one), Ok(band)) =
                    (one.as_object_mut(), self.experience.parse::<ExperienceBand>())
                {
                    one.insert("experience".to_owned(), band.as_code().into());
                }
                work.push(one);
            }
            None => misfits.push(("occupation", String::new())),
        }
        let mut skills = Vec::new();
        for text in list(self.skills) {
            let known = SkillList::built_in();
            let code = known.skill(text).map(|_| text).or_else(|| known.code_of(text));
            match code {
                Some(code) => skills.push(json!({ "code": code })),
                None => misfits.push(("skills", text.to_owned())),
            }
        }
        let mut languages = Vec::new();
        for text in list(self.languages) {
            let (language, level) = text.split_once(' ').unwrap_or((text, ""));
            let is_language = language.parse::<LanguageCode>().is_ok();
            match level.trim().parse::<LanguageLevel>() {
                Ok(level) if is_language => {
                    languages.push(json!({ "language": language, "level": level.as_code() }))
                }
                Err(_finding) if is_language && level.is_empty() => {
                    languages.push(json!({ "language": language }))
                }
                Ok(_) | Err(_) => misfits.push(("worker_languages", text.to_owned())),
            }
        }
        let mut licences = Vec::new();
        for text in list(self.licences) {
            match text.parse::<DrivingLicence>() {
                Ok(licence) => licences.push(licence.as_code()),
                Err(_finding) => misfits.push(("licences", text.to_owned())),
            }
        }
        let states = if self.states.is_empty() { targets.to_vec() } else { self.states.clone() };
        let mut wishes = json!({ "states": states, "would_move": self.would_move });
        if let (Some(wishes), false) = (wishes.as_object_mut(), self.pay_from.is_empty()) {
            let currency = super::seek::own_currency(ctx.state);
            let pay = json!({ "min": self.pay_from, "currency": currency, "interval": "month" });
            wishes.insert("pay".to_owned(), pay);
        }
        let mut home = json!({ "country": ctx.state });
        if let (Some(home), false) = (home.as_object_mut(), self.region.is_empty()) {
            home.insert("region".to_owned(), self.region.into());
        }
        let today = ctx.clock.now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
        let mut profile = json!({
            "reference": ProfileRef(ctx.random.uuid()), "state": ctx.state, "work": work, "skills": skills,
            "languages": languages, "licences": licences, "home": home, "wishes": wishes,
            "changed": format!("{:04}-{:02}", today.year(), today.month()),
        });
        if let (Some(profile), Ok(schooling)) = (profile.as_object_mut(), self.schooling.parse::<Schooling>())
        {
            profile.insert("schooling".to_owned(), schooling.as_code().into());
        }
        profile
    }
}

/// A candidate as a national system writes him; else what is wrong, without a value of his.
///
/// # Errors
/// The text is no candidate.
pub fn candidate_of_text(text: &str) -> Result<Candidate, String> {
    from_json::<Candidate>(text.as_bytes()).map_err(|fault| fault.to_string())
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';', '\n']).map(str::trim).filter(|one| !one.is_empty())
}

/// The version of the texts `consent-text-*`: another text is another version.
const TEXT_VERSION: &str = "X-1";
