//! Comparisons of names in any letters: by themselves, as passports write them, as a slip of the pen would.

use super::Matcher;
use super::weights::Names;
use crate::exchange::canonical::Name;
use crate::exchange::canonical::Person;

/// A part of a name, as written and in the folded letters of passports.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    plain: String,
    folded: String,
}

/// One way in which a person's name is written.
#[derive(Debug, Clone)]
struct Form {
    family: Option<Part>,
    given: Option<Part>,
    patronymic: Option<Part>,
}

/// The names of both, in the forms that agree best.
pub(super) fn names(matcher: &Matcher, one: &Person, other: &Person, found: &mut Vec<&'static str>) {
    let is_woman = |person: &Person| person.sex.as_ref().is_some_and(|sex| sex.as_str() == FEMALE);
    let of_woman = is_woman(one) || is_woman(other);
    let (own, theirs) = (forms(matcher, one), forms(matcher, other));
    let all = own.iter().flat_map(|a| theirs.iter().map(move |b| compared(matcher, a, b, of_woman)));
    let weight = |codes: &Vec<&'static str>| -> f64 {
        codes.iter().filter_map(|code| matcher.weights.reason(code)).map(|reason| reason.weight).sum()
    };
    let best = all.max_by(|a, b| weight(a).total_cmp(&weight(b)));
    found.extend(best.into_iter().flatten());
}

fn forms(matcher: &Matcher, person: &Person) -> Vec<Form> {
    let language = person.original_name.as_ref().map(|original| original.language.as_str());
    let at_home = person.original_name.iter().map(|original| (&original.name, language));
    std::iter::once((&person.name, None)).chain(at_home).map(|(name, of)| form(matcher, name, of)).collect()
}

fn form(matcher: &Matcher, name: &Name, language: Option<&str>) -> Form {
    let part = |text: Option<&str>| {
        let plain = text?.to_lowercase().replace('ё', "е");
        let latin = matcher.letters.latin(&plain, language).unwrap_or_else(|| plain.clone());
        Some(Part { folded: matcher.weights.names().folded(&latin), plain })
    };
    Form { family: part(name.family()), given: part(name.given()), patronymic: part(name.patronymic()) }
}

fn compared(matcher: &Matcher, a: &Form, b: &Form, of_woman: bool) -> Vec<&'static str> {
    let names = matcher.weights.names();
    let straight = (family(names, &a.family, &b.family, of_woman), given(names, &a.given, &b.given));
    let crossed = (family(names, &a.family, &b.given, of_woman), given(names, &a.given, &b.family));
    let is_other = |code: Option<&str>| code.is_some_and(|code| code.contains(".other"));
    // only where neither agrees as it stands, and both do when they change places
    let is_crossed = is_other(straight.0)
        && is_other(straight.1)
        && !is_other(crossed.0)
        && !is_other(crossed.1)
        && crossed.0.is_some()
        && crossed.1.is_some();
    let (family, given) = if is_crossed { crossed } else { straight };
    let order = is_crossed.then_some("name.order");
    let patronymic = patronymic(names, &a.patronymic, &b.patronymic);
    [family, given, order, patronymic].into_iter().flatten().collect()
}

fn family(names: &Names, a: &Option<Part>, b: &Option<Part>, of_woman: bool) -> Option<&'static str> {
    let (a, b) = (a.as_ref()?, b.as_ref()?);
    let (him, other_him) = (names.masculine(&a.folded), names.masculine(&b.folded));
    Some(match () {
        () if him == other_him && names.is_common(&him) => "family.common",
        () if a.plain == b.plain => "family.same",
        () if a.folded == b.folded => "family.letters",
        () if him == other_him => "family.form",
        () if shares_part(names, a, b) => "family.part",
        () if are_near(&him, &other_him) => "family.typo",
        () if of_woman => "family.other.woman",
        () => "family.other",
    })
}

/// Whether one is a part of the other: a double name kept or taken at a marriage.
fn shares_part(names: &Names, a: &Part, b: &Part) -> bool {
    let parts = |part: &Part| -> Vec<String> {
        let all = part.folded.split(['-', ' ']).filter(|word| word.chars().count() >= PART_CHARS_MIN);
        all.map(|word| names.masculine(word)).collect()
    };
    let (own, theirs) = (parts(a), parts(b));
    own.len() + theirs.len() > 2 && own.iter().any(|word| theirs.contains(word))
}

fn given(names: &Names, a: &Option<Part>, b: &Option<Part>) -> Option<&'static str> {
    let (a, b) = (a.as_ref()?, b.as_ref()?);
    Some(match () {
        () if a.plain == b.plain => "given.same",
        () if a.folded == b.folded || names.are_equivalent(&a.folded, &b.folded) => "given.letters",
        () if is_initial(a, b) => "given.initial",
        () if are_near(&a.folded, &b.folded) => "given.typo",
        () => "given.other",
    })
}

fn patronymic(names: &Names, a: &Option<Part>, b: &Option<Part>) -> Option<&'static str> {
    let (a, b) = match (a, b) {
        (None, None) => return None,
        (None, Some(_)) | (Some(_), None) => return Some("patronymic.missing"),
        (Some(a), Some(b)) => (a, b),
    };
    let (father, other_father) = (names.father(&a.folded), names.father(&b.folded));
    Some(match () {
        () if a.plain == b.plain => "patronymic.same",
        () if father == other_father || names.are_equivalent_fathers(father, other_father) => {
            "patronymic.letters"
        }
        () if is_initial(a, b) => "patronymic.initial",
        () if are_near(father, other_father) => "patronymic.typo",
        () => "patronymic.other",
    })
}

/// Whether one is only the first letter of the other.
fn is_initial(a: &Part, b: &Part) -> bool {
    let first = |part: &Part| part.plain.chars().next();
    let is_letter = |part: &Part| part.plain.chars().filter(|c| c.is_alphabetic()).count() == 1;
    let begins = |short: &Part, long: &Part| {
        let long_first: Option<char> = long.folded.chars().next();
        is_letter(short) && (first(short) == first(long) || short.folded.chars().next() == long_first)
    };
    begins(a, b) || begins(b, a)
}

/// Whether one is the other with a slip of the pen: short names may not differ, longer ones in one letter, long in two.
fn are_near(a: &str, b: &str) -> bool {
    let length = a.chars().count().min(b.chars().count());
    let most = match length {
        0..=3 => 0,
        4..=8 => 1,
        _ => 2,
    };
    strsim::osa_distance(a, b) <= most
}

const FEMALE: &str = "2";
const PART_CHARS_MIN: usize = 3;
