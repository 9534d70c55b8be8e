//! The only SQL: what a node must not forget, in an SQLite file of its own or on a PostgreSQL server.
//!
//! Every function takes a [`Tx`] and is named noun first. Nothing here decides, waits or talks to
//! anyone: the flows begin a transaction, call these and commit. Bytes are stored before they are
//! acted on; a claim is a lease that runs out by itself if its worker dies. The texts use `$1`
//! placeholders and nothing that only one engine has, but for the row locks of PostgreSQL where SQLite needs none.

mod access_request;
mod account;
mod act;
mod appeal;
mod approval;
mod asked;
mod bulk;
mod case;
mod case_board;
mod case_draft;
mod case_record;
mod chain;
mod check;
mod check_step;
mod conversation;
mod copy;
mod error;
mod fact;
mod fact_offer;
mod figure;
mod hint;
mod hop;
mod inbox;
mod inbox_stage;
pub mod job_index;
mod journal;
mod labour_consent;
mod labour_mirror;
mod labour_retention;
mod labour_reveal;
mod labour_stream;
mod later;
mod ledger;
mod legal_hold;
mod local;
mod message;
mod national;
mod outbox;
mod outbox_stage;
mod part;
mod person;
mod postgres;
mod prepared;
mod primary;
mod receipt;
mod revocation;
mod row;
mod server;
mod session;
mod sqlite;
mod sqlite_query;
mod sqlite_writer;
mod state;
mod statement;
mod time_stamp;
mod told;
mod tx;
mod waiting;

#[cfg(test)]
mod tests;

