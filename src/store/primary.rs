//! Which of the configured servers is the primary, and whether it can be worked with now.
//!
//! One task watches: as soon as anything about the server looks wrong it asks all of them anew. While there is
//! nothing to work with, every transaction is refused at once; the operator is told once when that begins and once
//! when it ends. Among several that call themselves primary the latest one promoted is right.

use super::StoreError;
use super::server::{Found, Refusal, Server};
use futures_util::future::join_all;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout, timeout_at};

/// The servers of one database, and the pool of connections to the one in use.
#[derive(Debug)]
pub(super) struct Primary {
    inner: Arc<Inner>,
    watcher: AbortHandle,
}

#[derive(Debug)]
struct Inner {
    servers: Vec<Server>,
    line: RwLock<Line>,
    standing: watch::Sender<Standing>,
    suspicions: mpsc::Sender<Suspicion>,
}

/// The server in use.
#[derive(Debug, Clone)]
struct Line {
    pool: PgPool,
    found: Found,
}

/// Whether there is something to work with.
#[derive(Debug, Clone)]
enum Standing {
    Fit,
    Held(Arc<str>),
}

/// What looks wrong.
#[derive(Debug)]
pub(super) enum Suspicion {
    /// It is not there, or not the primary any more: asking the servers will tell.
    Gone,
    /// It answers, but does not do its work.
    Ailing(String),
}

impl Primary {
    /// Finds the primary among `servers`, for a while if need be.
    pub(super) async fn find(servers: Vec<Server>) -> Result<Self, StoreError> {
        let deadline = Instant::now() + FIND_FOR;
        let mut pause = PAUSE_FIRST;
        let found = loop {
            match choose(&servers, None).await {
                Ok(found) => break found,
                Err(refusals) => {
                    let is_over = Instant::now() + pause > deadline;
                    if is_over || !refusals.iter().all(Refusal::may_pass) {
                        return Err(refused(&servers, refusals));
                    }
                }
            }
            tokio::time::sleep(pause).await;
            pause = PAUSE_LONGEST.min(pause * 2);
        };
        let line = RwLock::new(Line { pool: pool(&found.server), found });
        let (suspicions, suspected) = mpsc::channel(SUSPICIONS_MAX);
        let inner =
            Arc::new(Inner { servers, line, standing: watch::Sender::new(Standing::Fit), suspicions });
        let watcher = tokio::spawn(watch_over(inner.clone(), suspected)).abort_handle();
        Ok(Self { inner, watcher })
    }

    /// The pool of the server in use, as soon as there is one; why there is none at the deadline.
    pub(super) async fn pool(&self, deadline: Instant) -> Result<PgPool, StoreError> {
        let mut standing = self.inner.standing.subscribe();
        let fit = standing.wait_for(|standing| matches!(standing, Standing::Fit));
        if let Ok(Ok(_fit)) = timeout_at(deadline, fit).await {
            return Ok(self.inner.line().pool);
        }
        match &*self.inner.standing.borrow() {
            Standing::Fit => Ok(self.inner.line().pool),
            Standing::Held(told) => Err(StoreError::Unready { told: told.clone() }),
        }
    }

    /// The server in use: its name, and how to connect to it.
    pub(super) fn place(&self) -> (String, PgConnectOptions) {
        let Server { name, options } = self.inner.line().found.server;
        (name, options)
    }

    /// Whether it was closed for good.
    pub(super) fn is_closed(&self) -> bool {
        self.watcher.is_finished()
    }

    /// Waits until there is nothing to work with.
    pub(super) async fn held(&self) {
        let mut standing = self.inner.standing.subscribe();
        let _ = standing.wait_for(|standing| matches!(standing, Standing::Held(_))).await; // its sender is ours
    }

    /// Has the servers asked anew; one that is waiting to be asked is enough.
    pub(super) fn suspect(&self, suspicion: Suspicion) {
        let _ = self.inner.suspicions.try_send(suspicion); // full: enough are waiting; closed: so is the store
    }

    /// The same, if the failure of a statement gives cause.
    pub(super) fn learn(&self, error: &sqlx::Error) {
        if let Some(suspicion) = Suspicion::of(error) {
            self.suspect(suspicion);
        }
    }

