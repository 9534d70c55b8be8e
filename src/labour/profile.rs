//! What of a candidate may stand in the profile that another node sees: what the consent names, coded, and nothing that tells
//! who he is (`privacy.md` §5).

use super::cells::CellCounts;
use super::consent::{Consent, ConsentFault, Purpose, Section};
use super::leak::{Known, leaks};
use crate::base::{Code, Findings};
use crate::exchange::canonical::job::{
    Candidate, CandidateProfile, IscoCode, Occupation, Place, ProfileRef, Relation, Skill, Wishes, Worked,
};
use crate::exchange::canonical::{Coded, State};
use jiff::Timestamp;

/// Why nothing may leave.
#[derive(Debug, thiserror::Error)]
pub enum Withheld {
    /// The consent does not let it.
    #[error(transparent)]
    Consent(#[from] ConsentFault),
    /// Something in it tells who the person is.
    #[error("publish a profile that tells who the person is: {} places, the first is {}", .0.len(), first(.0))]
    Identity(Findings),
    /// Too few share what would be left of it; it waits for more.
    #[error("publish a profile that fewer than {k} persons share")]
    TooFew {
        /// How many must share it.
        k: u32,
    },
    /// The constants of this program are at fault.
    #[error("write a code of ISCO-08")]
    Code,
}

impl Withheld {
    /// Its stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Consent(fault) => fault.code(),
            Self::Identity(_) => "labour.identity",
            Self::TooFew { .. } | Self::Code => "labour.small_cell",
        }
    }
}

fn first(findings: &Findings) -> String {
    findings.first().map(|finding| finding.path.clone()).unwrap_or_default()
}

/// The profile that a peer may see: exactly the sections of the consent, under a reference of this peer's own.
///
/// `counts` are of the active profiles of this node, this person among them.
///
/// # Errors
/// The consent is not in force, or not for this; a text tells who the person is; too few share what is left.
pub fn profile_for(
    candidate: &Candidate,
    consent: &Consent,
    (peer, reference): (State, ProfileRef),
    (counts, k): (&CellCounts, u32),
    now: Timestamp,
) -> Result<CandidateProfile, Withheld> {
    consent.permits(Purpose::CvSearch, peer, now)?;
    let known = Known::of(candidate);
    let own = &candidate.profile;
    refuse_leaks(own, &known)?;
    let has = |section: Section| consent.terms().sections.contains(&section);
    let shows_home = has(Section::Location);
    let region = own.home.as_ref().and_then(|home| home.region.as_ref()).filter(|_| shows_home);
    let mut profile = CandidateProfile {
        reference,
        state: own.state,
        work: Vec::new(),
        skills: if has(Section::Skills) { coded(&own.skills) } else { Vec::new() },
        schooling: own.schooling.filter(|_| has(Section::Education)),
        languages: if has(Section::Languages) { own.languages.clone() } else { Vec::new() },
        licences: if has(Section::Licences) { own.licences.clone() } else { Vec::new() },
        certificates: if has(Section::Certificates) { own.certificates.clone() } else { Vec::new() },
        home: own.home.as_ref().filter(|_| shows_home).map(|home| at_region(home, None)),
        wishes: wishes(&own.wishes, &has),
        changed: own.changed,
    };
    if has(Section::Occupation) {
        // a code of a national list may be nearer than any group of ISCO, and cannot be counted
        let worked: Vec<(IscoCode, &Worked)> =
            own.work.iter().filter_map(|worked| Some((worked.occupation.isco?, worked))).collect();
        let groups: Vec<IscoCode> = worked.iter().map(|(group, _)| *group).collect();
        let shown = counts.shown(region, &groups, k);
        if shown.shows_region {
            profile.home = own.home.as_ref().map(|home| at_region(home, region));
        }
        for ((narrow, worked), group) in worked.into_iter().zip(shown.groups) {
            let Some(group) = group else { continue };
            let experience = worked.experience.filter(|_| has(Section::ExperienceYears));
            let told = Worked { occupation: occupation(group, narrow)?, experience };
            if !profile.work.iter().any(|other| other.occupation.isco == Some(group)) {
                profile.work.push(told);
            }
        }
        if profile.work.is_empty() {
            return Err(Withheld::TooFew { k });
        }
    }
    refuse_leaks(&profile, &known)?;
    Ok(profile)
}

