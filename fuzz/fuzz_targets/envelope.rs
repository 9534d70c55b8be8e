//! What a peer posts: envelope, headers, signal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stazh::base::Limits;
use stazh::exchange::transit::{Headers, Signal, SignalBody};
use stazh::exchange::wire::Envelope;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    let Ok(envelope) = Envelope::read(bytes, &limits) else { return };
    let body = bytes.get(envelope.body.clone()).expect("the body is a part of the bytes");
    for signal in [Signal::Received, Signal::Accepted, Signal::Error] {
        if let Ok(read) = SignalBody::decode(signal, body, &envelope.scope, &limits) {
            read.encode().expect("what was read can be written");
        }
    }
    if let Ok(headers) = Headers::parse(&envelope.headers) {
        let written = Envelope::write(&headers, b"<a></a>").expect("what was read can be written");
        let again = Envelope::read(&written, &limits).expect("what was written can be read");
        let again = Headers::parse(&again.headers).expect("what was written can be read");
        assert_eq!(format!("{again:?}"), format!("{headers:?}"));
    }
});
