//! Programs of the national system: registered by a request, known by their key (A40).

use super::office::{Office, code};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use serde_json::{Value, json};
use stazh::access::{AccessRequest, Role};
use stazh::base::Clock;
use stazh::flow::entry::token_actor;
use stazh::store::ActsBy;

fn asked(office: &Office, key: &PKey<Private>) -> AccessRequest {
    let mut request = office.asked("esutd.program", Role::Integration, 9);
    request.users[0].number.clear();
    request.users[0].public_key = Some(STANDARD.encode(key.raw_public_key().unwrap()));
    request
}

fn token(key: &PKey<Private>, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = Signer::new_without_digest(key).unwrap().sign_oneshot_to_vec(signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A40: a program has an account like everybody: asked for, named, blocked when idle; and a key in place of a password.
#[tokio::test]
async fn a40_a_program_enters_by_a_token_that_ends_soon_and_counts_once() {
    let office = Office::new().await;
    let (key, foreign) = (PKey::generate_ed25519().unwrap(), PKey::generate_ed25519().unwrap());
    let issued = office.granted(asked(&office, &key)).await.unwrap();
    assert!(issued[0].temporary.is_none(), "it has no password");
    let eddsa = json!({ "alg": "EdDSA", "typ": "JWT" });
    let now = office.clock.now().as_second();
    let claims = |jti: &str, exp: i64| json!({ "sub": "esutd.program", "jti": jti, "exp": exp });
    let show = async |text: String| token_actor(&text, &office.ctx).await;
    let good = token(&key, &eddsa, &claims("1", now + 300));
    let actor = show(good.clone()).await.unwrap();
    assert!(actor.is_complete && actor.role == Role::Integration && actor.via.word() == "api");
    assert_eq!(code(&show(good).await), Some("access.token"), "it was shown before");
    for (key, header, claims) in [
        (&foreign, eddsa.clone(), claims("2", now + 60)),
        (&key, eddsa.clone(), claims("3", now)),
        (&key, eddsa.clone(), claims("4", now + 301)),
        (&key, eddsa.clone(), claims("", now + 60)),
        (&key, eddsa.clone(), json!({ "sub": "nobody", "jti": "5", "exp": now + 60 })),
        (&key, eddsa.clone(), json!({ "sub": "cyber", "jti": "6", "exp": now + 60 })),
        (&key, eddsa.clone(), json!({ "sub": "esutd.program", "exp": now + 60 })),
        (
            &key,
            eddsa.clone(),
            json!({ "sub": "esutd.program", "jti": "7", "exp": now + 60, "aud": "stazh:RU" }),
        ),
        (&key, eddsa.clone(), json!({ "sub": "esutd.program", "jti": "8", "exp": now + 60, "nbf": now + 5 })),
        (&key, json!({ "alg": "none" }), claims("9", now + 60)),
        (&key, json!({ "alg": "HS256" }), claims("10", now + 60)),
        (&key, json!({ "alg": "EdDSA", "crit": ["x"] }), claims("11", now + 60)),
    ] {
        let shown = show(token(key, &header, &claims)).await;
        assert_eq!(code(&shown), Some("access.token"), "{header} {claims}");
    }
    for text in ["", "a.b", "a.b.c", &"x".repeat(5_000)] {
        assert_eq!(code(&show(text.to_owned()).await), Some("access.token"));
    }
    assert_eq!(
        code(&office.enter("esutd.program", "").await),
        Some("access.credentials"),
        "never by a password"
    );
    let acts = office.acts(ActsBy::Login("esutd.program")).await;
    let done: Vec<_> = acts.iter().filter(|act| act.code.is_none()).collect();
    assert_eq!(done.len(), 1, "the first entry; afterwards its commands alone");
    // A33 holds for it too
    office.pass_days(31);
    let now = office.clock.now().as_second();
    let idle = show(token(&key, &eddsa, &claims("12", now + 60))).await;
    assert_eq!(code(&idle), Some("access.blocked"));
}
