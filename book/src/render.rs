//! Markdown to HTML. No `style` attribute and no script stands in it, so that a strict
//! Content-Security-Policy holds; a link that leads nowhere is found here.

use pulldown_cmark::{Alignment, CodeBlockKind, CowStr, Event, Parser, Tag, TagEnd, html};

use crate::highlight::highlight;
use crate::outline::{Heading, MARKDOWN};
use crate::template::escape;

/// What a page needs to know of the others.
pub(crate) trait Links {
    /// The address that a link of a page leads to, or why it leads nowhere.
    fn resolve(&self, link: &str) -> Result<String, String>;
    /// The entry of a directive in the reference.
    fn directive(&self, name: &str) -> Option<String>;
}

/// A page that is rendered.
#[derive(Default)]
pub(crate) struct Rendered {
    pub(crate) html: String,
    /// The first paragraph, as text.
    pub(crate) summary: String,
    /// What stands under each of its headings, as text for the search.
    pub(crate) texts: Vec<String>,
    pub(crate) problems: Vec<String>,
}

/// Renders a piece of a file. `headings` are those of the piece, and `up` is by how many levels
/// they are raised.
pub(crate) fn render(markdown: &str, headings: &[Heading], up: u8, links: &dyn Links) -> Rendered {
    let mut renderer = Renderer {
        headings,
        up,
        links,
        out: Rendered::default(),
        code: None,
        columns: Vec::new(),
        column: 0,
        in_head: false,
        in_heading: false,
        in_first_paragraph: false,
    };
    let events: Vec<_> =
        Parser::new_ext(markdown, MARKDOWN).filter_map(|event| renderer.event(event)).collect();
    html::push_html(&mut renderer.out.html, events.into_iter());
    renderer.out
}

struct Renderer<'a> {
    headings: &'a [Heading],
    up: u8,
    links: &'a dyn Links,
    out: Rendered,
    /// The language and the text of the code block that is being read.
    code: Option<(String, String)>,
    columns: Vec<Alignment>,
    column: usize,
    in_head: bool,
    in_heading: bool,
    in_first_paragraph: bool,
}

impl<'a> Renderer<'a> {
    fn event(&mut self, event: Event<'a>) -> Option<Event<'a>> {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some((_, code)) => {
                    code.push_str(&text);
                    None
                }
                None => {
                    self.text(&text);
                    Some(Event::Text(text))
                }
            },
            Event::Code(text) => {
                self.text(&text);
                Some(Event::Code(text))
            }
            Event::SoftBreak | Event::HardBreak => {
                self.text(" ");
                Some(event)
            }
            Event::Html(text) | Event::InlineHtml(text) => {
                self.out.problems.push(format!("HTML in Markdown: `{}`", text.trim()));
                None
            }
            event => Some(event),
        }
    }

    fn start(&mut self, tag: Tag<'a>) -> Option<Event<'a>> {
        match tag {
            Tag::Heading { .. } => {
                self.in_heading = true;
                let heading = &self.headings[self.out.texts.len()];
                let (level, anchor) = (heading.level - self.up, escape(&heading.anchor));
                raw(format!("<h{level} id=\"{anchor}\">"))
            }
            Tag::CodeBlock(kind) => {
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some((language, String::new()));
                None
            }
            Tag::Table(columns) => {
                self.columns = columns;
                raw("<div class=\"table\"><table>\n".to_owned())
            }
            Tag::TableHead => {
                self.in_head = true;
                self.column = 0;
                raw("<thead><tr>".to_owned())
            }
            Tag::TableRow => {
                self.column = 0;
                raw("<tr>".to_owned())
            }
            Tag::TableCell => {
                let cell = if self.in_head { "th" } else { "td" };
                let class = match self.columns.get(self.column) {
                    Some(Alignment::Right) => " class=\"right\"",
                    Some(Alignment::Center) => " class=\"center\"",
                    _ => "",
                };
                self.column += 1;
                raw(format!("<{cell}{class}>"))
            }
            Tag::Link { link_type, dest_url, title, id } => {
                let dest_url = self.resolved(dest_url);
                Some(Event::Start(Tag::Link { link_type, dest_url, title, id }))
            }
            Tag::Image { link_type, dest_url, title, id } => {
                let dest_url = self.resolved(dest_url);
                Some(Event::Start(Tag::Image { link_type, dest_url, title, id }))
            }
            Tag::Paragraph => {
                self.in_first_paragraph = self.out.summary.is_empty();
                Some(Event::Start(Tag::Paragraph))
            }
            tag => Some(Event::Start(tag)),
        }
    }

    fn end(&mut self, tag: TagEnd) -> Option<Event<'a>> {
        match tag {
            TagEnd::Heading(_) => {
                let heading = &self.headings[self.out.texts.len()];
                let (level, anchor) = (heading.level - self.up, escape(&heading.anchor));
                let text = escape(&heading.text);
                self.in_heading = false;
                self.out.texts.push(String::new());
                match level {
                    1 => raw("</h1>\n".to_owned()),
                    _ => raw(format!(
                        " <a class=\"anchor\" href=\"#{anchor}\" \
                         aria-label=\"Link to “{text}”\">#</a></h{level}>\n"
                    )),
                }
            }
            TagEnd::CodeBlock => {
                let (language, code) = self.code.take()?;
                self.text(&code);
                // What is indented names no language, and may be what is typed all the same.
                let language = match language.as_str() {
                    "" if code.starts_with("$ ") => "console".to_owned(),
                    _ => language,
                };
                let html = highlight(&language, &code, &|name| self.links.directive(name));
                let class = if language.is_empty() { "text" } else { &language };
                raw(format!("<pre class=\"{}\"><code>{html}</code></pre>\n", escape(class)))
            }
            TagEnd::Table => raw("</tbody></table></div>\n".to_owned()),
            TagEnd::TableHead => {
                self.in_head = false;
                raw("</tr></thead>\n<tbody>\n".to_owned())
            }
            TagEnd::TableRow => raw("</tr>\n".to_owned()),
            TagEnd::TableCell => {
                self.text(" ");
                raw(if self.in_head { "</th>" } else { "</td>" }.to_owned())
            }
            TagEnd::Paragraph => {
                self.text(" ");
                self.in_first_paragraph = false;
                Some(Event::End(TagEnd::Paragraph))
            }
            TagEnd::Item => {
                self.text(" ");
                Some(Event::End(tag))
            }
            tag => Some(Event::End(tag)),
        }
    }

    /// Notes what a reader may search for, under the heading where it stands.
    fn text(&mut self, text: &str) {
        if self.in_heading {
            return;
        }
        if let Some(section) = self.out.texts.last_mut() {
            section.push_str(text);
        }
        if self.in_first_paragraph {
            self.out.summary.push_str(text);
        }
    }

    fn resolved(&mut self, link: CowStr<'a>) -> CowStr<'a> {
        match self.links.resolve(&link) {
            Ok(address) => address.into(),
            Err(problem) => {
                self.out.problems.push(problem);
                link
            }
        }
    }
}

fn raw<'a>(html: String) -> Option<Event<'a>> {
    Some(Event::Html(html.into()))
}
