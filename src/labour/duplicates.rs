//! Duplicates and reposts: vacancies of one employer in one place whose titles and texts are nearly the same.
//!
//! Only vacancies of the same employer, place and title are compared, by sketches of their words (MinHash): which of them may be
//! alike is found by bands of the sketch, so that the cost grows with the count and not with its square. What a sketch
//! suggests is then judged by the words themselves.

use crate::exchange::canonical::job::{Vacancy, VacancyRef};
use std::collections::{BTreeSet, HashMap};

/// A vacancy that tells what another tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Duplicate {
    /// Which.
    pub folded: VacancyRef,
    /// Which one stands for it: the one that was changed last.
    pub kept: VacancyRef,
    /// Why.
    pub reason: Sameness,
}

/// Why two vacancies of one employer in one place are taken for one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sameness {
    /// Their words are the same.
    Same,
    /// They share so much of their runs of words, from 0 to 1.
    Alike(f64),
}

/// Those that others stand for, in the order in which they came. Each is folded into one that is kept itself; the same
/// vacancies give the same answer in whatever order they come.
///
/// Nothing is folded that names no employer: two posts of nobody are not one.
pub fn duplicates<'v>(vacancies: impl IntoIterator<Item = &'v Vacancy>) -> Vec<Duplicate> {
    let mut groups: HashMap<Group, Vec<Sketched<'v>>> = HashMap::new();
    for (order, vacancy) in vacancies.into_iter().enumerate() {
        if let Some(group) = Group::of(vacancy) {
            groups.entry(group).or_default().push(Sketched::of(order, vacancy));
        }
    }
    let mut found: Vec<(usize, Duplicate)> = groups.into_values().flat_map(folded).collect();
    found.sort_by_key(|(order, _)| *order);
    found.into_iter().map(|(_, duplicate)| duplicate).collect()
}

/// Of whom, where and as what: only vacancies of one group are compared.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Group {
    employer: String,
    places: BTreeSet<String>,
    /// Another trade or class in the title is another post, however alike the texts are.
    title: String,
}

impl Group {
    fn of(vacancy: &Vacancy) -> Option<Self> {
        let employer = vacancy.employer.as_ref()?;
        let by_number = employer
            .number
            .as_ref()
            .map(|number| format!("{}:{}", number.kind.as_str(), number.value.as_str()));
        let by_name =
            || employer.name.as_ref().map(|name| bare(name.as_str())).filter(|name| !name.is_empty());
        let employer = by_number.or_else(by_name)?;
        let place = |place: &crate::exchange::canonical::job::Place| {
            let region = place.region.as_ref().map(|region| region.as_str()).unwrap_or_default();
            let name = place.name.as_ref().map(|name| bare(name.as_str())).unwrap_or_default();
            format!("{}/{region}/{name}", place.country)
        };
        Some(Self {
            employer,
            places: vacancy.places.iter().map(place).collect(),
            title: bare(vacancy.title.as_str()),
        })
    }
}

/// A vacancy with the runs of its words, and the least of each of many hashes of them.
struct Sketched<'v> {
    order: usize,
    vacancy: &'v Vacancy,
    runs: Vec<u64>,
    sketch: [u64; HASHES],
}

impl<'v> Sketched<'v> {
    fn of(order: usize, vacancy: &'v Vacancy) -> Self {
        let text = vacancy.description.as_ref().map(|text| bare(text.as_str())).unwrap_or_default();
        let words: Vec<u64> = text.split(' ').filter(|word| !word.is_empty()).map(hash).collect();
        let run = |window: &[u64]| window.iter().fold(SEED, |sum, word| mixed(sum ^ word));
        let mut runs: Vec<u64> = words.windows(RUN_WORDS.min(words.len().max(1))).map(run).collect();
        runs.sort_unstable();
        runs.dedup();
        let mut sketch = [u64::MAX; HASHES];
        for (least, salt) in sketch.iter_mut().zip(1_u64..) {
            let salt = mixed(salt);
            *least = runs.iter().map(|run| mixed(run ^ salt)).min().unwrap_or(u64::MAX);
        }
        Self { order, vacancy, runs, sketch }
    }

