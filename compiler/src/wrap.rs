//! Texts in lines.

/// `text` in lines of at most `width` characters; code in backticks is not broken, and empty lines
/// stay.
pub(crate) fn wrapped(text: &str, width: usize) -> String {
    text.split("\n\n")
        .map(|paragraph| wrapped_paragraph(paragraph, width))
        .collect::<Vec<_>>()
        .join("\n\n")
}

fn wrapped_paragraph(text: &str, width: usize) -> String {
    let (mut out, mut column) = (String::new(), 0);
    let mut inside_code = false;
    for word in text.split(' ') {
        let len = word.chars().count();
        if column > 0 && column + 1 + len > width && !inside_code {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += len;
        inside_code ^= word.matches('`').count() % 2 == 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 100;

    #[test]
    fn lines_break_outside_of_code() {
        let long = format!("{} `a b` end", "x".repeat(98));
        assert_eq!(wrapped(&long, WIDTH), format!("{}\n`a b` end", "x".repeat(98)));
        let code = format!("`{} a b` end", "x".repeat(97));
        assert_eq!(wrapped(&code, WIDTH), format!("`{} a b`\nend", "x".repeat(97)));
        assert_eq!(wrapped(&format!("a\n\n{}", "b ".repeat(50).trim()), WIDTH).lines().count(), 3);
    }
}
