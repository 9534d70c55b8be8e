//! A question for vacancies that one node asks another at once, beside the streams, and the judgement of what is answered. There
//! is no field for a person in it, and words that look like one's number, address or patronymic are not asked.

use super::leak::{contact_in, name_in};
use super::sync::{Detail, is_name};
use super::words::words;
use crate::base::Code;
use crate::exchange::canonical::job::{
    ExperienceBand, IscoCode, LanguageCode, Offering, Place, Remote, Schedule, Schooling,
};
use crate::exchange::canonical::{Coded, Money, State};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What one node asks another: the keys of a search (`labour.md` §7). An empty list asks nothing. A key that the other does not
/// know is refused by it: without it, it would answer another question.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LiveQuestion {
    /// Words that a reader typed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub words: String,
    /// In which states the work is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<State>,
    /// In which regions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<Place>,
    /// In which major groups of occupations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub majors: Vec<IscoCode>,
    /// As which occupations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<IscoCode>,
    /// Posted on this day or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posted_from: Option<Date>,
    /// The least pay for a month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pay_from: Option<Money>,
    /// From afar.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remote: Vec<Remote>,
    /// Which contracts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offerings: Vec<Offering>,
    /// How much of the time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub schedules: Vec<Schedule>,
    /// Which schooling is asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub schoolings: Vec<Schooling>,
    /// Which experience is asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub experience: Vec<ExperienceBand>,
    /// In which language the text is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<LanguageCode>,
    /// From which sources; those of other states than the one that is asked find nothing there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<LiveSource>,
    /// Whether the newest are wanted, and not the best.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_newest_first: bool,
    /// How many are wanted at most.
    pub limit: u32,
}

/// A system of a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveSource {
    /// Of which state.
    pub state: State,
    /// Which, such as `trudvsem`.
    pub source: Coded,
}

/// Why a question is not asked, and not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuestionFault {
    /// The words are too many.
    #[error("ask with words of at most {WORDS_CHARS_MAX} characters on one line")]
    Words,
    /// The words tell of a person.
    #[error("ask with words that tell of nobody: {0}")]
    Person(&'static str),
    /// A list is too long.
    #[error("ask with at most {LIST_MAX} values of a key")]
    List,
    /// No record is wanted, or too many.
    #[error("ask for 1 to {LIVE_RECORDS_MAX} records")]
    Limit,
}

impl QuestionFault {
    /// Its stable code.
    pub fn code(&self) -> Code {
        "labour.live_question"
    }
}

impl LiveQuestion {
    /// Whether it may be asked: of its own node before it leaves, and of the one that is asked.
    ///
    /// # Errors
    /// It is too large, or its words tell of a person.
    pub fn judge(&self) -> Result<(), QuestionFault> {
        if self.words.chars().count() > WORDS_CHARS_MAX || self.words.chars().any(char::is_control) {
            return Err(QuestionFault::Words);
        }
        if let Some(what) = contact_in(&self.words).or_else(|| name_in(&self.words)) {
            return Err(QuestionFault::Person(what));
        }
        let lengths = [
            self.states.len(),
            self.regions.len(),
            self.majors.len(),
            self.groups.len(),
            self.remote.len(),
            self.offerings.len(),
            self.schedules.len(),
            self.schoolings.len(),
            self.experience.len(),
            self.languages.len(),
            self.sources.len(),
        ];
        if lengths.into_iter().any(|length| length > LIST_MAX) {
            return Err(QuestionFault::List);
        }
        if !(1..=LIVE_RECORDS_MAX).contains(&self.limit) {
            return Err(QuestionFault::Limit);
        }
        Ok(())
    }
}

/// What a node answers: contents of its own vacancies, each with its hash as in the streams. There is no score: whoever asked
/// reckons it by himself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LiveAnswer {
    /// Since when what it searched in is as it is.
    pub as_of: Timestamp,
    /// How many of its own meet the question.
    pub hits: u64,
    /// As many of them as were wanted and fit.
    pub results: Vec<Detail>,
    /// Whether there are more.
    pub has_more: bool,
}

/// An answer of which nothing is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerFault {
    /// It is none.
    #[error("take an answer that is not the JSON of this call")]
    Unclear,
    /// It holds more than was asked for.
    #[error("take an answer of more records than were asked for")]
    TooMany,
    /// A record stands in it twice, or has no lawful name.
    #[error("take an answer that repeats a record, or names one unlawfully")]
    Names,
}

impl AnswerFault {
    /// Its stable code.
    pub fn code(&self) -> Code {
        "labour.live_answer"
    }
}

impl LiveAnswer {
    /// Whether it can be taken as a whole; each record of it is judged by itself.
    ///
    /// # Errors
    /// More records than were asked for, a record twice, a name that is none.
    pub fn judge(&self, limit: u32) -> Result<(), AnswerFault> {
        if u32::try_from(self.results.len()).unwrap_or(u32::MAX) > limit {
            return Err(AnswerFault::TooMany);
        }
        let names: BTreeSet<&str> = self.results.iter().map(|detail| detail.reference.as_str()).collect();
        if names.len() != self.results.len() || !names.into_iter().all(is_name) {
            return Err(AnswerFault::Names);
        }
        Ok(())
    }

    /// Whether there are more than it holds, whatever it says of that.
    pub fn is_cut(&self) -> bool {
        self.has_more || self.hits > u64::try_from(self.results.len()).unwrap_or(u64::MAX)
    }
}

