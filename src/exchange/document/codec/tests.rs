//! Every record that can be held is written and read back the same; what cannot be read is told with its path.
//!
//! `PROPTEST_CASES` takes as many of each kind as one likes: `PROPTEST_CASES=100000 cargo test --release --lib -- as_it_was_written`.

use super::*;
use crate::base::{Digest256, DocumentId, HeldPart, Limits};
use crate::exchange::canonical::{
    Coded, Contribution, CopyOfDocument, Country, Employer, EmployerNumber, Evidence, HeldIdentifier,
    Identifier, IdentifierKind, Inquiry, InsurancePeriod, InsuranceRecord, Interval, Money, Name, NameParts,
    OriginalName, Person, ResourceStatus, SpecialCondition, State, YearMonth,
};
use jiff::civil::{Date, date};
use proptest::option;
use proptest::prelude::*;
use std::fmt::Debug;
use std::str::FromStr;

mod fact;

fn token<T: FromStr<Err: Debug> + Debug>(pattern: &'static str) -> impl Strategy<Value = T> {
    pattern.prop_map(|text| text.parse().unwrap())
}

fn day() -> impl Strategy<Value = Date> {
    (0_i32..50_000).prop_map(|days| date(1930, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap())
}

fn interval() -> impl Strategy<Value = Interval> {
    (day(), option::of(0_i32..9000)).prop_map(|(from, days)| {
        Interval::new(from, days.map(|n| from.checked_add(jiff::Span::new().days(n)).unwrap())).unwrap()
    })
}

fn name() -> impl Strategy<Value = Name> {
    let part = || option::of("[А-ЯЁа-яёA-Za-z&<>'\"ҚқӘә-]{1,12}");
    ("[А-ЯЁа-яё-]{1,20}", part(), part()).prop_map(|(family, given, patronymic)| {
        Name::try_from(NameParts { family: Some(family), given, patronymic }).unwrap()
    })
}

fn identifier() -> impl Strategy<Value = HeldIdentifier> {
    let known = [
        (IdentifierKind::Snils, "11223344595"),
        (IdentifierKind::Iin, "850315300019"),
        (IdentifierKind::Iin, "850315300018"),
        (IdentifierKind::ByNumber, "3150385A001PB6"),
        (IdentifierKind::Pin, "21503198500017"),
        (IdentifierKind::Psn, "2503850017"),
    ];
    (prop::sample::select(known.to_vec()), option::of(interval())).prop_map(|((kind, value), validity)| {
        HeldIdentifier { identifier: Identifier::parse(kind, value).unwrap(), validity }
    })
}

fn country() -> impl Strategy<Value = Country> {
    prop::sample::select(vec!["KZ", "RU", "UA", "TR"]).prop_map(|code| code.parse().unwrap())
}

fn state() -> impl Strategy<Value = State> {
    prop::sample::select(State::ALL.to_vec())
}

fn person() -> impl Strategy<Value = Person> {
    let original =
        (token::<Coded>("[a-z]{2}"), name()).prop_map(|(language, name)| OriginalName { language, name });
    (
        name(),
        option::of(original),
        day(),
        option::of(token("[12]")),
        prop::collection::vec(country(), 0..3),
        prop::collection::vec(identifier(), 0..4),
    )
        .prop_map(|(name, original_name, birth_date, sex, citizenships, identifiers)| Person {
            name,
            original_name,
            birth_date,
            sex,
            citizenships,
            identifiers,
        })
}

fn employer() -> impl Strategy<Value = Employer> {
    let number = (token("bin|inn|regnum"), token("[0-9]{10,12}"))
        .prop_map(|(kind, value)| EmployerNumber { kind, value });
    (option::of(country()), option::of(token("[А-Яа-я«»&\"<>]{1,40}")), option::of(number))
        .prop_map(|(state, name, number)| Employer { state, name, number })
}

fn money() -> impl Strategy<Value = Money> {
    (-1_000_000_000_i64..1_000_000_000, 0_u32..=4, "[A-Z]{3}").prop_map(|(units, scale, currency)| Money {
        amount: rust_decimal::Decimal::new(units, scale),
        currency: currency.parse().unwrap(),
    })
}

fn evidence() -> impl Strategy<Value = Evidence> {
    (
        token("contract|archive"),
        option::of(token("[0-9/]{1,20}")),
        option::of(day()),
        option::of(token("[а-я]{1,30}")),
        option::of((option::of(token("image/(png|jpeg)")), any::<u64>(), any::<[u8; 32]>())),
    )
        .prop_map(|(kind, number, date, title, copy)| {
            let copy = copy.map(|(media_type, bytes, octets)| CopyOfDocument {
                media_type,
                bytes,
                sha256: Digest256(octets),
            });
            Evidence { kind, number, date, title, copy }
        })
}

fn period() -> impl Strategy<Value = InsurancePeriod> {
    let condition =
        (token("territory|counting"), option::of(token("[0-9А-Я-]{1,20}")), option::of(0_i64..500)).prop_map(
            |(kind, code, c)| SpecialCondition {
                kind,
                code,
                coefficient: c.map(|c| rust_decimal::Decimal::new(c, 2)),
            },
        );
    (
        (token("[a-z0-9-]{1,40}"), state(), interval(), token("work|study"), option::of(employer())),
        option::of(token("[А-Яа-я ]{0,20}[а-я]")),
        prop::collection::vec(condition, 0..3),
        prop::collection::vec(evidence(), 0..3),
        option::of(token("[a-z0-9-]{1,40}")),
        option::of(day()),
    )
        .prop_map(
            |(
                (id, state, interval, kind, employer),
                position,
                special_conditions,
                evidence,
                supersedes,
                cancelled_on,
            )| {
                InsurancePeriod {
                    id,
                    state,
                    interval,
                    kind,
                    employer,
                    position,
                    special_conditions,
                    evidence,
                    supersedes,
                    cancelled_on,
                }
            },
        )
}

fn contribution() -> impl Strategy<Value = Contribution> {
    (
        token("[a-z0-9-]{1,40}"),
        (1990_i16..2100, 1_i8..=12),
        token("opv|oppv"),
        option::of(employer()),
        option::of(money()),
        money(),
        option::of(day()),
    )
        .prop_map(|(id, (year, month), kind, employer, base, amount, cancelled_on)| Contribution {
            id,
            month: YearMonth::new(year, month).unwrap(),
            kind,
            employer,
            base,
            amount,
            supersedes: None,
            cancelled_on,
        })
}

fn parts_of(record: &InsuranceRecord) -> Vec<HeldPart> {
    record.copies().map(|copy| HeldPart { digest: copy.sha256, bytes: copy.bytes }).collect()
}

fn no_digest(_: &[u8]) -> Digest256 {
    Digest256([0; 32])
}

fn header() -> Header {
    Header {
        message: "P.XP.01.MSG.002".to_owned(),
        structure: "R.XP.XP.01.002".to_owned(),
        document_id: "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a77".parse::<DocumentId>().unwrap(),
        answers: "6a1b7f0c-3c1e-4c39-8f2b-1b7f5b8a0c13".parse().ok(),
        made_at: HeaderText("2025-11-30T12:00:00".to_owned()),
    }
}

proptest! {
    #[test]
    fn a_record_is_read_as_it_was_written(
        person in person(),
        state in state(),
        as_of in day(),
        periods in prop::collection::vec(period(), 0..4),
        contributions in prop::collection::vec(contribution(), 0..4),
        evidence in prop::collection::vec(evidence(), 0..3),
    ) {
        let record = InsuranceRecord { state, as_of, person, periods, contributions, evidence };
        let document = encode_record(&record, &header()).unwrap();
        let parts = parts_of(&record);
        let read = decode_record(&document, Attachments::new(&parts, no_digest), &Limits::default()).unwrap();
        prop_assert_eq!(read, (header(), record));
        let canonical = crate::exchange::document::Element::parse(&document, &Limits::default());
        prop_assert!(canonical.is_ok());
    }

    #[test]
    fn an_inquiry_is_read_as_it_was_written(
        person in person(),
        asking in state(),
        asked in state(),
        interval in option::of(interval()),
    ) {
        let inquiry = Inquiry { asking, asked, person, interval, purpose: "old-age".parse().unwrap() };
        let document = encode_inquiry(&inquiry, &header()).unwrap();
        prop_assert_eq!(decode_inquiry(&document, asked, &Limits::default()).unwrap(), (header(), inquiry));
    }
}

proptest! {
    #[test]
    fn a_notice_is_read_as_it_was_written(
        seconds in 0_i64..4_000_000_000,
        code in "[0-9]|X-[A-Z]{1,10}",
        description in option::of("[А-Яа-я&<>'\"-]{1,12}( [а-я]{1,9}){0,3}"),
    ) {
        let ended_at = HeaderText(jiff::Timestamp::from_second(seconds).unwrap().to_string());
        let result = ProcessingResult { ended_at, code: NoticeCode(code), description };
        let document = encode_result(&result, &header()).unwrap();
        prop_assert_eq!(decode_result(&document, &Limits::default()).unwrap(), (header(), result));
    }

    #[test]
    fn the_state_of_a_resource_is_read_as_it_was_written(
        seconds in option::of(0_i64..4_000_000_000),
        states in prop::collection::vec(state(), 0..5),
        resource in option::of("[a-z0-9][a-z0-9-]{0,19}"),
    ) {
        let status = ResourceStatus {
            updated_at: seconds.map(|seconds| jiff::Timestamp::from_second(seconds).unwrap().into()),
            countries: states.iter().map(|state| state.as_code().parse().unwrap()).collect(),
            resource: resource.map(|text| text.parse().unwrap()),
        };
        let document = encode_status(&status, &header()).unwrap();
        prop_assert_eq!(decode_status(&document, &Limits::default()).unwrap(), (header(), status));
    }
}

#[test]
fn an_update_without_its_zone_stays_as_it_was_written_and_what_is_no_instant_is_told_with_its_path() {
    let epoch = Some(jiff::Timestamp::UNIX_EPOCH.into());
    let status = ResourceStatus { updated_at: epoch, ..ResourceStatus::default() };
    let text = String::from_utf8(encode_status(&status, &header()).unwrap()).unwrap();
    let local = text.replace(">1970-01-01T00:00:00Z<", ">1970-01-01T00:00:00<");
    let (_, read) = decode_status(local.as_bytes(), &Limits::default()).unwrap();
    let at = read.updated_at.clone().unwrap();
    assert_eq!((at.to_string().as_str(), at.instant()), ("1970-01-01T00:00:00", None));
    assert_eq!(
        encode_status(&read, &header()).unwrap(),
        local.as_bytes(),
        "no zone is guessed on the way on"
    );
    let json = serde_json::to_value(&read).unwrap();
    assert_eq!(json["updated_at"], "1970-01-01T00:00:00");
    let broken = text.replace(">1970-01-01T00:00:00Z<", ">1970-01-01T25:00:00<");
    let error = decode_status(broken.as_bytes(), &Limits::default()).unwrap_err();
    let CodecError::Values(findings) = error else { panic!("{error}") };
    assert_eq!(findings[0].path, "/ResourceStatusDetails/UpdateDateTime");
}

fn status() -> impl Strategy<Value = ResourceStatus> {
    (
        option::of(0_i64..4_000_000_000),
        prop::collection::vec(country(), 0..4),
        option::of(token("[А-Яа-яA-Z0-9&<>-]{1,20}")),
    )
        .prop_map(|(seconds, countries, resource)| ResourceStatus {
            updated_at: seconds.map(|seconds| jiff::Timestamp::from_second(seconds).unwrap().into()),
            countries,
            resource,
        })
}

/// What a document says, so that it can be compared after it was held.
#[derive(Debug, Clone)]
enum Part {
    Record(Box<InsuranceRecord>),
    Status(ResourceStatus),
}

fn part() -> impl Strategy<Value = Part> {
    let record = (person(), state(), day(), prop::collection::vec(period(), 0..2)).prop_map(
        |(person, state, as_of, periods)| {
            Part::Record(Box::new(InsuranceRecord {
                state,
                as_of,
                person,
                periods,
                contributions: Vec::new(),
                evidence: Vec::new(),
            }))
        },
    );
    prop_oneof![record, status().prop_map(Part::Status)]
}

proptest! {
    #[test]
    fn what_a_container_holds_is_read_as_it_was_written(parts in prop::collection::vec(part(), 1..5)) {
        let limits = Limits::default();
        let encode = |part: &Part| match part {
            Part::Record(record) => encode_record(record, &header()).unwrap(),
            Part::Status(status) => encode_status(status, &header()).unwrap(),
        };
        let documents: Vec<Vec<u8>> = parts.iter().map(encode).collect();
        let container = encode_container(&documents, &header(), &limits).unwrap();
        let (read_header, held) = decode_container(&container, &limits).unwrap();
        prop_assert_eq!((read_header, held.len()), (header(), parts.len()));
        for ((part, document), held) in parts.iter().zip(&documents).zip(&held) {
            prop_assert_eq!(container.get(held.range()), Some(document.as_slice()));
            match part {
                Part::Record(record) => {
                    let parts = parts_of(record);
                    let read = held.record(Attachments::new(&parts, no_digest)).unwrap();
                    prop_assert_eq!(read, (header(), (**record).clone()));
                    prop_assert_eq!(held.root(), "InsuranceRecord");
                }
                Part::Status(status) => prop_assert_eq!(held.status().unwrap(), (header(), status.clone())),
            }
        }
    }

    #[test]
    fn no_bytes_make_a_container_or_a_status_panic(bytes in "\\PC{0,80}", cut in 0_usize..4000) {
        let limits = Limits::default();
        let _ = decode_container(bytes.as_bytes(), &limits); // only that it returns
        let _ = decode_status(bytes.as_bytes(), &limits); // likewise
        let status = encode_status(&ResourceStatus::default(), &header()).unwrap();
        let mut container = encode_container(&[status], &header(), &limits).unwrap();
        container.truncate(cut);
        let _ = decode_container(&container, &limits); // likewise
    }
}

#[test]
fn a_document_held_may_lean_on_prefixes_declared_outside() {
    let status = ResourceStatus { resource: "R-1".parse().ok(), ..ResourceStatus::default() };
    let document = encode_status(&status, &header()).unwrap();
    let container = encode_container(&[document], &header(), &Limits::default()).unwrap();
    let text = String::from_utf8(container).unwrap();
    let declaration = " xmlns:csdo=\"urn:EEC:M:SimpleDataObjects:v0.4.12\"";
    let outside = text.replace(declaration, "").replacen(
        "<doc:GenericEDocDetails",
        &format!("<doc:GenericEDocDetails{declaration}"),
        1,
    );
    let (_, held) = decode_container(outside.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(held[0].status().unwrap(), (header(), status));
}

#[test]
fn a_container_without_header_or_document_is_told() {
    let told = |text: &str| match decode_container(text.as_bytes(), &Limits::default()) {
        Err(CodecError::Values(findings)) => {
            findings.into_iter().map(|f| (f.code, f.path)).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    let of = |code: &str, path: &str| (code.to_owned(), path.to_owned());
    let missing = of("document.missing", "/GenericEDocDetails/EDocHeader");
    let none = of("document.held", "/GenericEDocDetails");
    assert_eq!(told("<GenericEDocDetails><a/></GenericEDocDetails>"), std::slice::from_ref(&missing));
    assert_eq!(told("<GenericEDocDetails></GenericEDocDetails>"), [missing, none]);
}

#[test]
fn every_value_that_means_nothing_is_told_with_its_path() {
    let person: Person = serde_json::from_str(
        r#"{ "name": { "family": "Ким", "given": "Анна" }, "birth_date": "1990-07-22",
             "identifiers": [{ "kind": "iin", "value": "900722400456" }] }"#,
    )
    .unwrap();
    let interval = Interval::new(date(2010, 1, 1), Some(date(2011, 1, 1))).unwrap();
    let inquiry = Inquiry {
        asking: State::Ru,
        asked: State::Kz,
        person,
        interval: Some(interval),
        purpose: "old-age".parse().unwrap(),
    };
    let text = String::from_utf8(encode_inquiry(&inquiry, &header()).unwrap()).unwrap();
    let broken = text
        .replace(">2011-01-01<", ">2009-01-01<")
        .replace(">900722400456<", ">9007224<")
        .replace(">1990-07-22<", ">1990-02-30<");
    let error = decode_inquiry(broken.as_bytes(), State::Kz, &Limits::default()).unwrap_err();
    let CodecError::Values(findings) = error else { panic!("{error}") };
    let found: Vec<(&str, &str)> = findings.iter().map(|f| (f.code.as_str(), f.path.as_str())).collect();
    assert_eq!(
        found,
        [
            ("document.value", "/InsuranceRecordInquiry/PersonDetails/BirthDate"),
            (
                "canonical.identifier_malformed",
                "/InsuranceRecordInquiry/PersonDetails/PersonIdentifierDetails[1]"
            ),
            ("canonical.dates_reversed", "/InsuranceRecordInquiry"),
        ]
    );
    assert!(findings.iter().all(|finding| !finding.to_string().contains("9007224")));
}

/// A record with one copy, which stands at the end of it.
fn with_copy() -> (String, HeldPart) {
    let text = include_str!("../../../../fixtures/shared/insurance-record.json");
    let mut record: InsuranceRecord = serde_json::from_str(text).unwrap();
    let part = HeldPart { digest: Digest256([7; 32]), bytes: 3 };
    let media_type = Some("application/pdf".parse().unwrap());
    let copy = CopyOfDocument { media_type, bytes: part.bytes, sha256: part.digest };
    let kind = "workbook".parse().unwrap();
    record.evidence = vec![Evidence { kind, number: None, date: None, title: None, copy: Some(copy) }];
    (String::from_utf8(encode_record(&record, &header()).unwrap()).unwrap(), part)
}

fn read_with(document: &str, parts: &[HeldPart]) -> Result<InsuranceRecord, CodecError> {
    let attachments =
        Attachments::new(parts, |content| Digest256([u8::try_from(content.len()).unwrap(); 32]));
    decode_record(document.as_bytes(), attachments, &Limits::default()).map(|(_header, record)| record)
}

#[test]
fn a_copy_is_the_part_beside_the_document_or_the_content_inside() {
    let (document, part) = with_copy();
    let beside = read_with(&document, &[part]).unwrap();
    assert_eq!(beside.copies().map(|copy| copy.sha256).collect::<Vec<_>>(), [part.digest]);
    let inside = document.replace("></csdo:DocBinaryText>", ">QUJD\n RA==</csdo:DocBinaryText>");
    let inside = read_with(&inside, &[]).unwrap();
    let copy = inside.copies().next().unwrap();
    assert_eq!((copy.bytes, copy.sha256), (4, Digest256([4; 32])));
    assert_eq!(copy.media_type.as_ref().map(|one| one.as_str()), Some("application/pdf"));
}

#[test]
fn a_copy_without_content_and_a_part_without_a_place_are_told() {
    let (document, part) = with_copy();
    let code = |document: &str, parts: &[HeldPart]| match read_with(document, parts) {
        Err(CodecError::Values(findings)) => findings[0].code.to_string(),
        other => format!("{other:?}"),
    };
    assert_eq!(code(&document, &[]), "document.no_content");
    assert_eq!(code(&document, &[part, part]), "document.attachment");
    let broken = document.replace("></csdo:DocBinaryText>", ">Q!</csdo:DocBinaryText>");
    assert_eq!(code(&broken, &[]), "document.no_content");
}
