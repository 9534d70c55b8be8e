//! The evidence container: everything that shows what became of one document, in a file that outlives the node.
//!
//! An ASiC-E container (ETSI EN 319 162-1) with a CAdES signature: a ZIP whose manifest names each file by its digest,
//! and a signature of the node over the manifest. What is inside is judged without the node, its database or a network.

use super::cms::{SignedContent, sign_beside, with_stamp};
use super::dvcs::{Judged, Question};
use super::error::SealError;
use super::evidence_record::{EvidenceRecord, Stamped};
use super::grounds::read_grounds;
use super::inspect::{Aspect, Inspection, inspect};
use super::signer::Signer;
use super::suites::{DigestAlgorithm, sha256};
use super::third_party::ReceiptTrust;
use super::time_stamp::{Imprint, StampTrust, TimeStamp, claimed, is_spoilt};
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

/// The name of the record that shows since when the document is there (RFC 4998).
pub const EVIDENCE_RECORD: &str = "META-INF/evidencerecord001.ers";

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

/// A container that is signed and not written yet.
#[derive(Debug)]
pub struct Packed {
    files: BTreeMap<String, Vec<u8>>,
    manifest: String,
    signature: Vec<u8>,
}

impl Packed {
    /// Signs files by this key.
    ///
    /// # Errors
    /// The key refuses.
    pub fn sign(
        mut files: BTreeMap<String, Vec<u8>>,
        signer: &Signer,
        at: Timestamp,
    ) -> Result<Self, SealError> {
        if let Some(document) = files.get(EVIDENCE_DOCUMENT).filter(|_| files.contains_key(EVIDENCE_RECORD)) {
            let about = BTreeMap::from([(EVIDENCE_DOCUMENT, document.as_slice())]);
            let manifest = manifest((EVIDENCE_RECORD, "application/octet-stream"), about);
            files.insert(RECORD_MANIFEST.to_owned(), manifest.into_bytes());
        }
        let all = files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
        let manifest = manifest((SIGNATURE, "application/pkcs7-signature"), all);
        let signature = sign_beside(manifest.as_bytes(), signer, at)?;
        Ok(Self { files, manifest, signature })
    }

    /// What a time stamp of the signature is about.
    ///
    /// # Errors
    /// Never for what was signed here.
    pub fn imprint(&self) -> Result<Imprint, SealError> {
        let signed = SignedContent::read_beside(&self.signature, self.manifest.clone().into_bytes())?;
        Imprint::of(DigestAlgorithm::Sha256, signed.stamped().0)
    }

    /// Puts a time stamp beside the signature (CAdES).
    ///
    /// # Errors
    /// Never for what was signed here.
    pub fn stamped(self, stamp: &TimeStamp) -> Result<Self, SealError> {
        Ok(Self { signature: with_stamp(&self.signature, stamp.token())?, ..self })
    }

    /// Writes the container.
    ///
    /// # Errors
    /// A file cannot be packed.
    pub fn into_bytes(self) -> Result<Vec<u8>, SealError> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let mut put = |name: &str, content: &[u8], method| {
            zip.start_file(name, SimpleFileOptions::default().compression_method(method))?;
            Ok::<_, zip::result::ZipError>(zip.write_all(content)?)
        };
        // the type stands first and as it is, so that it is seen without unpacking
        let packed = put("mimetype", MIME.as_bytes(), CompressionMethod::Stored)
            .and_then(|()| put(MANIFEST, self.manifest.as_bytes(), CompressionMethod::Deflated))
            .and_then(|()| put(SIGNATURE, &self.signature, CompressionMethod::Deflated))
            .and_then(|()| {
                let mut files = self.files.iter();
                files.try_for_each(|(name, content)| put(name, content, CompressionMethod::Deflated))
            });
        let packed = packed.and_then(|()| zip.finish());
        packed.map(Cursor::into_inner).map_err(|error| broken(&format!("it cannot be written: {error}")))
    }
}

/// A manifest that says what a signature, or a record, is about.
fn manifest((about, kind): (&str, &str), files: BTreeMap<&str, &[u8]>) -> String {
    let mut manifest = format!(
        "<asic:ASiCManifest xmlns:asic=\"{ASIC}\" xmlns:ds=\"{DS}\"><asic:SigReference URI=\"{about}\" \
         MimeType=\"{kind}\"></asic:SigReference>"
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
    manifest
}

/// By whom and as of when a container is judged.
#[derive(Debug, Clone, Copy)]
pub struct Judges<'a> {
    /// The authorities behind the seals.
    pub trust: &'a TrustStore,
    /// Whose receipts count; without, none is looked at.
    pub receipts: Option<&'a ReceiptTrust>,
    /// Whose time stamps count; without, none is looked at.
    pub time_stamps: Option<&'a StampTrust>,
    /// When it is judged.
    pub now: Timestamp,
    /// Whether certificates are judged then even if a time stamp shows that the document was there before.
    pub is_time_told: bool,
}