pub use crate::exchange::transit::Role;
pub use access_request::{
    AccessFile, LoginLine, Reply, RequestRow, RequestState, access_file_find, access_file_put,
    login_line_page, login_line_put, reply_put, reply_taken, reply_waiting, reply_wipe, request_decide,
    request_find, request_page, request_put,
};
pub use account::{
    AccountDetails, AccountRow, account_find, account_idle, account_lock, account_of_person, account_others,
    account_page, account_put, account_role_lock, account_update, entry_try_find, entry_try_forget,
    entry_try_put, subject_key, token_show,
};
pub use act::{
    Act, ActStage, ActsBy, Subject, act_append, act_count, act_find, act_page, act_range, feed_find, feed_put,
};
pub use appeal::{
    AppealDraft, AppealRow, AppealSource, AppealState, Notice, appeal_answer, appeal_file, appeal_find,
    appeal_first_answer, appeal_page, appeal_put, appeal_take, appeals_answered, notice_list, notice_put,
    once_begin, once_drop, once_end, once_find, once_forget,
};
pub use approval::{
    ApprovalRow, ApprovalState, approval_decide, approval_find, approval_page, approval_page_of,
    approval_put, approvals_done, approvals_of,
};
pub use asked::{
    HandedOver, LocalRequest, handover_acknowledge, handover_acknowledged, handover_number, handover_page,
    local_request_find, local_request_put,
};
pub use bulk::{PastExchange, bulk_end, bulk_put};
pub use case::{
    CasePage, case_ended, case_entries, case_forget, case_held, case_list, case_lock, case_of_document,
    case_page_put, case_pages, case_put, case_restore, case_unwatch, case_void, case_voided, case_watched,
    directory_find, directory_put,
};
pub use case_board::{
    BoardChoice, BoardCount, BoardPlace, BoardRow, case_board_counts, case_board_page, case_board_put,
    case_board_renew, case_board_take, case_board_waiting, case_stage,
};
pub use case_draft::{CaseDraft, case_draft_find, case_draft_put};
pub use case_record::{
    CameDocument, CaseRecord, RecordCandidate, case_record_drop, case_record_put, case_records,
    documents_of_conversation, record_candidates,
};
pub use chain::{
    Break, ChainCounts, ChainHead, ChainPage, ChainSeal, JournalEntry, Link, Verifier, Walk, chain_counts,
    chain_head, chain_link, chain_page, chain_seal_last, chain_seal_put, chain_strangers, chain_unlinked,
    chain_waiting,
};
pub use check::{
    CheckDraft, CheckRow, CheckState, CheckTerms, check_claim, check_end, check_find, check_found,
    check_last, check_lease, check_list, check_move, check_open, check_peer_size, check_prepared, check_put,
};
pub use check_step::{
    CheckPiece, CheckStep, check_piece, check_piece_drop, check_piece_put, check_pieces_drop, check_places,
    check_step_answered, check_step_find, check_step_put, check_step_resent, check_steps,
};
pub use conversation::{
    Conversation, conversation_counts, conversation_due, conversation_ended, conversation_find,
    conversation_lock, conversation_put, conversation_resent, conversation_update,
};
pub use error::StoreError;
pub use fact::{FactDraft, fact_find, fact_forget, fact_list, fact_put};
pub use fact_offer::{
    FactOfferDraft, FactOfferRow, FactOfferState, fact_offer_answered, fact_offer_find, fact_offer_list,
    fact_offer_move, fact_offer_put, fact_offer_resent, fact_offer_sent,
};
pub use figure::{
    CLASS_ENDS_MS, DAY_MS, FigureRow, figure_close, figure_closed, figure_count, figure_days, figure_faults,
    figure_first, figure_last, figure_now, figure_now_put, figure_open, figure_waiting,
};
pub use hint::{Hint, HintLine};
pub use hop::Hop;
pub use inbox::{
    Arrival, InboxDraft, InboxRow, inbox_claim, inbox_counts, inbox_extend, inbox_find, inbox_hold,
    inbox_hold_alone, inbox_of_answer,
};
pub use inbox_stage::{
    inbox_accepted, inbox_accepted_at_once, inbox_deferred, inbox_parked, inbox_quarantined, inbox_received,
    inbox_release, inbox_resume, inbox_retry, inbox_returned, inbox_settled,
};
pub use journal::{
    JournalBy, JournalChoice, JournalDraft, JournalRow, journal_append, journal_last, journal_latest,
    journal_list, storable,
};
pub use labour_consent::{
    ConsentTarget, cell_counts, cell_put, consent_active, consent_candidate, consent_due, consent_end,
    consent_find, consent_list, consent_lock, consent_page, consent_put, renewal_asked, renewals_due,
    target_confirm, target_erased, target_list, target_missing, target_oldest, target_put, target_tried,
    target_waiting,
};
pub use labour_mirror::{
    Cursor, MirrorMove, MirrorState, Mirrored, cursor_find, cursor_list, cursor_move, mirror_blank,
    mirror_counts, mirror_expire, mirror_find, mirror_hashes, mirror_page, mirror_put, mirror_sweep,
    mirror_wanted,
};
pub use labour_retention::{
    ShownRow, clock_counts, consent_delete, consent_touch, consents_since, hash_count, hash_put,
    mirror_forget, profiles_since, reveal_delete, reveals_since, shown_end, shown_erase, shown_find,
    shown_open, shown_put, shown_since, shown_touch, tombstone_delete, tombstones_since, vacancies_since,
    vacancy_blank, vacancy_touch,
};
pub use labour_reveal::{
    RevealBody, RevealRow, reveal_end, reveal_end_one, reveal_find, reveal_list, reveal_put,
};
pub use labour_stream::{
    Published, PublishedState, StreamRow, change_page, published_counts, published_erase, published_find,
    published_hashes, published_page, published_put, published_untouched, snapshot_page, stream_acknowledge,
    stream_find, stream_list, stream_lock, stream_open, stream_put, stream_renew,
};
pub use ledger::{
    Handover, Seen, handover_find, handover_put, handover_record, handover_sum, ledger_answers, ledger_find,
    ledger_first, ledger_forget, ledger_knows, ledger_of_inbox, ledger_outcome, ledger_record,
};
pub use legal_hold::{HoldKind, HoldRow, hold_lift, hold_list, hold_put, hold_until};
pub use local::{LocalFile, local_files, local_forget, local_put, local_set_aside};
pub use message::{
    MessageBy, MessageChoice, MessagePage, MessagePlace, MessageRow, MessageSort, message_find, message_page,
};
pub use national::{
    LivePlan, LiveQuery, LiveRows, NationalError, NationalPlan, NationalQuery, NationalTable, Put, TablePlan,
};
pub use outbox::{
    OutboxDraft, OutboxRow, deliveries_of, delivery_find, delivery_put, outbox_claim, outbox_counts,
    outbox_extend, outbox_find, outbox_knows, outbox_of_conversation, outbox_of_delivery, outbox_of_document,
    outbox_probe, outbox_put,
};
pub use outbox_stage::{
    Outcome, Resend, outbox_confirmed, outbox_parked, outbox_quarantined, outbox_release, outbox_requeue,
    outbox_retry, outbox_returned, outbox_sent,
};
pub use part::{
    PART_CHUNK_BYTES, Part, PartId, PartOf, part_begin, part_chunk, part_chunk_put, part_drop, part_find,
    part_finish, part_use, parts_forget, parts_of,
};
pub use person::{
    PersonFill, PersonRef, person_fill, person_fill_move, person_fill_rows, person_forget, person_ref_put,
    person_refs,
};
pub use prepared::{
    PreparedDraft, PreparedRow, PreparedState, prepared_drop, prepared_find, prepared_of, prepared_page,
    prepared_put, prepared_sent,
};
pub use receipt::{Receipt, receipt_find, receipt_put, receipt_told};
pub use revocation::{RevocationKind, RevocationRow, revocation_forget, revocation_list, revocation_put};
pub use row::{InboxId, OutboxId};
pub use session::{
    SessionRow, session_end, session_end_others, session_find, session_list, session_put, session_touch,
};
pub use sqlite_writer::Fate;
pub use state::{ConversationState, Direction, InboxState, OutboxKind, OutboxState, WordError};
pub use time_stamp::{
    KeptStamp, time_stamp_claim, time_stamp_ending, time_stamp_find, time_stamp_forgo, time_stamp_free,
    time_stamp_put, time_stamp_reach, time_stamp_renew, time_stamp_waits,
};
pub use told::{probe, told_once};
pub use tx::Tx;
pub use waiting::{RowId, RowIdError, Waiting, waiting_list};

