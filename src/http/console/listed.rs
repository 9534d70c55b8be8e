//! What may be called, told to those who prove it: no route escapes their tests.

use super::route::For;
use super::routes;

/// One thing that may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleRoute {
    /// `GET` or `POST`.
    pub verb: &'static str,
    /// Below `/console` and `/api/v1`; a segment in braces is a value.
    pub path: &'static str,
    /// The command of the catalogue.
    pub command: &'static str,
    /// Whether it is open to those who have not signed in.
    pub is_open: bool,
    /// Whether programs may call it.
    pub is_for_programs: bool,
    /// Whether it takes a purpose and a reason among its fields.
    pub is_asked: bool,
    /// The names of its fields.
    pub fields: Vec<&'static str>,
}

/// Every route of the console and of the interface.
pub fn console_routes() -> Vec<ConsoleRoute> {
    let told = routes::all().map(|route| ConsoleRoute {
        verb: route.verb.word(),
        path: route.path,
        command: route.command,
        is_open: route.is_open,
        is_for_programs: route.is_for_programs(),
        is_asked: route.purpose == For::Asked,
        fields: route.fields.iter().map(|field| field.name).collect(),
    });
    told.collect()
}
