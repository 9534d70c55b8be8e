//! The period workbench: what all states tell of a worker, beside what the local system knows, and what the Agreement makes of it.

use super::cases::{PersonView, RecordView, claim_of, version};
use super::is_for;
use super::kept::{ReadEntry, read_case};
use super::records::{records_in, records_of};
use crate::access::Permit;
use crate::base::{ConversationId, DocumentId, Findings, Language};
use crate::exchange::adapter::Found;
use crate::exchange::canonical::case::CaseDocument;
use crate::exchange::canonical::{Coded, Inquiry, InsuranceRecord, Person, RecordId, State};
use crate::flow::facts::{day_of, today};
use crate::flow::{Context, FlowError, conversation_of};
use crate::pension::{
    Advice, CaseFile, Choice, Claim, Convention, Length, Needed, Part, Right, Source, Standing, Timeline,
    Told, advise, agreement,
};
use crate::store::{CaseRecord, case_entries, case_held};
use jiff::civil::Date;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

/// Whose periods are laid out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "of", content = "number")]
pub enum WorkbenchOf {
    /// Those of the person of a case.
    Case(#[schemars(with = "String")] RecordId),
    /// Those of the record that came in a conversation.
    Conversation(#[schemars(with = "String")] ConversationId),
}

/// What a clerk states beside what the documents say; what is not stated is taken from them.
#[derive(Clone, Default)]
pub struct Reckoning {
    /// The kind of pension.
    pub kind: Option<Coded>,
    /// Where the claimant lives.
    pub residence: Option<State>,
    /// When the worker died, in a claim of survivors; as a document of the case has it, if absent.
    pub died_on: Option<Date>,
    /// What the law demands.
    pub needed: Option<Needed>,
    /// The coefficient that the state has determined (T23).
    pub own_coefficient: Option<Decimal>,
    /// How days become months and years.
    pub convention: Convention,
}

/// What is known of a person in the local system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LocalRecord {
    /// Exactly one person is meant, and his record is drawn.
    Found,
    /// Nobody is known.
    Nobody,
    /// More than one person may be meant; nothing is drawn.
    Several,
    /// Somebody resembles him; nothing is drawn.
    Unsure,
    /// The local system cannot be asked now; nothing is drawn.
    Away,
}

/// The workbench. It holds what is known of a person, and is shown nowhere in a log.
#[derive(Clone, Serialize, JsonSchema)]
pub struct Workbench {
    /// Whose periods they are.
    #[serde(flatten)]
    pub of: WorkbenchOf,
    /// By which a page knows that nothing has come or gone since it was shown.
    pub version: String,
    /// The day it was looked at, in UTC.
    #[schemars(with = "String")]
    pub today: Date,
    /// The day of filing, which counts in every state (T8); none where there is no claim.
    #[schemars(with = "Option<String>")]
    pub filed_on: Option<Date>,
    /// The person.
    pub person: PersonView,
    /// What was chosen to be drawn.
    pub choice: Choice,
    /// The periods.
    pub timeline: Timeline,
    /// The records that the case rests on.
    pub records: Vec<RecordView>,
    /// Those of them that cannot be read again.
    #[schemars(with = "Vec<String>")]
    pub unread: Vec<DocumentId>,
    /// What the local system says.
    pub local: LocalRecord,
    /// How many rows of the local files that are or may be about the person are set aside.
    pub rows_aside: u64,
    /// What the Agreement makes of all of it, whatever is chosen to be drawn: one for each kind of pension of ours.
    pub totals: Vec<Totals>,
}

/// What the Agreement makes of the records for one kind of pension. A person decides.
#[derive(Clone, Serialize, JsonSchema)]
pub struct Totals {
    /// A code of the kinds of pension.
    #[schemars(with = "String")]
    pub kind: Coded,
    /// What it is called.
    pub kind_says: String,
    /// Whether nobody has claimed or stated it: it is our pension of old age.
    pub is_assumed: bool,
    /// The day of filing that was reckoned with.
    #[schemars(with = "String")]
    pub filed_on: Date,
    /// The residence that was reckoned with.
    #[schemars(with = "String")]
    pub residence: State,
    /// How much service the law demands, as stated.
    pub needed: Option<Length>,
    /// What comes of it.
    pub right: Right,
    /// The same in words.
    pub right_says: String,
    /// How: each step with its rule.
    pub steps: Vec<StepView>,
    /// What is wrong or odd about the records and the claim; never with a value.
    #[schemars(with = "Vec<serde_json::Value>")]
    pub findings: Findings,
}

/// One step of a reckoning.
#[derive(Clone, Serialize, JsonSchema)]
pub struct StepView {
    /// The rule of the Agreement.
    pub rule: String,
    /// Which step it is.
    pub key: String,
    /// The step in words.
    pub says: String,
    /// What was counted, stretch by stretch.
    pub parts: Vec<Part>,
    /// What came of it, where that is a length.
    pub result: Option<Length>,
}

/// The workbench of a case or conversation, for who may see it; none if there is none, or nothing in it tells of a person.
///
/// # Errors
/// The database does not answer.
pub async fn workbench(
    permit: &Permit,
    of: &WorkbenchOf,
    (choice, reckoning): (&Choice, &Reckoning),
    language: Language,
    ctx: &Context,
) -> Result<Option<Workbench>, FlowError> {
    let number = match of {
        WorkbenchOf::Case(case) => case.as_str().to_owned(),
        WorkbenchOf::Conversation(id) => id.as_uuid().to_string(),
    };
    if !is_for(permit, &["case-workbench", "case-print"], &number) {
        return Ok(None);
    }
    let found = match of {
        WorkbenchOf::Case(case) => of_case(case, ctx).await?,
        WorkbenchOf::Conversation(id) => of_conversation(*id, ctx).await?,
    };
    let Some(found) = found else { return Ok(None) };
    let (local, own, rows_aside) = local_record(&found.person, ctx).await?;
    let told: Vec<Told<'_>> = found.told(own.as_ref());
    let today = today(ctx);
    let timeline = Timeline::of(&told, choice, (today, reckoning.convention));
    let all: Vec<InsuranceRecord> = told.iter().map(|one| one.record.clone()).collect();
    let claims = found.claims(reckoning, today, ctx.state);
    let totals = claims.iter().map(|(claim, is_assumed)| totals((claim, *is_assumed), &all, language));
    let totals = totals.collect();
    let unread = found.records.iter().filter(|(_, record)| record.is_none());
    Ok(Some(Workbench {
        of: of.clone(),
        version: found.version.clone(),
        today,
        filed_on: found.filed_on,
        person: PersonView::of(&found.person),
        choice: choice.clone(),
        totals,
        unread: unread.map(|(one, _)| one.document_id).collect(),
        records: found.records.iter().map(|(one, _)| RecordView::of(one)).collect(),
        timeline,
        local,
        rows_aside,
    }))
}

/// The kinds of pension of a state, by code, each with its name.
pub fn kinds_of(state: State, language: Language) -> Vec<(String, String)> {
    let own = agreement().kinds().filter(|(_, kind)| kind.state == state);
    own.map(|(code, kind)| (code.to_owned(), kind.names().of(language).to_owned())).collect()
}

/// What a case or conversation tells.
struct Ground {
    version: String,
    person: Person,
    records: Vec<(CaseRecord, Option<InsuranceRecord>)>,
    filed_on: Option<Date>,
    filed_in: Option<State>,
    received_on: Option<Date>,
    residence: Option<State>,
    died_on: Option<Date>,
    kinds: Vec<Coded>,
}

async fn of_case(case: &RecordId, ctx: &Context) -> Result<Option<Ground>, FlowError> {
    let mut tx = ctx.store.read().await?;
    let file = CaseFile::new(case_entries(&mut tx, case).await?);
    let held = case_held(&mut tx, case).await?;
    drop(tx);
    let read = read_case(&file, ctx).await?;
    let person = read.iter().rev().find_map(|it| it.document.as_ref()?.person()).cloned();
    let Some(person) = person else { return Ok(None) };
    let records = records_of(case, ctx).await?;
    let listed: Vec<CaseRecord> = records.iter().map(|(one, _)| one.clone()).collect();
    let claim = claim_of(&read);
    let came = claim.filter(|(entry, _)| entry.from != ctx.state).map(|(entry, _)| day_of(entry.at));
    let claimed = file.entries().iter().flat_map(|entry| &entry.said.pensions).cloned();
    let counts = |it: &&ReadEntry<'_>| file.standing(it.entry.document_id) != Some(Standing::Withdrawn);
    let told_of = read.iter().rev().filter(counts).filter_map(|it| it.document.as_ref());
    let mut told_of = told_of.filter(|it| it.person().is_some_and(|one| one.is_same(&person)));
    let died_on = told_of.find_map(CaseDocument::died_on);
    Ok(Some(Ground {
        version: version(&file, &held, &listed),
        person,
        records,
        filed_on: file.filed().and_then(|filed| filed.at.day()),
        filed_in: file.filed().map(|filed| filed.state),
        received_on: came,
        residence: claim.and_then(|(_, claim)| claim.residence.country.to_string().parse().ok()),
        died_on,
        kinds: claimed.collect(),
    }))
}

async fn of_conversation(id: ConversationId, ctx: &Context) -> Result<Option<Ground>, FlowError> {
    let Some(known) = conversation_of(id, ctx).await? else { return Ok(None) };
    let came = records_in(&known.peer, id, ctx).await?;
    let Some(first) = came.first() else { return Ok(None) };
    let person = first.record.person.clone();
    let put_at = known.finished_at.unwrap_or(known.started_at);
    let records: Vec<(CaseRecord, Option<InsuranceRecord>)> = came
        .into_iter()
        .map(|one| {
            let (document_id, conversation_id) = (one.document_id, one.conversation_id);
            let put_by = String::new();
            let listed = CaseRecord { document_id, conversation_id, peer: one.peer, put_at, put_by };
            (listed, Some(one.record))
        })
        .collect();
    let listed: Vec<CaseRecord> = records.iter().map(|(one, _)| one.clone()).collect();
    Ok(Some(Ground {
        version: version(&CaseFile::default(), &[], &listed),
        person,
        records,
        filed_on: None,
        filed_in: None,
        received_on: None,
        residence: None,
        died_on: None,
        kinds: Vec::new(),
    }))
}

impl Ground {
    /// Everything that is to be drawn.
    fn told<'r>(&'r self, own: Option<&'r InsuranceRecord>) -> Vec<Told<'r>> {
        let received = self.records.iter().filter_map(|(one, record)| {
            let (document_id, conversation_id) = (one.document_id, one.conversation_id);
            let source = Source::Document { document_id, conversation_id };
            Some(Told { record: record.as_ref()?, source })
        });
        received.chain(own.map(|record| Told { record, source: Source::Local })).collect()
    }

