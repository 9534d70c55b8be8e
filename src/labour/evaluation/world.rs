//! The generated world: vacancies, profiles, and what fits whom.

use super::dice::Dice;
use super::hidden::{Opening, Seeker, Transfer, grade};
use super::lexicon::Lexicon;
use super::phrases::Languages;
use crate::exchange::canonical::job::{CandidateProfile, LanguageCode, Vacancy};
use crate::labour::matching::Rates;
use jiff::civil::{Date, date};

/// A world under one seed.
pub struct World {
    pub(super) lexicon: Lexicon,
    pub(super) languages: Languages,
    pub(super) transfer: Transfer,
    pub(super) dice: Dice,
}

/// How large a set is.
#[derive(Debug, Clone, Copy)]
pub struct SetSize {
    /// How many vacancies.
    pub vacancies: usize,
    /// How many profiles.
    pub profiles: usize,
}

/// A set: vacancies, and profiles with what fits each.
pub struct GeneratedSet {
    /// Their ids are their places in the list.
    pub vacancies: Vec<Vacancy>,
    /// Profiles for whom something fits well.
    pub queries: Vec<Query>,
}

/// A profile that vacancies are sought for.
pub struct Query {
    /// As matching sees it.
    pub profile: CandidateProfile,
    /// The person's first language.
    pub language: LanguageCode,
    /// What the person would type in that language: for a search by words alone.
    pub words: String,
    /// How well each vacancy fits, 0 to 3, by place.
    pub grades: Vec<u8>,
}

/// Why no world is made: the frozen words, or a piece of the generator, is not of its form.
#[derive(Debug, thiserror::Error)]
#[error("make a generated world: {0}")]
pub struct WorldFault(pub(super) String);

impl World {
    /// A world out of a seed.
    ///
    /// # Errors
    /// Never for the words of this repository; a test makes one.
    pub fn new(seed: u64) -> Result<Self, WorldFault> {
        let lexicon = Lexicon::frozen()
            .ok_or_else(|| WorldFault("fixtures/matching/words.toml is not of its form".to_owned()))?;
        let dice = Dice::new(seed);
        let transfer = Transfer::draw(&lexicon, &dice);
        let languages = Languages::new().map_err(|finding| WorldFault(finding.message))?;
        Ok(Self { lexicon, languages, transfer, dice })
    }

    /// The day on which everything happens.
    pub fn today() -> Date {
        date(2026, 11, 30)
    }

    /// What currencies cost there. The rates are invented.
    ///
    /// # Errors
    /// Never; a test reads them.
    pub fn rates() -> Result<Rates, WorldFault> {
        Rates::parse(RATES).map_err(|finding| WorldFault(finding.message))
    }

    /// What matching may know of its words.
    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// A vacancy that is like any other of this world.
    ///
    /// # Errors
    /// Never; a test makes many.
    pub fn vacancy(&self, number: usize) -> Result<Vacancy, WorldFault> {
        let opening = Opening::draw(self);
        self.observe_opening(&opening, number)
    }

    /// A profile that is like any other of this world.
    ///
    /// # Errors
    /// Never; a test makes many.
    pub fn profile(&self) -> Result<CandidateProfile, WorldFault> {
        let seeker = Seeker::draw(self);
        Ok(self.observe_seeker(&seeker)?.0)
    }

    /// A set of vacancies and of profiles for whom something fits well.
    ///
    /// # Errors
    /// Never; a test makes one.
    pub fn set(&self, size: SetSize) -> Result<GeneratedSet, WorldFault> {
        let mut openings = Vec::with_capacity(size.vacancies);
        let mut vacancies = Vec::with_capacity(size.vacancies);
        for number in 0..size.vacancies {
            let opening = Opening::draw(self);
            vacancies.push(self.observe_opening(&opening, number)?);
            openings.push(opening);
        }
        let mut queries = Vec::with_capacity(size.profiles);
        for _ in 0..size.profiles.saturating_mul(TRIES) {
            if queries.len() == size.profiles {
                break;
            }
            let seeker = Seeker::draw(self);
            let grades: Vec<u8> = openings.iter().map(|opening| grade(&seeker, opening, self)).collect();
            let (profile, words) = self.observe_seeker(&seeker)?;
            if grades.iter().any(|grade| *grade >= 2) {
                queries.push(Query { profile, language: seeker.language, words, grades });
            }
        }
        Ok(GeneratedSet { vacancies, queries })
    }
}

/// Of so many profiles for each that is wanted, some have nothing that fits.
const TRIES: usize = 4;

const RATES: &str = r#"
base = "RUB"
source = "invented"
[[rate]]
on = "2026-11-27"
currency = "KZT"
units = 100
costs = "16"
[[rate]]
on = "2026-11-27"
currency = "KGS"
units = 100
costs = "92"
[[rate]]
on = "2026-11-27"
currency = "AMD"
units = 100
costs = "21"
[[rate]]
on = "2026-11-27"
currency = "BYN"
units = 1
costs = "27"
"#;
