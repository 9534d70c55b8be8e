//! One node: its settings. Wiring and lifecycle come with the first thing to wire.

mod settings;

pub use settings::{Peer, SealFiles, Settings, SettingsError, WireFiles};
