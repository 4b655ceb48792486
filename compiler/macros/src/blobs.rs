//! A macro has no folder to put files in, so the tables that generated code includes become
//! literals of the expansion.

use proc_macro2::{Delimiter, Group, Literal, TokenStream, TokenTree};

/// `code` with each `include_bytes!("NAME")` of one of `blobs` replaced by its bytes.
pub(crate) fn inline(code: TokenStream, blobs: &[(String, Vec<u8>)]) -> TokenStream {
    let mut output: Vec<TokenTree> = Vec::new();
    for tree in code {
        let TokenTree::Group(group) = tree else {
            output.push(tree);
            continue;
        };
        if let Some(bytes) = blob(&output, &group, blobs) {
            output.truncate(output.len() - 2);
            output.push(Literal::byte_string(bytes).into());
            continue;
        }
        let mut inlined = Group::new(group.delimiter(), inline(group.stream(), blobs));
        inlined.set_span(group.span());
        output.push(inlined.into());
    }
    output.into_iter().collect()
}

/// The bytes that `group` names, if what stands before it makes it an `include_bytes!`.
fn blob<'a>(
    before: &[TokenTree],
    group: &Group,
    blobs: &'a [(String, Vec<u8>)],
) -> Option<&'a [u8]> {
    let [.., TokenTree::Ident(name), TokenTree::Punct(bang)] = before else { return None };
    if name != "include_bytes" || bang.as_char() != '!' || group.delimiter() == Delimiter::Brace {
        return None;
    }
    let file = syn::parse2::<syn::LitStr>(group.stream()).ok()?.value();
    blobs.iter().find(|(name, _)| *name == file).map(|(_, bytes)| bytes.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_becomes_a_literal_wherever_it_stands() {
        let blobs = [("trie.bin".to_owned(), vec![0, b'a', 255])];
        let cases = [
            ("include_bytes!(\"trie.bin\")", "b\"\\0a\\xFF\""),
            ("f(&[A(include_bytes ! (\"trie.bin\"))])", "f(&[A(b\"\\0a\\xFF\")])"),
            ("include_bytes!(\"other.bin\")", "include_bytes!(\"other.bin\")"),
            ("include_str!(\"trie.bin\")", "include_str!(\"trie.bin\")"),
        ];
        for (code, expected) in cases {
            let inlined = inline(code.parse().unwrap(), &blobs).to_string();
            assert_eq!(inlined, expected.parse::<TokenStream>().unwrap().to_string(), "{code}");
        }
    }
}
