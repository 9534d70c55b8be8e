//! A vacancy as people read it: in a list, and with all that was published of it.

use super::scored::{ScoreTold, WarningTold, score_told, warning_told};
use super::seek::By;
use super::told::{
    LanguageTold, NameTold, OccupationTold, PayTold, PlaceTold, choice, group_says, languages_told, named,
    occupation_told, pay_told, place_told, schooling_told, skills_told,
};
use crate::access::Permit;
use crate::base::{Language, from_json};
use crate::exchange::canonical::State;
use crate::exchange::canonical::job::{Vacancy, VacancyRef};
use crate::flow::labour::vacancy_name;
use crate::flow::{Context, FlowError};
use crate::labour::matching::{Guess, Matching, Offer, Recognition, Score, Tables, Warning};
use crate::labour::sync::StreamKind;
use crate::store::{PublishedState, cursor_find, mirror_find, published_find};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// A vacancy in a list.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct VacancyLine {
    /// Whose node published it.
    pub state: String,
    /// The system of that state it comes from.
    pub source: String,
    /// Its id there.
    pub id: String,
    /// What the post is called.
    pub title: String,
    /// In which language its texts are.
    pub language: Option<String>,
    /// Who employs.
    pub employer: Option<String>,
    /// Where the work is done.
    pub places: Vec<PlaceTold>,
    /// What is paid.
    pub pay: Option<PayTold>,
    /// The occupation, by one or more lists.
    pub occupations: Vec<OccupationTold>,
    /// When it was first published.
    pub posted_on: String,
    /// How it fits; nothing where neither a person nor words were sought for.
    pub score: Option<ScoreTold>,
}

/// A vacancy with all that was published of it: whom to call is never.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct VacancyView {
    /// What stands in a list.
    pub line: VacancyLine,
    /// `open` or `closed`.
    pub status: String,
    /// Whether this node published it.
    pub is_own: bool,
    /// Duties and demands.
    pub description: Option<String>,
    /// The number of the employer, and its register.
    pub employer_number: Option<String>,
    /// Whether an agency seeks for another.
    pub is_of_agency: bool,
    /// Whether it is done from afar.
    pub remote: Option<NameTold>,
    /// Which contract.
    pub offering: Option<NameTold>,
    /// How much of the time.
    pub schedule: Option<NameTold>,
    /// What the person should be able to do.
    pub skills: Vec<NameTold>,
    /// Which languages.
    pub languages: Vec<LanguageTold>,
    /// Which driving licences.
    pub licences: Vec<String>,
    /// Which certificates.
    pub certificates: Vec<String>,
    /// The least schooling.
    pub schooling: Option<NameTold>,
    /// The least experience in months.
    pub experience_months: Option<u16>,
    /// How many posts.
    pub posts: u32,
    /// For whom posts are kept by quota.
    pub quotas: Vec<String>,
    /// What comes with the pay.
    pub benefits: Vec<String>,
    /// The branch of the employer.
    pub industries: Vec<String>,
    /// The last day to apply.
    pub closes_on: Option<String>,
    /// When the source changed it last.
    #[schemars(with = "String")]
    pub changed_at: Timestamp,
    /// Since when it stands here as it is.
    #[schemars(with = "String")]
    pub taken_at: Timestamp,
    /// When the peer was heard last: it would have told of a change. Nothing of our own.
    #[schemars(with = "Option<String>")]
    pub confirmed_at: Option<Timestamp>,
    /// The page of the national system.
    pub page: Option<String>,
    /// Which occupations its title may mean, with how sure, of 1000.
    pub guesses: Vec<(NameTold, u16)>,
    /// What the state asks of qualifications that were got elsewhere.
    pub warnings: Vec<WarningTold>,
}

/// A vacancy that this node published or has of a peer; none if it is closed or was never here.
///
/// # Errors
/// The database does not answer.
pub async fn vacancy_view(
    _permit: &Permit,
    reference: &VacancyRef,
    language: Language,
    ctx: &Context,
) -> Result<Option<VacancyView>, FlowError> {
    let Some(found) = found(reference, ctx).await? else { return Ok(None) };
    let by = By::of(None, ctx)?;
    let view = Context::aside(move || view(&found, &by.matching(), language)).await?;
    Ok(Some(view))
}

/// A vacancy, and how old what is known of it is.
pub(super) struct FoundOne {
    pub(super) vacancy: Vacancy,
    is_own: bool,
    taken_at: Timestamp,
    confirmed_at: Option<Timestamp>,
}

/// Finds a vacancy among what this node published and what it has of peers.
pub(super) async fn found(reference: &VacancyRef, ctx: &Context) -> Result<Option<FoundOne>, FlowError> {
    if !ctx.labour.is_enabled {
        return Ok(None);
    }
    let name = vacancy_name(reference);
    let is_own = reference.state == ctx.state;
    let mut tx = ctx.store.read().await?;
    let (content, taken_at, confirmed_at) = if is_own {
        let found = published_find(&mut tx, ("", StreamKind::Vacancy), std::slice::from_ref(&name)).await?;
        let Some(one) = found.into_values().find(|one| one.state == PublishedState::Active) else {
            return Ok(None);
        };
        (one.content, one.changed_at, None)
    } else {
        let peer = reference.state.as_code();
        let Some(one) = mirror_find(&mut tx, (peer, StreamKind::Vacancy, &name)).await? else {
            return Ok(None);
        };
        let heard = cursor_find(&mut tx, peer, StreamKind::Vacancy).await?;
        (one.content, one.at, heard.map(|cursor| cursor.heard_at))
    };
    drop(tx);
    let Some((content, _hash)) = content else { return Ok(None) };
    // what a peer wrote was read when it came; what cannot be read any more is shown to nobody
    let Ok(vacancy) = from_json::<Vacancy>(content.as_bytes()) else { return Ok(None) };
    Ok(Some(FoundOne { vacancy, is_own, taken_at, confirmed_at }))
}

