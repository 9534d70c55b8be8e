//! `stazh jobs search`: vacancies for words, a profile, or both, with the reasons.

use super::local_index::{self, is_node};
use super::{Exit, live, rates, show, tables, told, unusable};
use crate::base::{Clock, Finding, SystemClock, from_json};
use crate::cli::exit::Misused;
use crate::cli::local;
use crate::exchange::canonical::job::{
    CandidateProfile, ExperienceBand, IscoCode, LanguageCode, Offering, Place, Remote, Schedule, Schooling,
};
use crate::exchange::canonical::{Coded, Currency, Money, State};
use crate::flow::posts::job_sources;
use crate::labour::matching::{Matching, Recognition, Sought, Weights};
use crate::store::job_index::{JobIndex, Keys, Order};
use anyhow::{Result, anyhow};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::path::{Path, PathBuf};

/// Find vacancies in an index, by words, for a profile, or both.
///
/// With a profile, what the person cannot or would not take is left out by name, and
/// the rest is set in order by a score of 0 to 1000 whose parts are shown. Words of all
/// six languages are found; occupation and skill codes find across languages. Each
/// filter may be given several times. Where nothing is found, it is told what each
/// filter removed.
///
/// Of a node, its index (stazh jobs index) is searched, and it is told how old what it
/// has of each state is, and which state does not answer.
///
/// With --live the peers of a node are asked at once, beside what it has of them: what
/// each did is told, and whether the answer is whole. No profile leaves the node.
///
///   stazh jobs search jobs --words сварщик --state KZ --state RU
///   stazh jobs search jobs --profile profile.json --rates rates.toml --currency KGS
///   stazh jobs search kg --profile candidate.json
///   stazh jobs search kg --words сварщик --live --ask KZ
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(in crate::cli) struct SearchCommand {
    /// The folder of the index, or that of a node.
    index: PathBuf,
    /// Words to look for.
    #[arg(long, default_value = "")]
    words: String,
    /// A profile, as JSON: codes and wishes, nothing that tells who it is. Of a candidate, as the home node keeps him,
    /// the profile alone is read.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// In which state.
    #[arg(long, value_parser = read::<State>)]
    state: Vec<State>,
    /// In which region: a state and the head of the code in its register, such as KZ/75.
    #[arg(long, value_parser = read_region)]
    region: Vec<Place>,
    /// As which occupation: one to four digits of ISCO-08.
    #[arg(long, value_parser = read::<IscoCode>)]
    occupation: Vec<IscoCode>,
    /// Posted within so many days.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=3650))]
    within: Option<u16>,
    /// The least pay for a month, in the currency of --currency.
    #[arg(long, value_name = "AMOUNT")]
    pay: Option<String>,
    /// In which currency pay is told.
    #[arg(long, default_value = "RUB", value_parser = read::<Currency>)]
    currency: Currency,
    /// Rates of currencies with their days (TOML); without them only pay in one currency is compared.
    #[arg(long, value_name = "FILE")]
    rates: Option<PathBuf>,
    /// From afar: no, possible, only.
    #[arg(long, value_parser = read::<Remote>)]
    remote: Vec<Remote>,
    /// Which contract, such as DirectHire, Temporary, Seasonal.
    #[arg(long, value_parser = read::<Offering>)]
    offering: Vec<Offering>,
    /// How much of the time: FullTime, PartTime, FlexTime, X-Shift, X-Rotation.
    #[arg(long, value_parser = read::<Schedule>)]
    schedule: Vec<Schedule>,
    /// Which schooling is asked for: 0 to 8 (ISCED 2011).
    #[arg(long, value_parser = read::<Schooling>)]
    schooling: Vec<Schooling>,
    /// Which experience is asked for: A none, B up to 1 year, C up to 2, D up to 5, E more.
    #[arg(long, value_parser = read::<ExperienceBand>)]
    experience: Vec<ExperienceBand>,
    /// In which language the vacancy is written: ru, kk, ky, hy, be, en.
    #[arg(long, value_parser = read::<LanguageCode>)]
    language: Vec<LanguageCode>,
    /// From which source: a state and its system, such as RU/trudvsem.
    #[arg(long, value_parser = read_source)]
    source: Vec<(State, Coded)>,
    /// In which order: the best match first, or the most recent.
    #[arg(long, default_value = "match")]
    sort: Sort,
    /// Which page, from 1.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    page: u16,
    /// How many on a page.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=50))]
    per_page: u16,
    /// Show how many there are of each state, region, group and so on.
    #[arg(long)]
    pub(super) facets: bool,
    /// The day it is; today if absent.
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
    /// Ask the peers of the node at once.
    #[arg(long)]
    live: bool,
    /// Only these of them.
    #[arg(long, requires = "live", value_parser = read::<State>)]
    pub(super) ask: Vec<State>,
    /// Print one JSON object.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Sort {
    Match,
    Recent,
}

