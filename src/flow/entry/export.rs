//! The journal of acts as a file that the node signs.

use super::EntryError;
use super::acts::shown;
use super::seen::view;
use crate::access::Permit;
use crate::flow::Context;
use crate::flow::signed_file::sign_lines;
use crate::store::{ActsBy, act_page};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

/// What came of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exported {
    /// The file.
    File(Vec<u8>),
    /// There are more acts than one file holds: fewer days are to be asked for.
    TooMany,
}

/// The acts from one instant until before another, the latest first, as a signed file.
///
/// # Errors
/// The permit is for another act; the database does not answer; the key cannot sign now.
pub async fn export_acts(
    permit: &Permit,
    (from, until): (Timestamp, Timestamp),
    ctx: &Context,
) -> Result<Exported, EntryError> {
    shown(permit, &["journal-export"])?;
    let mut tx = ctx.store.read().await?;
    let (mut lines, mut before) = (Vec::new(), Some(first_of(until)));
    'pages: loop {
        let page = act_page(&mut tx, ActsBy::All, before, PAGE).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        for act in page {
            if act.at < from {
                break 'pages;
            }
            if act.at < until {
                lines.push(json!(view(act)).to_string());
            }
        }
        if lines.len() > LINES_MAX {
            return Ok(Exported::TooMany);
        }
    }
    drop(tx);
    let head = json!({ "made_by": permit.login(), "from": from, "until": until });
    Ok(Exported::File(sign_lines(("acts", head), lines, ctx).await?))
}

/// A number before those of acts from an instant on: they begin with their millisecond (UUID version 7).
fn first_of(at: Timestamp) -> Uuid {
    // replicas' clocks are a little apart
    let ms = u128::try_from(at.as_millisecond().saturating_add(CLOCKS_APART_MS)).unwrap_or_default();
    Uuid::from_u128(ms << 80)
}

const CLOCKS_APART_MS: i64 = 60_000;
const PAGE: u32 = 1_000;
/// A file that a person still opens.
const LINES_MAX: usize = 100_000;
