//! The files of `charset_map`s that come with nginx: `koi-utf`, `koi-win`, `win-utf`.

/// The characters of windows-1251 from 0x80 on; a space is one that the files leave out. Two are as the
/// files have them, by mistake: 0xA1 would be a short U.
const WINDOWS: &str = concat!(
    "  ‚ „…†‡€‰       ‘’“”•–— ™      ",
    "\u{a0}юў ¤Ґ¦§Ё©Є«¬\u{ad}®Ї°±Ііґµ¶·ё№є»   ї",
    "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ",
    "абвгдежзийклмнопрстуфхцчшщъыьэюя",
);

/// What is a letter of koi8-r by its byte, and the byte of the same character in windows-1251, as far as
/// these are not the letters from 0xC0 on.
const KOI_OTHERS: [(u8, u8); 19] = [
    (0x80, 0x88),
    (0x95, 0x95),
    (0x9a, 0xa0),
    (0x9e, 0xb7),
    (0xa3, 0xb8),
    (0xa4, 0xba),
    (0xa6, 0xb3),
    (0xa7, 0xbf),
    (0xad, 0xb4),
    (0xae, 0xa2),
    (0xb0, 0xb0),
    (0xb3, 0xa8),
    (0xb4, 0xaa),
    (0xb6, 0xb2),
    (0xb7, 0xaf),
    (0xb9, 0xb9),
    (0xbd, 0xa5),
    (0xbe, 0xa1),
    (0xbf, 0xa9),
];

/// The small letters of koi8-r from 0xC0 on; the great ones follow.
const KOI_LETTERS: &str = "юабцдефгхийклмнопярстужвьызшэщчъ";

/// A `charset_map` of a file.
pub(crate) struct StockMap {
    /// Its two charsets.
    pub(crate) charsets: [&'static str; 2],
    /// What is the same in them.
    pub(crate) lines: Vec<(String, String)>,
}

/// That which comes with nginx as a file of this name.
pub(crate) fn stock_map(file: &str) -> Option<StockMap> {
    let hex = |byte: u8| format!("{byte:02X}");
    let utf8 = |c: char| {
        let mut bytes = [0; 4];
        c.encode_utf8(&mut bytes).bytes().map(hex).collect::<String>()
    };
    let windows: Vec<_> = (0x80..=0xff).zip(WINDOWS.chars()).filter(|&(_, c)| c != ' ').collect();
    let character = |byte: u8| windows.iter().find(|it| it.0 == byte).map_or('?', |it| it.1);
    let byte = |c: char| windows.iter().rev().find(|it| it.1 == c).map_or(b'?', |it| it.0);
    let small = KOI_LETTERS.chars().map(byte);
    // In windows-1251, a small letter is 32 behind the great one.
    let letters = (0xc0..=0xff).zip(small.clone().chain(small.map(|byte| byte - 32)));
    let koi = KOI_OTHERS.into_iter().chain(letters);
    let (charsets, lines) = match file {
        "koi-win" => {
            (["koi8-r", "windows-1251"], koi.map(|(from, to)| (hex(from), hex(to))).collect())
        }
        "koi-utf" => {
            (["koi8-r", "utf-8"], koi.map(|(from, to)| (hex(from), utf8(character(to)))).collect())
        }
        "win-utf" => {
            let lines = windows.iter().map(|&(from, to)| (hex(from), utf8(to)));
            (["windows-1251", "utf-8"], lines.collect())
        }
        _ => return None,
    };
    Some(StockMap { charsets, lines })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_maps_are_those_of_nginx() {
        for (file, count, lines) in [
            ("koi-utf", 83, [("80", "E282AC"), ("C0", "D18E"), ("FF", "D0AA"), ("9A", "C2A0")]),
            ("koi-win", 83, [("80", "88"), ("C0", "FE"), ("FF", "DA"), ("BE", "A1")]),
            ("win-utf", 107, [("88", "E282AC"), ("A0", "C2A0"), ("FF", "D18F"), ("A1", "D18E")]),
        ] {
            let map = stock_map(file).expect("it is known").lines;
            assert_eq!(map.len(), count, "{file}");
            for (from, to) in lines {
                assert!(map.contains(&(from.to_owned(), to.to_owned())), "{file} {from} {to}");
            }
            // Where nginx is, its own file is held against it.
            let Ok(text) = std::fs::read_to_string(format!("/etc/nginx/{file}")) else { continue };
            let own = text.lines().filter_map(|line| {
                let mut words = line.split(';').next()?.split_whitespace();
                let (from, to) = (words.next()?, words.next()?);
                (words.next().is_none() && from.len() == 2)
                    .then(|| (from.to_owned(), to.to_owned()))
            });
            let mut own: Vec<_> = own.collect();
            let mut map = map;
            own.sort();
            map.sort();
            assert_eq!(map, own, "{file}");
        }
    }
}