    /// The first is the one that others are folded into: changed last, then by its reference.
    fn rank(&self) -> (std::cmp::Reverse<jiff::Timestamp>, &VacancyRef) {
        (std::cmp::Reverse(self.vacancy.changed_at), &self.vacancy.reference)
    }

    /// How much two share of the runs of both.
    fn share(&self, other: &Self) -> f64 {
        let (mut own, mut theirs) = (self.runs.iter().peekable(), other.runs.iter().peekable());
        let (mut both, mut all) = (0_u32, 0_u32);
        while let (Some(a), Some(b)) = (own.peek(), theirs.peek()) {
            let order = a.cmp(b);
            both += u32::from(order.is_eq());
            all += 1;
            if order.is_le() {
                own.next();
            }
            if order.is_ge() {
                theirs.next();
            }
        }
        let rest = u32::try_from(own.count() + theirs.count()).unwrap_or(u32::MAX);
        let all = all.saturating_add(rest);
        if all == 0 { 1.0 } else { f64::from(both) / f64::from(all) }
    }

    /// Whether two are one, and why.
    fn sameness(&self, other: &Self) -> Option<Sameness> {
        if self.runs == other.runs {
            return Some(Sameness::Same);
        }
        let share = self.share(other);
        (share >= SHARE_MIN).then_some(Sameness::Alike(share))
    }
}

/// Folds one group.
fn folded(mut group: Vec<Sketched<'_>>) -> Vec<(usize, Duplicate)> {
    group.sort_by(|a, b| a.rank().cmp(&b.rank()));
    let mut kept: HashMap<(usize, u64), Vec<usize>> = HashMap::new();
    let mut found = Vec::new();
    for (at, one) in group.iter().enumerate() {
        let bands = || {
            one.sketch
                .chunks(BAND)
                .map(|band| band.iter().fold(SEED, |sum, hash| mixed(sum ^ hash)))
                .enumerate()
        };
        let mut candidates: Vec<usize> =
            bands().filter_map(|band| kept.get(&band)).flatten().copied().collect();
        candidates.sort_unstable();
        candidates.dedup();
        let others = candidates.into_iter().take(COMPARED_MAX).filter_map(|other| group.get(other));
        let same = others.filter_map(|other| Some((other, one.sameness(other)?))).next();
        match same {
            Some((other, reason)) => {
                let (folded, kept) = (one.vacancy.reference.clone(), other.vacancy.reference.clone());
                found.push((one.order, Duplicate { folded, kept, reason }));
            }
            None => bands().for_each(|band| kept.entry(band).or_default().push(at)),
        }
    }
    found
}

/// Small words and numbers with single blanks between them.
fn bare(text: &str) -> String {
    let plain: String = text
        .to_lowercase()
        .replace('ё', "е")
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    crate::base::collapsed(&plain).into_owned()
}

/// FNV-1a, spread once more.
fn hash(word: &str) -> u64 {
    mixed(word.bytes().fold(SEED, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)))
}

