//! A copy of the database that is taken while the node works: whole, verified, told in the audit, and a node starts of it (A21, A25).

use crate::cli::stazh;
use crate::exchange::{handed_over, inquiry, record};
use crate::nodes::{TestDesk, World};
use stazh::flow::compose;
use stazh::flow::watch::last_backup;
use stazh::node::{Door, Node, Settings};
use stazh::store::{JournalBy, chain_head, journal_list};
use std::sync::Arc;

/// The drill: copied under load, restored into another folder, verified, and the node goes on where the copy ends.
#[tokio::test(flavor = "multi_thread")]
async fn a21_a_node_starts_of_a_copy_that_was_made_while_it_worked() {
    let world = World::new();
    let kz_desk = Arc::new(TestDesk::knowing((1..=40).map(record).collect()));
    let (ru, kz) = world.pair(Arc::new(TestDesk::default()), kz_desk.clone()).await;
    let before = compose(&inquiry(1), ru.flows()).await.unwrap();
    handed_over(ru.flows(), before.conversation_id).await;
    let safe = tempfile::tempdir().unwrap();
    let (folder, file) = (world.folder("RU"), safe.path().join("ru.db"));
    let copying = {
        let (folder, file) = (folder.clone(), file.display().to_string());
        tokio::task::spawn_blocking(move || stazh(&folder, &["backup", ".", "--to", &file]))
    };
    let mut during = Vec::new();
    for number in 2..=40 {
        during.push(compose(&inquiry(number), ru.flows()).await.unwrap());
    }
    let (code, told, error) = copying.await.unwrap();
    assert_eq!(code, Some(0), "{error}");
    for one in &during {
        handed_over(ru.flows(), one.conversation_id).await;
    }
    let digest = stazh::exchange::seal::sha256(&std::fs::read(&file).unwrap()).to_string();
    assert!(told.contains(&digest) && told.contains("ru.db"), "{told}");
    let known = last_backup(&mut ru.flows().store.read().await.unwrap()).await.unwrap().unwrap();
    assert_eq!(known.told, told.trim());
    let others: Vec<_> = std::fs::read_dir(safe.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(others, ["ru.db"], "nothing half made is left");
    ru.stop().await;

    // its disk is lost; what was copied is put in its place
    let data = folder.join("data");
    for name in ["stazh.db", "stazh.db-wal", "stazh.db-shm"] {
        let _ = std::fs::remove_file(data.join(name));
    }
    std::fs::copy(&file, data.join("stazh.db")).unwrap();
    let (code, told, error) = stazh(&folder, &["journal", "verify", "."]);
    assert_eq!(code, Some(0), "{told}{error}");
    let settings = Settings::read(&folder.join("node.toml")).unwrap();
    let restored =
        Node::start(Door::open(&settings).await.unwrap(), &settings, Arc::new(TestDesk::default()))
            .await
            .unwrap();
    let mut tx = restored.flows().store.read().await.unwrap();
    let conversation = JournalBy::Conversation(before.conversation_id);
    let rows = journal_list(&mut tx, conversation, 0, 100).await.unwrap();
    assert!(rows.iter().any(|row| row.entry.kind == "answered"), "{rows:?}");
    assert!(chain_head(&mut tx).await.unwrap().number > 0);
    drop(tx);
    restored.stop().await;
    kz.stop().await;
}

#[test]
fn what_cannot_be_copied_is_told_before_anything_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let node = folder.path().join("kz");
    assert_eq!(stazh(folder.path(), &["init", "kz", "--state", "KZ"]).0, Some(0));
    let refused = |words: &[&str], why: &str| {
        let (code, told, error) = stazh(folder.path(), &[&["backup", "kz"], words].concat());
        assert_ne!(code, Some(0), "{words:?}: {told}");
        assert!(error.contains(why), "{words:?}: {error}");
    };
    refused(&["--to", "copy.db"], "has never been started");
    std::fs::create_dir_all(node.join("data")).unwrap();
    std::fs::write(folder.path().join("there.db"), "x").unwrap();
    refused(&["--to", "there.db"], "there already");
    assert_eq!(std::fs::read(folder.path().join("there.db")).unwrap(), b"x");
    refused(&["--to", "none/copy.db"], "its folder is not there");
    refused(&["--to", "kz/data/copy.db"], "beside the database");
    refused(&["--note", "  "], "what was copied");
    refused(&[], "--to");
    refused(&["--to", "a", "--note", "b"], "cannot be used with");
    std::fs::write(node.join("data/stazh.db"), "no database at all").unwrap();
    refused(&["--to", "copy.db"], "database");
    assert!(!folder.path().join("copy.db").exists());
}
