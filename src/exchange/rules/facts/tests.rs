//! The catalogue is whole, refuses what makes no sense, and each reason to refuse a question stands alone.

use super::*;
use crate::exchange::adapter::Profile;
use crate::exchange::canonical::FactInquiry;
use jiff::civil::date;

fn inquiry(text: &str) -> FactInquiry {
    serde_json::from_str(text).unwrap()
}

fn wage_summary() -> FactInquiry {
    inquiry(include_str!("../../../../fixtures/facts/inquiry-wage-summary.json"))
}

fn refusal_of(change: impl FnOnce(&mut FactInquiry)) -> Option<Refusal> {
    let mut asked = wage_summary();
    change(&mut asked);
    FactCatalogue::built_in().unwrap().judge(&asked, date(2026, 11, 30)).err()
}

fn coded(text: &str) -> Coded {
    text.parse().unwrap()
}

#[test]
fn every_reason_to_refuse_has_its_code_and_order() {
    assert_eq!(refusal_of(|_| ()), None, "the fixture is lawful");
    let consent = |asked: &mut FactInquiry| asked.ground.consent.clone().unwrap();
    type Change = (Refusal, fn(&mut FactInquiry));
    let changes: [Change; 10] = [
        (Refusal::Unknown, |asked| asked.kind = coded("X-NOTHING")),
        (Refusal::Disabled, |asked| asked.kind = coded("X-UZ-CATEGORY")),
        (Refusal::NotHeld, |asked| asked.kind = coded("X-LARGE-FAMILY")),
        (Refusal::Purpose, |asked| asked.ground.purpose = coded("pension")),
        (Refusal::Channel, |asked| asked.ground.channel = Channel::Statute),
        (Refusal::Basis, |asked| asked.ground.basis = coded("XB-KZ-94V")),
        (Refusal::Asker, |asked| asked.asking = State::Am),
        (Refusal::NoConsent, |asked| asked.ground.consent = None),
        (Refusal::SpecialByConsent, |asked| asked.kind = coded("X-PARENT-ABROAD")),
        (Refusal::ConsentState, |asked| {
            if let Some(consent) = &mut asked.ground.consent {
                consent.states = vec![State::Am];
            }
        }),
    ];
    for (expected, change) in changes {
        assert_eq!(refusal_of(change), Some(expected), "{expected:?}");
    }
    let valid = |from, until| crate::exchange::canonical::Validity::new(from, until).unwrap();
    for (expected, validity) in [
        (Refusal::ConsentExpired, valid(date(2026, 1, 1), date(2026, 11, 29))),
        (Refusal::ConsentExpired, valid(date(2026, 12, 1), date(2026, 12, 31))),
        (Refusal::ConsentTooLong, valid(date(2026, 1, 1), date(2027, 1, 3))),
    ] {
        let with = |asked: &mut FactInquiry| {
            let mut own = consent(asked);
            own.validity = validity;
            asked.ground.consent = Some(own);
        };
        assert_eq!(refusal_of(with), Some(expected));
    }
    let other_purpose = |asked: &mut FactInquiry| {
        let mut own = consent(asked);
        own.purpose = coded("pension");
        asked.ground.consent = Some(own);
    };
    assert_eq!(refusal_of(other_purpose), Some(Refusal::ConsentPurpose));
}

#[test]
fn no_setting_of_an_inquiry_brings_special_data_by_consent_or_a_kind_of_a_non_member() {
    let catalogue = FactCatalogue::built_in().unwrap();
    for kind in catalogue.kinds() {
        let lawful = |channel, kind: &FactKind| kind.grounds.iter().any(|ground| ground.channel == channel);
        assert!(kind.special.is_none() || !lawful(Channel::Consent, kind), "{}", kind.code.as_str());
        let is_member = |holder: &Country| State::ALL.into_iter().any(|s| Country::from(s) == *holder);
        assert_eq!(kind.enabled, kind.holders.iter().all(is_member), "{}", kind.code.as_str());
    }
}

#[test]
fn a_file_that_does_not_fit_is_refused_with_file_and_line() {
    let changed = |file: &str, from: &str, to: &str| {
        let files = SchemaFiles::built_in();
        let text = files.text(file).unwrap().to_owned();
        assert!(text.contains(from), "{from}");
        let error = FactCatalogue::read(&files.with(file, &text.replacen(from, to, 1))).unwrap_err();
        match std::error::Error::source(&error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        }
    };
    for (file, from, to, expected) in [
        ("facts/kinds.toml", "shape = \"since\"", "shape = \"sinse\"", "line 8"),
        ("facts/kinds.toml", "shape = \"since\"", "form = \"since\"", "unknown field"),
        ("facts/kinds.toml", "X-PENSION-SINCE", "PENSION-SINCE", "line 4: PENSION-SINCE: the code is ours"),
        ("facts/kinds.toml", "X-PENSION-AMOUNTS", "X-PENSION-SINCE", "X-PENSION-SINCE: stands twice"),
        ("facts/kinds.toml", "holders = [\"UZ\"]\nenabled = false", "holders = [\"UZ\"]", "no member state"),
        ("facts/kinds.toml", "bases = [\"XB-KG-58\"]", "bases = [\"XB-KG-59\"]", "XB-KG-59 is not in bases"),
        (
            "facts/kinds.toml",
            "bases = [\"XB-KG-58\"]",
            "bases = [\"XB-KG-307\"]",
            "opens the channel statute",
        ),
        ("facts/kinds.toml", "purpose = \"means-test\"", "purpose = \"means\"", "purpose means is not in"),
        ("facts/kinds.toml", "\"C-BY-FAMILY\"", "\"C-BY-FAMILIES\"", "C-BY-FAMILIES, which is not in rows"),
        ("facts/kinds.toml", "valid_days = 31", "valid_days = 0", "must be 1 at least"),
        (
            "facts/kinds.toml",
            "channel = \"statute\"\nbases = [\"XB-KG-UP1\"]",
            "channel = \"consent\"\nbases = [\"XB-KG-58\"]",
            "never go by consent",
        ),
        ("facts/bases.toml", "XB-AGR-2019", "AGR-2019", "must begin with XB-"),
        ("facts/bases.toml", "\"official text\"", "\"sure\"", "line 1"),
        ("facts/events.toml", "fact = \"X-DIED\"", "fact = \"X-DEAD\"", "X-DEAD is not in kinds.toml"),
        ("facts/events.toml", "to = [\"KZ\"]", "to = [\"KG\"]", "KG may not ask for X-EMPLOYED-SINCE"),
        ("facts/events.toml", "basis = \"XB-KZ-94V\"", "basis = \"XB-KG-58\"", "no ground of this purpose"),
        ("facts/rows.toml", "issue = \"labour\"\n", "", "issue and reason go together"),
    ] {
        let told = changed(file, from, to);
        assert!(told.contains(expected) && told.contains(file), "{told}, not: {expected}");
    }
}