impl SearchCommand {
    pub(super) fn run(self) -> Result<Exit> {
        let node = is_node(&self.index).then_some(&self.index);
        let folder = match node {
            Some(node) => local_index::folder(node)?,
            None => self.index.clone(),
        };
        let has_index = folder.join("meta.json").exists();
        if self.live && node.is_none() {
            return Err(Misused("ask peers of an index; name a node for --live".to_owned()).into());
        }
        if !has_index && !self.live {
            let folder = folder.display();
            return Err(Misused(format!("find an index in {folder}; make one with stazh jobs index")).into());
        }
        let index = has_index.then(|| JobIndex::open(&folder)).transpose()?;
        let profile = self.profile.as_deref().map(profile).transpose()?;
        let rates = rates(self.rates.as_deref())?;
        let (now, sources) = match node {
            None => (SystemClock.now(), Vec::new()),
            Some(node) => {
                let settings = local::settings(node)?;
                local::block_on(async {
                    let ctx = local::context(&settings).await?;
                    let seen = (ctx.clock.now(), job_sources(&ctx).await?);
                    ctx.store.close().await;
                    Ok(seen)
                })?
            }
        };
        let today = self.on.unwrap_or_else(|| now.to_zoned_datetime(TimeZone::UTC).date());
        let by = Matching {
            weights: Weights::built_in().map_err(unusable)?,
            recognition: Recognition::built_in().map_err(unusable)?,
            tables: tables(),
            rates: rates.as_ref(),
            currency: self.currency,
            today,
            sought: Sought::Vacancies,
        };
        let keys = self.keys(today)?;
        if let (true, Some(node)) = (self.live, node) {
            let (profile, index) = (profile.as_ref(), index.as_ref());
            return live::run(&self, node, &live::Sought { profile, keys: &keys, by: &by, index });
        }
        let Some(index) = index else { return Ok(Exit::Refused) }; // it is there, as was seen
        let found = index.search(profile.as_ref(), &keys, &by)?;
        let has_found = !found.page.is_empty();
        if self.json {
            let mut told = told::as_json(&found, index.count())?;
            if let (Some(_), Some(object)) = (node, told.as_object_mut()) {
                object.insert("sources".to_owned(), serde_json::to_value(&sources)?);
            }
            show::json(&told);
        } else {
            told::tell(&found, keys.page.saturating_mul(keys.per_page), self.facets, index.count());
            sources.iter().for_each(|source| show::line(&local_index::as_text(source)));
        }
        Ok(if has_found { Exit::Done } else { Exit::Refused })
    }

    fn keys(&self, today: Date) -> Result<Keys> {
        let pay_from = match &self.pay {
            Some(amount) => Some(
                Money::parse(amount, self.currency.as_code())
                    .map_err(|finding| Misused(format!("read --pay: {}", finding.message)))?,
            ),
            None => None,
        };
        Ok(Keys {
            words: self.words.clone(),
            states: self.state.clone(),
            regions: self.region.clone(),
            majors: Vec::new(),
            groups: self.occupation.clone(),
            posted_from: self.within.map(|days| today.saturating_sub(i64::from(days).days())),
            pay_from,
            remote: self.remote.clone(),
            offerings: self.offering.clone(),
            schedules: self.schedule.clone(),
            schoolings: self.schooling.clone(),
            experience: self.experience.clone(),
            languages: self.language.clone(),
            sources: self.source.clone(),
            order: match self.sort {
                Sort::Match => Order::Match,
                Sort::Recent => Order::Recent,
            },
            page: usize::from(self.page) - 1,
            per_page: usize::from(self.per_page),
        })
    }
}

/// The profile in a file, or that of the candidate in it: who he is is not read.
fn profile(path: &Path) -> Result<CandidateProfile> {
    let whole: serde_json::Value = local::read_json(path, "profile")?;
    let profile = whole.get("profile").cloned().unwrap_or(whole);
    from_json(profile.to_string().as_bytes())
        .map_err(|fault| anyhow!("understand the profile in {}: {fault}", path.display()))
}

fn read<T: std::str::FromStr<Err = Finding>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|finding: Finding| finding.message)
}

fn read_region(text: &str) -> Result<Place, String> {
    let (state, region) = text.split_once('/').ok_or("write a state and a region, such as KZ/75")?;
    Ok(Place { country: read::<State>(state)?.into(), region: Some(read(region)?), name: None })
}

fn read_source(text: &str) -> Result<(State, Coded), String> {
    let (state, source) = text.split_once('/').ok_or("write a state and its system, such as RU/trudvsem")?;
    Ok((read(state)?, read(source)?))
}
