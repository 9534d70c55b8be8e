//! Mark-up of a text becomes plain text: what is a list stays lines, what is a script is gone.
//!
//! It draws no tree and has no memory but the text itself, so that hostile mark-up costs no more than its length.

use std::borrow::Cow;

/// The text without mark-up: entities resolved, blocks and items on lines of their own, scripts, styles and comments
/// dropped, and so are characters that XML does not allow. A `<` that begins no tag stays. Mark-up that was itself written
/// by entities (`&lt;p&gt;`) is mark-up too.
pub(super) fn plain(text: &str) -> String {
    let once = without_tags(text);
    tidied(&if once.contains('<') { without_tags(&once) } else { once })
}

/// One pass, in time that grows with the length alone: behind the last `>` no tag is looked for.
fn without_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut rest, tail) =
        text.split_at_checked(text.rfind('>').map_or(0, |at| at + 1)).unwrap_or(("", text));
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        push(&mut out, before);
        let Some(tag) = Tag::at(from) else {
            out.push('<');
            rest = from.get(1..).unwrap_or_default();
            continue;
        };
        rest = from.get(tag.length..).unwrap_or_default();
        match tag.meaning() {
            Meaning::Hidden if !tag.is_end => match after_end(rest, &tag.name) {
                Some(after) => rest = after,
                None => return out,
            },
            Meaning::Item if !tag.is_end => out.push_str("\n• "),
            Meaning::Block | Meaning::Item => out.push('\n'),
            Meaning::Cell => out.push(' '),
            Meaning::Hidden | Meaning::Inline => {}
        }
    }
    push(&mut out, rest);
    push(&mut out, tail.split("<!--").next().unwrap_or_default());
    out
}

/// A tag: what stands between `<` and `>`.
struct Tag {
    name: String,
    is_end: bool,
    length: usize,
}

enum Meaning {
    Block,
    Item,
    Cell,
    Hidden,
    Inline,
}

impl Tag {
    /// The tag or comment that a text begins with; none if it begins with a lone `<`, as in `< 5 т`.
    fn at(text: &str) -> Option<Self> {
        if let Some(comment) = text.strip_prefix("<!--") {
            let length = comment.find("-->").map_or(text.len(), |end| end + "<!---->".len());
            return Some(Self { name: String::new(), is_end: false, length });
        }
        let name = Self::name_at(text)?;
        let length = text.find('>')? + 1;
        Some(Self { name, is_end: text.starts_with("</"), length })
    }

    /// The name of the tag that a text seems to begin with.
    fn name_at(text: &str) -> Option<String> {
        let named = text.strip_prefix("</").or_else(|| text.strip_prefix('<'))?;
        if !named.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!' || c == '?') {
            return None;
        }
        let name: String =
            named.chars().take(NAME_CHARS_MAX).take_while(char::is_ascii_alphanumeric).collect();
        Some(name.to_ascii_lowercase())
    }

    fn meaning(&self) -> Meaning {
        match self.name.as_str() {
            "script" | "style" | "template" | "iframe" | "object" | "noscript" | "head" | "title" => {
                Meaning::Hidden
            }
            "li" | "dt" | "dd" => Meaning::Item,
            "td" | "th" => Meaning::Cell,
            "p" | "br" | "div" | "ul" | "ol" | "dl" | "tr" | "table" | "h1" | "h2" | "h3" | "h4" | "h5"
            | "h6" | "section" | "article" | "blockquote" | "pre" | "hr" => Meaning::Block,
            _ => Meaning::Inline,
        }
    }
}

/// What follows the end of a hidden element; none if it never ends.
fn after_end<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        let from = rest.get(at..).unwrap_or_default();
        if Tag::name_at(from).is_some_and(|own| own == name) {
            return from.find('>').and_then(|end| from.get(end + 1..));
        }
        rest = from.get(2..).unwrap_or_default();
    }
    None
}

/// Adds text with its entities resolved; those written twice (`&amp;nbsp;`) are common in the sets.
fn push(out: &mut String, text: &str) {
    let once = html_escape::decode_html_entities(text);
    let twice: Cow<'_, str> =
        if once.contains('&') { html_escape::decode_html_entities(&once) } else { once.clone() };
    out.push_str(&twice);
}

/// Lines without blanks around them, none empty, no characters that a document cannot hold.
fn tidied(text: &str) -> String {
    let legal: String = text.chars().filter(|c| is_legal(*c)).collect();
    let lines = legal.lines().map(|line| crate::base::collapsed(line).into_owned());
    let told: Vec<String> = lines.filter(|line| !line.is_empty() && line != "•").collect();
    told.join("\n")
}

/// Whether a text may hold a character: not a control character, no mark of invisible direction or width.
fn is_legal(c: char) -> bool {
    let is_invisible = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    matches!(c, '\n' | '\t' | '\r')
        || !c.is_control() && !is_invisible && !matches!(c, '\u{fffe}' | '\u{ffff}')
}

const NAME_CHARS_MAX: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn mark_up_becomes_lines_and_scripts_are_gone() {
        for (html, text) in [
            ("<p>Монтаж кабельных линий</p>", "Монтаж кабельных линий"),
            ("Квота<br/>для инвалидов", "Квота\nдля инвалидов"),
            ("<ul><li>сварка<li>резка</ul>до", "• сварка\n• резка\nдо"),
            ("a<script>alert('<b>')</script >b<style>p{}</style>", "ab"),
            ("a<script>never closed", "a"),
            ("a<!-- <p>нет</p> -->b<!-- open", "ab"),
            ("&laquo;Заря&raquo;&nbsp;&amp; &#1050;&#x43e;", "«Заря» & Ко"),
            ("R&amp;amp;D &amp;nbsp;x", "R&D x"),
            ("масса < 5 т и > 2 т", "масса < 5 т и > 2 т"),
            ("<b", "<b"),
            ("a\u{1}b\u{200b}c\u{0}", "abc"),
            ("<td>1</td><td>2</td>", "1 2"),
            ("&lt;p&gt;раз&lt;/p&gt;&lt;script&gt;x&lt;/script&gt;два", "раз\nдва"),
        ] {
            assert_eq!(plain(html), text, "{html}");
        }
    }

    #[test]
    fn hostile_mark_up_costs_no_more_than_its_length() {
        for piece in ["<a", "</a", "<script></x", "<!-", "&amp;", "<"] {
            let text = format!("{}>", piece.repeat(400_000 / piece.len()));
            assert!(plain(&text).len() <= text.len(), "{piece}");
        }
    }

    proptest! {
        #[test]
        fn no_tag_and_no_illegal_character_is_left(text in "[<>/a-z &;#!-]{0,60}\u{0}?") {
            let told = plain(&text);
            prop_assert!(told.chars().all(|c| c == '\n' || !c.is_control()));
            prop_assert!(told.len() <= text.len() * 4 + 4);
        }

        #[test]
        fn what_stands_in_tags_never_shows(word in "[a-z]{3,8}", tag in "(p|b|li|div|span)") {
            let told = plain(&format!("<{tag} class='x'>{word}</{tag}>"));
            prop_assert_eq!(told.trim_start_matches("• "), word);
        }
    }
}
