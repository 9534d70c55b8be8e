//! The evidence container: everything that shows what became of one document, in a file that outlives the node.
//!
//! An ASiC-E container (ETSI EN 319 162-1) with a CAdES signature: a ZIP whose manifest names each file by its digest,
//! and a signature of the node over the manifest. What is inside is judged without the node, its database or a network.

use super::cms::{SignedContent, sign_beside};
use super::dvcs::{Judged, Question};
use super::error::SealError;
use super::grounds::read_grounds;
use super::inspect::{Aspect, Inspection, inspect};
use super::signer::Signer;
use super::suites::{DigestAlgorithm, sha256};
use super::third_party::ReceiptTrust;
use super::trust::TrustStore;
use crate::base::Limits;
use crate::exchange::document::{Event, XmlReader};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use uuid::Uuid;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// The name of the document in a container.
pub const EVIDENCE_DOCUMENT: &str = "document.xml";
/// The name of what our third party answered.
pub const EVIDENCE_ANSWER: &str = "receipt/answer.der";
/// The name of what it was asked.
pub const EVIDENCE_QUESTION: &str = "receipt/question.json";

/// What a third party was asked, and when.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct EvidenceQuestion {
    /// The id of the question.
    pub question: Uuid,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// When its answer came.
    pub came_at: Timestamp,
}

impl EvidenceQuestion {
    /// As it stands in a container.
    pub fn to_json(&self) -> Vec<u8> {
        let Self { question, asked_at, came_at } = self;
        let told = serde_json::json!({ "question": question, "asked_at": asked_at, "came_at": came_at });
        format!("{told:#}\n").into_bytes()
    }
}

/// Whether a file is a container rather than a document.
pub fn is_container(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// Packs files into a container that this key signs.
///
/// # Errors
/// A file cannot be packed, or the key refuses.
pub fn pack(files: &BTreeMap<String, Vec<u8>>, signer: &Signer, at: Timestamp) -> Result<Vec<u8>, SealError> {
    let mut manifest = format!(
        "<asic:ASiCManifest xmlns:asic=\"{ASIC}\" xmlns:ds=\"{DS}\"><asic:SigReference URI=\"{SIGNATURE}\" \
         MimeType=\"application/pkcs7-signature\"></asic:SigReference>"
    );
    for (name, content) in files {
        manifest.push_str(&format!(
            "<asic:DataObjectReference URI=\"{name}\"><ds:DigestMethod Algorithm=\"{}\"></ds:DigestMethod>\
             <ds:DigestValue>{}</ds:DigestValue></asic:DataObjectReference>",
            DigestAlgorithm::Sha256.uri(),
            STANDARD.encode(sha256(content).0),
        ));
    }
    manifest.push_str("</asic:ASiCManifest>");
    let signature = sign_beside(manifest.as_bytes(), signer, at)?;
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut put = |name: &str, content: &[u8], method| {
        zip.start_file(name, SimpleFileOptions::default().compression_method(method))?;
        Ok::<_, zip::result::ZipError>(zip.write_all(content)?)
    };
    // the type stands first and as it is, so that it is seen without unpacking
    let packed = put("mimetype", MIME.as_bytes(), CompressionMethod::Stored)
        .and_then(|()| put(MANIFEST, manifest.as_bytes(), CompressionMethod::Deflated))
        .and_then(|()| put(SIGNATURE, &signature, CompressionMethod::Deflated))
        .and_then(|()| {
            files.iter().try_for_each(|(name, content)| put(name, content, CompressionMethod::Deflated))
        });
    let packed = packed.and_then(|()| zip.finish());
    packed.map(Cursor::into_inner).map_err(|error| broken(&format!("it cannot be written: {error}")))
}

/// Judges a container and the document in it from every side.
pub fn inspect_container(
    bytes: &[u8],
    trust: &TrustStore,
    receipts: Option<&ReceiptTrust>,
    now: Timestamp,
    limits: &Limits,
) -> Inspection {
    let (files, signed) = match opened(bytes, limits) {
        Ok(opened) => opened,
        Err(error) => return Inspection::of_container(error),
    };
    // what came inside is of when it was put there, and so is what it shows of revocation
    let (certificates, answers) = read_grounds(&files);
    let as_of = signed.as_ref().ok().and_then(SignedContent::signed_at);
    let trust = &trust.beside(&certificates, answers.clone(), as_of);
    let receipts = &receipts.map(|receipts| receipts.beside(&certificates, answers, as_of));
    let receipts = receipts.as_ref();
    let signed_by = signed.and_then(|signed| signed.verify(trust, now)).map(|_signer| ());
    let Some(document) = files.get(EVIDENCE_DOCUMENT) else {
        return Inspection::of_container(broken(&format!("it holds no {EVIDENCE_DOCUMENT}")));
    };
    // the answer to the state that made the container, or else the receipt that came with the document
    let answer = files.get(EVIDENCE_QUESTION).zip(files.get(EVIDENCE_ANSWER));
    let within = receipts.filter(|_| answer.is_none());
    let mut found = inspect(document, trust, within, now, limits);
    found.checks.insert(0, (Aspect::Container, signed_by));
    if let Some((receipts, answer)) = receipts.zip(answer) {
        found.checks.push((Aspect::Receipt, confirmed(answer, document, receipts)));
    }
    found
}

/// Whether the answer in the container confirms the document in it, judged at the time it came.
fn confirmed(
    (asked, answer): (&Vec<u8>, &Vec<u8>),
    document: &[u8],
    receipts: &ReceiptTrust,
) -> Result<(), SealError> {
    let asked: EvidenceQuestion = serde_json::from_slice(asked)
        .map_err(|_cause| SealError::Receipt { reason: "its question cannot be read" })?;
    let question = Question::new(asked.question, asked.asked_at)?;
    let answer = question.read_answer(answer, receipts, asked.came_at)?;
    let digest = answer.digest().map(|digest| digest.of(document)).transpose()?.unwrap_or_default();
    match answer.of_document(&digest)? {
        Judged::Confirmed(_) => Ok(()),
        Judged::NotConfirmed { text, .. } | Judged::Impossible { text } => {
            Err(SealError::NotConfirmed { reason: text })
        }
    }
}

type Opened = (BTreeMap<String, Vec<u8>>, Result<SignedContent, SealError>);

/// The files that the manifest names, each as it names it; and its signature, which nobody has checked yet.
fn opened(bytes: &[u8], limits: &Limits) -> Result<Opened, SealError> {
    let mut files = unzipped(bytes, limits)?;
    if files.remove("mimetype").as_deref() != Some(MIME.as_bytes()) {
        return Err(broken("it is no ASiC-E container"));
    }
    let manifest = files.remove(MANIFEST).ok_or_else(|| broken("it has no manifest"))?;
    let signature = files.remove(SIGNATURE).ok_or_else(|| broken("it has no signature"))?;
    let told = references(&manifest, limits)?;
    for (name, digest) in &told {
        let content = files.get(name).ok_or_else(|| broken(&format!("{name} is missing")))?;
        if sha256(content).0.as_slice() != digest {
            return Err(broken(&format!("{name} was changed after it was signed")));
        }
    }
    if let Some(more) = files.keys().find(|name| !told.contains_key(*name)) {
        return Err(broken(&format!("{more} stands in it, and nobody signed that")));
    }
    Ok((files, SignedContent::read_beside(&signature, manifest)))
}

fn unzipped(bytes: &[u8], limits: &Limits) -> Result<BTreeMap<String, Vec<u8>>, SealError> {
    let unreadable = |error: &dyn std::fmt::Display| broken(&format!("it cannot be unpacked: {error}"));
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| unreadable(&error))?;
    if zip.len() > FILES_MAX {
        return Err(broken("it holds more than 1000 files"));
    }
    let mut left = u64::try_from(limits.body_bytes_max).unwrap_or(u64::MAX).saturating_mul(4);
    let mut files = BTreeMap::new();
    for place in 0..zip.len() {
        let mut file = zip.by_index(place).map_err(|error| unreadable(&error))?;
        let name = file.name().map_err(|error| unreadable(&error))?.into_owned();
        let mut content = Vec::new();
        let read =
            (&mut file).take(left + 1).read_to_end(&mut content).map_err(|error| unreadable(&error))?;
        left = left
            .checked_sub(u64::try_from(read).unwrap_or(u64::MAX))
            .ok_or_else(|| broken("it is larger unpacked than any message"))?;
        if files.insert(name, content).is_some() {
            return Err(broken("a name stands in it twice"));
        }
    }
    Ok(files)
}

