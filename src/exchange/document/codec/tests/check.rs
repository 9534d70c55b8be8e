//! Documents of bulk checks are read as they were written, and what no schema judges is found.

use super::*;
use crate::exchange::canonical::{
    CheckAnswer, CheckBatch, CheckDocument, CheckOpening, CheckReply, CheckResult, CheckSaid, Marks, Points,
    RecordId,
};

fn points() -> impl Strategy<Value = Points> {
    prop::collection::vec(any::<[u8; 32]>(), 0..7).prop_map(Points::new)
}

fn number() -> impl Strategy<Value = RecordId> {
    token("[A-Z]{2}-[A-Z0-9-]{1,40}")
}

fn opening() -> impl Strategy<Value = CheckOpening> {
    let kinds = prop::collection::vec(token("[a-z-]{1,20}"), 0..4);
    let codes = (token("[a-z-]{1,20}"), token("X-[A-Z0-9-]{1,18}"));
    (number(), state(), day(), kinds, codes, any::<u32>(), 1_u32..).prop_map(
        |(number, state, as_of, kinds, (ground, scheme), size, batch)| CheckOpening {
            number,
            state,
            as_of,
            kinds,
            ground,
            scheme,
            size,
            batch,
        },
    )
}

fn document() -> impl Strategy<Value = CheckDocument> {
    let said = prop_oneof![
        any::<u32>().prop_map(|size| CheckSaid::Accepted { size }),
        token("[a-z-]{1,20}").prop_map(|reason| CheckSaid::Refused { reason }),
    ];
    let answer = (number(), said).prop_map(|(number, said)| CheckAnswer { number, said });
    let batch = (number(), any::<u32>(), points()).prop_map(|(number, place, points)| CheckBatch {
        number,
        place,
        points,
    });
    let reply = (number(), any::<u32>(), points(), points())
        .prop_map(|(number, place, raised, own)| CheckReply { number, place, raised, own });
    let result =
        (number(), 0_u32..300, prop::collection::vec(0_u32..300, 0..20)).prop_map(|(number, count, at)| {
            let mut marks = Marks::none_of(count);
            at.into_iter().for_each(|at| marks.mark(at));
            CheckResult { number, hits: marks.marked(), marks }
        });
    prop_oneof![
        opening().prop_map(CheckDocument::Opening),
        answer.prop_map(CheckDocument::Answer),
        batch.prop_map(CheckDocument::Batch),
        reply.prop_map(CheckDocument::Reply),
        result.prop_map(CheckDocument::Result),
    ]
}

fn header() -> Header {
    let id = DocumentId::from_uuid(uuid::Uuid::from_u128(7));
    Header::new(("P.XP.07.MSG.001", "R.XP.XP.07.001"), id, None, jiff::Timestamp::UNIX_EPOCH)
}

proptest! {
    #[test]
    fn a_document_of_a_check_is_read_as_it_was_written(document in document()) {
        let bytes = encode_check(&document, &header()).unwrap();
        let (read_header, read) = decode_check(&bytes, &Limits::default()).unwrap();
        prop_assert_eq!(read_header, header());
        prop_assert_eq!(read, document);
    }

    #[test]
    fn no_change_of_a_byte_makes_it_panic(document in document(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = encode_check(&document, &header()).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = decode_check(&bytes, &Limits::default()); // only that it returns
    }
}

#[test]
fn values_marks_and_counts_that_mean_nothing_are_found() {
    let number: RecordId = "KZ-1".parse().unwrap();
    let codes = |document: &CheckDocument, from: &str, to: &str| {
        let text = String::from_utf8(encode_check(document, &header()).unwrap()).unwrap();
        assert!(text.contains(from), "{from} is not in {text}");
        match decode_check(text.replace(from, to).as_bytes(), &Limits::default()) {
            Err(CodecError::Values(findings)) => findings.into_iter().map(|it| it.code).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    let points = Points::new(vec![[1; 32]]);
    let batch = CheckDocument::Batch(CheckBatch { number: number.clone(), place: 3, points });
    assert_eq!(codes(&batch, "AQEBAQ", "AQEB"), ["document.value"], "padding that does not fit");
    assert_eq!(codes(&batch, ">AQEBAQEB", ">AQEB"), ["canonical.points"]);
    assert_eq!(codes(&batch, ">3<", ">-3<"), ["document.value"]);
    let mut marks = Marks::none_of(9);
    marks.mark(8);
    let result = CheckDocument::Result(CheckResult { number: number.clone(), hits: 1, marks });
    assert_eq!(codes(&result, ">9<", ">8<"), ["canonical.marks"]);
    assert_eq!(codes(&result, ">1<", ">2<"), ["canonical.marks"]);
    let opening = CheckOpening {
        number,
        state: State::Kz,
        as_of: date(2026, 11, 30),
        kinds: Vec::new(),
        ground: "overpayment".parse().unwrap(),
        scheme: "X".parse().unwrap(),
        size: 5,
        batch: 77,
    };
    assert_eq!(codes(&CheckDocument::Opening(opening), ">77<", ">0<"), ["document.value"]);
}
