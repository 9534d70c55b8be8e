//! The door of a trusted third party: one question at a time from callers that are known here, by RFC 3029 or as a
//! signed document in XML; and, where it has a key for that, time stamps by RFC 3161.

use super::line::serve_line;
use crate::base::{Clock, Limits, Random};
use crate::exchange::seal::{Ask, Asked, Outcome, SealError, StampAuthority, StampOutcome, ThirdParty};
use crate::exchange::wire::{AskedBy, Handshake, TlsListener};
use crate::flow::{News, StatusSources};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::routing::post;
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio::task::JoinSet;

type Turn<'a> = Option<SemaphorePermit<'a>>;

/// What a third party judges with.
pub struct ThirdPartyDoor {
    party: Arc<ThirdParty>,
    stamps: Option<Arc<StampAuthority>>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    /// Whom it asks which certificates are revoked.
    sources: Option<Arc<StatusSources>>,
    limits: Limits,
    /// A question may be large, so few are in memory at a time.
    turns: Semaphore,
    /// Questions that wait for somebody else's answer keep nobody from his turn.
    waiting: Semaphore,
}

impl ThirdPartyDoor {
    /// A third party with the time, ids for its receipts, whom it asks about revoked certificates, and bounds on what it
    /// reads.
    pub fn new(
        (party, stamps): (ThirdParty, Option<StampAuthority>),
        (clock, random): (Arc<dyn Clock>, Arc<dyn Random>),
        sources: Option<Arc<StatusSources>>,
        limits: Limits,
    ) -> Self {
        let stamps = stamps.map(Arc::new);
        Self {
            party: Arc::new(party),
            stamps,
            clock,
            random,
            sources,
            limits,
            turns: Semaphore::new(TURNS),
            waiting: Semaphore::new(WAITING),
        }
    }

    /// What must be known of revoked certificates before this can be judged.
    async fn wanted(&self, body: &Bytes, form: AskedBy) -> Vec<Ask> {
        if self.sources.is_none() {
            return Vec::new();
        }
        let (party, body, now) = (self.party.clone(), body.clone(), self.clock.now());
        let wanted = tokio::task::spawn_blocking(move || match form {
            AskedBy::Dvcs => Asked::read(&body).map(|asked| party.wanted(asked.document(), now)),
            AskedBy::Xml => Ok(party.wanted(&body, now)),
            AskedBy::TimeStamp => Ok(Vec::new()),
        });
        wanted.await.ok().and_then(Result::ok).unwrap_or_default()
    }

    /// Asks for that, and lets others have this turn meanwhile. Where many wait already, nobody is asked: then it is
    /// impossible to judge, and the caller asks again.
    async fn find_out<'a>(&'a self, wanted: &[Ask], turn: Turn<'a>) -> Turn<'a> {
        let Some(sources) = self.sources.as_ref().filter(|_| !wanted.is_empty()) else { return turn };
        let Ok(_waiting) = self.waiting.try_acquire() else { return turn };
        drop(turn);
        sources.ask(wanted).await;
        tell(sources);
        self.turns.acquire().await.ok()
    }