/// What the manifest names, with the digests.
fn references(manifest: &[u8], limits: &Limits) -> Result<BTreeMap<String, Vec<u8>>, SealError> {
    let mut reader = XmlReader::new(manifest, limits)?;
    let mut told = BTreeMap::new();
    let (mut name, mut digest) = (None, None);
    loop {
        match reader.next_event()? {
            Event::Start(tag) if tag.is(ASIC, "DataObjectReference") => {
                name = tag.attribute("URI").map(str::to_owned);
            }
            Event::Start(tag) if tag.is(DS, "DigestMethod") => {
                if tag.attribute("Algorithm") != Some(DigestAlgorithm::Sha256.uri()) {
                    return Err(broken("its manifest tells another digest than SHA-256"));
                }
            }
            Event::Start(tag) if tag.is(DS, "DigestValue") => digest = Some(String::new()),
            Event::Text(text) => {
                if let Some(digest) = &mut digest {
                    digest.push_str(text.trim());
                }
            }
            Event::End { .. } => {
                if let (Some(of), Some(value)) = (&name, &digest)
                    && !value.is_empty()
                {
                    let value = STANDARD.decode(value);
                    let value = value.map_err(|_cause| broken("a digest of its manifest is not base64"))?;
                    if told.insert(of.clone(), value).is_some() {
                        return Err(broken("its manifest names a file twice"));
                    }
                    (name, digest) = (None, None);
                }
            }
            Event::Start(_) | Event::Pi { .. } => {}
            Event::Done => return Ok(told),
        }
    }
}

fn broken(reason: &str) -> SealError {
    SealError::Container { reason: reason.to_owned() }
}

const ASIC: &str = "http://uri.etsi.org/02918/v1.2.1#";
const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
const MIME: &str = "application/vnd.etsi.asic-e+zip";
const MANIFEST: &str = "META-INF/ASiCManifest.xml";
const SIGNATURE: &str = "META-INF/signature.p7s";
const FILES_MAX: usize = 1_000;
