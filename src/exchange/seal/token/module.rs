//! The modules of this process, each loaded once, and what is found through them.

use super::super::error::SealError;
use super::TokenName;
use super::trouble::{LOCKED, ONE_TRY_LEFT, Trouble};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::object::{Attribute, AttributeType, CertificateType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// A module of a token's maker. Whoever asks it for something holds it alone: it may be begun again meanwhile.
pub(super) struct Module {
    library: Pkcs11,
    life: u64,
    /// The PINs that its tokens refused, and why: several keys of a token may have one PIN.
    refused: BTreeMap<PinFile, &'static str>,
}

/// A PIN for a token: in which file it is, as that was written last.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PinFile {
    /// The serial number of the token.
    token: String,
    path: PathBuf,
    written_at: Option<SystemTime>,
}

impl PinFile {
    pub(super) fn new(token: String, path: &Path) -> Self {
        let written_at = std::fs::metadata(path).and_then(|facts| facts.modified()).ok();
        Self { token, path: path.to_owned(), written_at }
    }
}

/// A session with a token.
pub(super) struct Found {
    pub(super) session: Session,
    /// The serial number of the token.
    pub(super) serial: String,
    pub(super) needs_login: bool,
    /// Why no login is to be tried.
    pub(super) why_not: Option<&'static str>,
}

type Modules = BTreeMap<PathBuf, Arc<Mutex<Module>>>;

/// A module is loaded once a process, whoever asks.
static MODULES: Mutex<Modules> = Mutex::new(BTreeMap::new());

/// The module in this file.
///
/// # Errors
/// It is not there, or is none.
pub(super) fn of(path: &Path) -> Result<Arc<Mutex<Module>>, SealError> {
    let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = modules.get(path) {
        return Ok(known.clone());
    }
    let refused = |error: Error| SealError::Token {
        detail: format!("the module {} cannot be used: {error}", path.display()),
    };
    let library = Pkcs11::new(path).map_err(refused)?;
    initialize(&library).map_err(refused)?;
    let module = Arc::new(Mutex::new(Module { library, life: 0, refused: BTreeMap::new() }));
    modules.insert(path.to_owned(), module.clone());
    Ok(module)
}

fn initialize(library: &Pkcs11) -> Result<(), Error> {
    match library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
        outcome => outcome,
    }
}

impl Module {
    /// Which life of the module this is; what was opened in another is gone.
    pub(super) fn life(&self) -> u64 {
        self.life
    }

    /// Ends the module and begins it again: some find a token that came back in no other way.
    pub(super) fn begin_again(&mut self) -> bool {
        self.life += 1;
        let _ = self.library.clone().finalize(); // it may have ended by itself
        initialize(&self.library).is_ok()
    }

    /// Why a token refused this PIN, if it did.
    pub(super) fn refused(&self, pin: &PinFile) -> Option<&'static str> {
        self.refused.get(pin).copied()
    }

    /// Keeps that a token refused this PIN, in place of what it said of that file before.
    pub(super) fn refuse(&mut self, pin: PinFile, reason: &'static str) {
        self.refused.retain(|before, _| (&before.token, &before.path) != (&pin.token, &pin.path));
        self.refused.insert(pin, reason);
    }

    /// A session with the token of this name.
    ///
    /// # Errors
    /// It is away.
    pub(super) fn session(&self, name: &TokenName) -> Result<Found, Trouble> {
        for slot in self.library.get_slots_with_token()? {
            // a slot beside the one that is looked for is nobody's trouble
            let Ok(info) = self.library.get_token_info(slot) else { continue };
            let is_it = match name {
                TokenName::Label(label) => info.label() == label,
                TokenName::Serial(serial) => info.serial_number() == serial,
                TokenName::Slot(number) => slot.id() == *number,
            };
            if is_it && info.token_initialized() {
                let why_not = match (info.user_pin_locked(), info.user_pin_final_try()) {
                    (true, _) => Some(LOCKED),
                    (false, true) => Some(ONE_TRY_LEFT),
                    (false, false) => None,
                };
                return Ok(Found {
                    session: self.open(slot)?,
                    serial: info.serial_number().to_owned(),
                    needs_login: info.login_required(),
                    why_not,
                });
            }
        }
        Err(Trouble::Away("the token is in no slot".to_owned()))
    }

    fn open(&self, slot: Slot) -> Result<Session, Trouble> {
        Ok(self.library.open_ro_session(slot)?)
    }
}

/// Logs in, if no other session of this process is logged in already: a login is of all of them.
pub(super) fn login(session: &Session, pin: &AuthPin) -> Result<(), Trouble> {
    match session.login(UserType::User, Some(pin)) {
        Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
        outcome => Ok(outcome?),
    }
}

/// The one private key of this label, or else of this id.
pub(super) fn key(session: &Session, name: &str) -> Result<ObjectHandle, Trouble> {
    let mut by = vec![Attribute::Label(name.as_bytes().to_vec())];
    by.extend(octets(name).map(Attribute::Id));
    for attribute in by {
        match session.find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY), attribute])?.as_slice() {
            [] => {}
            [key] => return Ok(*key),
            [_, _, ..] => {
                return Err(Trouble::Refused(format!(
                    "it holds several keys named {name}; name one by its id"
                )));
            }
        }
    }
    Err(Trouble::Refused(format!("it holds no private key named {name}, neither as label nor as id")))
}

/// The certificate of a key, in DER: the one with its id, or else with its label.
pub(super) fn certificate(session: &Session, key: ObjectHandle, name: &str) -> Result<Vec<u8>, Trouble> {
    let id = |attribute| if let Attribute::Id(id) = attribute { Some(id) } else { None };
    let id = session.get_attributes(key, &[AttributeType::Id])?.into_iter().find_map(id);
    let id = id.filter(|id| !id.is_empty()).map(Attribute::Id);
    for attribute in id.into_iter().chain([Attribute::Label(name.as_bytes().to_vec())]) {
        let wanted = [
            Attribute::Class(ObjectClass::CERTIFICATE),
            Attribute::CertificateType(CertificateType::X_509),
            attribute,
        ];
        for found in session.find_objects(&wanted)? {
            for value in session.get_attributes(found, &[AttributeType::Value])? {
                if let Attribute::Value(der) = value {
                    return Ok(der);
                }
            }
        }
    }
    let told = "it holds no certificate of the key; put it there, or name a certificate file";
    Err(Trouble::Refused(told.to_owned()))
}

/// The octets that a hexadecimal text means.
fn octets(hex: &str) -> Option<Vec<u8>> {
    let hex: Vec<u8> = hex.bytes().filter(|byte| *byte != b':').collect();
    if hex.is_empty() || hex.len() % 2 == 1 {
        return None;
    }
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    hex.chunks(2).map(|pair| Some(digit(pair.first()?)? * 16 + digit(pair.get(1)?)?)).collect()
}