/// The index of the domain page on systems, by its section 10.
const FEATURES: &str = "F-JOB-SEARCH F-MOBILITY-CASE F-CP-PENSION F-TOTALISE F-NO-CENTRAL F-MIGRANT-STATUS \
    F-PROACTIVE F-AUTO-PENSION F-LEGAL-BASIS F-PROCESS-TPL F-SKUD F-SOC-FEED F-NOTIFY F-FEEDBACK F-ONCE-ONLY \
    F-KPI F-EID F-AI-GUARD F-RECHECK F-CASE F-ENTITLEMENT-CAT F-G2P F-ASSISTED F-REDRESS F-ONE-STATUS F-TRACK \
    F-ANOMALY F-MOBILE F-FINCTRL";
const CONNECTORS: &str = "C-RU-EGISSO C-RU-SFR-LABOUR C-RU-TRUDVSEM C-KZ-DFC C-KZ-WALLET C-KZ-ENBEK C-KZ-GBDFL \
    C-KZ-ENPF C-KZ-DEPOSITORS C-KZ-GFC C-KZ-ESUTD C-BY-FAMILY C-BY-DISAB C-BY-OAIS C-BY-FSZN C-BY-GSZ C-KG-AIMAK \
    C-KG-CHILD C-KG-BENEFIT C-KG-JOBS C-KG-SF C-AM-CARD C-AM-BENEFIT C-AM-JOBS C-AM-TAX C-UZ-REG C-AZ-REG";

#[test]
fn every_system_that_the_domain_names_is_served_or_said_to_belong_elsewhere() {
    let catalogue = FactCatalogue::built_in().unwrap();
    let index: Vec<&str> =
        FEATURES.split(' ').chain(CONNECTORS.split(' ')).filter(|id| !id.is_empty()).collect();
    for id in &index {
        let row = catalogue.rows().iter().find(|row| row.id == *id);
        let row = row.unwrap_or_else(|| panic!("{id} is missing in rows.toml"));
        let has_kind = catalogue.kinds().any(|kind| kind.rows.iter().any(|own| own == id));
        let is_served = has_kind || !row.profiles.is_empty() || row.feature.is_some();
        let reason = row.reason.as_deref().unwrap_or_default();
        assert!(is_served || reason.len() > 10, "{id} is neither served nor explained");
        let issues = ["labour", "pension", "people", "connectors"];
        assert!(row.issue.iter().all(|issue| issues.contains(&issue.as_str())), "{id}: no such work");
        let is_foreign = ["UZ", "AZ"].contains(&row.state.as_str());
        let kinds = catalogue.kinds().filter(|kind| kind.rows.iter().any(|own| own == id));
        assert!(kinds.into_iter().all(|kind| kind.enabled != is_foreign), "{id}: enabled for a non-member");
    }
    let strangers: Vec<_> = catalogue.rows().iter().filter(|row| !index.contains(&row.id.as_str())).collect();
    assert!(strangers.is_empty(), "the domain page does not name {strangers:?}");
}

#[test]
fn every_kind_that_is_on_has_a_form_in_each_state_that_keeps_it_and_forms_tell_of_no_other() {
    let catalogue = FactCatalogue::built_in().unwrap();
    for state in State::ALL {
        let profiles = Profile::built_in_facts(state).unwrap();
        let told: Vec<_> = profiles.iter().flat_map(Profile::fact_kinds).collect();
        for kind in catalogue.kinds().filter(|kind| kind.is_held_by(state)) {
            assert!(told.contains(&kind.code), "{state} has no form for {}", kind.code.as_str());
        }
        for code in &told {
            let kind = catalogue.kind(code.as_str());
            assert!(kind.is_some_and(|kind| kind.enabled && kind.is_held_by(state)), "{state}: {code:?}");
        }
        let events = profiles.iter().find(|profile| profile.file().ends_with("life-events.toml")).unwrap();
        for kind in events.codes_of("life_event.kind") {
            assert!(catalogue.event(&kind).is_some(), "{state}: {kind:?}");
        }
    }
}

#[test]
fn every_profile_that_serves_a_system_is_one() {
    for row in FactCatalogue::built_in().unwrap().rows() {
        for name in &row.profiles {
            let profile = Profile::named(name).unwrap_or_else(|| panic!("{}: no profile {name}", row.id));
            profile.unwrap();
        }
    }
}