    /// What a failover could cost, as far as the server in use tells.
    pub(super) fn failover_gap(&self) -> Option<String> {
        let facts = self.inner.line().found.facts;
        (self.inner.servers.len() > 1).then(|| facts.failover_gap()).flatten()
    }

    /// Ends the watch and closes the connections.
    pub(super) async fn close(&self) {
        self.watcher.abort();
        let pool = self.inner.line().pool;
        let _ = timeout(CLOSE_FOR, pool.close()).await; // a server that hangs is left behind
    }
}

impl Drop for Primary {
    fn drop(&mut self) {
        self.watcher.abort();
    }
}

impl Inner {
    fn line(&self) -> Line {
        self.line.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hold(&self, told: &str) {
        self.standing.send_if_modified(|standing| {
            let begins = matches!(standing, Standing::Fit);
            *standing = Standing::Held(told.into());
            begins
        });
    }

    /// Works with what was found, on fresh connections unless it is the same and was there all the time.
    fn use_again(&self, found: Found) {
        let is_held = matches!(&*self.standing.borrow(), Standing::Held(_));
        let mut line = self.line.write().unwrap_or_else(PoisonError::into_inner);
        let is_same = line.found.is_same(&found);
        if is_held || !is_same {
            if !is_same {
                tracing::warn!("the primary of the database is now {}", found.server.name);
                if let Some(gap) = found.facts.failover_gap() {
                    tracing::warn!("{gap}");
                }
            }
            let old = std::mem::replace(&mut line.pool, pool(&found.server));
            tokio::spawn(async move { old.close().await });
        }
        line.found = found;
    }
}

/// Asks the servers whenever something looks wrong, until there is one to work with.
async fn watch_over(inner: Arc<Inner>, mut suspected: mpsc::Receiver<Suspicion>) {
    let mut trial: Option<Trial> = None;
    loop {
        let suspicion = match &trial {
            None => suspected.recv().await,
            Some(Trial { ends_at, .. }) => match timeout_at(*ends_at, suspected.recv()).await {
                Ok(suspicion) => suspicion,
                Err(_quiet) => {
                    trial = None;
                    tell_the_end();
                    continue;
                }
            },
        };
        let Some(suspicion) = suspicion else { return };
        while let Ok(_also) = suspected.try_recv() {} // one answer for all that look wrong now
        let before = inner.line().found;
        let was_gone = ask_until_found(&inner, trial.is_some()).await;
        let is_other = !before.is_same(&inner.line().found);
        match suspicion {
            Suspicion::Ailing(told) if !was_gone && !is_other => {
                let pause = match &trial {
                    Some(Trial { pause, .. }) => TRIAL_PAUSE_LONGEST.min(*pause * 2),
                    None => {
                        tell(&told);
                        TRIAL_PAUSE_FIRST
                    }
                };
                inner.hold(&told);
                tokio::time::sleep(pause).await;
                while let Ok(_late) = suspected.try_recv() {} // of work that began before
                inner.standing.send_replace(Standing::Fit);
                trial = Some(Trial { ends_at: Instant::now() + TRIAL, pause });
            }
            Suspicion::Ailing(_) | Suspicion::Gone => {
                if was_gone || (trial.is_some() && is_other) {
                    trial = None;
                    tell_the_end();
                }
            }
        }
    }
}

/// A server that answered, but did not do its work, shows whether it does now.
struct Trial {
    ends_at: Instant,
    pause: Duration,
}

/// Returns once there is a primary; tells whether there was none at first.
async fn ask_until_found(inner: &Inner, is_told: bool) -> bool {
    let mut pause = PAUSE_FIRST;
    let mut was_gone = false;
    loop {
        match choose(&inner.servers, Some(&inner.line().found)).await {
            Ok(found) => {
                inner.use_again(found);
                inner.standing.send_replace(Standing::Fit);
                return was_gone;
            }
            Err(refusals) => {
                let told = reasons(&inner.servers, &refusals);
                if !was_gone && !is_told {
                    tell(&told);
                }
                was_gone = true;
                inner.hold(&told);
            }
        }
        tokio::time::sleep(pause).await;
        pause = PAUSE_LONGEST.min(pause * 2);
    }
}

/// Asks all servers at once; the latest promoted of those that can be worked with, or why each cannot.
async fn choose(servers: &[Server], before: Option<&Found>) -> Result<Found, Vec<Refusal>> {
    let answers = join_all(servers.iter().map(Server::ask)).await;
    let systems: Vec<String> = answers.iter().flatten().map(|facts| facts.system.clone()).collect();
    let (system, newest) = match before {
        Some(Found { facts, .. }) => (Some(&facts.system), facts.timeline),
        None => (systems.first(), 0),
    };
    let are_mixed = before.is_none() && systems.iter().any(|each| Some(each) != system);
    let mut best: Option<Found> = None;
    let mut refusals = Vec::with_capacity(answers.len());
    for (server, answer) in servers.iter().zip(answers) {
        let facts = match answer {
            Ok(facts) if are_mixed || Some(&facts.system) != system => Err(Refusal::Foreign),
            Ok(facts) => match facts.refusal(newest) {
                Some(refusal) => Err(refusal),
                None => Ok(facts),
            },
            Err(source) => Err(Refusal::Unreached(source)),
        };
        match facts {
            Ok(facts) => {
                let is_newer = best.as_ref().is_none_or(|best| best.facts.timeline < facts.timeline);
                if let Some(other) = &best {
                    let (a, b) = (&other.server.name, &server.name);
                    tracing::error!(
                        "{a} and {b} both say they are the primary; stop the one promoted earlier"
                    );
                }
                if is_newer {
                    best = Some(Found { server: server.clone(), facts });
                }
            }
            Err(refusal) => refusals.push(refusal),
        }
    }
    best.ok_or(refusals)
}

fn tell(told: &str) {
    tracing::error!("the database cannot be used; work waits and goes on by itself: {told}");
}

fn tell_the_end() {
    tracing::warn!("the database can be used again");
}

fn reasons(servers: &[Server], refusals: &[Refusal]) -> String {
    let told: Vec<String> =
        servers.iter().zip(refusals).map(|(server, refusal)| format!("{} {refusal}", server.name)).collect();
    told.join("; ")
}

/// One server's own failure keeps its cause; those of several are told together.
fn refused(servers: &[Server], mut refusals: Vec<Refusal>) -> StoreError {
    let told = reasons(servers, &refusals);
    let unfit =
        refusals.iter().position(|refusal| matches!(refusal, Refusal::Unfit { .. })).unwrap_or_default();
    match (servers, refusals.drain(..).nth(unfit)) {
        (_, Some(Refusal::Unfit { found, needed })) => StoreError::Engine { found, needed },
        ([Server { name, .. }], Some(Refusal::Unreached(source))) => {
            StoreError::Open { place: name.clone(), source }
        }
        _ => StoreError::NoPrimary { told },
    }
}

/// Connections are made as they are needed.
fn pool(server: &Server) -> PgPool {
    PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A connection that a firewall forgot is found out in a moment, not when the acquiring runs out.
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            Box::pin(async move {
                if about.idle_for < FRESH {
                    return Ok(true);
                }
                let ping = sqlx::Connection::ping(connection);
                timeout(PING_TIMEOUT, ping).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))?;
                Ok(true)
            })
        })
        .connect_lazy_with(server.options.clone())
}

const CONNECTIONS: u32 = 16;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
const PING_TIMEOUT: Duration = Duration::from_secs(2);
/// A connection that was used just now is not tried.
const FRESH: Duration = Duration::from_secs(1);
const CLOSE_FOR: Duration = Duration::from_secs(5);

/// How long a start waits for a primary.
const FIND_FOR: Duration = Duration::from_secs(10);
const PAUSE_FIRST: Duration = Duration::from_millis(50);
const PAUSE_LONGEST: Duration = Duration::from_secs(2);

/// How long a server that ailed must do its work before it counts as well: longer than a commit may take.
const TRIAL: Duration = Duration::from_secs(15);
const TRIAL_PAUSE_FIRST: Duration = Duration::from_millis(500);
const TRIAL_PAUSE_LONGEST: Duration = Duration::from_secs(10);

/// Those beyond it say nothing new.
const SUSPICIONS_MAX: usize = 16;
