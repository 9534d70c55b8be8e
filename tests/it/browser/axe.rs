//! Whether everybody can use a page: axe-core, by the rules of WCAG 2.2 A and AA and by good practice.

use super::driver::{Browser, Scripts};
use serde_json::Value;
use std::path::Path;
use std::sync::LazyLock;

/// Looks at a page: nothing may be wrong with it, nor may the browser complain. A picture of it is kept.
pub(crate) async fn look(browser: &mut Browser, name: &str) {
    browser.shoot(name).await;
    let place = browser.at().await;
    // where no scripts run axe does not either; what the node sends is the same
    if browser.scripts == Scripts::On {
        let found = violations(browser).await;
        assert!(found.is_empty(), "{name} at {place}:\n{}", found.join("\n"));
    }
    let complaints = browser.complaints().await;
    assert!(complaints.is_empty(), "{name} at {place}: {complaints:#?}");
}

/// What is wrong, with the elements that it is wrong with.
pub(crate) async fn violations(browser: &Browser) -> Vec<String> {
    let run = "const done = arguments[arguments.length - 1];\
               axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],\
               resultTypes: ['violations'] }).then((told) => done(told), (error) => done({ error: String(error) }));";
    let told = browser.eval_async(&format!("{};\n{run}", *AXE)).await;
    assert!(told["passes"].as_array().is_some_and(|passes| passes.len() > 10), "axe did not run: {told}");
    let told_of = |violation: &Value| {
        let nodes = violation["nodes"].as_array().unwrap().iter();
        let nodes: Vec<String> =
            nodes.map(|node| format!("    {} {}", node["html"], node["failureSummary"])).collect();
        format!("{} ({}): {}\n{}", violation["id"], violation["impact"], violation["help"], nodes.join("\n"))
    };
    told["violations"].as_array().unwrap().iter().map(told_of).collect()
}

static AXE: LazyLock<String> = LazyLock::new(|| {
    let lib = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/venv/lib");
    let pythons = std::fs::read_dir(&lib).unwrap_or_else(|error| {
        panic!("{}: {error}; run deploy/prerequisites", lib.display());
    });
    let file = pythons
        .map(|python| python.unwrap().path().join("site-packages/axe_playwright_python/axe.min.js"))
        .find(|file| file.exists());
    std::fs::read_to_string(file.unwrap()).unwrap()
});
