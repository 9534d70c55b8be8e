//! How much more memory a document of 100 MB takes while it is sealed and verified: each in a process of its own, whose
//! highest resident memory the kernel tells.

use super::{ec_key, own_keys, report};
use stazh::base::{DocumentId, HeldPart, Limits};
use stazh::exchange::rules::{Carries, Catalogue, Rules};
use stazh::exchange::seal::{
    Filling, Sealing, Signer, TrustStore, open, seal_unchecked, sha256, verify, verify_filled,
};
use std::process::Command;

/// What a child is asked to do; the first two are claims.
const WORKS: [&str; 4] = ["seal-parts", "verify-parts", "seal-xml", "verify-xml"];

pub(crate) fn claims() {
    for work in WORKS {
        let exe = std::env::current_exe().unwrap();
        let run = Command::new(exe).args(["--memory", work]).output().unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        let grown: f64 = String::from_utf8(run.stdout).unwrap().trim().parse().unwrap();
        let claim = format!("MiB of memory grown by, {work} of 100 MB");
        match work {
            "seal-parts" | "verify-parts" => report(&claim, grown, 64.0, true),
            _ => println!(
                "{claim}: {grown:.0}, a document that is all XML; its bytes before and after are in memory"
            ),
        }
    }
}

/// Does one piece of work and prints by how many MiB the highest resident memory rose above that before it.
pub(crate) fn child() {
    let work = std::env::args().nth(2).unwrap();
    let keys = own_keys(ec_key());
    let signer = Signer::from_pem(&keys.key_pem, &keys.chain_pem).unwrap();
    let trust = TrustStore::from_pem(&keys.anchor_pem).unwrap();
    let id: DocumentId = "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a77".parse().unwrap();
    let limits = Limits::default();
    let now = super::now();
    if work.ends_with("xml") {
        let record = super::document();
        let body = std::str::from_utf8(&record).unwrap();
        let document = format!("<all>{}</all>", body.repeat((limits.xml_bytes_max - 10_000) / record.len()));
        let small = seal_unchecked(&record, id, &signer).unwrap().into_bytes();
        verify(open(&small, &limits).unwrap(), &trust, now).unwrap();
        let elements = Limits { xml_elements_max: usize::MAX, ..limits };
        if work == "seal-xml" {
            grown(|| drop(seal_unchecked(document.as_bytes(), id, &signer).unwrap()));
        } else {
            let sealed = seal_unchecked(document.as_bytes(), id, &signer).unwrap().into_bytes();
            drop(document);
            grown(|| drop(verify(open(&sealed, &elements).unwrap(), &trust, now).unwrap()));
        }
        return;
    }
    let document = include_str!("../../fixtures/documents/insurance-record-copies.xml");
    let document = document.replace(">JVBERi0xLjQ=<", "><").replace(">AAEC<", "><");
    let catalogue = Catalogue::built_in().unwrap();
    let (process, transaction) = catalogue.beginning_with(Carries::Inquiry).unwrap();
    let codes = std::iter::once(&transaction.request).chain(&transaction.responses);
    let messages: Vec<_> = codes.map(|code| process.message(code).unwrap()).collect();
    let message = messages.into_iter().find(|message| document.contains(&message.namespace)).unwrap();
    let valid = Rules::built_in(limits).unwrap().check(document.as_bytes(), message).unwrap();
    let names = ["1@stazh".to_owned(), "2@stazh".to_owned()];
    let seal = || {
        let sealing = Sealing::new(&valid, &names, id).unwrap();
        let mut filling = sealing.filling(&signer).unwrap();
        fill(&mut filling);
        let filled = filling.finish().unwrap();
        sealing.seal(filled, &signer).unwrap().into_bytes()
    };
    if work == "seal-parts" {
        grown(|| drop(seal()));
    } else {
        let sealed = seal();
        grown(|| {
            let opened = open(&sealed, &limits).unwrap();
            let mut filling = opened.filling().unwrap();
            fill(&mut filling);
            let filled = filling.finish().unwrap();
            drop(verify_filled(opened, filled, &trust, now).unwrap());
        });
    }
}

/// Two attachments of 50 MB, in the gulps of a disk.
fn fill(filling: &mut Filling<'_>) {
    let gulp = [7_u8; 65_536];
    while filling.open_hole().is_some() {
        for _ in 0..PART_BYTES / gulp.len() {
            filling.push(&gulp).unwrap();
        }
        let bytes = u64::try_from(PART_BYTES).unwrap();
        filling.close_hole(HeldPart { digest: sha256(&gulp), bytes }).unwrap();
    }
}

fn grown(work: impl FnOnce()) {
    // the highest so far is forgotten
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = kib("VmRSS:");
    work();
    println!("{}", (kib("VmHWM:") - before) / 1024.0);
}

fn kib(field: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

const PART_BYTES: usize = 50 * 1024 * 1024;