use self::postgres::{How, PostgresWork};
use self::primary::Primary;
use self::sqlite::SqliteFile;
use self::state::word_enum;
use std::path::Path;
use std::sync::Arc;

/// What a disk was made to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Durable {
    /// How often.
    pub syncs: u64,
    /// How many bytes, where the engine counts them.
    pub bytes: Option<u64>,
    /// Of which server this is told, since several databases of one share it.
    pub server: Option<String>,
}

/// An open database.
#[derive(Debug, Clone)]
pub struct Store(Engine);

#[derive(Debug, Clone)]
enum Engine {
    Sqlite(SqliteFile),
    Postgres(Arc<Primary>),
}

impl Store {
    /// Opens an SQLite file, creating it if need be, and brings its tables up to date.
    ///
    /// # Errors
    /// The file is no database, cannot be written, or the engine is not fit to keep what was acknowledged.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Ok(Self(Engine::Sqlite(SqliteFile::open(path.as_ref(), None).await?)))
    }

    /// The same for the simulator: a database that dies when its fate says so.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_mortal(path: impl AsRef<Path>, fate: Fate) -> Result<Self, StoreError> {
        Ok(Self(Engine::Sqlite(SqliteFile::open(path.as_ref(), Some(fate)).await?)))
    }

    /// Connects to a database on PostgreSQL and brings its tables up to date. Of several servers, a primary and its
    /// standbys, it works on the primary, and finds the promoted one by itself when that is gone.
    ///
    /// # Errors
    /// No server answers as a primary, it refuses us, or it is not set to keep what was acknowledged.
    pub async fn connect(urls: &[String], password: Option<&str>) -> Result<Self, StoreError> {
        Ok(Self(Engine::Postgres(postgres::connect(urls, password).await?)))
    }

    /// What a failover of the database could cost and how to mend that, if a standby is configured.
    pub fn failover_gap(&self) -> Option<String> {
        match &self.0 {
            Engine::Sqlite(_) => None,
            Engine::Postgres(primary) => primary.failover_gap(),
        }
    }

    /// Whether other replicas may be told at once that there is work; they find it by themselves, if later.
    pub async fn hints(&self, own: &str) -> Result<Option<HintLine>, StoreError> {
        match &self.0 {
            Engine::Sqlite(_) => Ok(None),
            Engine::Postgres(primary) => HintLine::open(primary, own).await.map(Some),
        }
    }

    /// Whether other processes may be at work on the same database.
    pub fn is_shared(&self) -> bool {
        matches!(self.0, Engine::Postgres(_))
    }

    /// Begins a transaction that may write; on SQLite it waits for its turn, and those that wait together are
    /// committed together.
    ///
    /// On PostgreSQL each statement sees what was committed before it; rows that are read in order to be
    /// changed are locked ([`conversation_lock`]).
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        match &self.0 {
            Engine::Sqlite(file) => file.writer.begin().await.map(Tx::Sqlite),
            Engine::Postgres(primary) => PostgresWork::begin(primary, How::Writing).await.map(Tx::Postgres),
        }
    }

    /// The same for one statement, which is all of the transaction.
    pub async fn begin_single(&self) -> Result<Tx, StoreError> {
        match &self.0 {
            Engine::Sqlite(file) => file.writer.begin().await.map(Tx::Sqlite),
            Engine::Postgres(primary) => PostgresWork::begin(primary, How::Single).await.map(Tx::Postgres),
        }
    }

    /// Begins a transaction that only reads, beside those that write; all of it sees one instant.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        match &self.0 {
            Engine::Sqlite(file) => {
                let begun = file.readers.begin().await.map(Tx::SqliteReading);
                begun.map_err(|source| StoreError::Begin { source })
            }
            Engine::Postgres(primary) => PostgresWork::begin(primary, How::Reading).await.map(Tx::Postgres),
        }
    }

    /// The same for one statement.
    pub async fn read_single(&self) -> Result<Tx, StoreError> {
        match &self.0 {
            Engine::Sqlite(_) => self.read().await,
            Engine::Postgres(_) => self.begin_single().await,
        }
    }

    /// What the disk was made to keep: by this process on SQLite, by the whole server on PostgreSQL. For measuring.
    pub async fn durable(&self) -> Result<Durable, StoreError> {
        match &self.0 {
            Engine::Sqlite(file) => {
                Ok(Durable { syncs: file.writer.groups().await, bytes: None, server: None })
            }
            Engine::Postgres(primary) => postgres::durable(primary).await,
        }
    }

    /// Waits for what is going on and closes the database.
    pub async fn close(&self) {
        match &self.0 {
            Engine::Sqlite(file) => file.close().await,
            Engine::Postgres(primary) => primary.close().await,
        }
    }
}

/// The number of the last change to the tables that this program knows.
pub fn schema_version() -> i64 {
    sqlite::schema_version()
}

/// Gives every claimed row back, whoever claimed it; returns how many.
///
/// For the start of a node whose database no other process uses: leases of the run before are dead.
pub async fn lease_release_all(tx: &mut Tx) -> Result<u64, StoreError> {
    let messages = outbox::outbox_release_leases(tx).await? + inbox::inbox_release_leases(tx).await?;
    Ok(messages + check::check_release_leases(tx).await?)
}
