//! Journal messages: golden files, round trips, and what is refused.

use super::*;
use proptest::prelude::*;

const PUT: &str = include_str!("../../../../fixtures/journal/put-journal.xml");
const GET: &str = include_str!("../../../../fixtures/journal/get-journal.xml");

fn get(text: &str) -> Result<GetJournal, JournalError> {
    GetJournal::decode(text.as_bytes(), &Scope::default(), &Limits::default())
}

fn put(text: &str) -> Result<PutJournal, JournalError> {
    PutJournal::decode(text.as_bytes(), &Scope::default(), &Limits::default())
}

fn id(n: u128) -> MessageId {
    MessageId::from_uuid(uuid::Uuid::from_u128(n))
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn sample() -> PutJournal {
    let message = MessageDetail {
        process: Some(ProcessInfo {
            code: "P.XP.01".to_owned(),
            version: "1.0.0".to_owned(),
            procedure: "P.XP.01.PRC.001".to_owned(),
            transaction: "P.XP.01.TRN.001".to_owned(),
            message: "P.XP.01.MSG.001".to_owned(),
        }),
        action: "int://CP/P.XP.01/1.0.0/P.XP.01.PRC.001/P.XP.01.TRN.001/P.XP.01.MSG.001".to_owned(),
        routing: Routing {
            to: "EAEU://KZ/CP/P.XP.01/P.XP.01.ACT.002".to_owned(),
            to_segment: "KZ".to_owned(),
            reply_to: some("EAEU://RU/CP/P.XP.01/P.XP.01.ACT.001"),
            from: None,
            fault_to: None,
            from_segment: "RU".to_owned(),
        },
        message_id: "urn:uuid:eaddf37f-70db-45ee-9a08-542d2c5589c3".to_owned(),
        relates_to: None,
        conversation_id: some("urn:uuid:f8a30dda-8443-4ef9-a367-c36fa39ee1f1"),
        message_type: "application".to_owned(),
        receipt: None,
    };
    let sent = JournalRecord {
        message: Some(message),
        operation_at: "2026-11-23T09:15:05.25Z".parse().unwrap(),
        track_id: "urn:uuid:eaddf37f-70db-45ee-9a08-542d2c5589c3".to_owned(),
        accepted_at: "2026-11-23T09:15:05Z".parse().unwrap(),
        source: "RU".to_owned(),
        receiver: "KZ".to_owned(),
        status: "timed-out".to_owned(),
        text: "missed".to_owned(),
        error_text: some("the peer answered 503 & no fault"),
        error_code: some("wire.unreachable"),
        id_ref: some("17"),
    };
    let mut attested = sent.clone();
    let receipt = ThirdPartyReceipt {
        document: "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a77".to_owned(),
        id: "r-1".to_owned(),
        is_valid: false,
        error_code: some("E1"),
        reason: some("сертификат отозван"),
    };
    attested.message.as_mut().unwrap().receipt = Some(receipt);
    let bare =
        JournalRecord { message: None, error_text: None, error_code: None, id_ref: None, ..sent.clone() };
    PutJournal { records: vec![sent, attested, bare], source_segment: "RU".to_owned() }
}

#[test]
fn the_golden_files_are_written_and_read() {
    assert_eq!(put(PUT).unwrap(), sample());
    assert_eq!(String::from_utf8(sample().encode().unwrap()).unwrap() + "\n", PUT);
    let question = GetJournal { of: JournalOf::Message(id(7)), find_relates: true };
    assert_eq!(get(GET).unwrap(), question);
    assert_eq!(String::from_utf8(question.encode().unwrap()).unwrap() + "\n", GET);
}

#[test]
fn the_root_may_stand_in_no_namespace_and_the_segment_beside_the_journal() {
    let namespace = " xmlns:journ=\"urn:EEC:Interaction:v1.0:Service:Util:Journal\"";
    let bare = GET.replace("journ:getJournal", "getJournal");
    assert_eq!(get(&bare).unwrap(), get(GET).unwrap());
    let beside = format!(
        "<putJournal{namespace}><journ:Journal/><journ:SourceSegment>KZ</journ:SourceSegment></putJournal>"
    );
    assert_eq!(put(&beside).unwrap(), PutJournal { records: vec![], source_segment: "KZ".to_owned() });
}

#[test]
fn what_is_no_journal_message_is_refused_by_its_element() {
    let track = "<journ:TrackID></journ:TrackID>";
    let filled = "<journ:TrackID>urn:uuid:00000000-0000-0000-0000-000000000008</journ:TrackID>";
    let only_track = GET.replace(track, filled).replacen("000000000007", "", 1);
    for (text, element) in [
        (GET.replace(track, filled), "getJournal"),
        (GET.replace("urn:uuid:00000000-0000-0000-0000-000000000007", ""), "getJournal"),
        (GET.replace("true", "yes"), "FindRelates"),
        (GET.replace("000000000007", "7"), "MessageID"),
        (only_track, "getJournal"),
        (GET.replace(track, "<journ:Other/>"), "getJournal"),
        (GET.replace(track, &format!("{track}{track}")), "TrackID"),
        (PUT.to_owned(), "getJournal"),
    ] {
        let Err(JournalError::Structure { element: found, .. }) = get(&text) else { panic!("{text}") };
        assert_eq!(found, element, "{text}");
    }
    for (from, to, element) in [
        ("<journ:SourceSegment>RU</journ:SourceSegment>", "", "SourceSegment"),
        (" Segment=\"KZ\"", "", "To"),
        ("<journ:Status>timed-out</journ:Status>", "", "Status"),
        ("2026-11-23T09:15:05.25Z", "yesterday", "OperationDt"),
        ("<journ:Action>", "<journ:Deed/><journ:Action>", "MessageDetail"),
        ("<journ:IsValid>false", "<journ:IsValid>no", "IsValid"),
    ] {
        assert!(PUT.contains(from), "{from}");
        let Err(JournalError::Structure { element: found, .. }) = put(&PUT.replace(from, to)) else {
            panic!("{to} for {from}")
        };
        assert_eq!(found, element);
    }
    let limits = Limits { xml_elements_max: 20, ..Limits::default() };
    let bounded = PutJournal::decode(PUT.as_bytes(), &Scope::default(), &limits);
    assert!(matches!(bounded, Err(JournalError::Xml(_))));
    let many = "<journ:Rec/>".repeat(RECORDS_MAX + 1);
    let many = PUT.replace("<journ:SourceSegment>", &format!("{many}<journ:SourceSegment>"));
    assert!(put(&many).unwrap_err().to_string().contains("more records"));
}

prop_compose! {
    fn texts()(texts in prop::collection::vec("[^\\p{C}\\s]([^\\p{C}]{0,20}[^\\p{C}\\s])?", 12)) -> Vec<String> {
        texts
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        rows in prop::collection::vec((texts(), any::<u8>(), 0_i64..4_000_000_000_000), 0..5),
        number in any::<u128>(),
        flags in any::<(bool, bool)>(),
    ) {
        let records = rows.into_iter().map(|(texts, bits, ms)| {
            let text = |n: usize| texts[n].clone();
            let maybe = |n: usize| (bits >> n & 1 == 1).then(|| texts[n].clone());
            let mut record = sample().records[1].clone();
            record.operation_at = Timestamp::from_millisecond(ms).unwrap();
            (record.status, record.text, record.source) = (text(8), text(9), text(10));
            (record.error_text, record.error_code, record.id_ref) = (maybe(0), maybe(1), maybe(2));
            let message = record.message.as_mut().unwrap();
            (message.routing.to, message.routing.to_segment) = (text(11), text(7));
            (message.routing.from, message.routing.fault_to) = (maybe(3), maybe(4));
            (message.relates_to, message.conversation_id) = (maybe(5), maybe(6));
            if bits & 1 == 0 { message.process = None; }
            if bits & 2 == 0 { message.receipt = None; }
            if bits & 12 == 0 { record.message = None; }
            record
        });
        let written = PutJournal { records: records.collect(), source_segment: "RU".to_owned() };
        let bytes = written.encode().unwrap();
        prop_assert_eq!(put(std::str::from_utf8(&bytes).unwrap()).unwrap(), written);
        let of = if flags.0 { JournalOf::Message(id(number)) } else { JournalOf::Track(id(number)) };
        let question = GetJournal { of, find_relates: flags.1 };
        let bytes = question.encode().unwrap();
        prop_assert_eq!(get(std::str::from_utf8(&bytes).unwrap()).unwrap(), question);
    }
}
