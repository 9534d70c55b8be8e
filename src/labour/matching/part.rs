//! The parts of a score, each with what it was made of.

use super::rates::{Monthly, PayShown};
use super::recognition::Asked;
use crate::exchange::canonical::job::{
    ExperienceBand, IscoCode, LanguageCode, LanguageLevel, Offering, Place, Schedule, Schooling,
};
use crate::exchange::canonical::{Coded, State};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What a part is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// How near the occupations are.
    Occupation,
    /// Which skills are there, near, or missing.
    Skills,
    /// Languages and their levels.
    Languages,
    /// Where the work is.
    Place,
    /// What is paid, against what is wished.
    Pay,
    /// How long the person worked as this, against what is asked.
    Experience,
    /// Schooling.
    Schooling,
    /// Schedule and contract.
    Terms,
    /// How new it is.
    Freshness,
    /// The words that a reader typed.
    Text,
}

impl PartKind {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 10] = [
        Self::Occupation,
        Self::Skills,
        Self::Languages,
        Self::Place,
        Self::Pay,
        Self::Experience,
        Self::Schooling,
        Self::Terms,
        Self::Freshness,
        Self::Text,
    ];

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Occupation => "occupation",
            Self::Skills => "skills",
            Self::Languages => "languages",
            Self::Place => "place",
            Self::Pay => "pay",
            Self::Experience => "experience",
            Self::Schooling => "schooling",
            Self::Terms => "terms",
            Self::Freshness => "freshness",
            Self::Text => "text",
        }
    }
}

/// How a person and a vacancy fit: the points of the parts add up to the score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// 0 to 1000.
    pub points: u16,
    /// What it is made of.
    pub parts: Vec<Part>,
    /// What the reader should know beside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

impl Score {
    /// The score of words alone, of 1000 of the best that was found.
    pub fn of_words(likeness: u16) -> Self {
        let points = likeness.min(1000);
        let part = Part { kind: PartKind::Text, points, most: 1000, why: Why::Text { likeness } };
        Self { points, parts: vec![part], warnings: Vec::new() }
    }
}

/// A part of a score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// What it is about.
    pub kind: PartKind,
    /// How many points it gives.
    pub points: u16,
    /// How many it may give.
    pub most: u16,
    /// What it was made of.
    pub why: Why,
}

/// What a part was made of.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Nothing can be said: one side tells nothing.
    Unknown,
    /// The nearest two occupations.
    Occupation {
        /// Of the person.
        own: IscoCode,
        /// Of the vacancy.
        offered: IscoCode,
        /// How many levels of the tree they share.
        shared_levels: u8,
        /// How long the person worked as this.
        #[serde(skip_serializing_if = "Option::is_none")]
        experience: Option<ExperienceBand>,
        /// Whether the vacancy's was understood from its title, and is no code of its source.
        is_guessed: bool,
    },
    /// Skills.
    Skills {
        /// The person has them.
        had: Vec<Coded>,
        /// One asked for, and a near one of the person.
        near: Vec<(Coded, Coded)>,
        /// Not there.
        missing: Vec<Coded>,
    },
    /// Languages, each with the level asked for and the level known.
    Languages(Vec<LanguageSeen>),
    /// The best of its places.
    Place {
        /// How it lies to what the person wishes.
        standing: PlaceStanding,
        /// Which.
        #[serde(skip_serializing_if = "Option::is_none")]
        place: Option<Place>,
    },
    /// Pay.
    Pay {
        /// What is offered, as the source says it and for the reader.
        offered: Box<PayShown>,
        /// What is wished, for the reader.
        #[serde(skip_serializing_if = "Option::is_none")]
        wished: Option<Monthly>,
    },
    /// Experience.
    Experience {
        /// The least that is asked for, in months.
        asked_months: u16,
        /// What the person has in the nearest occupation.
        own: ExperienceBand,
    },
    /// Schooling.
    Schooling {
        /// The least.
        #[serde(skip_serializing_if = "Option::is_none")]
        asked: Option<Schooling>,
        /// The person's.
        own: Schooling,
    },
    /// Schedule and contract.
    Terms {
        /// The schedule, and whether it is wished.
        #[serde(skip_serializing_if = "Option::is_none")]
        schedule: Option<(Schedule, bool)>,
        /// The contract, and whether it is wished.
        #[serde(skip_serializing_if = "Option::is_none")]
        offering: Option<(Offering, bool)>,
    },
    /// How many days ago it was published, or the profile changed.
    Freshness {
        /// Days.
        days: i32,
    },
    /// How well the words fit, of 1000 of the best that was found.
    Text {
        /// Of 1000.
        likeness: u16,
    },
}

/// A language that a vacancy asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LanguageSeen {
    /// Which.
    pub language: LanguageCode,
    /// How well, if it is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<LanguageLevel>,
    /// Whether the person knows it.
    pub is_known: bool,
    /// How well the person knows it, if it is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own: Option<LanguageLevel>,
}

/// How a place lies to what a person wishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceStanding {
    /// In a state that is wished, in another region of it than is wished.
    AnotherRegion,
    /// Nothing nearer than the country is said.
    Unknown,
    /// In a state that is wished.
    WishedState,
    /// In the home state.
    HomeState,
    /// From afar.
    Afar,
    /// In a region that is wished.
    WishedRegion,
    /// In the home region.
    HomeRegion,
}

/// What a reader should know beside a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "warning", rename_all = "snake_case")]
pub enum Warning {
    /// A qualification got elsewhere meets a rule of the state where the work is.
    Recognition {
        /// Where.
        state: State,
        /// As what.
        group: IscoCode,
        /// What is asked.
        asked: Asked,
        /// Who says so.
        source: String,
    },
    /// The pay was told by a rate of long ago.
    OldRate {
        /// Of which day.
        on: Date,
    },
    /// No rate of the currency is known: pay was not compared.
    NoRate,
    /// Taxes are in one of the two amounts and not in the other, or it is not said.
    TaxDiffers,
    /// Pay is said for another span and was reckoned for a month.
    PayReckoned,
    /// The occupation was understood from the title, since the source gives no code that is mapped, or another one.
    OccupationGuessed,
}