/// Judges a container and the document in it from every side. What a good time stamp shows to have been there before is
/// judged as of then: a certificate that has expired since does not spoil it.
pub fn inspect_container(bytes: &[u8], by: &Judges<'_>, limits: &Limits) -> Inspection {
    let Opened { files, signed } = match opened(bytes, limits) {
        Ok(opened) => opened,
        Err(error) => return Inspection::of_container(error, by.now),
    };
    let Some(document) = files.get(EVIDENCE_DOCUMENT) else {
        return Inspection::of_container(broken(&format!("it holds no {EVIDENCE_DOCUMENT}")), by.now);
    };
    let (certificates, answers) = read_grounds(&files);
    let time_stamps = by.time_stamps.map(|trust| trust.beside(&certificates, answers.clone()));
    let time_stamps = time_stamps.as_ref();
    let since = time_stamps.map(|trust| since(document, files.get(EVIDENCE_RECORD), trust, by.now));
    let own_since = time_stamps.zip(signed.as_ref().ok()).and_then(|(trust, signed)| {
        let (signature, stamp) = signed.stamped();
        stamp.map(|stamp| stamped_at(signature, stamp, trust, by.now))
    });
    let judged_at =
        |stamped: Option<Timestamp>| if by.is_time_told { by.now } else { stamped.unwrap_or(by.now) };
    let at = judged_at(since.as_ref().and_then(|since| since.as_ref().ok()).map(|since| since.at));
    let own_at = judged_at(own_since.as_ref().and_then(|since| since.as_ref().ok()).copied());
    // what came inside is of when it was put there, and so is what it shows of revocation
    let stamped = own_since.as_ref().and_then(|since| since.as_ref().ok()).copied();
    let times = (stamped, signed.as_ref().ok().and_then(SignedContent::signed_at));
    let trust = by.trust.beside(&certificates, answers.clone(), times);
    let receipts = by.receipts.map(|receipts| receipts.beside(&certificates, answers, times));
    // the answer to the state that made the container, or else the receipt that came with the document
    let answer = files.get(EVIDENCE_QUESTION).zip(files.get(EVIDENCE_ANSWER));
    let within = receipts.as_ref().filter(|_| answer.is_none());
    let mut found = inspect(document, &trust, within, at, limits);
    let signed_by = signed.and_then(|signed| signed.verify(&trust, own_at)).map(|_signer| ());
    found.checks.insert(0, (Aspect::Container, signed_by));
    found.container_judged_at = Some(own_at);
    if let Some((receipts, answer)) = receipts.as_ref().zip(answer) {
        found.checks.push((Aspect::Receipt, confirmed(answer, document, receipts)));
    }
    let is_open = |error: &SealError| error.is_undecided();
    if since.as_ref().is_some_and(|since| since.as_ref().is_err_and(is_open))
        || own_since.as_ref().is_some_and(|since| since.as_ref().is_err_and(is_open))
    {
        found.leave_time_open();
    }
    if let Some(since) = since {
        let own = own_since.map_or(Ok(()), |own| own.map(|_at| ()));
        found.stamped = since.as_ref().ok().cloned();
        found.checks.push((Aspect::TimeStamp, since.and(own)));
    }
    found
}

/// Since when the document in the container is there, by its record.
fn since(
    document: &[u8],
    record: Option<&Vec<u8>>,
    trust: &StampTrust,
    now: Timestamp,
) -> Result<Stamped, SealError> {
    let record = record.ok_or(SealError::TimeStamp { reason: "there is none in the container" })?;
    if record.len() > RECORD_BYTES_MAX {
        return Err(SealError::TimeStamp { reason: "its record is larger than any that is lawful" });
    }
    // a document may be long, and a record may name one digest many times
    let mut known: Vec<(DigestAlgorithm, Vec<u8>)> = Vec::new();
    let mut digest_of = |algorithm: DigestAlgorithm| {
        if let Some((_, digest)) = known.iter().find(|(of, _)| *of == algorithm) {
            return Ok(digest.clone());
        }
        let digest = algorithm.of(document)?;
        known.push((algorithm, digest.clone()));
        Ok(digest)
    };
    EvidenceRecord::read(record)?.verify(&mut digest_of, trust, now)
}

/// Since when the signature of the container is there.
fn stamped_at(
    signature: &[u8],
    stamp: &[u8],
    trust: &StampTrust,
    now: Timestamp,
) -> Result<Timestamp, SealError> {
    let (_at, told) = claimed(stamp)?;
    let imprint = Imprint::of(told.algorithm, signature)?;
    Ok(TimeStamp::verify(stamp, &imprint, trust, now)?.at())
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
    if !answer.is_of(asked.asked_at, asked.came_at) {
        return Err(SealError::Receipt { reason: "it is of another time than its question" });
    }
    let digest = answer.digest().map(|digest| digest.of(document)).transpose()?.unwrap_or_default();
    match answer.of_document(&digest)? {
        Judged::Confirmed(_) => Ok(()),
        Judged::NotConfirmed { text, .. } => Err(SealError::NotConfirmed { reason: text }),
        Judged::Impossible { text } => Err(SealError::NotDecided { reason: text }),
    }
}

/// The files that the manifest names, each as it names it; and the signature, which nobody has checked yet.
struct Opened {
    files: BTreeMap<String, Vec<u8>>,
    signed: Result<SignedContent, SealError>,
}

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
    let signed = SignedContent::read_beside(&signature, manifest);
    if let Ok((signature, Some(stamp))) = signed.as_ref().map(SignedContent::stamped)
        && is_spoilt(stamp, signature)
    {
        return Err(broken("the time stamp of its signature was changed, or is of another one"));
    }
    Ok(Opened { files, signed })
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
const RECORD_MANIFEST: &str = "META-INF/ASiCEvidenceRecordManifest001.xml";
/// A batch has at most 256 members, and a record is renewed every few years.
const RECORD_BYTES_MAX: usize = 4 * 1024 * 1024;
const FILES_MAX: usize = 1_000;

#[cfg(test)]
mod tests;
