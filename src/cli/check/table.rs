//! Checks as they are shown.

use super::pick;
use crate::base::{Language, Written};
use crate::cli::show;
use crate::flow::KnownCheck;
use crate::store::{CheckState, Role};
use comfy_table::presets;
use serde_json::{Value, json};

/// One row for each.
pub(super) fn checks_table(all: &[KnownCheck], language: Language) -> String {
    let mut table = show::table(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(match language.written() {
        Written::En => ["check", "with", "as of", "state", "batches", "rows", "set aside", "hits", "weak"],
        Written::Ru => {
            ["сверка", "с кем", "на день", "состояние", "пакеты", "строк", "отложено", "совпало", "слабо"]
        }
    });
    for known in all {
        let row = &known.row;
        table.add_row([
            row.draft.number.as_str().to_owned(),
            row.draft.peer.clone(),
            row.draft.terms.as_of.to_string(),
            row.state.to_string(),
            batches(known),
            row.rows.to_string(),
            row.aside.to_string(),
            row.hits.to_string(),
            row.weak.to_string(),
        ]);
    }
    table.to_string()
}

fn batches(known: &KnownCheck) -> String {
    match known.row.state {
        CheckState::Preparing | CheckState::Refused => String::new(),
        CheckState::Ready | CheckState::Opened if known.row.draft.role == Role::Initiator => String::new(),
        CheckState::Ready
        | CheckState::Opened
        | CheckState::Running
        | CheckState::Told
        | CheckState::Closed
        | CheckState::Ended
        | CheckState::Expired => format!("{} of {}", known.answered(), known.batches()),
    }
}

/// What goes on, in a sentence.
pub(super) fn state_in_words(known: &KnownCheck, language: Language) -> &'static str {
    let is_ours = known.row.draft.role == Role::Initiator;
    let (ru, en) = match known.row.state {
        CheckState::Preparing => {
            ("готовятся значения своего списка", "the values of our list are being made")
        }
        CheckState::Ready if is_ours => {
            ("значения готовы; сверка открывается", "the values are made; the check is being opened")
        }
        CheckState::Ready => (
            "значения готовы; ожидаются пакеты партнёра",
            "the values are made; batches of the peer are awaited",
        ),
        CheckState::Opened => ("партнёр готовит свой список", "the peer makes its list ready"),
        CheckState::Running => ("идёт обмен пакетами", "batches are being exchanged"),
        CheckState::Told => ("результат отправлен партнёру", "the result is sent to the peer"),
        CheckState::Closed => {
            ("сверка закрыта; секрет уничтожен", "the check is closed; its secret is wiped")
        }
        CheckState::Refused => ("в сверке отказано", "the check is refused"),
        CheckState::Ended => ("сверка прекращена", "the check is ended"),
        CheckState::Expired => ("партнёр не завершил сверку", "the peer never ended the check"),
    };
    pick(language, ru, en)
}

/// The same for programs.
pub(super) fn check_json(known: &KnownCheck) -> Value {
    let (row, draft) = (&known.row, &known.row.draft);
    json!({
        "check": draft.number.as_str(), "peer": draft.peer, "role": draft.role.as_str(),
        "state": row.state.as_str(), "code": row.code, "as_of": draft.terms.as_of, "kinds": draft.terms.kinds,
        "ground": draft.terms.ground, "values": row.own_size, "peer_values": draft.peer_size,
        "batches": known.batches(), "answered": known.answered(), "rows": row.rows, "set_aside": row.aside,
        "hits": row.hits, "weak": row.weak, "opened_at": draft.opened_at.to_string(),
        "changed_at": row.changed_at.to_string(),
    })
}
