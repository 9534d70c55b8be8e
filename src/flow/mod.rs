//! The four verbs: compose, deliver, receive, settle. The only place that opens transactions.
//!
//! Evidence before effect: bytes are stored before they are acted on, and no transaction is open while a peer or
//! the local system is spoken to. Each verb may be repeated: what was done is found done.

mod acknowledge;
mod answer;
mod appeals;
mod appeals_archive;
mod asked;
mod brought;
mod case_pages;
mod case_terms;
mod cases;
mod chain;
mod checks;
mod compose;
mod conclude;
mod context;
mod conversation;
mod copies;
mod deliver;
mod document;
mod endings;
pub mod entry;
mod error;
mod evidence;
mod examine;
mod expired;
mod facts;
mod fit;
mod inspect;
mod jobs;
mod journal;
mod keys;
pub mod labour;
mod local;
mod note;
mod offers;
pub mod office;
mod once;
mod parts;
mod persons;
pub mod posts;
mod proactive;
mod receive;
mod release;
mod reminders;
mod resend;
mod revocation;
mod service;
mod settle;
mod signals;
mod signed_file;
mod sources;
mod third_party;
mod time_stamp;
mod try_out;
mod turned_away;
pub mod upkeep;
mod wake;
pub mod watch;

pub use appeals::{
    Appeal, AppealPage, NewAppeal, NoticeText, answer_appeal, appeal, appeal_attachment, appeals,
    file_appeal, notices, own_appeals, publish_notice, take_appeal,
};
pub use appeals_archive::{ArchivePlace, archive_appeals};
pub use asked::{Asked, begin_once};
pub use brought::{
    Handed, HandedPage, KeptRows, acknowledge_handed_over, conversation_of, handed_over, keep_rows,
    note_polled,
};
pub use case_pages::{InCase, PageNoted, in_case, note_page, pages_of};
pub use case_terms::note_due;
pub use cases::{KnownCase, case_of, cases_after, forget_cases, voided_of};
pub use chain::{Linked, Sealing, link_journal, seal_journal, verify_journal};
pub use checks::{
    CheckError, CheckPlan, Checks, HitInquiries, KeptRow, KnownCheck, OutcomeWriter, Permit, begin_check,
    check_of, checks, end_check, forget_checks, hit_inquiries, permit, step_checks,
};
pub use compose::{Begin, Composed, Opening, begin, compose};
pub use context::{CasePolicy, Context, Desk, Done, Origin, Peer, Peers};
pub use conversation::watch_terms;
pub use copies::CopyWriter;
pub use deliver::{Reach, Room, claim, deliver, note_misses};
pub use endings::{CertificateFile, note_endings};
pub use error::FlowError;
pub use evidence::{Evidence, evidence_of};
pub use examine::{Examined, Examiner, examine_node};
pub use expired::came_back;
pub use facts::{FactAsked, Facts, ask_fact, day_of, forget_facts, kept_facts};
pub use inspect::Caller;
pub use jobs::SaidToInterest;
pub use keys::{KeysChange, note_keys};
pub use local::{Replayed, note_local_findings, replay};
pub use offers::{
    Agreement, AgreementOf, Settled, late_feeds, note_late_feeds, note_life_events, open_offers, send_offers,
    settle_offer, take_agreements,
};
pub use once::{Once, begin_only_once, end_only_once};
pub use parts::{Arrived, NotTaken, forget_parts, take_package};
pub use persons::{PersonQuery, forget_person, note_persons_of_before, person_digests, persons_noted};
pub use proactive::{
    Proactive, drop_prepared, prepare_inquiries, prepared_after, send_prepared, send_prepared_by_policy,
};
pub use receive::{answer_stranger, receive, try_receive, unstored};
pub use release::{Released, release, take_back_leases};
pub use resend::{Resent, ended_without_result, resend};
pub use revocation::{forget_statuses, load_statuses, refresh_statuses};
pub use service::{ask_journal, journal_records};
pub use settle::{claim_inbox, extend_lease, settle};
pub use signed_file::{SignedFile, certificates_of, check_signed_file};
pub use sources::{News, SourcePlaces, StatusSources, Untold};
pub use third_party::OwnThirdParty;
pub use time_stamp::{
    OwnTimeStamps, Stamping, note_set_aside, note_unstamped, renew_time_stamps, stamp_documents,
    time_stamps_wait,
};
pub use try_out::{Misfit, Tried, try_out};
pub use turned_away::{Told, TurnedAway};
pub use wake::{OwnWork, Wake};
