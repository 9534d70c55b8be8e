//! Matching of persons and vacancies, both ways: first what stands between them ([`barriers`]), then a score whose parts
//! add up to it and say what they were made of ([`score()`]).
//!
//! Only a [`CandidateProfile`](crate::exchange::canonical::job::CandidateProfile) is read, which has no field for sex,
//! citizenship, age, health or family (`privacy.md` (h)). A score is advice: nothing is refused by it.

mod asker;
mod barrier;
mod curve;
mod facets;
mod meant;
mod named;
mod part;
mod rank;
mod rates;
mod recognition;
mod score;
mod tables;
mod weights;
mod words;

pub use barrier::{Barrier, Need, barriers};
pub use facets::{FACET_VALUES_MAX, Facets};
pub use meant::{Meant, meant_occupations, own_occupations};
pub use named::{Names, with_named_skills};
pub use part::{LanguageSeen, Part, PartKind, PlaceStanding, Score, Warning, Why};
pub use rank::{Matched, Ranked, Removed, order_vacancies, rank_profiles, rank_vacancies};
pub use rates::{Monthly, PayShown, Rate, Rates};
pub use recognition::{Asked, Recognition};
pub use score::{Matching, Offer, Sought, score};
pub use tables::{BuiltInTables, Guess, NoTables, Tables};
pub use weights::Weights;
pub use words::{grams, plain_words, word_terms};

#[cfg(test)]
mod tests;
