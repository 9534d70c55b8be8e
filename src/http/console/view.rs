//! What a page is drawn with: phrases, the reader's forms of dates and numbers, and the pieces that all pages share.

use super::field::{Fault, Field, FileKind, Given, Kind};
use crate::access::Session;
use crate::base::{Language, phrases};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};

/// Whom a page is drawn for, and with what he typed.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) language: Language,
    /// The time of the reader's state.
    pub(super) zone: TimeZone,
    /// Who reads; nobody before he has signed in.
    pub(super) session: Option<Session>,
    /// The address of the page, to come back to.
    pub(super) path: String,
    /// What was typed, if a form is shown again.
    pub(super) given: Given,
    /// What is wrong with it.
    pub(super) faults: Vec<Fault>,
    /// The mark by which a form sent twice is one.
    pub(super) form_id: String,
}

impl View {
    /// A phrase.
    pub(super) fn say(&self, key: &str) -> String {
        phrases(self.language).say(key)
    }

    /// A phrase with its gaps filled.
    pub(super) fn say_with(&self, key: &str, values: &[(&str, &str)]) -> String {
        phrases(self.language).say_with(key, values)
    }

    /// A phrase, if there is one of this key.
    pub(super) fn say_if(&self, key: &str) -> Option<String> {
        phrases(Language::En).has(key).then(|| self.say(key))
    }

    /// Whether the reader may do something: what he may not is offered to him nowhere.
    pub(super) fn may(&self, command: &str) -> bool {
        self.session.as_ref().is_some_and(|session| super::frame::may(session, command))
    }

    /// Whether a login is the reader's own.
    pub(super) fn is_me(&self, login: &str) -> bool {
        self.session.as_ref().is_some_and(|session| session.actor.login == login)
    }

    /// A day as the reader writes it.
    pub(super) fn date(&self, date: Date) -> String {
        match self.language {
            Language::En => date.strftime("%-d %b %Y").to_string(),
            Language::Ru | Language::Kk | Language::Ky | Language::Hy | Language::Be => {
                date.strftime("%d.%m.%Y").to_string()
            }
        }
    }

    /// An instant in the reader's state.
    pub(super) fn instant(&self, at: Timestamp) -> Markup {
        let local = self.zone.to_datetime(at);
        let told = format!("{}, {}", self.date(local.date()), local.strftime("%H:%M"));
        html! { time datetime=(at) { (told) } }
    }

