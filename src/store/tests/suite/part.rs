//! Parts: chunks in order, the same content once, and nothing forgotten that a message refers to.

use super::fixture::*;
use crate::base::Digest256;
use crate::store::*;
use uuid::Uuid;

async fn part(tx: &mut Tx, number: u128, digest: u8, chunks: &[&[u8]]) -> Part {
    let id = PartId::from_uuid(Uuid::from_u128(number));
    part_begin(tx, id, at(0)).await.unwrap();
    for (place, chunk) in chunks.iter().enumerate() {
        part_chunk_put(tx, id, u32::try_from(place).unwrap(), chunk).await.unwrap();
    }
    let bytes = chunks.iter().map(|chunk| chunk.len()).sum::<usize>().try_into().unwrap();
    part_finish(tx, id, (Digest256([digest; 32]), bytes), at(10)).await.unwrap()
}

async fn content(tx: &mut Tx, id: PartId) -> Vec<u8> {
    let mut content = Vec::new();
    for place in 0.. {
        match part_chunk(tx, id, place).await.unwrap() {
            Some(chunk) => content.extend(chunk),
            None => break,
        }
    }
    content
}

#[tokio::test]
async fn chunks_come_back_in_order_under_the_name_the_message_gave() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let row = inbox_hold(&mut tx, &incoming("kz", 1)).await.unwrap();
    let scan = part(&mut tx, 1, 1, &[b"abc", b"de"]).await;
    assert_eq!((scan.bytes, content(&mut tx, scan.id).await), (5, b"abcde".to_vec()));
    part_use(&mut tx, PartOf::Inbox(row), "scan@kz", scan.id).await.unwrap();
    part_use(&mut tx, PartOf::Inbox(row), "scan@kz", scan.id).await.unwrap();
    assert_eq!(parts_of(&mut tx, PartOf::Inbox(row)).await.unwrap(), [("scan@kz".to_owned(), scan)]);
    assert_eq!(part_find(&mut tx, Digest256([1; 32])).await.unwrap(), Some(scan));
    assert_eq!(part_find(&mut tx, Digest256([2; 32])).await.unwrap(), None);
}

#[tokio::test]
async fn the_same_content_is_kept_once() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let first = part(&mut tx, 1, 1, &[b"abc"]).await;
    let again = part(&mut tx, 2, 1, &[b"abc"]).await;
    assert_eq!(first, again);
    assert_eq!(content(&mut tx, PartId::from_uuid(Uuid::from_u128(2))).await, b"");
    let other = part(&mut tx, 3, 2, &[b"abd"]).await;
    assert_ne!(first.id, other.id);
}

#[tokio::test]
async fn what_nobody_refers_to_is_forgotten_after_a_while_and_nothing_else() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let row = outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap();
    let used = part(&mut tx, 1, 1, &[b"used"]).await;
    part_use(&mut tx, PartOf::Outbox(row), "used", used.id).await.unwrap();
    let left = part(&mut tx, 2, 2, &[b"left"]).await;
    let coming = PartId::from_uuid(Uuid::from_u128(3));
    part_begin(&mut tx, coming, at(0)).await.unwrap();
    part_chunk_put(&mut tx, coming, 0, b"half").await.unwrap();
    assert_eq!(parts_forget(&mut tx, at(0), 9).await.unwrap(), 0, "they are too young");
    assert_eq!(part(&mut tx, 4, 2, &[b"left"]).await, left, "met again at 10");
    assert_eq!(parts_forget(&mut tx, at(5), 9).await.unwrap(), 1, "what never came to its end");
    assert_eq!(content(&mut tx, coming).await, b"");
    assert_eq!(parts_forget(&mut tx, at(11), 9).await.unwrap(), 1);
    assert_eq!(part_find(&mut tx, left.digest).await.unwrap(), None);
    assert_eq!(content(&mut tx, used.id).await, b"used");
}
