//! Code in colours: confs and what is typed into a terminal. A lexer of words, which takes any text,
//! since what stands in a page may be a part of a conf or a form of a directive.

use crate::template::escape;

/// Code of a language as HTML. `directive` is the address of a directive's entry in the
/// reference, if the name is one.
pub(crate) fn highlight(
    language: &str,
    code: &str,
    directive: &dyn Fn(&str) -> Option<String>,
) -> String {
    match language {
        "nginx" => conf(code, directive),
        "console" => console(code),
        _ => escape(code),
    }
}

/// A piece of a conf.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Token {
    Blank,
    Comment,
    Quoted,
    Word,
    /// `;`, `{` or `}`.
    Mark,
}

/// The first token of a text that is not empty, and its length in bytes.
fn token(text: &str) -> (Token, usize) {
    let first = text.chars().next().unwrap_or_default();
    let until = |end: &dyn Fn(char) -> bool| text.find(end).unwrap_or(text.len());
    match first {
        _ if first.is_whitespace() => (Token::Blank, until(&|char| !char.is_whitespace())),
        '#' => (Token::Comment, until(&|char| char == '\n')),
        ';' | '{' | '}' => (Token::Mark, 1),
        '"' | '\'' => (Token::Quoted, quoted_len(text, first)),
        _ => (Token::Word, word_len(text)),
    }
}

/// The length of a text in quotes, or of all where the closing quote is missing.
fn quoted_len(text: &str, quote: char) -> usize {
    let mut escaped = true;
    for (at, char) in text.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if char == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a word: up to a blank, a `;` or a brace, but for that of `${name}`.
fn word_len(text: &str) -> usize {
    let (mut before, mut within) = (' ', false);
    for (at, char) in text.char_indices() {
        match char {
            '{' if before == '$' => within = true,
            '}' if within => within = false,
            ';' | '{' | '}' if before != '\\' => return at,
            _ if char.is_whitespace() => return at,
            _ => {}
        }
        before = char;
    }
    text.len()
}

fn conf(code: &str, directive: &dyn Fn(&str) -> Option<String>) -> String {
    let mut html = String::new();
    let mut rest = code;
    let mut begins = true;
    while !rest.is_empty() {
        let (token, len) = token(rest);
        let (piece, after) = rest.split_at(len);
        match token {
            Token::Blank => html.push_str(piece),
            Token::Comment => span(&mut html, "comment", piece),
            Token::Mark => span(&mut html, "mark", piece),
            Token::Quoted => with_variables(&mut html, Some("quoted"), piece),
            Token::Word if begins => name(&mut html, piece, directive),
            Token::Word => with_variables(&mut html, None, piece),
        }
        begins = match token {
            Token::Mark => true,
            Token::Blank | Token::Comment => begins,
            Token::Quoted | Token::Word => false,
        };
        rest = after;
    }
    html
}

/// The first word of a statement.
fn name(html: &mut String, name: &str, directive: &dyn Fn(&str) -> Option<String>) {
    match directive(name) {
        Some(address) => {
            let (address, name) = (escape(&address), escape(name));
            html.push_str(&format!("<a class=\"directive\" href=\"{address}\">{name}</a>"));
        }
        None => with_variables(html, None, name),
    }
}

/// A word with its variables in their own colour.
fn with_variables(html: &mut String, class: Option<&str>, word: &str) {
    let mut rest = word;
    let plain = |html: &mut String, text: &str| match class {
        Some(class) if !text.is_empty() => span(html, class, text),
        _ => html.push_str(&escape(text)),
    };
    while let Some(at) = rest.find('$') {
        let len = variable_len(&rest[at..]);
        if len < 2 {
            plain(html, &rest[..at + 1]);
            rest = &rest[at + 1..];
            continue;
        }
        plain(html, &rest[..at]);
        span(html, "variable", &rest[at..at + len]);
        rest = &rest[at + len..];
    }
    plain(html, rest);
}

/// The length of the variable at the front of a text that begins with `$`: 1 if there is none.
fn variable_len(text: &str) -> usize {
    let name = |text: &str| {
        text.find(|char: char| !char.is_ascii_alphanumeric() && char != '_').unwrap_or(text.len())
    };
    match text[1..].strip_prefix('{') {
        Some(braced) if braced[name(braced)..].starts_with('}') => name(braced) + 3,
        _ => name(&text[1..]) + 1,
    }
}

/// Lines of a terminal: those that are typed begin with `$ `.
fn console(code: &str) -> String {
    let mut html = String::new();
    for line in code.split_inclusive('\n') {
        let Some(command) = line.strip_prefix("$ ") else {
            span(&mut html, "output", line);
            continue;
        };
        span(&mut html, "prompt", "$ ");
        // A `#` between blanks begins a remark.
        match command.find("  #") {
            Some(at) => {
                html.push_str(&escape(&command[..at]));
                span(&mut html, "comment", &command[at..]);
            }
            None => html.push_str(&escape(command)),
        }
    }
    html
}

fn span(html: &mut String, class: &str, text: &str) {
    html.push_str(&format!("<span class=\"{class}\">{}</span>", escape(text)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(code: &str) -> String {
        highlight("nginx", code, &|name| (name == "root").then(|| "/r#root".to_owned()))
    }

    #[test]
    fn a_conf_is_coloured_word_by_word() {
        for (code, html) in [
            (
                "root \"a;$b\";",
                "<a class=\"directive\" href=\"/r#root\">root</a> <span class=\"quoted\">&quot;a;\
                 </span><span class=\"variable\">$b</span><span class=\"quoted\">&quot;</span>\
                 <span class=\"mark\">;</span>",
            ),
            ("a root", "a root"),
            ("# root <", "<span class=\"comment\"># root &lt;</span>"),
            ("~ \\.php$", "~ \\.php$"),
            ("x:${P}/", "x:<span class=\"variable\">${P}</span>/"),
            ("x \"open", "x <span class=\"quoted\">&quot;open</span>"),
            ("$", "$"),
            ("${", "${"),
        ] {
            assert_eq!(shown(code), html, "{code}");
        }
    }

    /// Whatever the code is, it is shown whole.
    #[test]
    fn nothing_is_lost() {
        for code in ["a{b;}c \\{ 'é\\' '", "${a $b$c $$ ${d}e", "“x” ; { ${", "$ ls  # é\né"]
        {
            for language in ["nginx", "console", "text"] {
                let html = highlight(language, code, &|_| Some("/".to_owned()));
                let mut text = String::new();
                for piece in html.split('<') {
                    text.push_str(piece.split_once('>').map_or(piece, |(_, text)| text));
                }
                let text = text.replace("&quot;", "\"").replace("&amp;", "&");
                assert_eq!(text, code, "{language}");
            }
        }
    }
}
