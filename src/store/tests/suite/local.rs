//! What became of the local files.

use super::fixture::*;
use crate::base::Finding;
use crate::store::*;

fn file(name: &str, aside: u64, ms: i64) -> LocalFile {
    LocalFile { name: name.to_owned(), taken: 7, aside, refused: None, read_at: at(ms) }
}

fn why(line: usize) -> Finding {
    Finding::error("adapter.date", format!("a.csv:{line} born"), "%d.%m.%Y", "31.02.1990", "not a day")
}

#[tokio::test]
async fn what_is_set_aside_is_kept_until_the_file_is_read_again_or_gone() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    local_put(&mut tx, &file("a.csv", 2, 1), &[why(3), why(4)]).await.unwrap();
    local_put(&mut tx, &file("b.csv", 0, 1), &[]).await.unwrap();
    local_forget(&mut tx, at(1)).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    assert_eq!(local_files(&mut tx).await.unwrap(), [file("a.csv", 2, 1), file("b.csv", 0, 1)]);
    assert_eq!(local_set_aside(&mut tx, 10).await.unwrap(), [why(3), why(4)]);
    assert_eq!(local_set_aside(&mut tx, 1).await.unwrap(), [why(3)]);

    // One row is mended, the other file is gone.
    local_put(&mut tx, &file("a.csv", 1, 2), &[why(4)]).await.unwrap();
    local_forget(&mut tx, at(2)).await.unwrap();
    assert_eq!(local_files(&mut tx).await.unwrap(), [file("a.csv", 1, 2)]);
    assert_eq!(local_set_aside(&mut tx, 10).await.unwrap(), [why(4)]);

    let refused = LocalFile { refused: Some(why(1)), ..file("a.csv", 0, 3) };
    local_put(&mut tx, &refused, &[]).await.unwrap();
    assert_eq!(local_files(&mut tx).await.unwrap(), [refused]);
    assert_eq!(local_set_aside(&mut tx, 10).await.unwrap(), []);
}