/// A vacancy as it stands in a list.
pub(super) fn line(
    vacancy: &Vacancy,
    score: Option<&Score>,
    by: &Matching<'_>,
    language: Language,
) -> VacancyLine {
    VacancyLine {
        state: vacancy.reference.state.to_string(),
        source: vacancy.reference.source.as_str().to_owned(),
        id: vacancy.reference.id.as_str().to_owned(),
        title: vacancy.title.as_str().to_owned(),
        language: vacancy.language.map(|language| language.to_string()),
        employer: vacancy.employer.as_ref().and_then(|it| it.name.as_ref()).map(|it| it.as_str().to_owned()),
        places: vacancy.places.iter().map(|place| place_told(language, place)).collect(),
        pay: vacancy.pay.as_ref().map(|pay| pay_told(language, &by.pay_shown(pay))),
        occupations: vacancy.occupations.iter().map(|it| occupation_told(language, it)).collect(),
        posted_on: vacancy.posted_on.to_string(),
        score: score.map(|score| score_told(language, score)),
    }
}

fn view(found: &FoundOne, by: &Matching<'_>, language: Language) -> VacancyView {
    let vacancy = &found.vacancy;
    let codes = |codes: &[crate::exchange::canonical::Coded]| -> Vec<String> {
        codes.iter().map(|code| code.as_str().to_owned()).collect()
    };
    let guesses = by.tables.guesses(vacancy.title.as_str(), vacancy.language);
    let number = vacancy.employer.as_ref().and_then(|employer| employer.number.as_ref());
    VacancyView {
        line: line(vacancy, None, by, language),
        status: vacancy.status.to_string(),
        is_own: found.is_own,
        description: vacancy.description.as_ref().map(|text| text.as_str().to_owned()),
        employer_number: number
            .map(|number| format!("{} {}", number.kind.as_str().to_uppercase(), number.value.as_str())),
        is_of_agency: vacancy.is_of_agency,
        remote: vacancy.remote.map(|one| named(language, "remote", one.as_code())),
        offering: vacancy.offering.map(|one| named(language, "offering", one.as_code())),
        schedule: vacancy.schedule.map(|one| named(language, "schedule", one.as_code())),
        skills: skills_told(language, &vacancy.skills),
        languages: languages_told(language, &vacancy.languages),
        licences: vacancy.licences.iter().map(ToString::to_string).collect(),
        certificates: vacancy.certificates.iter().map(|one| one.code.as_str().to_owned()).collect(),
        schooling: vacancy.schooling.map(|one| schooling_told(language, one)),
        experience_months: vacancy.experience_months,
        posts: vacancy.posts,
        quotas: codes(&vacancy.quotas),
        benefits: codes(&vacancy.benefits),
        industries: codes(&vacancy.industries),
        closes_on: vacancy.closes_on.map(|day| day.to_string()),
        changed_at: vacancy.changed_at,
        taken_at: found.taken_at,
        confirmed_at: found.confirmed_at,
        page: vacancy.page.clone().filter(|page| page.starts_with("https://")),
        warnings: recognised(vacancy, &guesses, by.recognition, language),
        guesses: guesses
            .iter()
            .map(|guess| {
                (
                    NameTold { code: guess.group.to_string(), name: group_says(language, guess.group) },
                    guess.certainty,
                )
            })
            .collect(),
    }
}

/// What the states where the work is ask of those who learned it elsewhere.
fn recognised(
    vacancy: &Vacancy,
    guesses: &[Guess],
    rules: &Recognition,
    language: Language,
) -> Vec<WarningTold> {
    let mut groups: Vec<_> = vacancy.isco().collect();
    if groups.is_empty() {
        groups.extend(guesses.first().map(|guess| guess.group));
    }
    let mut states: Vec<State> =
        vacancy.places.iter().filter_map(|it| it.country.to_string().parse().ok()).collect();
    if states.is_empty() {
        states.push(vacancy.reference.state);
    }
    states.sort();
    states.dedup();
    let mut told = Vec::new();
    for state in states {
        for group in &groups {
            if let Some((asked, source)) = rules.asked(state, *group) {
                let source = source.to_owned();
                told.push(warning_told(
                    language,
                    &Warning::Recognition { state, group: *group, asked, source },
                ));
            }
        }
    }
    told.dedup();
    told
}

/// A vacancy that is matched, with what its title may mean.
pub(super) fn offer<'v>(vacancy: &'v Vacancy, guesses: &'v [Guess]) -> Offer<'v> {
    Offer { vacancy, guesses, likeness: None }
}

/// What a barrier, or a filter of a search, is called.
pub(super) fn barrier_says(language: Language, name: &str) -> String {
    choice(language, "barrier", name)
}

/// What a title may mean.
pub(super) fn guesses_of(vacancy: &Vacancy, tables: &dyn Tables) -> Vec<Guess> {
    tables.guesses(vacancy.title.as_str(), vacancy.language)
}
