//! A node refuses each question that the law, the catalogue or its settings do not let it answer, and says why; what an
//! asker of ill will sends passes no check of ours before.

use super::{Side, configure, in_days, set_day};
use crate::refusals::{Stage, entry_where, fresh};
use stazh::base::{ConversationId, DocumentId, MessageId, ProcedureId};
use stazh::exchange::canonical::{FactInquiry, Validity};
use stazh::exchange::document::codec::{Header, HeaderText, encode_fact_inquiry};
use stazh::exchange::seal::seal_unchecked;
use stazh::exchange::transit::{Headers, LogicalAddress};
use stazh::exchange::wire::Envelope;
use stazh::store::JournalRow;
use std::sync::Arc;
use uuid::Uuid;

/// Posts a question to the Kazakh node as the Russian one, unchecked; the id of its conversation.
async fn post(stage: &Stage, inquiry: &FactInquiry) -> ConversationId {
    let id = DocumentId::from_uuid(Uuid::from_u128(fresh()));
    let header = Header {
        message: "P.XP.06.MSG.001".to_owned(),
        structure: "R.XP.XP.06.001".to_owned(),
        document_id: id,
        answers: None,
        made_at: HeaderText("2026-11-30T10:00:00Z".to_owned()),
    };
    let document = encode_fact_inquiry(inquiry, &header).unwrap();
    let sealed = seal_unchecked(&document, id, &stage.signer()).unwrap().into_bytes();
    let conversation_id = ConversationId::from_uuid(Uuid::from_u128(fresh()));
    let headers = Headers {
        to: LogicalAddress::of_actor("KZ", "P.XP.06", "P.XP.06.ACT.002"),
        reply_to: LogicalAddress::of_actor("RU", "P.XP.06", "P.XP.06.ACT.001"),
        action: "int://CP/P.XP.06/1.0.0/P.XP.06.PRC.001/P.XP.06.TRN.001/P.XP.06.MSG.001".parse().unwrap(),
        message_id: MessageId::from_uuid(Uuid::from_u128(fresh())),
        relates_to: None,
        procedure_id: ProcedureId::start(Uuid::from_u128(fresh())),
        conversation_id,
    };
    let (status, said) = stage.post(Envelope::write(&headers, &sealed).unwrap()).await;
    assert_eq!(status, 202, "{said}");
    conversation_id
}

fn question(kind: &str, purpose: &str, channel: &str, basis: &str) -> FactInquiry {
    serde_json::from_value(serde_json::json!({
        "asking": "RU", "asked": "KZ", "kind": kind,
        "person": { "name": { "family": "Ахметов", "given": "Ерлан" }, "birth_date": "1985-03-15",
                    "identifiers": [{ "kind": "iin", "value": "850315300019" }] },
        "ground": { "purpose": purpose, "channel": channel, "basis": basis },
    }))
    .unwrap()
}

/// With a consent to a purpose, of these days, for a state.
fn agreed(mut inquiry: FactInquiry, purpose: &str, (from, until): (i32, i32), state: &str) -> FactInquiry {
    inquiry.ground.consent = serde_json::from_value(serde_json::json!({
        "id": "5b0c1f4e-7d7c-4f56-9a53-0c4a1f3f2b11", "purpose": purpose, "states": [state],
        "validity": Validity::new(in_days(from), in_days(until)).unwrap(), "level": "one-time-sms",
    }))
    .unwrap();
    inquiry
}

