//! What those see who watch over a node: its messages and the journey of each, documents by person, figures, peers,
//! profiles. Nothing of what a document says; whoever asks shows the leave he has got.

mod audit;
mod backups;
mod figures;
mod find;
mod journey;
mod messages;
mod peers;
mod profiles;
mod tally;

pub use audit::{AccountsAlike, AuditView, OpenIncident, audit_file, audit_view};
pub use backups::{BACKUP_COMMAND, BACKUP_OBJECT, BackupTold, last_backup, note_backup};
pub use figures::{Aged, ByPeer, Delays, FaultCount, Figures, OverdueCount, Span, Volume, figures};
pub use find::{PersonDocument, PersonFound, find_person};
pub use journey::{Explained, Journey, JourneyEntry, Stage, StageIs, Try, journey};
pub use messages::{Message, MessageFilter, MessageList, messages};
pub use peers::{CertificateTold, PeerTold, PeersView, peers_view};
pub use profiles::{PlaceCovered, ProfileTold, ProfilesView, profiles_view};
pub use tally::{close_days, count_overdue};
