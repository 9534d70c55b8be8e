//! A file that the node signs: a head, lines of JSON, and a last line that signs all before it with the key of the seal.
//!
//! Whoever has the certificate sees whether a line was changed, added or taken away; nothing of the node is needed for that.

use super::{Context, FlowError};
use crate::base::Digest256;
use crate::exchange::seal::{Witness, attest, sha256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The last line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Last {
    signature: Signature,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    /// Lines before this one, the head included.
    lines: usize,
    /// The SHA-256 of their octets.
    sha256: String,
    /// The SHA-256 of the signer's certificate.
    signer: String,
    /// In Base64.
    value: String,
}

/// What a signed file is found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedFile {
    /// It is as it was signed.
    Whole {
        /// Its lines between the head and the signature.
        lines: usize,
    },
    /// It is not; why.
    Changed(&'static str),
    /// The certificate that it was signed with is not known here; its SHA-256.
    Unknown(Digest256),
}

/// Makes a signed file; `kind` says what its lines are.
///
/// # Errors
/// The key cannot sign now.
pub(super) async fn sign_lines(
    (kind, mut head): (&str, Value),
    lines: Vec<String>,
    ctx: &Context,
) -> Result<Vec<u8>, FlowError> {
    let (signers, state, now) = (ctx.signers.get(), ctx.state, ctx.clock.now());
    let kind = kind.to_owned();
    Context::aside(move || {
        let signer = signers.first()?;
        let mut witness = Witness::default();
        witness.add_pem(&signer.certificates_pem()?)?;
        let certificates: Vec<String> = witness.certificates().map(|der| STANDARD.encode(der)).collect();
        if let Value::Object(head) = &mut head {
            let told = json!({
                "file": kind, "version": VERSION, "state": state, "made_at": now, "certificates": certificates,
            });
            head.extend(told.as_object().cloned().unwrap_or_default());
        }
        let mut text = format!("{head}\n");
        for line in &lines {
            text.push_str(line);
            text.push('\n');
        }
        let (sha256, lines) = (sha256(text.as_bytes()).to_string(), lines.len().saturating_add(1));
        let value = attest(&sentence(&sha256, lines), signer)?;
        let signer = signer.fingerprint()?.to_string();
        let last = json!(Last { signature: Signature { lines, sha256, signer, value: STANDARD.encode(value) } });
        text.push_str(&format!("{last}\n"));
        Ok(text.into_bytes())
    })
    .await?
}

/// The certificates that a signed file says it was signed with, in DER; nothing if it is none.
pub fn certificates_of(file: &[u8]) -> Option<Vec<Vec<u8>>> {
    let head: Value = serde_json::from_slice(file.split(|octet| *octet == b'\n').next()?).ok()?;
    head.get("file")?;
    let all = head.get("certificates")?.as_array()?.iter();
    all.map(|one| STANDARD.decode(one.as_str()?).ok()).collect()
}

/// Whether a file is as it was signed with one of the certificates of `witness`.
pub fn check_signed_file(file: &[u8], witness: &Witness) -> SignedFile {
    let body = file.strip_suffix(b"\n").unwrap_or(file);
    let Some(cut) = body.iter().rposition(|octet| *octet == b'\n') else {
        return SignedFile::Changed("it is cut off");
    };
    let (signed, last) = body.split_at(cut.saturating_add(1));
    let Ok(Last { signature }) = serde_json::from_slice(last) else {
        return SignedFile::Changed("its last line is no signature: it is cut off");
    };
    let lines = signed.iter().filter(|octet| **octet == b'\n').count();
    if lines != signature.lines || sha256(signed).to_string() != signature.sha256 {
        return SignedFile::Changed("its lines are not those that were signed");
    }
    let (Ok(signer), Ok(value)) = (signature.signer.parse::<Digest256>(), STANDARD.decode(&signature.value))
    else {
        return SignedFile::Changed("its signature cannot be read");
    };
    match witness.confirms(&signer, &sentence(&signature.sha256, lines), &value) {
        Some(true) => SignedFile::Whole { lines: lines.saturating_sub(1) },
        Some(false) => SignedFile::Changed("its signature is not that of the certificate"),
        None => SignedFile::Unknown(signer),
    }
}

fn sentence(sha256: &str, lines: usize) -> String {
    format!("stazh file of {lines} lines, sha-256 {sha256}")
}

const VERSION: u32 = 1;