fn refuse_leaks(profile: &CandidateProfile, known: &Known) -> Result<(), Withheld> {
    let written = serde_json::to_value(profile).map_err(|_cause| Withheld::Code)?;
    let findings = leaks(&written, known);
    if findings.is_empty() { Ok(()) } else { Err(Withheld::Identity(findings)) }
}

/// Skills by their codes alone.
fn coded(skills: &[Skill]) -> Vec<Skill> {
    let bare = |skill: &Skill| Skill { name: None, ..skill.clone() };
    skills.iter().filter(|skill| skill.code.is_some()).map(bare).collect()
}

fn at_region(place: &Place, region: Option<&Coded>) -> Place {
    Place { country: place.country, region: region.cloned(), name: None }
}

fn occupation(group: IscoCode, own: IscoCode) -> Result<Occupation, Withheld> {
    let code = |text: &str| text.parse().map_err(|_finding| Withheld::Code);
    Ok(Occupation {
        scheme: code("isco-08")?,
        edition: code("2008")?,
        code: code(group.as_code())?,
        isco: Some(group),
        relation: Some(if group == own { Relation::Exact } else { Relation::Broader }),
    })
}

fn wishes(own: &Wishes, has: &impl Fn(Section) -> bool) -> Wishes {
    let mut told = Wishes::default();
    if has(Section::Relocation) {
        told.states.clone_from(&own.states);
        told.places = own.places.iter().map(|place| at_region(place, place.region.as_ref())).collect();
        told.would_move = own.would_move;
        told.remote = own.remote;
    }
    if has(Section::Schedule) {
        told.offerings.clone_from(&own.offerings);
        told.schedules.clone_from(&own.schedules);
        told.from = own.from;
    }
    if has(Section::SalaryWish) {
        told.pay = own.pay;
    }
    told
}

#[cfg(test)]
mod tests {
    use super::super::cells::{CellCount, groups_of};
    use super::super::consent::tests::{active, at};
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;
    use uuid::Uuid;

    fn candidate() -> Candidate {
        serde_json::from_value(json!({
            "person": {
                "name": { "family": "Асанов", "given": "Бакыт", "patronymic": "Эркинович" },
                "birth_date": "1985-03-15",
            },
            "citizenships": ["KG"],
            "contacts": [{ "channel": "Telephone", "value": "+996 555 123456" }],
            "address": "Бишкек, ул. Киевская, 7", "summary": "Ищу работу",
            "history": [{ "interval": { "from": "2010-01-01" }, "employer": "ОсОО Мосты" }],
            "profile": {
                "reference": "00000000-0000-0000-0000-000000000007", "state": "KG",
                "work": [{
                    "occupation": { "scheme": "okz", "edition": "2014", "code": "7212", "isco": "7212" },
                    "experience": "E",
                }],
                "skills": [{ "code": "X0101", "name": "сварка" }, { "name": "рыбалка" }],
                "languages": [{ "language": "ru", "level": "B2" }],
                "licences": ["B"],
                "home": { "country": "KG", "region": "417", "name": "Бишкек" },
                "wishes": {
                    "states": ["RU"], "would_move": true,
                    "places": [{ "country": "RU", "region": "77", "name": "Москва" }],
                    "pay": { "min": "90000", "currency": "RUB", "interval": "month" },
                    "schedules": ["FullTime"],
                },
                "changed": "2026-11",
            },
        }))
        .unwrap()
    }

    fn counts(persons: u32) -> CellCounts {
        let count = |isco| CellCount { region: Some("417".parse().unwrap()), isco, persons };
        CellCounts::new(groups_of(["7212".parse().unwrap()]).into_iter().map(count).collect())
    }

    fn reference() -> ProfileRef {
        ProfileRef(Uuid::from_u128(99))
    }

