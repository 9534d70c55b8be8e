//! Wake by signal, survive by sweep: a wake-up only shortens a wait that would end by itself.

use tokio::sync::watch;

/// Tells the workers that there may be something to do.
#[derive(Debug, Clone)]
pub struct Wake {
    outbox: watch::Sender<u64>,
    inbox: watch::Sender<u64>,
}

impl Default for Wake {
    fn default() -> Self {
        Self { outbox: watch::Sender::new(0), inbox: watch::Sender::new(0) }
    }
}

impl Wake {
    /// Something was put into the outbox.
    pub fn outbox(&self) {
        self.outbox.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Something came into the inbox.
    pub fn inbox(&self) {
        self.inbox.send_modify(|count| *count = count.wrapping_add(1));
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
