//! Wake by signal, survive by sweep: a wake-up only shortens a wait that would end by itself.

use tokio::sync::watch;

/// Tells the workers that there may be something to do.
#[derive(Debug, Clone)]
pub struct Wake {
    outbox: watch::Sender<u64>,
    inbox: watch::Sender<u64>,
    checks: watch::Sender<u64>,
    own: watch::Sender<OwnWork>,
}

/// How often work of our own making came up: what other replicas may be told of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OwnWork {
    /// Something was put into the outbox.
    pub outbox: u64,
    /// Something came into the inbox.
    pub inbox: u64,
}

impl Default for Wake {
    fn default() -> Self {
        Self {
            outbox: watch::Sender::new(0),
            inbox: watch::Sender::new(0),
            checks: watch::Sender::new(0),
            own: watch::Sender::new(OwnWork::default()),
        }
    }
}

impl Wake {
    /// Something was put into the outbox.
    pub fn outbox(&self) {
        self.heard_outbox();
        self.own.send_modify(|own| own.outbox = own.outbox.wrapping_add(1));
    }

    /// Something came into the inbox.
    pub fn inbox(&self) {
        self.heard_inbox();
        self.own.send_modify(|own| own.inbox = own.inbox.wrapping_add(1));
    }

    /// A bulk check may go on. Other replicas find it by their sweep.
    pub fn checks(&self) {
        self.checks.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Interest in bulk checks; register it before looking.
    pub fn watch_checks(&self) -> watch::Receiver<u64> {
        self.checks.subscribe()
    }

    /// Another replica put something into the outbox; that one tells the others.
    pub fn heard_outbox(&self) {
        self.outbox.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Something came into the inbox by another replica; that one tells the others.
    pub fn heard_inbox(&self) {
        self.inbox.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Interest in work of our own making.
    pub fn watch_own(&self) -> watch::Receiver<OwnWork> {
        self.own.subscribe()
    }

    /// Interest in the outbox; register it before looking.
    pub fn watch_outbox(&self) -> watch::Receiver<u64> {
        self.outbox.subscribe()
    }

    /// Interest in the inbox; register it before looking.
    pub fn watch_inbox(&self) -> watch::Receiver<u64> {
        self.inbox.subscribe()
    }
}
