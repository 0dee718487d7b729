//! The documentation, served by the server that it describes: `docs/` rendered to plain pages at `/docs/…`.
//!
//! Built in, so that it always fits this version and can be read without a network.

use std::fmt::Write as _;

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../docs"]
#[include = "*.md"]
#[include = "style.css"]
struct Docs;

/// The order in which a reader wants them; pages that are not named follow by name.
const ORDER: [&str; 13] = [
    "index", "install", "concepts", "metrics", "triggers", "channels", "config", "operate",
    "agent", "security", "privacy", "scaling", "faq",
];
const SOURCE: &str = "https://github.com/mailvane/mailvane/blob/main/";

/// The first page.
pub async fn index() -> Response {
    page("index")
}

/// One page, or the style of all.
pub async fn handle(Path(name): Path<String>) -> Response {
    if name == "style.css" {
        let style = Docs::get("style.css").map(|file| file.data.into_owned()).unwrap_or_default();
        return ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], style).into_response();
    }
    page(name.trim_end_matches('/'))
}

fn page(name: &str) -> Response {
    let Some(text) = source(name) else {
        let text = "# There is no such page\n\nThe list beside this has all of them.";
        return (StatusCode::NOT_FOUND, Html(frame(name, text))).into_response();
    };
    Html(frame(name, &text)).into_response()
}

fn source(name: &str) -> Option<String> {
    let file = Docs::get(&format!("{name}.md"))?;
    String::from_utf8(file.data.into_owned()).ok()
}

/// Title and name of every page, in reading order.
fn pages() -> Vec<(String, String)> {
    let mut names: Vec<String> =
        Docs::iter().filter_map(|file| Some(file.strip_suffix(".md")?.to_owned())).collect();
    let place = |name: &String| ORDER.iter().position(|known| known == name).unwrap_or(ORDER.len());
    names.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.cmp(b)));
    let titled = |name: String| {
        let text = source(&name)?;
        let title = text.lines().find_map(|line| line.strip_prefix("# "))?;
        Some((title.to_owned(), name))
    };
    names.into_iter().filter_map(titled).collect()
}

fn frame(name: &str, text: &str) -> String {
    let mut list = String::new();
    let mut title = "Documentation".to_owned();
    for (words, page) in pages() {
        let here = if page == name { " aria-current=\"page\"" } else { "" };
        if page == name {
            title.clone_from(&words);
        }
        let address = if page == "index" { "/docs".to_owned() } else { format!("/docs/{page}") };
        // Nothing fails when a String is written to.
        let _written = write!(list, "<li><a href=\"{address}\"{here}>{}</a></li>", escape(&words));
    }
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{} · Mailvane</title><link rel=\"stylesheet\" href=\"/docs/style.css\"></head>\
         <body><nav aria-label=\"Pages\"><a class=\"home\" href=\"/\">Mailvane</a><ul>{list}\
         <li><a href=\"/api/openapi.json\">API, as OpenAPI</a></li></ul></nav><main>{}</main></body></html>",
        escape(&title),
        rendered(text)
    )
}

fn rendered(text: &str) -> String {
    let mut options = Options::empty();
    options.insert(Options::ENABLE_TABLES);
    let mut events: Vec<Event<'_>> = Parser::new_ext(text, options).map(relink).collect();
    name_headings(&mut events);
    let mut out = String::with_capacity(text.len() * 2);
    html::push_html(&mut out, events.into_iter());
    out
}

/// Links between files become links between pages; files that are no pages are shown where the source is.
fn relink(event: Event<'_>) -> Event<'_> {
    let Event::Start(Tag::Link { link_type, dest_url, title, id }) = event else { return event };
    let dest_url: CowStr<'_> = if let Some(path) = dest_url.strip_prefix("../") {
        format!("{SOURCE}{path}").into()
    } else if dest_url.contains("://") || dest_url.starts_with(['#', '/']) {
        dest_url
    } else {
        format!("/docs/{}", dest_url.replacen(".md", "", 1)).into()
    };
    Event::Start(Tag::Link { link_type, dest_url, title, id })
}

/// Gives every heading the address that links use: its words, in lower case, with dashes.
fn name_headings(events: &mut [Event<'_>]) {
    let mut open: Option<usize> = None;
    let mut words = String::new();
    for at in 0..events.len() {
        match events.get(at) {
            Some(Event::Start(Tag::Heading { level, .. })) if *level != HeadingLevel::H1 => {
                open = Some(at);
                words.clear();
            }
            Some(Event::Text(text) | Event::Code(text)) if open.is_some() => words.push_str(text),
            Some(Event::End(TagEnd::Heading(_))) => {
                let named = open.take().and_then(|start| events.get_mut(start));
                if let Some(Event::Start(Tag::Heading { id, .. })) = named {
                    *id = Some(slug(&words).into());
                }
            }
            _ => {}
        }
    }
}

fn slug(words: &str) -> String {
    let kept = words.to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '.' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_between_pages_leads_to_a_page_or_a_file_of_the_project() {
        let top = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut seen = 0;
        for (_, name) in pages() {
            let text = source(&name).unwrap();
            for event in Parser::new(&text) {
                let Event::Start(Tag::Link { dest_url, .. }) = event else { continue };
                let path = dest_url.split('#').next().unwrap_or_default();
                if path.is_empty() || path.contains("://") {
                    continue;
                }
                seen += 1;
                assert!(top.join("docs").join(path).exists(), "{name}.md links to {dest_url}");
            }
        }
        assert!(seen > 3, "no links were found");
    }

    #[test]
    fn a_page_is_framed_and_its_links_stay_within_the_docs() {
        let html = rendered(
            "# T\n\n## What to watch\n\n[a](install.md#by-hand) [b](../dev) [c](https://x.test)",
        );
        assert!(html.contains("<h2 id=\"what-to-watch\">"), "{html}");
        assert!(html.contains("href=\"/docs/install#by-hand\""), "{html}");
        assert!(
            html.contains("href=\"https://github.com/mailvane/mailvane/blob/main/dev\""),
            "{html}"
        );
        assert!(frame("install", "# x").contains("aria-current=\"page\""));
    }
}