    /// Asks again about revoked certificates, as the schedule of the sources has it.
    async fn refresh(&self) {
        let Some(sources) = &self.sources else { return std::future::pending().await };
        loop {
            sources.refresh().await;
            tell(sources);
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// Answers callers until `stop` turns true; a call that began is finished.
pub async fn serve_third_party(
    listener: TlsListener,
    mut stop: watch::Receiver<bool>,
    door: Arc<ThirdPartyDoor>,
) {
    let places = Arc::new(Semaphore::new(CALLERS_MAX));
    let router = Router::new().route("/", post(take)).with_state(door.clone());
    let mut calls = JoinSet::new();
    let mut refreshing = std::pin::pin!(door.refresh());
    loop {
        let caller = tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => break,
            () = refreshing.as_mut() => continue,
            Some(_) = calls.join_next() => continue,
            caller = listener.accept() => caller,
        };
        match caller {
            Ok(caller) => {
                // a caller without a place is let go: it asks again
                let Ok(place) = places.clone().try_acquire_owned() else { continue };
                let (router, idle) = (router.clone(), Duration::from_millis(door.limits.idle_ms));
                let stop = stop.clone();
                calls.spawn(async move {
                    serve_caller(caller, router, idle, stop).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(error = ?error, "a caller could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    while calls.join_next().await.is_some() {}
}

async fn serve_caller(caller: Handshake, router: Router, idle: Duration, stop: watch::Receiver<bool>) {
    let address = caller.caller();
    let stream = match caller.finish().await {
        Ok((stream, _certificate)) => stream,
        Err(error) => {
            tracing::debug!(%address, error = ?error, "a caller was turned away");
            return;
        }
    };
    serve_line(stream, router, idle, stop).await;
}

async fn take(State(door): State<Arc<ThirdPartyDoor>>, request: Request) -> Response<Body> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.map(|kind| kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    let forms = [AskedBy::Dvcs, AskedBy::Xml, AskedBy::TimeStamp];
    let form = forms.into_iter().find(|form| Some(form.media_type()) == kind.as_deref());
    let form = form.filter(|form| *form != AskedBy::TimeStamp || door.stamps.is_some());
    let Some(form) = form else {
        let told = match door.stamps {
            Some(_) => {
                "send application/dvcs (RFC 3029), application/xml (a SignedDoc) or application/timestamp-query (RFC 3161)"
            }
            None => "send application/dvcs (RFC 3029) or application/xml (a SignedDoc)",
        };
        return reply(StatusCode::UNSUPPORTED_MEDIA_TYPE, "text/plain", told);
    };
    // nobody closes it
    let turn = door.turns.acquire().await.ok();
    // the question is longer than its document by less than this
    let bytes_max = match form {
        AskedBy::Dvcs | AskedBy::Xml => door.limits.body_bytes_max.saturating_add(FRAME_BYTES),
        AskedBy::TimeStamp => FRAME_BYTES,
    };
    let read = tokio::time::timeout(BODY_TIME, to_bytes(request.into_body(), bytes_max)).await;
    let Ok(Ok(body)) = read else {
        let told = format!("send a question of up to {bytes_max} bytes within {} s", BODY_TIME.as_secs());
        return reply(StatusCode::PAYLOAD_TOO_LARGE, "text/plain", told);
    };
    let wanted = door.wanted(&body, form).await;
    let _turn = door.find_out(&wanted, turn).await;
    let ids = (door.random.uuid(), door.clock.now());
    let (party, stamps) = (door.party.clone(), door.stamps.clone());
    let answered = tokio::task::spawn_blocking(move || match (form, stamps) {
        (AskedBy::Dvcs, _) => party.answer(&body, ids).map(|(answer, outcome)| (Some(answer), told(outcome))),
        (AskedBy::Xml, _) => {
            let (receipt, outcome) = party.receipt(&body, ids)?;
            Ok::<_, SealError>((receipt.map(String::into_bytes), told(outcome)))
        }
        (AskedBy::TimeStamp, Some(stamps)) => {
            let (answer, outcome) = stamps.answer(&body, ids)?;
            let told = match outcome {
                StampOutcome::Granted => "stamped",
                StampOutcome::Refused(failure) => failure,
            };
            Ok((Some(answer), told.to_owned()))
        }
        (AskedBy::TimeStamp, None) => Ok((None, "it gives no time stamps".to_owned())),
    })
    .await;
    match answered {
        Ok(Ok((answer, told))) => {
            tracing::info!(answer = %ids.0, outcome = told, "a question was answered");
            match answer {
                Some(answer) => reply(StatusCode::OK, form.answer_type(), answer),
                // no receipt can say that it is impossible
                None => reply(StatusCode::UNPROCESSABLE_ENTITY, "text/plain", told),
            }
        }
        Ok(Err(error)) => {
            tracing::error!(error = ?error, "a question could not be answered");
            reply(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "it cannot sign now; ask again")
        }
        Err(_stopping) => reply(StatusCode::SERVICE_UNAVAILABLE, "text/plain", "it is stopping; ask again"),
    }
}

fn told(outcome: Outcome) -> String {
    match outcome {
        Outcome::Confirmed => "confirmed".to_owned(),
        Outcome::NotConfirmed { code, .. } => code.map_or("not confirmed", |code| code.as_str()).to_owned(),
        Outcome::Impossible { text } => text,
    }
}

/// It keeps nothing; what it learns of revoked certificates is told to whoever watches it.
fn tell(sources: &StatusSources) {
    let untold = sources.untold();
    for one in untold.news() {
        match one {
            News::Kept(_) => {}
            News::Away { .. } | News::Back { .. } | News::Revoked(_) => {
                tracing::warn!(told = %one, "revocation");
            }
        }
    }
    untold.told();
}

fn reply(status: StatusCode, kind: &'static str, body: impl Into<Vec<u8>>) -> Response<Body> {
    let mut response = Response::new(Body::from(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// So many questions are read and judged at a time.
const TURNS: usize = 4;
/// So many more wait for what others say.
const WAITING: usize = 4;
/// So many callers there may be.
const CALLERS_MAX: usize = 64;
const LOOK_EVERY: Duration = Duration::from_secs(1);
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const BODY_TIME: Duration = Duration::from_secs(300);
const FRAME_BYTES: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{OsRandom, SystemClock};
    use crate::exchange::seal::{
        KeyKind, Signer, StatusSource, Statuses, Terms, ThrowAwayAuthority, TrustStore,
    };
    use crate::exchange::transit::Schedule;
    use crate::exchange::wire::{StatusPlace, StatusWire, WireError};
    use crate::flow::SourcePlaces;
    use futures_util::FutureExt;
    use futures_util::future::BoxFuture;

    /// A responder that takes questions and never answers.
    struct Hanging;

    impl StatusWire for Hanging {
        fn list<'a>(&'a self, _: &'a StatusPlace) -> BoxFuture<'a, Result<Bytes, WireError>> {
            std::future::pending().boxed()
        }

        fn ask<'a>(&'a self, _: &'a StatusPlace, _: Vec<u8>) -> BoxFuture<'a, Result<Bytes, WireError>> {
            std::future::pending().boxed()
        }
    }

    fn door() -> ThirdPartyDoor {
        let authority = ThrowAwayAuthority::of_kind(KeyKind::P256, "seals", "KZ", SystemClock.now()).unwrap();
        let issued = authority.issue_seal("party", KeyKind::P256).unwrap();
        let signer = Signer::from_pem(&issued.key_pem, &issued.chain_pem).unwrap();
        let pem = authority.pem().unwrap();
        let party =
            ThirdParty::new(signer, TrustStore::from_pem(&pem).unwrap(), Vec::new(), Limits::default());
        let source = StatusSource::new(&pem, None, true).unwrap();
        let statuses = Arc::new(Statuses::new(vec![source], Terms::default()));
        let responder = Some(StatusPlace::In("responder".into()));
        let places = vec![SourcePlaces { list: None, responder }];
        let given = || -> (Arc<dyn Clock>, Arc<dyn Random>) {
            (Arc::new(SystemClock), Arc::new(OsRandom::default()))
        };
        let sources = StatusSources::new((statuses, places), Box::new(Hanging), Schedule::default(), given());
        ThirdPartyDoor::new((party, None), given(), Some(Arc::new(sources)), Limits::default())
    }

    #[test]
    fn a_question_that_waits_for_a_hanging_responder_keeps_nobody_from_his_turn() {
        let door = door();
        let asks: Vec<Ask> = (0..20).map(|serial| Ask::about(0, serial)).collect();
        let mut waiting = Vec::new();
        for ask in asks.iter().take(WAITING) {
            let turn = door.turns.try_acquire().ok();
            let mut one = Box::pin(door.find_out(std::slice::from_ref(ask), turn));
            assert!(one.as_mut().now_or_never().is_none(), "it waits");
            waiting.push(one);
            assert_eq!(door.turns.available_permits(), TURNS);
        }
        for ask in asks.iter().skip(WAITING) {
            let turn = door.turns.try_acquire().ok();
            let kept = door.find_out(std::slice::from_ref(ask), turn).now_or_never();
            assert!(kept.flatten().is_some(), "so many wait already that this one is not asked about");
        }
        assert_eq!(door.turns.available_permits(), TURNS);
    }
}