async fn entry_of(stage: &Stage, id: ConversationId, kind: &str) -> JournalRow {
    let is_it = |row: &JournalRow| row.entry.conversation_id == Some(id) && row.entry.kind == kind;
    entry_where(&stage.kz, is_it).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_question_that_may_not_be_answered_is_refused_with_its_reason() {
    let desk = Arc::new(crate::nodes::TestDesk::default());
    let stage = Stage::set_after(desk, |kz| {
        let gives = ["X-WELFARE-LEVEL", "X-ACCOUNT-SINCE", "X-PARENT-ABROAD"];
        configure(kz, &Side { state: "KZ", gives: &gives, takes: &[] });
    })
    .await;
    let welfare = || question("X-WELFARE-LEVEL", "means-test", "consent", "XB-KZ-94V");
    let account = |purpose, channel, basis| question("X-ACCOUNT-SINCE", purpose, channel, basis);
    let parent = |channel, basis| question("X-PARENT-ABROAD", "child-protection", channel, basis);
    for (inquiry, code) in [
        (account("residence", "treaty", "XB-AGR-2019"), "rules.fact_purpose"),
        (account("pension", "treaty", "XB-KZ-335"), "rules.fact_basis"),
        (account("pension", "consent", "XB-KZ-94V"), "rules.fact_channel"),
        (welfare(), "rules.fact_no_consent"),
        (agreed(welfare(), "means-test", (-30, -1), "RU"), "rules.fact_consent_expired"),
        (agreed(welfare(), "means-test", (1, 30), "RU"), "rules.fact_consent_expired"),
        (agreed(welfare(), "means-test", (-1, 700), "RU"), "rules.fact_consent_too_long"),
        (agreed(welfare(), "identity", (-1, 30), "RU"), "rules.fact_consent_purpose"),
        (agreed(welfare(), "means-test", (-1, 30), "BY"), "rules.fact_consent_state"),
        (
            agreed(parent("consent", "XB-KZ-94V"), "child-protection", (-1, 30), "RU"),
            "rules.fact_special_by_consent",
        ),
        (parent("statute", "XB-KG-UP1"), "rules.fact_asker"),
        (question("X-UZ-CATEGORY", "means-test", "statute", "XB-KZ-224"), "rules.fact_disabled"),
        (question("X-LARGE-FAMILY", "family-benefit", "statute", "XB-BY-264"), "rules.fact_not_held"),
        (question("X-IDENTITY", "identity", "statute", "XB-KZ-213"), "rules.fact_not_configured"),
    ] {
        let id = post(&stage, &inquiry).await;
        let refused = entry_of(&stage, id, "refused").await;
        assert_eq!(refused.entry.code.as_deref(), Some(code), "{inquiry:?}");
        assert_eq!(
            entry_of(&stage, id, "answering").await.entry.detail,
            "P.XP.06.MSG.003",
            "a notice says so"
        );
    }
    let late = post(&stage, &account("pension", "treaty", "XB-AGR-2019")).await;
    let alarm = entry_of(&stage, late, "ask_person").await;
    assert_eq!(alarm.entry.code.as_deref(), Some("flow.fact_feed_late"), "nothing was ever fed");
    super::assert_tells_of_nobody(&super::whole_journal(&stage.kz).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_older_than_its_limit_raises_an_alarm_and_the_peer_learns_that_it_is_not_known() {
    let pair = super::Pair::of(
        Side { state: "RU", gives: &[], takes: &["X-ACCOUNT-SINCE"] },
        Side { state: "KZ", gives: &["X-ACCOUNT-SINCE"], takes: &[] },
    )
    .await;
    set_day(&pair.world.folder("KZ").join("local/accounts.csv"), in_days(-3));
    let is_alarm = |row: &JournalRow| row.entry.code.as_deref() == Some("flow.fact_feed_late");
    let unasked = entry_where(&pair.other, is_alarm).await;
    assert_eq!(unasked.entry.conversation_id, None, "nobody need have asked");
    let inquiry = question("X-ACCOUNT-SINCE", "pension", "treaty", "XB-AGR-2019");
    let composed = super::sent(&inquiry, false, &pair.one).await;
    let told = super::answered(&pair.one, &composed).await;
    assert_eq!(told, "the peer does not know at present; ask again later");
    let alarm = super::whole_journal(&pair.other).await;
    assert!(alarm.contains("flow.fact_feed_late") && alarm.contains("older than 2 days"), "{alarm}");
    set_day(&pair.world.folder("KZ").join("local/accounts.csv"), in_days(0));
    let composed = super::sent(&inquiry, false, &pair.one).await;
    super::answered(&pair.one, &composed).await;
    assert_eq!(super::handed_over(&pair.world, "RU").len(), 1, "the new file counts at once");
    pair.stop().await;
}
