//! A worker's way from a post to the question for his pension, stage by stage, and the wall in it: what came by consent is seen by
//! the labour side alone, what came by the Agreement by the institution; the labour side sees that too if he consented to
//! one file of both.

use super::workers::documents_of;
use crate::access::Permit;
use crate::base::{Digest256, Language, phrases};
use crate::exchange::OnTheWay;
use crate::flow::{Context, FlowError};
use crate::labour::consent::{Consent, ConsentState, Purpose};
use crate::labour::{Channel, Link, LinkKind, MobilityCase};
use crate::store::consent_list;
use schemars::JsonSchema;
use serde::Serialize;

/// A worker's way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Way {
    /// The worker, by the digest under which he is kept.
    pub worker: String,
    /// Whether what came by consent may be seen here.
    pub has_consent_channel: bool,
    /// Whether what came by the Agreement may be seen here.
    pub has_treaty_channel: bool,
    /// The stages in their order; those of a channel that may not be seen here are not among them.
    pub stages: Vec<WayStage>,
}

/// A stage of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WayStage {
    /// Which.
    pub name: WayStageName,
    /// Whether it was reached.
    pub is: WayStageIs,
    /// By which channel it is told: `consent` or `treaty`.
    pub channel: String,
    /// Whose node it came from.
    pub source: Option<String>,
    /// Since when, if its document says it.
    pub on: Option<String>,
    /// What it is, in words.
    pub told: String,
    /// By which document of which process, and why it may be kept.
    pub basis: String,
}

/// The stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WayStageName {
    /// An employer is interested, for a vacancy.
    Interest,
    /// He showed himself to that one.
    Reveal,
    /// He applied, and was offered the post.
    Offer,
    /// He works.
    Employment,
    /// Contributions are paid.
    Contributions,
    /// His pension is asked about.
    Inquiry,
}

impl WayStageName {
    const ALL: [Self; 6] =
        [Self::Interest, Self::Reveal, Self::Offer, Self::Employment, Self::Contributions, Self::Inquiry];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Interest => "interest",
            Self::Reveal => "reveal",
            Self::Offer => "offer",
            Self::Employment => "employment",
            Self::Contributions => "contributions",
            Self::Inquiry => "inquiry",
        }
    }

    fn of(kind: &LinkKind) -> Self {
        match kind {
            LinkKind::Interest(_) => Self::Interest,
            LinkKind::Reveal(_) => Self::Reveal,
            LinkKind::Offer(_) => Self::Offer,
            LinkKind::Employment(_) => Self::Employment,
            LinkKind::Contributions(_) => Self::Contributions,
            LinkKind::Inquiry(_) => Self::Inquiry,
        }
    }

    fn channel(self) -> Channel {
        match self {
            Self::Interest | Self::Reveal | Self::Offer => Channel::Consent,
            Self::Employment | Self::Contributions | Self::Inquiry => Channel::Treaty,
        }
    }
}

/// Whether a stage was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WayStageIs {
    /// It was.
    Done,
    /// It was not.
    Ahead,
}

/// The way of a worker as the labour side sees it; none if he never consented to anything, or the permit is for something else.
/// Once his consents have ended, nothing of them is left in it.
///
/// # Errors
/// The database does not answer.
pub async fn worker_way(
    permit: &Permit,
    worker: Digest256,
    language: Language,
    ctx: &Context,
) -> Result<Option<Way>, FlowError> {
    if permit.command() != LABOUR_SIDE {
        return Ok(None);
    }
    let now = ctx.clock.now();
    let consents = consent_list(&mut ctx.store.read().await?, worker).await?;
    if consents.is_empty() {
        return Ok(None);
    }
    let is_in_force = |consent: &&Consent| consent.state(now) == ConsentState::Active;
    let mut case = case_of(worker, ctx).await?;
    if !consents.iter().any(|consent| is_in_force(&consent)) {
        case.end_consents();
    }
    let is_one_file =
        consents.iter().filter(is_in_force).any(|it| it.terms().purpose == Purpose::MobilityCase);
    let links: Vec<&Link> =
        case.links().iter().filter(|link| is_one_file || link.channel() == Channel::Consent).collect();
    Ok(Some(way(worker, &links, (true, is_one_file), language)))
}

/// The same as an institution sees it: what came by the Agreement, and nothing else; none if the permit is for something else.
///
/// # Errors
/// The database does not answer.
pub async fn institution_way(
    permit: &Permit,
    worker: Digest256,
    language: Language,
    ctx: &Context,
) -> Result<Option<Way>, FlowError> {
    if permit.command() != INSTITUTION_SIDE {
        return Ok(None);
    }
    let case = case_of(worker, ctx).await?;
    let links: Vec<&Link> = case.for_institution().collect();
    if links.is_empty() {
        return Ok(None); // whether he seeks work is not told either
    }
    Ok(Some(way(worker, &links, (false, true), language)))
}

async fn case_of(worker: Digest256, ctx: &Context) -> Result<MobilityCase, FlowError> {
    let mut case = MobilityCase::default();
    for (_id, _at, document) in documents_of(worker, ctx).await?.into_iter().rev() {
        match document {
            OnTheWay::Job(document) => case.take(&document),
            OnTheWay::Inquiry(inquiry) => case.ask(&inquiry),
            OnTheWay::Nothing => {}
        }
    }
    Ok(case)
}

fn way(worker: Digest256, links: &[&Link], (consent, treaty): (bool, bool), language: Language) -> Way {
    let mut stages = Vec::new();
    for name in WayStageName::ALL {
        let is_seen = match name.channel() {
            Channel::Consent => consent,
            Channel::Treaty => treaty,
        };
        if !is_seen {
            continue;
        }
        let before = stages.len();
        let here = links.iter().filter(|link| WayStageName::of(&link.kind) == name);
        stages.extend(here.map(|link| reached(name, link, language)));
        if stages.len() == before {
            stages.push(WayStage {
                name,
                is: WayStageIs::Ahead,
                channel: name.channel().as_str().to_owned(),
                source: None,
                on: None,
                told: phrases(language).say(&format!("way-{}-ahead", name.word())),
                basis: String::new(),
            });
        }
    }
    Way { worker: worker.to_string(), has_consent_channel: consent, has_treaty_channel: treaty, stages }
}

fn reached(name: WayStageName, link: &Link, language: Language) -> WayStage {
    let what = match &link.kind {
        LinkKind::Interest(vacancy) => {
            format!("{}/{}/{}", vacancy.state, vacancy.source.as_str(), vacancy.id.as_str())
        }
        LinkKind::Reveal(id) => format!("rvl_{}", id.simple()),
        LinkKind::Offer(id) => format!("app_{}", id.simple()),
        LinkKind::Employment(count) | LinkKind::Contributions(count) => count.to_string(),
        LinkKind::Inquiry(asked) => super::told::state_says(language, *asked),
    };
    WayStage {
        name,
        is: WayStageIs::Done,
        channel: link.channel().as_str().to_owned(),
        source: Some(super::told::state_says(language, link.source)),
        on: link.on.map(|on| on.to_string()),
        told: phrases(language).say_with(&format!("way-{}-done", name.word()), &[("what", &what)]),
        basis: link.basis().to_owned(),
    }
}

/// Under which command the labour side sees it.
const LABOUR_SIDE: &str = "mobility-view";
/// Under which an institution does.
const INSTITUTION_SIDE: &str = "mobility-institution-view";
