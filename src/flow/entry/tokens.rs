//! Programs of the national system: signed tokens in place of passwords (A40). A compact JWT under Ed25519 that ends soon and
//! is shown once.

use super::EntryError;
use super::acts::{act, coded};
use super::sign_in::block_if_idle;
use crate::access::{Actor, Event, Role, Session, Standing, Via, login_of};
use crate::base::Language;
use crate::exchange::seal::is_ed25519;
use crate::flow::Context;
use crate::store::{AccountRow, Tx, account_find, account_lock, account_update, act_append, token_show};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    crit: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
struct Claims {
    sub: String,
    exp: i64,
    jti: String,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    aud: Option<String>,
}

/// The session of a program that shows a token: one request long.
///
/// # Errors
/// As [`token_actor`].
pub async fn token_session(bearer: &str, ctx: &Context) -> Result<Session, EntryError> {
    let (actor, now) = (token_actor(bearer, ctx).await?, ctx.clock.now());
    Ok(Session {
        id: String::new(),
        name: actor.login.clone(),
        actor,
        language: Language::En,
        csrf: String::new(),
        first: None,
        began_at: now,
        ends_at: now,
    })
}

/// The program that shows a token.
///
/// # Errors
/// It is not signed by the key of an integration account, has ended, ends too late, or was shown before; or the account is
/// blocked.
pub async fn token_actor(bearer: &str, ctx: &Context) -> Result<Actor, EntryError> {
    let token = read(bearer)?;
    let unknown = EntryError::Token { reason: "no program with this key" };
    let Some(login) = login_of(&token.claims.sub) else { return Err(unknown) };
    let found = account_find(&mut ctx.store.read().await?, &login).await?;
    let Some(account) = found.filter(|account| account.role == Role::Integration) else {
        return Err(unknown);
    };
    let key = account.public_key.clone().unwrap_or_default();
    if !is_ed25519(&key, token.signed, &token.signature) {
        let error = EntryError::Token { reason: "the signature is not by the key of this program" };
        let mut tx = ctx.store.begin().await?;
        act_append(&mut tx, &coded(act(&actor_of(&account), COMMAND, "", ctx), error.code())).await?;
        tx.commit().await?;
        return Err(error);
    }
    let mut tx = ctx.store.begin().await?;
    let outcome = enter(&mut tx, &login, &token.claims, ctx).await?;
    if let Err(error) = &outcome {
        act_append(&mut tx, &coded(act(&actor_of(&account), COMMAND, "", ctx), error.code())).await?;
    }
    tx.commit().await?;
    outcome
}

/// The inner result is what is committed.
async fn enter(
    tx: &mut Tx,
    login: &str,
    claims: &Claims,
    ctx: &Context,
) -> Result<Result<Actor, EntryError>, EntryError> {
    let refused = |reason| Ok(Err(EntryError::Token { reason }));
    let now = ctx.clock.now();
    let Ok(ends_at) = Timestamp::from_second(claims.exp) else { return refused("it has no end") };
    let latest = now.checked_add(ctx.entry.numbers.policy.token.duration()).unwrap_or(now);
    if ends_at <= now {
        return refused("it has ended");
    }
    if ends_at > latest {
        return refused("it ends too late; let it end within minutes");
    }
    if claims.nbf.is_some_and(|from| from > now.as_second()) {
        return refused("it has not begun");
    }
    let own = format!("stazh:{}", ctx.state);
    if claims.aud.as_ref().is_some_and(|aud| *aud != own) {
        return refused("it is for another node");
    }
    if claims.jti.is_empty() || claims.jti.len() > JTI_BYTES_MAX {
        return refused("its jti is empty or too long");
    }
    let Some(mut account) = account_lock(tx, login).await? else {
        return refused("no program with this key");
    };
    block_if_idle(tx, &mut account, ctx).await?;
    if let Standing::Blocked(ground) = account.standing {
        return Ok(Err(EntryError::Blocked { ground }));
    }
    if !token_show(tx, (login, &claims.jti), ends_at, now).await? {
        return refused("it was shown before; make a new one for each request");
    }
    let is_first = !account.standing.is_active();
    if is_first {
        // it has no password to change: its first entry by its key completes the registration
        let entered = Standing::after(Some(account.standing), &Event::FirstEntry).unwrap_or(account.standing);
        account.standing = Standing::after(Some(entered), &Event::PasswordChosen)?;
        act_append(tx, &act(&actor_of(&account), COMMAND, login, ctx)).await?;
    }
    if is_first || now.duration_since(account.used_at) >= TOUCH_EVERY {
        account.used_at = now;
        account_update(tx, &account).await?;
    }
    Ok(Ok(actor_of(&account)))
}

fn actor_of(account: &AccountRow) -> Actor {
    Actor {
        login: account.login.clone(),
        role: account.role,
        functions: account.details.functions.clone(),
        is_complete: account.standing.is_active(),
        via: Via::Api,
    }
}

struct Read<'a> {
    signed: &'a [u8],
    signature: Vec<u8>,
    claims: Claims,
}

fn read(bearer: &str) -> Result<Read<'_>, EntryError> {
    let refuse = |reason| EntryError::Token { reason };
    let bearer = bearer.trim();
    if bearer.len() > TOKEN_BYTES_MAX {
        return Err(refuse("it is too long"));
    }
    let form = || refuse("it is no compact JWT");
    let (signed, signature) = bearer.rsplit_once('.').ok_or_else(form)?;
    let (header, claims) = signed.split_once('.').ok_or_else(form)?;
    let octets = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let header: Header =
        octets(header).and_then(|octets| serde_json::from_slice(&octets).ok()).ok_or_else(form)?;
    if header.alg != "EdDSA" || header.crit.is_some() {
        return Err(refuse("its algorithm is not EdDSA"));
    }
    let claims = octets(claims).and_then(|octets| serde_json::from_slice(&octets).ok());
    let claims = claims.ok_or_else(|| refuse("it lacks sub, exp or jti"))?;
    let signature = octets(signature).ok_or_else(form)?;
    Ok(Read { signed: signed.as_bytes(), signature, claims })
}

const COMMAND: &str = "session-sign-in";
const TOKEN_BYTES_MAX: usize = 4_096;
const JTI_BYTES_MAX: usize = 128;
const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(1);
