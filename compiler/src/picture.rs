//! Pictures in SVG of what is else shown on a terminal: for documents, whose readers see at once what
//! a command says. Equal texts give equal pictures.

use std::fmt::Write;

/// How wide a character is, how high a line, and how far both are from the edge.
const CHARACTER: f64 = 8.43;
const LINE: usize = 20;
const MARGIN: usize = 20;

/// The fonts of all pictures.
pub(crate) const MONOSPACE: &str = "ui-monospace,SFMono-Regular,Menlo,Consolas,monospace";

const STYLE: &str = "\
.edge{fill:#0d1117;stroke:#30363d}\
text{fill:#e6edf3;white-space:pre}\
.bold{font-weight:700}\
.red{fill:#ff7b72}.green{fill:#7ee787}.yellow{fill:#f2cc60}.blue{fill:#79c0ff}.cyan{fill:#76e3ea}\
.magenta{fill:#d2a8ff}";

/// What a terminal shows: a command, and what it says with its colours (SGR).
pub fn terminal(command: &str, said: &str) -> String {
    let mut lines = vec![vec![span("bold", "$ "), span("", command)]];
    lines.extend(said.trim_end().lines().map(spans));
    let longest = lines.iter().map(|line| line_len(line)).max().unwrap_or(0);
    let width = (longest as f64 * CHARACTER).ceil() as usize + 2 * MARGIN;
    let height = lines.len() * LINE + 2 * MARGIN;
    let mut out = open(width, height, command, STYLE);
    let _ = writeln!(
        out,
        "<rect class=\"edge\" x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"8\"/>",
        width - 1,
        height - 1
    );
    for (number, line) in lines.iter().enumerate() {
        if line_len(line) == 0 {
            continue;
        }
        let y = MARGIN + number * LINE + 15;
        let _ = write!(out, "<text x=\"{MARGIN}\" y=\"{y}\" xml:space=\"preserve\">");
        for Span { classes, text } in line {
            let _ = match &classes[..] {
                "" => write!(out, "{}", escaped(text)),
                classes => write!(out, "<tspan class=\"{classes}\">{}</tspan>", escaped(text)),
            };
        }
        out += "</text>\n";
    }
    out + "</svg>\n"
}

/// The front of a picture.
pub(crate) fn open(width: usize, height: usize, title: &str, style: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"{MONOSPACE}\" font-size=\"14\" \
         role=\"img\">\n<title>{}</title>\n<style>{style}</style>\n",
        escaped(title)
    )
}

/// Text as XML takes it.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Text in one style.
#[derive(PartialEq, Eq, Debug)]
struct Span {
    classes: String,
    text: String,
}

fn span(classes: &str, text: &str) -> Span {
    Span { classes: classes.to_owned(), text: text.to_owned() }
}

fn line_len(line: &[Span]) -> usize {
    line.iter().map(|span| span.text.chars().count()).sum()
}

/// A line, taken apart at its control sequences.
fn spans(line: &str) -> Vec<Span> {
    let (mut bold, mut color) = (false, "");
    let mut spans = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let (text, after) = rest.split_once("\x1b[").unwrap_or((rest, ""));
        if !text.is_empty() {
            let both = [if bold { "bold" } else { "" }, color];
            let classes: Vec<_> = both.into_iter().filter(|class| !class.is_empty()).collect();
            spans.push(span(&classes.join(" "), text));
        }
        let Some((codes, after)) = after.split_once('m') else { break };
        for code in codes.split(';') {
            match code {
                "0" | "" => (bold, color) = (false, ""),
                "1" => bold = true,
                "31" | "91" => color = "red",
                "32" | "92" => color = "green",
                "33" | "93" => color = "yellow",
                "34" | "94" => color = "blue",
                "35" | "95" => color = "magenta",
                "36" | "96" => color = "cyan",
                _ => {}
            }
        }
        rest = after;
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_classes() {
        let line = "\x1b[1m\x1b[91merror\x1b[0m: `a` \x1b[92m+\x1b[0m";
        let expected = [span("bold red", "error"), span("", ": `a` "), span("green", "+")];
        assert_eq!(spans(line), expected);
        assert_eq!(spans("plain"), [span("", "plain")]);
        assert_eq!(spans(""), []);
        assert_eq!(spans("cut \x1b[9"), [span("", "cut ")]);
    }

    #[test]
    fn a_terminal_is_as_large_as_its_text() {
        let svg = terminal("sitec <a>", "one\n\ntwo & \x1b[1mthree\x1b[0m\n");
        assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"), "{svg}");
        assert!(svg.contains("height=\"120\"") && svg.contains("<title>sitec &lt;a&gt;</title>"));
        assert!(svg.contains("two &amp; <tspan class=\"bold\">three</tspan></text>"), "{svg}");
        assert_eq!(svg.matches("<text").count(), 3);
    }
}
