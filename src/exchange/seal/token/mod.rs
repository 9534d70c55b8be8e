//! A key on a PKCS#11 token: it signs for us there and never leaves it.
//!
//! What is signed is digested here; the token is handed the digest. A session that is lost is begun again, once, with a
//! login; a token that is away after that is waited for by whoever asked. A PIN that was refused is not tried again: some
//! tokens lock themselves after three tries.

mod module;
mod trouble;

use super::error::SealError;
use super::plan::read_password;
use super::suites::{DigestAlgorithm, RawSignature};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;
use cryptoki::types::AuthPin;
use module::{Found, Module, PinFile};
use openssl::x509::X509;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use trouble::Trouble;

/// Where a key is that never leaves its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPlan {
    /// The PKCS#11 module of its maker.
    pub module: PathBuf,
    /// Which token.
    pub token: TokenName,
    /// The label of the key there, or its id in hexadecimal.
    pub key: String,
    /// A file that holds the PIN.
    pub pin: PathBuf,
    /// The key's certificate as PEM, and those above it; the one on the token if absent.
    pub certificate: Option<PathBuf>,
}

/// By what a token is found among those of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenName {
    /// By its label.
    Label(String),
    /// By its serial number.
    Serial(String),
    /// By the number of its slot.
    Slot(u64),
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(label) => write!(f, "with the label {label}"),
            Self::Serial(serial) => write!(f, "with the serial number {serial}"),
            Self::Slot(slot) => write!(f, "in slot {slot}"),
        }
    }
}

/// A key on a token. Never prints anything of it but where it is.
pub(super) struct TokenKey {
    plan: TokenPlan,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: Option<Open>,
}

/// A session that is logged in.
struct Open {
    session: Session,
    key: ObjectHandle,
    /// The life of the module that it belongs to.
    life: u64,
}

impl TokenKey {
    pub(super) fn new(plan: TokenPlan) -> Self {
        Self { plan, state: Mutex::default() }
    }

    /// Signs bytes; the result is written as XML Signature writes it.
    ///
    /// # Errors
    /// The token is away, does not let us in, or refuses.
    pub(super) fn sign(&self, how: RawSignature, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
        let (mechanism, data) = asked(how, bytes)?;
        self.within(|open| Ok(open.session.sign(&mechanism, open.key, &data)?))
    }

    /// The certificate that stands beside the key on the token.
    ///
    /// # Errors
    /// As [`Self::sign`], or there is none.
    pub(super) fn certificate(&self) -> Result<X509, SealError> {
        let der = self.within(|open| module::certificate(&open.session, open.key, &self.plan.key))?;
        X509::from_der(&der).map_err(|_cause| {
            let detail = "the certificate on the token cannot be read; name a certificate file";
            SealError::Token { detail: detail.to_owned() }
        })
    }

    /// Does something in a session that is logged in. One that was lost is begun again: first a session, then the module
    /// with it.
    fn within<T>(&self, act: impl Fn(&Open) -> Result<T, Trouble>) -> Result<T, SealError> {
        let module = module::of(&self.plan.module)?;
        let mut module = module.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = state.open.take().filter(|open| open.life == module.life()) {
            match act(&open) {
                Err(Trouble::Away(_)) => drop(open),
                outcome => {
                    state.open = Some(open);
                    return outcome.map_err(|trouble| self.told(trouble));
                }
            }
        }
        let mut tried = self.try_anew(&mut module, &mut state, &act);
        if matches!(tried, Err(Trouble::Away(_))) && module.begin_again() {
            tried = self.try_anew(&mut module, &mut state, &act);
        }
        tried.map_err(|trouble| self.told(trouble))
    }

    fn try_anew<T>(
        &self,
        module: &mut Module,
        state: &mut State,
        act: impl Fn(&Open) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let Found { session, serial, needs_login, why_not } = module.session(&self.plan.token)?;
        if needs_login {
            let pin = PinFile::new(serial, &self.plan.pin);
            if let Some(reason) = module.refused(&pin) {
                return Err(Trouble::Pin(reason));
            }
            if let Some(reason) = why_not {
                return Err(Trouble::Pin(reason));
            }
            let login = self.login(&session);
            if let Err(Trouble::Pin(reason)) = login {
                module.refuse(pin, reason);
            }
            login?;
        }
        let key = module::key(&session, &self.plan.key)?;
        let open = Open { session, key, life: module.life() };
        let done = act(&open)?;
        state.open = Some(open);
        Ok(done)
    }

    fn login(&self, session: &Session) -> Result<(), Trouble> {
        let pin = read_password(&self.plan.pin).map_err(Trouble::Own)?;
        module::login(session, &AuthPin::from(pin.as_str()))
    }

    fn told(&self, trouble: Trouble) -> SealError {
        let detail =
            |told: String| format!("{told} (token {} of {})", self.plan.token, self.plan.module.display());
        match trouble {
            Trouble::Away(told) => SealError::TokenAway { detail: detail(told) },
            Trouble::Pin(reason) => SealError::TokenPin { reason },
            Trouble::Refused(told) => SealError::Token { detail: detail(told) },
            Trouble::Own(error) => error,
        }
    }
}

/// What the token is asked for: a digest that was computed here.
fn asked(how: RawSignature, bytes: &[u8]) -> Result<(Mechanism<'static>, Vec<u8>), SealError> {
    Ok(match how {
        RawSignature::Ecdsa(digest) => (Mechanism::Ecdsa, digest.of(bytes)?),
        RawSignature::Pkcs1(digest) => {
            let (name, _, _) = names(digest)?;
            (Mechanism::RsaPkcs, [name, &digest.of(bytes)?].concat())
        }
        RawSignature::Pss(digest) => {
            let (_, hash_alg, mgf) = names(digest)?;
            let digest = digest.of(bytes)?;
            let length = u64::try_from(digest.len()).unwrap_or_default();
            (Mechanism::RsaPkcsPss(PkcsPssParams { hash_alg, mgf, s_len: length.into() }), digest)
        }
    })
}

/// What stands before a digest in PKCS#1 (RFC 8017, 9.2), and what PKCS#11 calls it.
fn names(digest: DigestAlgorithm) -> Result<(&'static [u8], MechanismType, PkcsMgfType), SealError> {
    match digest {
        DigestAlgorithm::Sha256 => Ok((
            b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
            MechanismType::SHA256,
            PkcsMgfType::MGF1_SHA256,
        )),
        DigestAlgorithm::Sha384 => Ok((
            b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
            MechanismType::SHA384,
            PkcsMgfType::MGF1_SHA384,
        )),
        DigestAlgorithm::Sha512 => Ok((
            b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
            MechanismType::SHA512,
            PkcsMgfType::MGF1_SHA512,
        )),
        DigestAlgorithm::Streebog256 | DigestAlgorithm::Streebog512 | DigestAlgorithm::Belt => {
            Err(SealError::Key { reason: "a token does not sign by this algorithm" })
        }
    }
}