    /// One claim for each pension of ours that is claimed or stated, else one of old age, which nobody has claimed.
    fn claims(&self, stated: &Reckoning, today: Date, ours: State) -> Vec<(Claim, bool)> {
        let is_ours = |kind: &&Coded| agreement().kind(kind.as_str()).is_some_and(|it| it.state == ours);
        let mut kinds: Vec<Coded> = match &stated.kind {
            Some(kind) => vec![kind.clone()],
            None => self.kinds.iter().filter(is_ours).cloned().collect(),
        };
        kinds.sort_unstable();
        kinds.dedup();
        let is_assumed = kinds.is_empty();
        if is_assumed {
            let own = format!("{}-old-age", ours.as_code().to_lowercase());
            let known = agreement().kinds().map(|(code, _)| code).find(|code| *code == own);
            let first = kinds_of(ours, Language::En).into_iter().next().map(|(code, _)| code);
            kinds.extend(known.map(str::to_owned).or(first).and_then(|code| code.parse().ok()));
        }
        let filed_on = self.filed_on.unwrap_or(today);
        let claim = |kind: Coded| Claim {
            state: ours,
            kind,
            filed_on,
            filed_in: self.filed_in.filter(|state| *state != ours),
            received_on: self.received_on.filter(|day| *day >= filed_on),
            residence: stated.residence.or(self.residence).unwrap_or(ours),
            died_on: stated.died_on.or(self.died_on),
            needed: stated.needed.clone(),
            own_coefficient: stated.own_coefficient,
            convention: stated.convention,
        };
        kinds.into_iter().map(|kind| (claim(kind), is_assumed)).collect()
    }
}

fn totals((claim, is_assumed): (&Claim, bool), records: &[InsuranceRecord], language: Language) -> Totals {
    let Advice { right, steps, findings } = advise(claim, records, agreement());
    let kind_says = agreement().kind(claim.kind.as_str()).map(|kind| kind.names().of(language).to_owned());
    let step = |step: &crate::pension::Step| StepView {
        rule: step.rule.to_owned(),
        key: step.key.to_owned(),
        says: step.sentence(language),
        parts: step.parts.clone(),
        result: step.result,
    };
    Totals {
        kind: claim.kind.clone(),
        kind_says: kind_says.unwrap_or_else(|| claim.kind.as_str().to_owned()),
        is_assumed,
        filed_on: claim.filed_on,
        residence: claim.residence,
        needed: claim.needed.as_ref().map(|needed| needed.service),
        right,
        right_says: right.in_words(language).to_owned(),
        steps: steps.iter().map(step).collect(),
        findings,
    }
}

/// What the local system knows, and how many of its rows are set aside; one that cannot be asked hides nothing that came.
async fn local_record(
    person: &Person,
    ctx: &Context,
) -> Result<(LocalRecord, Option<InsuranceRecord>, u64), FlowError> {
    let Ok(purpose) = PURPOSE.parse() else { return Ok((LocalRecord::Away, None, 0)) };
    let (asking, asked) = (ctx.state, ctx.state);
    let inquiry = Inquiry { asking, asked, person: person.clone(), interval: None, purpose };
    let (desk, as_of) = (ctx.desk.clone(), today(ctx));
    let asked = Context::aside(move || desk.find_counting(&inquiry, as_of)).await?;
    Ok(match asked {
        Ok((Found::Record(record, _), aside)) => (LocalRecord::Found, Some(record), aside),
        Ok((Found::Nobody, aside)) => (LocalRecord::Nobody, None, aside),
        Ok((Found::Several, aside)) => (LocalRecord::Several, None, aside),
        Ok((Found::Unsure(_), aside)) => (LocalRecord::Unsure, None, aside),
        Err(error) => {
            tracing::warn!(error = %crate::base::with_causes(&error), "the local system cannot be asked for a workbench");
            (LocalRecord::Away, None, 0)
        }
    })
}

/// A code of the purposes of an inquiry: why the local system is asked.
const PURPOSE: &str = "verification";
