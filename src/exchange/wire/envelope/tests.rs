//! What an envelope may look like, and what it may not.

use super::*;
use crate::exchange::document::Element;
use crate::exchange::transit::Subcode;

const SAMPLE: &str = r#"<?xml version="1.0"?>
<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns="http://www.w3.org/2005/08/addressing">
  <e:Header>
<i:ConversationID xmlns:i="urn:EEC:Interaction:v1.0"> urn:uuid:f8a30dda-8443-4ef9-a367-c36fa39ee1f1 </i:ConversationID>
<ReplyTo><Address>EAEU://RU/CP/P.SP.03/P.SP.03.ACT.002</Address><ReferenceParameters><x/></ReferenceParameters></ReplyTo>
<i:ProcedureID xmlns:i="urn:EEC:Interaction:v1.0">urn:uuid:f8a30dda-8443-4ef9-a367-c36fa39ee1f1</i:ProcedureID>
<To>EAEU://EEC/CP/P.SP.03/<!-- a comment --><![CDATA[P.ACT]]>&#46;001</To>
<MessageID>urn:uuid:eaddf37f-70db-45ee-9a08-542d2c5589c3</MessageID>
<Action>int://CP/P.SP.03/0.1/P.SP.03.PRC.001/P.SP.03.TRN.002/P.CC.04.MSG.003</Action>
  </e:Header>
  <e:Body>
<r:Root xmlns:r="urn:r"><r:To>not a header</r:To></r:Root>
  </e:Body>
</e:Envelope>"#;

fn read(text: &str) -> Result<Envelope, EnvelopeError> {
    Envelope::read(text.as_bytes(), &Limits::default())
}

#[test]
fn a_peers_own_prefixes_and_order_are_read_the_same() {
    let envelope = read(SAMPLE).unwrap();
    let headers = Headers::parse(&envelope.headers).unwrap();
    assert_eq!(headers.to.to_string(), "EAEU://EEC/CP/P.SP.03/P.ACT.001");
    assert_eq!(
        &SAMPLE[envelope.body.clone()],
        "<r:Root xmlns:r=\"urn:r\"><r:To>not a header</r:To></r:Root>"
    );
    assert!(!envelope.is_fault);
    let written = Envelope::write(&headers, SAMPLE[envelope.body].as_bytes()).unwrap();
    let again = Envelope::read(&written, &Limits::default()).unwrap();
    assert_eq!(again.headers.reply_to, envelope.headers.reply_to);
    assert_eq!(Headers::parse(&again.headers).unwrap(), headers);
    assert!(String::from_utf8(written).unwrap().contains("<soap:Body><r:Root"));
}

#[test]
fn what_the_platform_wrote_is_read_and_may_stand_once() {
    assert_eq!(read(SAMPLE).unwrap().integration, None);
    let stamp = "<i:Integration xmlns:i=\"urn:EEC:Interaction:v1.0\"><i:TrackID> urn:uuid:1 </i:TrackID>\
        <i:AcceptTime>2014-10-20T12:00:00+03:00</i:AcceptTime><TrackID>other</TrackID></i:Integration>";
    let stamped = SAMPLE.replace("<e:Header>", &format!("<e:Header>{stamp}"));
    let envelope = read(&stamped).unwrap();
    let integration = envelope.integration.unwrap();
    assert_eq!(integration.track_id.as_deref(), Some("urn:uuid:1"));
    assert_eq!(integration.accept_time.as_deref(), Some("2014-10-20T12:00:00+03:00"));
    assert_eq!(envelope.headers, read(SAMPLE).unwrap().headers);
    let twice = SAMPLE.replace("<e:Header>", &format!("<e:Header>{stamp}{stamp}"));
    assert!(matches!(read(&twice), Err(EnvelopeError::HeaderTwice { name: "int:Integration" })));
}

#[test]
fn what_is_no_single_message_is_refused() {
    let second = SAMPLE.replace("</e:Body>", "</e:Body><e:Body><x/></e:Body>");
    assert!(matches!(read(&second), Err(EnvelopeError::SecondBody)));
    let two = SAMPLE.replace("</r:Root>", "</r:Root><y/>");
    assert!(matches!(read(&two), Err(EnvelopeError::BodyElements)));
    let none = SAMPLE.replace("<r:Root xmlns:r=\"urn:r\"><r:To>not a header</r:To></r:Root>", "");
    assert!(matches!(read(&none), Err(EnvelopeError::BodyElements)));
    let twice = SAMPLE.replace("</e:Header>", "<To>EAEU://KZ/CA/1</To></e:Header>");
    assert!(matches!(read(&twice), Err(EnvelopeError::HeaderTwice { name: "wsa:To" })));
    assert!(matches!(read("<a/>"), Err(EnvelopeError::NotAnEnvelope)));
    let late = SAMPLE.replace("</e:Body>", "</e:Body><e:Header/>");
    assert!(matches!(read(&late), Err(EnvelopeError::NotAnEnvelope)));
    let dtd = SAMPLE.replace("<e:Envelope", "<!DOCTYPE x><e:Envelope");
    assert!(matches!(read(&dtd), Err(EnvelopeError::Xml(_))));
}

#[test]
fn a_fault_names_the_failed_message_and_speaks_russian() {
    let failed = read(SAMPLE).unwrap().headers;
    let fault = Fault::new(Subcode::InvalidHeader, "int:ProcedureID is absent or empty");
    let id = "urn:uuid:9219a798-a7b2-4e28-8241-0e5816c3f7b3";
    let problem = "<?xml version='1.0'?><s:Envelope a=\"]]>&amp;\">стаж</s:Envelope>";
    let written = Envelope::write_fault(&fault, ("EAEU://KZ/SR/gate", id), &failed, Some(problem)).unwrap();
    let text = String::from_utf8(written.clone()).unwrap();
    assert!(text.contains("<soap:Text xml:lang=\"ru\">Отсутствует или заполнен неверно"), "{text}");
    assert!(text.contains("<soap:Value>int:InvalidHeader</soap:Value>"));
    assert!(text.contains(
        "int:RelatesAction=\"int://CP/P.SP.03/0.1/P.SP.03.PRC.001/P.SP.03.TRN.002/P.CC.04.MSG.003\""
    ));
    assert!(
        text.starts_with("<soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:wsa=")
    );
    let envelope = Envelope::read(&written, &Limits::default()).unwrap();
    assert!(envelope.is_fault);
    let root = Element::parse(&written, &Limits::default()).unwrap();
    let mut returned = Vec::new();
    root.visit(&mut |path, element| {
        if path == "/Envelope/Body/Fault/Detail/ProblemMessage" {
            returned.push(element.text.clone());
        }
    });
    assert_eq!(returned, [problem], "D5 ¶76");
    let unwritable = Envelope::write_fault(&fault, ("EAEU://KZ/SR/gate", id), &failed, Some("\u{0}"));
    assert!(unwritable.is_err());
    assert_eq!(envelope.headers.to, failed.reply_to);
}
