//! A time-stamping authority itself (RFC 3161): for a sandbox and for tests.

use super::asn1::{context, parts, sequence, time, trimmed};
use super::cms::sign_content_bare;
use super::error::SealError;
use super::signer::Signer;
use super::time_stamp::{FAILURES, GRANTED, Imprint, REJECTION, TST_INFO, VERSION, wrong};
use der::asn1::{AnyRef, BitStringRef, Int, Utf8StringRef};
use der::{Decode, Encode, Tag, Tagged};
use jiff::Timestamp;
use uuid::Uuid;

/// Says under its key what was there when.
#[derive(Debug)]
pub struct StampAuthority {
    pub(super) signer: Signer,
}

/// What a time-stamping authority answered, for who runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StampOutcome {
    /// It gave a time stamp.
    Granted,
    /// It gave none, for this reason of `PKIFailureInfo`.
    Refused(&'static str),
}

impl StampAuthority {
    /// An authority with a key whose certificate is made for time stamps alone.
    ///
    /// # Errors
    /// It is not.
    pub fn new(signer: Signer) -> Result<Self, SealError> {
        let own = super::verify::SignerCertificate::read(&signer.certificate_der()?)?;
        match own.is_for_alone(super::time_stamp::TIME_STAMPING_PURPOSE) {
            true => Ok(Self { signer }),
            false => Err(SealError::Key { reason: "its certificate is not made for time stamps alone" }),
        }
    }

    /// Answers a request; one that cannot be read or granted, too.
    ///
    /// # Errors
    /// Its key refuses.
    pub fn answer(
        &self,
        request: &[u8],
        (serial, now): (Uuid, Timestamp),
    ) -> Result<(Vec<u8>, StampOutcome), SealError> {
        let asked = match Request::read(request) {
            Ok(asked) => asked,
            Err(failure) => {
                let answer = refusal(failure).map_err(unwritable)?;
                return Ok((answer, StampOutcome::Refused(failure)));
            }
        };
        let content = asked.told(serial, now).map_err(unwritable)?;
        let token = sign_content_bare((TST_INFO, &content), asked.wants_certificate, &self.signer, now)?;
        let coded = || sequence(&[&sequence(&[&GRANTED.to_der()?])?, &token]);
        Ok((coded().map_err(unwritable)?, StampOutcome::Granted))
    }
}

/// `TimeStampReq`.
struct Request {
    imprint: Imprint,
    nonce: Option<Vec<u8>>,
    wants_certificate: bool,
}

impl Request {
    fn read(der: &[u8]) -> Result<Self, &'static str> {
        let fields = parts(der).map_err(|_cause| BAD_REQUEST)?;
        let [version, imprint, rest @ ..] = fields.as_slice() else { return Err(BAD_REQUEST) };
        if !u8::from_der(version).is_ok_and(|version| version == VERSION) {
            return Err(BAD_REQUEST);
        }
        let imprint = Imprint::read(imprint).map_err(|_unknown| "badAlg")?.ok_or(BAD_REQUEST)?;
        let length = imprint.algorithm.of(b"").map_err(|_unloaded| "badAlg")?.len();
        if imprint.digest.len() != length {
            return Err("badDataFormat");
        }
        let mut asked = Self { imprint, nonce: None, wants_certificate: false };
        for field in rest {
            let any = AnyRef::from_der(field).map_err(|_cause| BAD_REQUEST)?;
            let tag = any.tag();
            if tag == Tag::Integer {
                asked.nonce = Some(any.value().to_vec());
            } else if tag == Tag::Boolean {
                asked.wants_certificate = any.value() != [0];
            } else if tag == context(0, true) {
                return Err("unacceptedExtension");
            } else if tag != Tag::ObjectIdentifier {
                return Err(BAD_REQUEST);
            } else if *field != POLICY {
                return Err("unacceptedPolicy");
            }
        }
        Ok(asked)
    }

    /// `TSTInfo` about it.
    fn told(&self, serial: Uuid, now: Timestamp) -> der::Result<Vec<u8>> {
        let serial = [&[0], serial.as_bytes().as_slice()].concat(); // never negative
        let serial = Int::new(trimmed(&serial))?.to_der()?;
        let nonce = self.nonce.as_ref().map(|nonce| AnyRef::new(Tag::Integer, nonce)?.to_der());
        let nonce = nonce.transpose()?.unwrap_or_default();
        sequence(&[&VERSION.to_der()?, &POLICY, &self.imprint.to_der()?, &serial, &time(now)?, &nonce])
    }
}

fn refusal(failure: &'static str) -> der::Result<Vec<u8>> {
    let place = FAILURES.iter().find(|(_, name)| *name == failure).map_or(0, |(place, _)| *place);
    let mut octets = vec![0_u8; place / 8 + 1];
    if let Some(last) = octets.last_mut() {
        *last = 0x80 >> (place % 8);
    }
    let unused = u8::try_from(7 - place % 8).unwrap_or_default();
    let text = sequence(&[&Utf8StringRef::new(failure)?.to_der()?])?;
    let status = sequence(&[&REJECTION.to_der()?, &text, &BitStringRef::new(unused, &octets)?.to_der()?])?;
    sequence(&[&status])
}

fn unwritable(_cause: der::Error) -> SealError {
    wrong("it cannot be written in DER")
}

const BAD_REQUEST: &str = "badRequest";
/// 2.999.3161, of the arc that is kept for examples: it promises nothing.
const POLICY: [u8; 6] = [0x06, 0x04, 0x88, 0x37, 0x98, 0x59];