/// The last step of SplitMix64: each bit of the input moves half of those of the output.
fn mixed(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;
const HASHES: usize = 64;
/// Bands of four: two texts that share 0.8 of their runs meet in one of 16 with a chance above 0.9997.
const BAND: usize = 4;
/// Runs of so many words are compared: single words say little of what is asked.
const RUN_WORDS: usize = 2;
/// Texts that share less are two posts.
const SHARE_MIN: f64 = 0.8;
/// With so many of one band each is compared at most: an employer who posts one text a thousand times.
const COMPARED_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vacancy(id: usize, employer: &str, title: &str, text: &str, minute: i64) -> Vacancy {
        let written = serde_json::json!({
            "reference": { "state": "RU", "source": "trudvsem", "id": format!("v{id}") }, "status": "open",
            "title": title, "description": text, "employer": { "name": employer }, "posts": 1,
            "places": [{ "country": "RU", "region": "77", "name": "г Москва" }], "posted_on": "2026-07-01",
            "changed_at": jiff::Timestamp::from_second(1_780_000_000 + minute * 60).unwrap(),
        });
        serde_json::from_value(written).unwrap()
    }

    const TEXT: &str = "Сварка труб под давлением, чтение чертежей, работа на высоте, наличие удостоверения, смены по \
        двенадцать часов, выдача спецодежды, доставка до объекта, питание за счет предприятия";

    fn shown(found: &[Duplicate]) -> Vec<(&str, &str)> {
        found.iter().map(|one| (one.folded.id.as_str(), one.kept.id.as_str())).collect()
    }

    #[test]
    fn a_repost_is_folded_into_the_one_that_was_changed_last() {
        let all = [
            vacancy(0, "ООО «Заря»", "Сварщик", TEXT, 0),
            vacancy(1, "ооо заря", "СВАРЩИК", &TEXT.replace("смены", "Смены —"), 5),
            vacancy(2, "ООО «Заря»", "Сварщик", &TEXT.replace("спецодежды", "обуви"), 3),
        ];
        let found = duplicates(&all);
        assert_eq!(shown(&found), [("v0", "v1"), ("v2", "v1")]);
        assert_eq!(found.first().map(|one| one.reason), Some(Sameness::Same));
        assert!(
            matches!(found.get(1).map(|one| one.reason), Some(Sameness::Alike(share)) if (0.8..1.0).contains(&share))
        );
    }

    #[test]
    fn what_differs_in_employer_place_title_or_text_is_not_folded() {
        let one = vacancy(0, "ООО «Заря»", "Сварщик", TEXT, 0);
        let mut elsewhere = vacancy(3, "ООО «Заря»", "Сварщик", TEXT, 0);
        elsewhere.places.clear();
        let mut nobody = vacancy(4, "ООО «Заря»", "Сварщик", TEXT, 0);
        nobody.employer = None;
        let all = [
            one,
            vacancy(1, "ООО «Восход»", "Сварщик", TEXT, 0),
            vacancy(2, "ООО «Заря»", "Сварщик 5 разряда", TEXT, 0),
            elsewhere,
            nobody.clone(),
            Vacancy {
                reference: VacancyRef { id: "v5".parse().unwrap(), ..nobody.reference.clone() },
                ..nobody
            },
            vacancy(
                6,
                "ООО «Заря»",
                "Сварщик",
                "Уборка снега лопатой во дворе жилого дома и вывоз его на свалку",
                0,
            ),
        ];
        assert_eq!(shown(&duplicates(&all)), []);
    }

    #[test]
    fn the_cost_grows_with_the_count_even_of_one_employer() {
        let texts = |at: usize| {
            (0..30)
                .map(|word| format!("w{}", mixed(u64::try_from(at * 100 + word).unwrap()) % 5_000))
                .collect::<Vec<_>>()
                .join(" ")
        };
        let mut all: Vec<Vacancy> =
            (0..3_000).map(|at| vacancy(at, "ООО «Заря»", "Сварщик", &texts(at), 0)).collect();
        all.push(vacancy(9_999, "ООО «Заря»", "Сварщик", &texts(17), 1));
        let found = duplicates(&all);
        assert!(
            found.iter().any(|one| one.folded.id.as_str() == "v17" && one.kept.id.as_str() == "v9999"),
            "{found:?}"
        );
        assert_eq!(found.len(), 1);
    }

    proptest! {
        #[test]
        fn the_order_in_which_they_come_changes_nothing_and_what_is_kept_is_never_folded(
            picks in prop::collection::vec((0_usize..3, 0_usize..4, 0_i64..5), 0..24),
            turn in 0_usize..24,
        ) {
            let employers = ["ООО «Заря»", "ИП", "ТОО «Дала»"];
            let texts = [TEXT.to_owned(), TEXT.replace("труб", "балок"), "Мойка окон".to_owned(), String::from("а")];
            let mut all: Vec<Vacancy> = picks.iter().enumerate()
                .map(|(id, (employer, text, minute))| vacancy(id, employers[*employer], "Сварщик", &texts[*text], *minute))
                .collect();
            let found = duplicates(&all);
            let folded: BTreeSet<_> = found.iter().map(|one| one.folded.clone()).collect();
            prop_assert_eq!(folded.len(), found.len(), "each once");
            prop_assert!(found.iter().all(|one| !folded.contains(&one.kept)));
            let turn = turn.min(all.len());
            all.rotate_left(turn);
            let again: BTreeSet<_> = duplicates(&all).into_iter().map(|one| (one.folded, one.kept)).collect();
            prop_assert_eq!(again, found.into_iter().map(|one| (one.folded, one.kept)).collect::<BTreeSet<_>>());
        }
    }
}
