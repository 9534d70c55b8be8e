//! What a peer posts with attachments: a MIME package, taken apart in gulps of any size.
#![no_main]

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream;
use libfuzzer_sys::fuzz_target;
use stazh::exchange::wire::{PartKeeper, unpack};
use std::convert::Infallible;
use std::sync::Arc;

/// What was kept: how many bytes of which part.
#[derive(Debug, Default, PartialEq, Eq)]
struct Kept {
    coming: usize,
    all: Vec<(String, usize)>,
}

impl PartKeeper for Kept {
    type Error = Infallible;

    fn take(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<(), Infallible>> {
        self.coming += bytes.len();
        async { Ok(()) }.boxed()
    }

    fn end(&mut self, content_id: String) -> BoxFuture<'_, Result<(), Infallible>> {
        self.all.push((content_id, std::mem::take(&mut self.coming)));
        async { Ok(()) }.boxed()
    }
}

fn taken(content_type: &str, body: &[u8], gulp: usize) -> Option<(Bytes, Kept)> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime can be made");
    let pieces: Vec<_> = body.chunks(gulp).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let mut kept = Kept::default();
    let bounds = (1 << 20, Arc::default());
    let envelope = runtime.block_on(unpack(content_type, stream::iter(pieces), &mut kept, bounds)).ok()?;
    Some((envelope, kept))
}

/// Two bytes stand for what a fuzzer would be long in finding.
fn spelt(body: &[u8]) -> Vec<u8> {
    let mut spelt = Vec::with_capacity(body.len());
    for byte in body {
        match byte {
            1 => spelt.extend_from_slice(b"\r\n--b"),
            2 => spelt.extend_from_slice(b"\r\nContent-ID: <r>\r\n\r\n"),
            other => spelt.push(*other),
        }
    }
    spelt
}

fuzz_target!(|bytes: &[u8]| {
    let Some((gulp, body)) = bytes.split_first() else { return };
    let content_type = "multipart/related; boundary=b; start=\"<r>\"";
    let body = spelt(body);
    let whole = taken(content_type, &body, body.len().max(1));
    let in_gulps = taken(content_type, &body, usize::from(*gulp).max(1));
    assert_eq!(whole, in_gulps, "how it comes decides on what it is");
    if let Ok(content_type) = std::str::from_utf8(&body) {
        let _ = taken(content_type, b"--b\r\nA: b\r\n\r\n\r\n--b--", 9); // it returns
    }
});