    #[test]
    fn exactly_the_sections_leave_and_nothing_that_tells_who_it_is() {
        let all: Vec<Section> = Section::ALL.to_vec();
        let whole =
            profile_for(&candidate(), &active(&all), (State::Ru, reference()), (&counts(5), 5), at(1))
                .unwrap();
        let text = serde_json::to_string(&whole).unwrap();
        for word in
            ["Асанов", "Бакыт", "1985", "555", "Мосты", "Киевская", "работу", "сварка", "рыбалка", "Бишкек"]
        {
            assert!(!text.contains(word), "{word} leaves: {text}");
        }
        assert_eq!(whole.home.as_ref().unwrap().region.as_ref().unwrap().as_str(), "417");
        assert_eq!(whole.work[0].occupation.scheme.as_str(), "isco-08");
        assert_eq!((whole.skills.len(), whole.reference), (1, reference()));
        let only = active(&[Section::Languages]);
        let bare =
            profile_for(&candidate(), &only, (State::Ru, reference()), (&counts(5), 5), at(1)).unwrap();
        let expected = CandidateProfile {
            work: Vec::new(),
            skills: Vec::new(),
            schooling: None,
            licences: Vec::new(),
            certificates: Vec::new(),
            home: None,
            wishes: Wishes::default(),
            ..whole
        };
        assert_eq!(bare, expected);
    }

    #[test]
    fn a_name_in_a_free_text_is_refused_with_its_place_and_not_shown() {
        let mut own = candidate();
        own.profile.skills[1].name = Some("спросить Асанова или Асанов Бакыт".parse().unwrap());
        let consent = active(&[Section::Languages]);
        let refused =
            profile_for(&own, &consent, (State::Ru, reference()), (&counts(5), 5), at(1)).unwrap_err();
        assert_eq!(refused.code(), "labour.identity");
        let told = refused.to_string();
        assert!(told.contains("/skills[2]/name") && !told.contains("Асанов"), "{told}");
    }

    #[test]
    fn who_is_one_of_few_is_told_of_in_a_wider_cell_or_not_at_all() {
        let consent = active(&[Section::Occupation, Section::Location]);
        let of = |persons, k| {
            profile_for(&candidate(), &consent, (State::Ru, reference()), (&counts(persons), k), at(1))
        };
        assert!(of(5, 5).unwrap().home.unwrap().region.is_some());
        assert!(matches!(of(4, 5), Err(Withheld::TooFew { k: 5 })));
        let mut others =
            vec![CellCount { region: Some("417".parse().unwrap()), isco: "7".parse().unwrap(), persons: 6 }];
        others.push(CellCount { region: None, isco: "72".parse().unwrap(), persons: 4 });
        let wide = profile_for(
            &candidate(),
            &consent,
            (State::Ru, reference()),
            (&CellCounts::new(others), 5),
            at(1),
        );
        let wide = wide.unwrap();
        assert_eq!(wide.work[0].occupation.isco, Some("7".parse().unwrap()));
        assert_eq!(wide.work[0].occupation.relation, Some(Relation::Broader));
        assert!(wide.home.unwrap().region.is_none());
    }

    proptest! {
        /// Whatever is consented: the fields that come out are those of the sections, and no forbidden byte.
        #[test]
        fn no_choice_of_sections_tells_who_it_is(chosen in proptest::sample::subsequence(Section::ALL.to_vec(), 1..14)) {
            let own = candidate();
            let told =
                profile_for(&own, &active(&chosen), (State::Kz, reference()), (&counts(9), 5), at(1)).unwrap();
            let text = serde_json::to_string(&told).unwrap();
            for word in ["Асанов", "Бакыт", "Эркин", "1985", "123456", "Мосты", "Киевская", "Ищу"] {
                prop_assert!(!text.contains(word));
            }
            prop_assert_eq!(!told.work.is_empty(), chosen.contains(&Section::Occupation));
            prop_assert_eq!(!told.languages.is_empty(), chosen.contains(&Section::Languages));
            prop_assert_eq!(!told.licences.is_empty(), chosen.contains(&Section::Licences));
            prop_assert_eq!(told.home.is_some(), chosen.contains(&Section::Location));
            prop_assert_eq!(told.wishes.pay.is_some(), chosen.contains(&Section::SalaryWish));
            prop_assert_eq!(told.wishes.would_move, chosen.contains(&Section::Relocation));
        }
    }
}
