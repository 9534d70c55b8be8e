//! Who signs our documents, as the settings write it: keys in files of PEM or PKCS#12, or on PKCS#11 tokens.

use crate::exchange::seal::{SealError, SignerPlan, Signers, TokenName, TokenPlan};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Where the keys are that sign our documents.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct SealPlan {
    /// The one that signs whatever else the node signs.
    pub own: SignerPlan,
    /// Further signers of the same documents.
    pub also: Vec<SignerPlan>,
}

impl SealPlan {
    /// Reads the keys of all signers.
    ///
    /// # Errors
    /// One of them is unusable.
    pub fn signers(&self) -> Result<Signers, SealError> {
        Signers::new(self.plans().map(SignerPlan::signer).collect::<Result<_, _>>()?)
    }

    /// The files they are read from.
    pub fn files(&self) -> Vec<&Path> {
        self.plans().flat_map(SignerPlan::files).collect()
    }

    /// All signers.
    pub(super) fn plans(&self) -> impl Iterator<Item = &SignerPlan> {
        std::iter::once(&self.own).chain(&self.also)
    }

    /// The same with paths that a folder stands before.
    pub(super) fn within(self, folder: &Path) -> Self {
        let also = self.also.into_iter().map(|plan| plan.within(folder)).collect();
        Self { own: self.own.within(folder), also }
    }
}

/// The section as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    password_file: Option<PathBuf>,
    token: Option<WrittenToken>,
    #[serde(default)]
    also: Vec<WrittenKey>,
}

/// A key as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenKey {
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    password_file: Option<PathBuf>,
    token: Option<WrittenToken>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenToken {
    module: PathBuf,
    label: Option<String>,
    serial: Option<String>,
    slot: Option<u64>,
    key: String,
    pin_file: PathBuf,
}

impl TryFrom<Written> for SealPlan {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { certificate, key, password_file, token, also } = written;
        let own = WrittenKey { certificate, key, password_file, token }.plan()?;
        Ok(Self { own, also: also.into_iter().map(WrittenKey::plan).collect::<Result<_, _>>()? })
    }
}

impl WrittenKey {
    fn plan(self) -> Result<SignerPlan, String> {
        let Self { certificate, key, password_file: password, token } = self;
        match (key, token) {
            (Some(key), None) => Ok(SignerPlan::Files { key, certificate, password }),
            (None, Some(token)) if password.is_none() => Ok(SignerPlan::Token(TokenPlan {
                token: token.name()?,
                module: token.module,
                key: token.key,
                pin: token.pin_file,
                certificate,
            })),
            (None, Some(_)) => Err("a token has a pin_file and no password_file".to_owned()),
            (Some(_), Some(_)) => Err("the key is a file or on a token, and not both".to_owned()),
            (None, None) => Err("there is no key; name a file, or a token".to_owned()),
        }
    }
}

impl WrittenToken {
    fn name(&self) -> Result<TokenName, String> {
        match (&self.label, &self.serial, self.slot) {
            (Some(label), None, None) => Ok(TokenName::Label(label.clone())),
            (None, Some(serial), None) => Ok(TokenName::Serial(serial.clone())),
            (None, None, Some(slot)) => Ok(TokenName::Slot(slot)),
            _ => Err("a token is named by its label, its serial or its slot, by one of them".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<SealPlan, String> {
        toml::from_str::<SealPlan>(text)
            .map(|plan| plan.within(Path::new("etc")))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_key_is_in_files_or_on_a_token_and_its_paths_are_relative_to_the_settings() {
        let plan = read(
            "key = 'a.p12'\npassword_file = 'pw'\n[[also]]\ncertificate = 'b.pem'\ntoken = { module = \
            '/usr/lib/m.so', label = 'seal', key = '0a', pin_file = 'pin' }",
        );
        let plan = plan.unwrap();
        let file = |name: &str| Some(PathBuf::from("etc").join(name));
        let own = SignerPlan::Files { key: "etc/a.p12".into(), certificate: None, password: file("pw") };
        assert_eq!(plan.own, own);
        let token = SignerPlan::Token(TokenPlan {
            module: "/usr/lib/m.so".into(),
            token: TokenName::Label("seal".to_owned()),
            key: "0a".to_owned(),
            pin: "etc/pin".into(),
            certificate: file("b.pem"),
        });
        assert_eq!(plan.also, [token]);
        let files = ["etc/a.p12", "etc/pw", "etc/pin", "etc/b.pem"].map(Path::new);
        assert_eq!(plan.files(), files);
    }

    #[test]
    fn a_key_that_is_nowhere_or_twice_is_refused_with_the_reason() {
        let token = |more: &str| format!("token = {{ module = 'm', key = 'k', pin_file = 'p'{more} }}");
        for (text, told) in [
            ("certificate = 'a.pem'".to_owned(), "there is no key"),
            (format!("key = 'a'\n{}", token(", slot = 1")), "not both"),
            (format!("password_file = 'a'\n{}", token(", slot = 1")), "no password_file"),
            (token(""), "by one of them"),
            (token(", slot = 1, label = 'x'"), "by one of them"),
            ("key = 'a'\npin = 'x'".to_owned(), "unknown field"),
        ] {
            let error = read(&text).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
