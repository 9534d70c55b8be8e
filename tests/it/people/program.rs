//! A program of the national system: it signs a fresh token for each call.

use super::{CLIENT, House, Told, account, told};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use stazh::access::Role;
use stazh::base::{Clock, OsRandom, Random, SystemClock};

/// A program with its key.
pub(crate) struct Program {
    pub(crate) login: String,
    pub(crate) key: PKey<Private>,
    url: String,
}

impl House {
    /// Gives a program an account with all functions of its role.
    pub(crate) async fn employ_program(&self, login: &str) -> Program {
        let key = PKey::generate_ed25519().unwrap();
        let mut row = account(login, Role::Integration);
        row.password = None;
        row.public_key = Some(key.raw_public_key().unwrap());
        self.employ_as(row).await;
        Program { login: login.to_owned(), key, url: self.url.clone() }
    }
}

impl Program {
    /// A token for one call.
    pub(crate) fn token(&self) -> String {
        let claims = json!({
            "sub": self.login,
            "exp": SystemClock.now().as_second() + 120,
            "jti": OsRandom::default().uuid().to_string(),
        });
        self.signed(&json!({ "alg": "EdDSA", "typ": "JWT" }), &claims)
    }

    /// Whatever claims under whatever header, signed.
    pub(crate) fn signed(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(header), part(claims));
        let mut signer = Signer::new_without_digest(&self.key).unwrap();
        let signature = signer.sign_oneshot_to_vec(text.as_bytes()).unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    pub(crate) fn call(&self, method: Method, path: &str) -> RequestBuilder {
        let request = CLIENT.request(method, format!("{}/api/v1{path}", self.url));
        request.header("Accept-Language", "en").bearer_auth(self.token())
    }

    /// Sends JSON, or what is none.
    pub(crate) async fn json(&self, path: &str, body: impl Into<reqwest::Body>) -> Told {
        told(self.call(Method::POST, path).header("Content-Type", "application/json").body(body)).await
    }
}
