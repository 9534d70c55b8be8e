//! Facts, the questions for them and the offers of them are read as they were written.

use super::*;
use crate::exchange::canonical::{
    AddressLevel, Channel, Consent, Fact, FactInquiry, FactOffer, FactValue, Ground, IdentityAnswer, Measure,
    MonthlyAmount, Validity,
};
use uuid::Uuid;

fn validity() -> impl Strategy<Value = Validity> {
    (day(), 0_i32..400).prop_map(|(from, days)| {
        Validity::new(from, from.checked_add(jiff::Span::new().days(days)).unwrap()).unwrap()
    })
}

fn ground() -> impl Strategy<Value = Ground> {
    let consent = (
        any::<u128>(),
        token("[a-z-]{1,20}"),
        prop::collection::vec(state(), 1..4),
        validity(),
        token("qualified|one-time-sms|in-person"),
    );
    let consent = consent.prop_map(|(id, purpose, states, validity, level)| Consent {
        id: Uuid::from_u128(id),
        purpose,
        states,
        validity,
        level,
    });
    let channel = prop::sample::select(vec![Channel::Treaty, Channel::Statute, Channel::Consent]);
    (token("[a-z-]{1,20}"), channel, token("XB-[A-Z0-9-]{1,16}"), option::of(consent))
        .prop_map(|(purpose, channel, basis, consent)| Ground { purpose, channel, basis, consent })
}

fn value() -> impl Strategy<Value = FactValue> {
    let month = (1900_i16..=2100, 1_i8..=12).prop_map(|(year, month)| YearMonth::new(year, month).unwrap());
    let monthly = (month, money()).prop_map(|(month, amount)| MonthlyAmount { month, amount });
    let measure = (
        token("[A-Z0-9]{1,20}"),
        option::of(token("[a-z]{1,20}")),
        option::of(interval()),
        option::of(money()),
    )
        .prop_map(|(code, status, interval, amount)| Measure { code, status, interval, amount });
    let address = (token("[А-Яа-я&<]{1,40}"), option::of(token("[А-Яа-я]{1,40}")))
        .prop_map(|(region, district)| AddressLevel { region, district });
    let answers = vec![IdentityAnswer::Yes, IdentityAnswer::No, IdentityAnswer::Ambiguous];
    prop_oneof![
        day().prop_map(FactValue::Since),
        day().prop_map(FactValue::Until),
        token("[0-9A-Z]{1,20}").prop_map(FactValue::Code),
        prop::collection::vec(monthly, 1..6).prop_map(FactValue::Amounts),
        address.prop_map(FactValue::Address),
        prop::collection::vec(measure, 1..4).prop_map(FactValue::Measures),
        prop::sample::select(answers).prop_map(FactValue::Match),
    ]
}

fn fact() -> impl Strategy<Value = Fact> {
    (state(), token("X-[A-Z-]{1,18}"), person(), value(), validity(), day(), ground()).prop_map(
        |(state, kind, person, value, validity, as_of, ground)| Fact {
            state,
            kind,
            person: person.told_apart(),
            value,
            validity,
            as_of,
            ground,
        },
    )
}

proptest! {
    #[test]
    fn a_fact_is_read_as_it_was_written_and_so_is_the_offer_of_it(fact in fact(), event in token("[a-z-]{1,20}")) {
        let limits = Limits::default();
        let document = encode_fact(&fact, &header()).unwrap();
        prop_assert_eq!(decode_fact(&document, &limits).unwrap(), (header(), fact.clone()));
        let offer = FactOffer { event, fact };
        let document = encode_fact_offer(&offer, &header()).unwrap();
        prop_assert_eq!(decode_fact_offer(&document, &limits).unwrap(), (header(), offer));
    }

    #[test]
    fn a_question_is_read_as_it_was_written_and_tells_no_more_of_the_person_than_it_must(
        (asking, asked) in (state(), state()),
        person in person(),
        kind in token("X-[A-Z-]{1,18}"),
        ground in ground(),
    ) {
        let whole = FactInquiry { asking, asked, person, kind, ground };
        let document = encode_fact_inquiry(&whole, &header()).unwrap();
        let text = String::from_utf8(document.clone()).unwrap();
        for part in ["UnifiedSexCode", "NationalityCountryCode", "OriginalFullNameDetails"] {
            prop_assert!(!text.contains(part));
        }
        let least = FactInquiry { person: whole.person.told_apart(), ..whole };
        prop_assert_eq!(decode_fact_inquiry(&document, asked, &Limits::default()).unwrap(), (header(), least));
    }

    #[test]
    fn no_cut_or_change_makes_a_fact_panic(fact in fact(), at in 0_usize..4000, byte in any::<u8>()) {
        let mut document = encode_fact(&fact, &header()).unwrap();
        let _ = decode_fact(&document[..at.min(document.len())], &Limits::default());
        let at = at % document.len();
        document[at] = byte;
        let _ = decode_fact(&document, &Limits::default());
        let _ = decode_fact_offer(&document, &Limits::default());
        let _ = decode_fact_inquiry(&document, State::Ru, &Limits::default());
    }
}

#[test]
fn a_fact_without_a_value_or_an_end_is_told_with_its_path() {
    let fact: Fact =
        serde_json::from_str(include_str!("../../../../../fixtures/facts/fact-pension.json")).unwrap();
    let text = String::from_utf8(encode_fact(&fact, &header()).unwrap()).unwrap();
    for (from, to, path) in [
        ("<xfdo:SinceDate>2024-03-01</xfdo:SinceDate>", "", "/Fact/FactDetails/FactValueDetails/SinceDate"),
        (
            "<csdo:EndDate xmlns:csdo=\"urn:EEC:M:SimpleDataObjects:v0.4.12\">2026-12-31</csdo:EndDate>",
            "",
            "/Fact/FactDetails/EndDate",
        ),
        ("2026-12-31", "2026-01-01", "/Fact/FactDetails"),
        (">treaty<", ">custom<", "/Fact/FactDetails/FactGroundDetails/FactChannelCode"),
    ] {
        assert!(text.contains(from), "{from} is not in {text}");
        let error = decode_fact(text.replacen(from, to, 1).as_bytes(), &Limits::default()).unwrap_err();
        let CodecError::Values(findings) = error else { panic!("{error}") };
        assert!(findings.iter().any(|finding| finding.path == path), "{findings:?}");
    }
}
