//! Whole, byte by byte, and in every pair of pieces.

use super::*;

/// Reads the pieces. Gives each file's name and content, or the error.
fn read<'p>(
    boundary: &str,
    pieces: impl IntoIterator<Item = &'p [u8]>,
) -> Result<Vec<(Option<String>, String)>, Malformed> {
    let mut reader = Reader::new(boundary.as_bytes());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (mut parts, mut content, mut open) = (Vec::new(), Vec::new(), None);
    for mut piece in pieces {
        while let Some(event) = reader.next(&mut piece)? {
            match event {
                Event::Part(name) => assert!(open.replace(name).is_none(), "a part in a part"),
                Event::Data(data) => content.extend_from_slice(data),
                Event::End => {
                    let name = open.take().expect("a part that began");
                    parts.push((name.map(|name| text(&name)), text(&content)));
                    content.clear();
                }
            }
        }
        assert!(piece.is_empty());
    }
    match reader.is_done() {
        true => Ok(parts),
        false => Err(Malformed("unfinished")),
    }
}

/// Reads a content in all the ways in which it may come, which must not differ.
fn read_any(boundary: &str, content: &str) -> Result<Vec<(Option<String>, String)>, Malformed> {
    let content = content.as_bytes();
    let whole = read(boundary, [content]);
    assert_eq!(read(boundary, content.chunks(1)), whole, "byte by byte");
    for at in 0..content.len() {
        let (front, back) = content.split_at(at);
        assert_eq!(read(boundary, [front, back]), whole, "in two at {at}");
    }
    whole
}

fn part(name: &str, content: &str) -> String {
    let kind = "Content-Type: application/octet-stream";
    let disposition = format!("Content-Disposition: form-data; name=\"f\"; filename=\"{name}\"");
    format!("--b\r\n{disposition}\r\n{kind}\r\n\r\n{content}\r\n")
}

#[test]
fn parts_and_their_content() {
    let field = "--b\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\nvalue\r\n";
    let file = |name: &str, content: &str| (Some(name.to_owned()), content.to_owned());
    for (content, expected) in [
        (part("a", "1") + &part("c", "2") + "--b--", vec![file("a", "1"), file("c", "2")]),
        (field.to_owned() + &part("a", "") + "--b--\r\n", {
            vec![(None, "value".into()), file("a", "")]
        }),
        // What looks like a delimiter and is none.
        (part("a", "\r\n--\r\n-b\r\r\n--a\r\n-\r\n--") + "--b--", {
            vec![file("a", "\r\n--\r\n-b\r\r\n--a\r\n-\r\n--")]
        }),
        (part("a", "--b--") + "--b--", vec![file("a", "--b--")]),
        (part("a", "\r\n\r\n") + "--b--", vec![file("a", "\r\n\r\n")]),
        // Preamble, padding, epilogue.
        ("hello --b\r\nyou\r\n".to_owned() + &part("a", "1") + "--b-- \r\n--b\r\nmore", {
            vec![file("a", "1")]
        }),
        ("\r\n--b \t\r\nContent-Disposition: form-data; filename=x\r\n\r\n\r\n--b--".into(), {
            vec![file("x", "")]
        }),
        // No fields at all, other fields, folded case.
        ("--b\r\n\r\nx\r\n--b--".into(), vec![(None, "x".into())]),
        ("--b\r\ncontent-DISPOSITION:form-data;filename=q\r\nX-Y: z\r\n\r\n1\r\n--b--".into(), {
            vec![file("q", "1")]
        }),
        ("--b--".into(), vec![]),
    ] {
        assert_eq!(read_any("b", &content), Ok(expected), "{content:?}");
    }
}

#[test]
fn delimiters_that_resemble_their_content() {
    let content = "--aa\r\n\r\n\r\n--a\r\n--ab\r\n--\r\r\n--a\r\n--aa--";
    let expected = vec![(None, "\r\n--a\r\n--ab\r\n--\r\r\n--a".to_owned())];
    assert_eq!(read_any("aa", content), Ok(expected));
}

#[test]
fn what_is_no_form() {
    for content in [
        "",
        "nothing",
        "--b",
        "--b\r\n",
        "--b\r\n\r\nx",
        "--b\r\n\r\nx\r\n--b",
        "--b\r\n\r\nx\r\n--b-",
        "--b-x",
        "--bx\r\n\r\n\r\n--b--",
        "--b\n\nx\n--b--",
        "--b \rx",
        "--b\r\nno colon\r\n\r\n\r\n--b--",
        "--b\r\nContent-Disposition: attachment\r\n\r\n\r\n--b--",
        "--b\r\nContent-Disposition: form-data; filename=\"\r\n\r\n\r\n--b--",
        "--b\r\nContent-Disposition: form-data\r\nContent-Disposition: form-data\r\n\r\n\r\n--b--",
    ] {
        assert!(read_any("b", content).is_err(), "{content:?}");
    }
}

#[test]
fn heads_are_bounded() {
    let head = |len: usize| {
        let line = "X: ".to_owned() + &"x".repeat(len - "\r\nX: \r\n\r\n".len());
        format!("--b\r\n{line}\r\n\r\n\r\n--b--")
    };
    for (len, fits) in [(MAX_HEAD_LEN, true), (MAX_HEAD_LEN + 1, false), (100_000, false)] {
        let content = head(len);
        assert_eq!(read("b", [content.as_bytes()]).is_ok(), fits, "{len}");
        assert_eq!(read("b", content.as_bytes().chunks(1)).is_ok(), fits, "{len}");
    }
    let many = format!("--b\r\n{}\r\n\r\n--b--", "X: y\r\n".repeat(MAX_FIELDS + 1));
    assert!(read("b", [many.as_bytes()]).is_err());
}

#[test]
fn content_that_only_begins_delimiters_takes_linear_time() {
    // Quadratic work over 8 MB would take minutes.
    let mut content = part("a", "");
    content.truncate(content.len() - 2);
    content += &"\r\n--".repeat(2 << 20);
    content += "\r\n--b--";
    let parts = read("b", content.as_bytes().chunks(4096)).expect("a form");
    assert_eq!(parts[0].1.len(), 8 << 20);
}