    /// A number with its thousands apart.
    pub(super) fn number(&self, number: i64) -> String {
        let between = if self.language == Language::En { ',' } else { '\u{a0}' };
        let digits = number.unsigned_abs().to_string();
        let mut told = if number < 0 { "−".to_owned() } else { String::new() };
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                told.push(between);
            }
            told.push(digit);
        }
        told
    }

    /// A link to a page of the console.
    pub(super) fn link(&self, to: &str, text: &str) -> Markup {
        html! { a href=(to) { (text) } }
    }

    /// A form that posts `fields` to a page; drawn again, it keeps what was typed and says what is wrong.
    pub(super) fn form(&self, action: &str, fields: &[Field], submit: &str) -> Markup {
        self.form_with(action, fields, submit, html! {})
    }

    /// The same with `more` before the button.
    pub(super) fn form_with(&self, action: &str, fields: &[Field], submit: &str, more: Markup) -> Markup {
        let has_file = fields.iter().any(|field| matches!(field.kind, Kind::File(_, _)));
        let coding = if has_file { "multipart/form-data" } else { "application/x-www-form-urlencoded" };
        html! {
            (self.faults_told())
            form method="post" action=(action) enctype=(coding) {
                (self.hidden())
                @if fields.iter().any(|field| matches!(field.kind, Kind::Secret)) { (self.whose_password()) }
                @for field in fields { (self.field(*field)) }
                (more)
                p { button type="submit" { (self.say(submit)) } }
            }
        }
    }

    /// Tells what keeps passwords whose this one is; it is not sent.
    fn whose_password(&self) -> Markup {
        html! {
            @if let Some(session) = &self.session {
                input type="text" autocomplete="username" value=(session.actor.login) hidden readonly;
            }
        }
    }

    /// What each posted form must bring back.
    pub(super) fn hidden(&self) -> Markup {
        html! {
            @if let Some(session) = &self.session { input type="hidden" name="csrf" value=(session.csrf); }
            input type="hidden" name="form_id" value=(self.form_id);
        }
    }

    /// A form of a button alone.
    pub(super) fn button(&self, action: &str, fields: &[(&str, &str)], submit: &str) -> Markup {
        html! {
            form method="post" action=(action) class="inline" {
                (self.hidden())
                @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
                button type="submit" { (self.say(submit)) }
            }
        }
    }

    /// All faults in one place, each a link to its field (WCAG 3.3.1).
    pub(super) fn faults_told(&self) -> Markup {
        html! {
            @if !self.faults.is_empty() {
                div class="faults" role="alert" tabindex="-1" id="faults" {
                    h2 { (self.say("faults-title")) }
                    ul {
                        @for fault in &self.faults {
                            li {
                                a href={ "#f-" (fault.field) } {
                                    (self.label(&fault.field)) ": " (self.say_with(fault.phrase, &[("bound", &fault.bound)]))
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// What a field is called.
    pub(super) fn label(&self, name: &str) -> String {
        self.say_if(&format!("field-{}", name.replace('_', "-"))).unwrap_or_else(|| name.to_owned())
    }

    /// What a choice of a field is called.
    pub(super) fn choice(&self, field: &str, word: &str) -> String {
        let key = format!("choice-{field}-{word}").replace('_', "-");
        self.say_if(&key).unwrap_or_else(|| word.to_owned())
    }

    /// One field with its label, hint, fault and what was typed.
    pub(super) fn field(&self, field: Field) -> Markup {
        let name = field.name;
        let id = format!("f-{name}");
        let fault = self.faults.iter().find(|fault| fault.field == name);
        let hint = self.say_if(&format!("field-{}-hint", name.replace('_', "-")));
        let (hint_id, fault_id) = (format!("{id}-hint"), format!("{id}-fault"));
        let told = [hint.as_ref().map(|_| hint_id.as_str()), fault.map(|_| fault_id.as_str())];
        let told: Vec<&str> = told.into_iter().flatten().collect();
        let described = (!told.is_empty()).then(|| told.join(" "));
        let typed = self.given.text(name);
        let is_invalid = fault.is_some().then_some("true");
        let about = html! {
            @if let Some(hint) = &hint { span class="hint" id=(hint_id) { (hint) } }
            @if let Some(fault) = fault {
                span class="fault" id=(fault_id) { (self.say_with(fault.phrase, &[("bound", &fault.bound)])) }
            }
        };
        let mark =
            html! { @if field.is_required { span class="required" { " " (self.say("field-required")) } } };
        let input = |kind: &str, value: &str, autocomplete: Option<&str>| {
            html! {
                input id=(id) name=(name) type=(kind) value=(value) required[field.is_required]
                    aria-describedby=[described.as_deref()] aria-invalid=[is_invalid] autocomplete=[autocomplete];
            }
        };
        match field.kind {
            Kind::Flag => html! {
                div class="field" {
                    label class="flag" for=(id) {
                        input id=(id) name=(name) type="checkbox" value="yes" checked[typed == "yes"]
                            required[field.is_required] aria-describedby=[described.as_deref()] aria-invalid=[is_invalid];
                        " " (self.label(name)) (mark)
                    }
                    (about)
                }
            },
            Kind::Many(words) => html! {
                fieldset class="field" id=(id) aria-describedby=[described.as_deref()] {
                    legend { (self.label(name)) (mark) }
                    (about)
                    @for word in words {
                        label class="flag" {
                            input name=(name) type="checkbox" value=(word)
                                checked[self.given.all(name).iter().any(|given| given == word)];
                            " " (self.choice(name, word))
                        }
                    }
                }
            },
            Kind::Words => html! {},
            Kind::Line(_)
            | Kind::Text(_)
            | Kind::Secret
            | Kind::Choice(_)
            | Kind::Date
            | Kind::Number(_, _)
            | Kind::File(_, _) => html! {
                div class="field" {
                    label for=(id) { (self.label(name)) (mark) }
                    (about)
                    @match field.kind {
                        Kind::Text(_) => textarea id=(id) name=(name) rows="6" required[field.is_required]
                            aria-describedby=[described.as_deref()] aria-invalid=[is_invalid] { (typed) },
                        Kind::Secret => (input("password", "", Some(autocomplete_of(name)))),
                        Kind::Choice(words) => select id=(id) name=(name) required[field.is_required]
                            aria-describedby=[described.as_deref()] aria-invalid=[is_invalid] {
                                option value="" { "—" }
                                @for word in words {
                                    option value=(word) selected[*word == typed] { (self.choice(name, word)) }
                                }
                            },
                        Kind::Date => (input("date", typed, None)),
                        Kind::Number(min, max) => input id=(id) name=(name) type="number" min=(min) max=(max) value=(typed)
                            required[field.is_required] aria-describedby=[described.as_deref()] aria-invalid=[is_invalid];,
                        Kind::File(_, kinds) => input id=(id) name=(name) type="file" accept=(accepted(kinds))
                            required[field.is_required] aria-describedby=[described.as_deref()] aria-invalid=[is_invalid];,
                        Kind::Line(_) | Kind::Flag | Kind::Many(_) | Kind::Words =>
                            (input("text", typed, (name == "login").then_some("username"))),
                    }
                }
            },
        }
    }

    /// A table whose first column is the name of the row; it scrolls by itself on a narrow screen.
    pub(super) fn table(&self, caption: &str, heads: &[&str], rows: Vec<Vec<Markup>>) -> Markup {
        html! {
            @if rows.is_empty() {
                p class="empty" { (self.say("table-empty")) }
            } @else {
                div class="scroll" role="region" tabindex="0" aria-label=(caption) {
                    table {
                        caption { (caption) }
                        thead { tr { @for head in heads { th scope="col" { (self.say(head)) } } } }
                        tbody {
                            @for row in rows {
                                tr {
                                    @for (at, cell) in row.into_iter().enumerate() {
                                        @if at == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Names and what they are of one thing.
    pub(super) fn facts(&self, facts: Vec<(&str, Markup)>) -> Markup {
        html! { dl { @for (name, fact) in facts { div { dt { (self.say(name)) } dd { (fact) } } } } }
    }

    /// The link to what comes after a page of a list.
    pub(super) fn more(&self, to: Option<String>) -> Markup {
        html! { @if let Some(to) = to { p { a class="more" rel="next" href=(to) { (self.say("table-more")) } } } }
    }

    /// A word that is more than text: `kind` is `good`, `late`, `warn` or `plain`.
    pub(super) fn badge(&self, kind: &str, text: &str) -> Markup {
        html! { span class={ "badge " (kind) } { (text) } }
    }
}

fn autocomplete_of(name: &str) -> &'static str {
    if name.starts_with("new") { "new-password" } else { "current-password" }
}

fn accepted(kinds: &[FileKind]) -> String {
    kinds.iter().map(|kind| kind.media()).collect::<Vec<_>>().join(",")
}
