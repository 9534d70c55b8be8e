//! A portal of vacancies that answers as a test says.

use axum::http::{StatusCode, Uri};
use serde_json::{Value, json};
use stazh::base::{Clock, SystemClock};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// A server on a port of its own; it ends with the test.
pub(super) struct Portal {
    base: String,
    asked: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

/// What is asked for.
pub(super) struct Ask {
    /// Which page.
    pub(super) offset: u64,
    /// The number of the employer, if one is meant.
    pub(super) company: Option<String>,
    /// How often something was asked for before.
    pub(super) times: usize,
}

impl Portal {
    pub(super) async fn start(answer: impl Fn(Ask) -> (u16, String) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/api/v1", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (heard, answer) = (Arc::clone(&asked), Arc::new(answer));
        let app = axum::Router::new().fallback(move |uri: Uri| {
            let (heard, answer) = (Arc::clone(&heard), Arc::clone(&answer));
            async move {
                let times = heard.lock().unwrap().len();
                heard.lock().unwrap().push(uri.to_string());
                let query = uri.query().unwrap_or_default();
                let mut pairs = form_urlencoded::parse(query.as_bytes());
                let offset = pairs.find(|(name, _)| name == "offset").unwrap().1.parse().unwrap();
                let company = uri.path().split("/inn/").nth(1).map(str::to_owned);
                let (status, body) = answer(Ask { offset, company, times });
                (StatusCode::from_u16(status).unwrap(), body)
            }
        });
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { base, asked, task }
    }

    pub(super) fn base(&self) -> String {
        self.base.clone()
    }

    /// The paths that were asked for, in order.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The vacancy of the sample under another id and employer, changed today.
pub(super) fn entry(id: u64, employer: u64) -> Value {
    let page: Value =
        serde_json::from_str(include_str!("../../../fixtures/vacancies/trudvsem-page.json")).unwrap();
    let mut entry = page["results"]["vacancies"][0].clone();
    let today = SystemClock.now().to_string();
    entry["vacancy"]["id"] = json!(format!("v-{id}"));
    entry["vacancy"]["date_modify"] = json!(today);
    entry["vacancy"]["company"]["inn"] = json!(format!("100000000{employer}"));
    entry
}

/// A page as the portal writes it.
pub(super) fn page(entries: &[Value], total: u64) -> String {
    json!({
        "status": "200", "request": { "api": "v1" }, "meta": { "total": total, "limit": 100 },
        "results": { "vacancies": entries },
    })
    .to_string()
}