words! {
    /// What came of asking a node.
    LiveIs {
        /// It told all that it has.
        Answered = "answered",
        /// It has more than it told, or its line broke while it told.
        CutOff = "cut_off",
        /// It did not answer in time.
        Late = "late",
        /// It answers no such question, or not us.
        Refused = "refused",
        /// It could not be reached.
        Unreachable = "unreachable",
        /// What it answered is unlawful, and nothing of it was taken.
        Unlawful = "unlawful",
        /// Nobody chose it, or this node asks too many already.
        NotAsked = "not_asked",
        /// It is reached by files or queues, which answer no such question.
        NoRoad = "no_road",
    }
}

impl LiveIs {
    /// Whether what it has is here as a whole.
    pub fn is_whole(&self) -> bool {
        match self {
            Self::Answered => true,
            Self::CutOff
            | Self::Late
            | Self::Refused
            | Self::Unreachable
            | Self::Unlawful
            | Self::NotAsked
            | Self::NoRoad => false,
        }
    }
}

/// The most records that one node is asked for.
pub const LIVE_RECORDS_MAX: u32 = 200;
/// As many as a page takes of a reader.
const WORDS_CHARS_MAX: usize = 200;
const LIST_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::super::sync::DetailOutcome;
    use super::*;
    use proptest::prelude::*;

    fn question(words: &str) -> LiveQuestion {
        LiveQuestion { words: words.to_owned(), limit: 5, ..LiveQuestion::default() }
    }

    fn answer(names: &[&str], hits: u64, has_more: bool) -> LiveAnswer {
        let detail = |name: &&str| Detail { reference: (*name).to_owned(), outcome: DetailOutcome::NotFound };
        LiveAnswer {
            as_of: Timestamp::UNIX_EPOCH,
            hits,
            results: names.iter().map(detail).collect(),
            has_more,
        }
    }

    #[test]
    fn words_that_tell_of_a_person_are_not_asked() {
        assert_eq!(question("сварщик 5 разряда, дәнекерлеуші").judge(), Ok(()));
        for of_person in
            ["звонить +7 905 765-43-21", "880101300123", "me@there.example", "Сварщик Иван Петрович"]
        {
            let told = question(of_person).judge();
            assert!(matches!(told, Err(QuestionFault::Person(_))), "{of_person}: {told:?}");
            assert!(!told.unwrap_err().to_string().contains(of_person));
        }
        assert_eq!(question(&"а".repeat(201)).judge(), Err(QuestionFault::Words));
        assert_eq!(question("а\nб").judge(), Err(QuestionFault::Words));
        assert_eq!(LiveQuestion::default().judge(), Err(QuestionFault::Limit));
        assert_eq!(LiveQuestion { limit: 201, ..question("") }.judge(), Err(QuestionFault::Limit));
        let many = vec!["7212".parse().unwrap(); 65];
        assert_eq!(LiveQuestion { groups: many, ..question("") }.judge(), Err(QuestionFault::List));
    }

    #[test]
    fn a_key_that_is_not_known_is_refused_and_not_passed_over() {
        assert!(serde_json::from_str::<LiveQuestion>(r#"{"limit":5,"words":"a"}"#).is_ok());
        assert!(serde_json::from_str::<LiveQuestion>(r#"{"limit":5,"sex":"male"}"#).is_err());
    }

    #[test]
    fn an_answer_that_repeats_or_overflows_is_not_taken() {
        assert_eq!(answer(&["a", "b"], 2, false).judge(2), Ok(()));
        assert_eq!(answer(&["a", "b", "c"], 3, false).judge(2), Err(AnswerFault::TooMany));
        assert_eq!(answer(&["a", "a"], 2, false).judge(2), Err(AnswerFault::Names));
        assert_eq!(answer(&[""], 1, false).judge(2), Err(AnswerFault::Names));
        assert!(!answer(&["a"], 1, false).is_cut());
        assert!(answer(&["a"], 9, false).is_cut() && answer(&["a"], 1, true).is_cut());
    }

    proptest! {
        /// A question comes over the line as it was asked.
        #[test]
        fn a_question_is_read_as_it_was_written(
            words in "[а-яa-z ]{0,40}", newest: bool, limit in 1..=LIVE_RECORDS_MAX,
            groups in proptest::collection::vec("[1-9][1-9]{0,3}", 0..4),
            pay in proptest::option::of(1..1_000_000_u32), day in proptest::option::of(1..28_i8),
            states in proptest::sample::subsequence(State::ALL.to_vec(), 0..=5),
        ) {
            let asked = LiveQuestion {
                words, limit, states, is_newest_first: newest,
                groups: groups.iter().filter_map(|code| code.parse().ok()).collect(),
                pay_from: pay.map(|amount| Money::parse(&amount.to_string(), "KGS").unwrap()),
                posted_from: day.map(|day| jiff::civil::date(2026, 11, day)),
                regions: vec![Place { country: State::Kz.into(), region: Some("75".parse().unwrap()), name: None }],
                remote: Remote::ALL.to_vec(), schedules: Schedule::ALL.to_vec(), offerings: Offering::ALL.to_vec(),
                sources: vec![LiveSource { state: State::Ru, source: "trudvsem".parse().unwrap() }],
                ..LiveQuestion::default()
            };
            prop_assert_eq!(asked.judge(), Ok(()));
            let text = serde_json::to_string(&asked).unwrap();
            prop_assert_eq!(serde_json::from_str::<LiveQuestion>(&text).unwrap(), asked);
        }
    }
}
