use proptest::prelude::*;

use super::*;

type Fields = Vec<(String, String)>;

fn fields(all: &[(&str, &str)]) -> Fields {
    all.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Decodes a block that is given in hexadecimal digits.
fn decode(decoder: &mut Decoder, hex: &str) -> Result<Fields, BadBlock> {
    let mut taken = Vec::new();
    decoder.decode(&bytes(hex), |name, value| {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        taken.push((text(name), text(value)));
    })?;
    Ok(taken)
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

const FIRST: &[(&str, &str)] =
    &[(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "www.example.com")];

/// RFC 7541, appendix C.2: each form alone.
#[test]
fn rfc7541_c_2_forms_of_fields() {
    let mut decoder = Decoder::default();
    let block = "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572";
    assert_eq!(decode(&mut decoder, block), Ok(fields(&[("custom-key", "custom-header")])));
    assert_eq!(decoder.table.len(), 55);
    let mut decoder = Decoder::default();
    let block = "040c 2f73 616d 706c 652f 7061 7468";
    assert_eq!(decode(&mut decoder, block), Ok(fields(&[(":path", "/sample/path")])));
    let block = "1008 7061 7373 776f 7264 0673 6563 7265 74";
    assert_eq!(decode(&mut decoder, block), Ok(fields(&[("password", "secret")])));
    assert_eq!(decode(&mut decoder, "82"), Ok(fields(&[(":method", "GET")])));
    assert_eq!(decoder.table.len(), 0);
}

/// RFC 7541, appendices C.3 and C.4: requests in a row, plain and coded.
#[test]
fn rfc7541_c_3_and_c_4_requests() {
    let plain = [
        "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "8286 84be 5808 6e6f 2d63 6163 6865",
        "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    ];
    let coded = [
        "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
        "8286 84be 5886 a8eb 1064 9cbf",
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ];
    for blocks in [plain, coded] {
        let mut decoder = Decoder::default();
        assert_eq!(decode(&mut decoder, blocks[0]), Ok(fields(FIRST)));
        assert_eq!(decoder.table.len(), 57);
        let second = [FIRST, &[("cache-control", "no-cache")]].concat();
        assert_eq!(decode(&mut decoder, blocks[1]), Ok(fields(&second)));
        assert_eq!(decoder.table.len(), 110);
        let third = [
            (":method", "GET"),
            (":scheme", "https"),
            (":path", "/index.html"),
            (":authority", "www.example.com"),
            ("custom-key", "custom-value"),
        ];
        assert_eq!(decode(&mut decoder, blocks[2]), Ok(fields(&third)));
        assert_eq!(decoder.table.len(), 164);
        assert_eq!(
            decoder.table.dynamic(),
            fields(&[
                ("custom-key", "custom-value"),
                ("cache-control", "no-cache"),
                (":authority", "www.example.com"),
            ])
        );
    }
}

/// RFC 7541, appendices C.5 and C.6: a table of 256 bytes, from which entries fall out.
#[test]
fn rfc7541_c_5_and_c_6_responses_with_eviction() {
    let plain = [
        "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133
         2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70
         6c65 2e63 6f6d",
        "4803 3330 37c1 c0bf",
        "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d
         54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049
         5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e
         3d31",
    ];
    let coded = [
        "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6
         2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
        "4883 640e ffc1 c0bf",
        "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab
         77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f
         9587 3160 65c0 03ed 4ee5 b106 3d50 07",
    ];
    let (private, url) = (("cache-control", "private"), ("location", "https://www.example.com"));
    let date = ("date", "Mon, 21 Oct 2013 20:13:21 GMT");
    let later = ("date", "Mon, 21 Oct 2013 20:13:22 GMT");
    let cookie = ("set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1");
    let gzip = ("content-encoding", "gzip");
    for blocks in [plain, coded] {
        let mut decoder = Decoder::default();
        decoder.table.resize(256);
        let first = [(":status", "302"), private, date, url];
        assert_eq!(decode(&mut decoder, blocks[0]), Ok(fields(&first)));
        assert_eq!(decoder.table.len(), 222);
        let second = [(":status", "307"), private, date, url];
        assert_eq!(decode(&mut decoder, blocks[1]), Ok(fields(&second)));
        assert_eq!(decoder.table.len(), 222);
        let third = [(":status", "200"), private, later, url, gzip, cookie];
        assert_eq!(decode(&mut decoder, blocks[2]), Ok(fields(&third)));
        assert_eq!(decoder.table.len(), 215);
        assert_eq!(decoder.table.dynamic(), fields(&[cookie, gzip, later]));
    }
}

/// RFC 7541, 6.1: "The index value of 0 is not used. It MUST be treated as a decoding error", and
/// 2.3.3: so is one past both tables.
#[test]
fn rfc7541_2_3_3_and_6_1_indices_of_no_field_are_errors() {
    for block in ["80", "be", "ff 80 01", "7e 01 61", "0f 30 01 61"] {
        assert!(decode(&mut Decoder::default(), block).is_err(), "{block}");
    }
}

/// RFC 7541, 4.2: a change of the size stands at the front of a block, and 6.3: is no larger than
/// what was agreed on.
#[test]
fn rfc7541_4_2_and_6_3_changes_of_the_table_size() {
    assert_eq!(decode(&mut Decoder::default(), "20 3f e1 1f 82").map(|all| all.len()), Ok(1));
    assert!(decode(&mut Decoder::default(), "82 20").is_err(), "behind a field");
    assert!(decode(&mut Decoder::default(), "3f e2 1f 82").is_err(), "4097");
}

/// RFC 9113, 4.3: a block that is cut off is an error.
#[test]
fn rfc9113_4_3_a_block_that_is_cut_off_is_an_error() {
    let whole = bytes("400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572");
    for len in 1..whole.len() {
        let mut decoder = Decoder::default();
        assert!(decoder.decode(&whole[..len], |_, _| panic!("a field")).is_err(), "{len}");
    }
}

/// Who takes the fields may have heard enough: the table is what the peer has all the same.
#[test]
fn the_table_is_in_step_whoever_listens() {
    let block = bytes("400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572");
    let mut decoder = Decoder::default();
    assert_eq!(decoder.decode(&block, |_, _| {}), Ok(()));
    assert_eq!(decode(&mut decoder, "be"), Ok(fields(&[("custom-key", "custom-header")])));
}

/// Blocks in a row as another implementation (Python's hpack 4.2.0) has encoded them, drawn at random: each
/// with the fields that it stands for. Between some of them, the table has changed its size.
#[test]
fn blocks_of_another_implementation_are_read() {
    let mut decoder = Decoder::default();
    for line in include_str!("recorded.txt").lines() {
        let mut words = line.split(' ');
        let block = bytes(words.next().unwrap_or_default());
        let expected: Vec<_> = words
            .filter_map(|field| field.split_once(':'))
            .map(|(name, value)| (bytes(name), bytes(value)))
            .collect();
        let mut taken = Vec::new();
        let decoded =
            decoder.decode(&block, |name, value| taken.push((name.to_vec(), value.to_vec())));
        assert_eq!((decoded, taken), (Ok(()), expected), "{line}");
    }
}

#[test]
fn names_are_found_in_the_static_table_in_any_case() {
    for (index, (name, _)) in STATIC.iter().enumerate().skip(14) {
        let upper = name.to_ascii_uppercase();
        assert_eq!(static_index(&upper), Some(index + 1), "{}", name.escape_ascii());
    }
    assert_eq!((static_index(b"x-y"), static_index(b"")), (None, None));
}

fn written(encoder: &mut Encoder, status: u16, server: &[u8], all: &Fields) -> Vec<u8> {
    let mut out = Vec::new();
    encoder.begin(&mut out, status);
    encoder.server(&mut out, server);
    all.iter().for_each(|(name, value)| {
        encoder.field(&mut out, name.as_bytes(), value.as_bytes());
    });
    out
}

/// RFC 7541, 4.2 and RFC 9113, 6.5.2: once the peer has a smaller table, it is told of it, and
/// nothing is used that it has given up.
#[test]
fn rfc9113_6_5_2_a_smaller_table_of_the_peer_is_not_used() {
    let (mut encoder, mut decoder) = (Encoder::default(), Decoder::default());
    let first = written(&mut encoder, 200, b"sitec", &Vec::new());
    let again = written(&mut encoder, 200, b"sitec", &Vec::new());
    assert_eq!((first.len(), &again[..]), (8, &[0x88, 0xbe][..]));
    encoder.set_table_len(0);
    let (bare, more) = (
        written(&mut encoder, 404, b"sitec", &Vec::new()),
        written(&mut encoder, 404, b"sitec", &Vec::new()),
    );
    assert_eq!((bare[0], more[0]), (0x20, 0x8d));
    for block in [first, again, bare, more] {
        let mut taken = Vec::new();
        assert_eq!(decoder.decode(&block, |name, _| taken.push(name.to_vec())), Ok(()));
        assert_eq!(taken, [&b":status"[..], b"server"]);
    }
    assert_eq!(decoder.table.len(), 0);
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        heads in prop::collection::vec(
            (100u16..1000, prop::collection::vec(("[A-Za-z-]{1,20}", "[ -~]{0,300}"), 0..8)),
            1..6,
        ),
        small in any::<bool>(),
    ) {
        let (mut encoder, mut decoder) = (Encoder::default(), Decoder::default());
        for (index, (status, all)) in heads.iter().enumerate() {
            if small && index == 2 {
                encoder.set_table_len(100);
            }
            let block = written(&mut encoder, *status, b"sitec", all);
            let mut taken = Vec::new();
            let mut take = |name: &[u8], value: &[u8]| {
                taken.push((name.to_vec(), value.to_vec()));
            };
            prop_assert_eq!(decoder.decode(&block, &mut take), Ok(()));
            let mut expected = vec![
                (b":status".to_vec(), status.to_string().into_bytes()),
                (b"server".to_vec(), b"sitec".to_vec()),
            ];
            expected.extend(all.iter().map(|(name, value)| {
                (name.to_ascii_lowercase().into_bytes(), value.clone().into_bytes())
            }));
            prop_assert_eq!(taken, expected);
        }
    }

    #[test]
    fn no_bytes_make_it_panic_or_grow(blocks in prop::collection::vec(
        prop::collection::vec(any::<u8>(), 0..200), 1..8,
    )) {
        let mut decoder = Decoder::default();
        for block in blocks {
            let _ = decoder.decode(&block, |_, _| {});
            prop_assert!(decoder.table.len() <= TABLE_LEN);
            prop_assert!(decoder.table.held() <= 3 * TABLE_LEN);
        }
    }

    #[test]
    fn strings_in_huffman_code_come_back(string in prop::collection::vec(any::<u8>(), 0..100)) {
        let (mut code, mut back) = (Vec::new(), Vec::new());
        huffman::encode(&string, &mut code);
        prop_assert_eq!(huffman::decode(&code, &mut back), Ok(()));
        prop_assert_eq!(back, string);
    }
}
