//! Field compression (RFC 7541). A decoder keeps its table in step whatever becomes of the fields: who
//! takes them may stop listening, and the block is read to its end all the same.

pub mod huffman;
mod integer;
mod table;

use integer::{read_integer, read_string, write_integer};
use table::{Field, STATIC, Table};

/// The most that a dynamic table may hold, as both ends have it where nothing else is said (RFC 9113,
/// 6.5.2), in bytes as RFC 7541, 4.1 counts them.
pub const TABLE_LEN: usize = 4096;

/// A block that cannot be decoded: COMPRESSION_ERROR of the connection (RFC 9113, 4.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadBlock(pub &'static str);

/// Reads blocks of fields, in the order in which they come.
#[derive(Debug)]
pub struct Decoder {
    table: Table,
    name: Vec<u8>,
    value: Vec<u8>,
}

/// How long a string that is coded may be before its memory is given back.
const KEPT_LEN: usize = 1024;

impl Default for Decoder {
    fn default() -> Decoder {
        Decoder { table: Table::new(TABLE_LEN), name: Vec::new(), value: Vec::new() }
    }
}

impl Decoder {
    /// Reads a whole block, and hands out its fields in their order.
    pub fn decode(
        &mut self,
        mut block: &[u8],
        mut take: impl FnMut(&[u8], &[u8]),
    ) -> Result<(), BadBlock> {
        let mut is_front = true;
        while let [first, ..] = *block {
            // RFC 7541, section 6.
            if first & 0x80 != 0 {
                let index = read_integer(&mut block, 7)?;
                let field = self.table.get(index).ok_or(BadBlock("an index names no field"))?;
                take(field.0, field.1);
            } else if first & 0xe0 == 0x20 {
                let most = read_integer(&mut block, 5)?;
                if !is_front {
                    return Err(BadBlock("the table changes its size within a block"));
                }
                if most > TABLE_LEN {
                    return Err(BadBlock("the table becomes larger than it may"));
                }
                self.table.resize(most);
                continue;
            } else {
                self.decode_literal(first, &mut block, &mut take)?;
            }
            is_front = false;
        }
        if self.name.capacity().max(self.value.capacity()) > KEPT_LEN {
            (self.name, self.value) = (Vec::new(), Vec::new());
        }
        Ok(())
    }

    /// A field whose value, and maybe whose name, stands in the block (RFC 7541, 6.2).
    fn decode_literal(
        &mut self,
        first: u8,
        block: &mut &[u8],
        take: &mut impl FnMut(&[u8], &[u8]),
    ) -> Result<(), BadBlock> {
        let Decoder { table, name, value } = self;
        let is_indexed = first & 0x40 != 0;
        let index = read_integer(block, if is_indexed { 6 } else { 4 })?;
        let name = match index {
            0 => Some(read_string(block, name)?),
            _ => None,
        };
        let value = read_string(block, value)?;
        match name {
            Some(name) => take(name, value),
            None => {
                let (name, _) = table.get(index).ok_or(BadBlock("an index names no field"))?;
                take(name, value);
            }
        }
        if is_indexed {
            match name {
                Some(name) => table.add(name, value),
                None => table.add_named(index, value),
            }
        }
        Ok(())
    }
}

/// Where the names of the static table stand first, by their lengths, so that few are compared.
const fn first_of(name: &[u8]) -> usize {
    let mut index = 0;
    while index < STATIC.len() {
        let (other, mut at) = (STATIC[index].0, 0);
        if other.len() == name.len() {
            while at < name.len() && other[at] == name[at] {
                at += 1;
            }
            if at == name.len() {
                return index + 1;
            }
        }
        index += 1;
    }
    panic!("a name that is not in the static table");
}

/// Indices of the static table.
const STATUS: usize = first_of(b":status");
const SERVER: usize = first_of(b"server");
/// Where the dynamic table begins.
const DYNAMIC: usize = STATIC.len() + 1;

/// Writes blocks of fields, in the order in which they are sent. Values stand in them as they are:
/// of the dynamic table only one entry is used, for what is the same in all responses.
#[derive(Default, Debug)]
pub struct Encoder {
    /// The value of Server, once it is in the peer's table.
    server: Option<Vec<u8>>,
    /// Whether the peer's table may not be used.
    is_bare: bool,
    /// Whether the peer is to be told that it is not.
    tells_bare: bool,
}

impl Encoder {
    /// The peer keeps a table of this length (RFC 9113, 6.5.2). Of one that is smaller than usual,
    /// nothing is used.
    pub fn set_table_len(&mut self, len: u32) {
        if (len as usize) < TABLE_LEN && !self.is_bare {
            self.is_bare = true;
            self.tells_bare = true;
            self.server = None;
        }
    }

    /// Begins a block that has no status.
    pub fn begin_trailers(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.tells_bare) {
            // RFC 7541, 4.2: a change is told before the next fields.
            write_integer(out, 0x20, 5, 0);
        }
    }

    /// Begins a block, and appends the status.
    pub fn begin(&mut self, out: &mut Vec<u8>, status: u16) {
        self.begin_trailers(out);
        let known = match status {
            200 => 0,
            204 => 1,
            206 => 2,
            304 => 3,
            400 => 4,
            404 => 5,
            500 => 6,
            _ => {
                write_integer(out, 0, 4, STATUS);
                return write_string(out, itoa::Buffer::new().format(status).as_bytes());
            }
        };
        write_integer(out, 0x80, 7, STATUS + known);
    }

    /// Appends the field that tells which server it is.
    pub fn server(&mut self, out: &mut Vec<u8>, value: &[u8]) {
        match &self.server {
            Some(known) if known == value => write_integer(out, 0x80, 7, DYNAMIC),
            None if !self.is_bare => {
                write_integer(out, 0x40, 6, SERVER);
                write_string(out, value);
                self.server = Some(value.to_vec());
            }
            _ => {
                write_integer(out, 0, 4, SERVER);
                write_string(out, value);
            }
        }
    }

    /// Appends a pseudo-header of a request (RFC 9113, 8.3.1).
    pub fn pseudo(&mut self, out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
        let of_name = |(other, _): &Field<'_>| *other == name;
        let Some(first) = STATIC.iter().position(of_name) else { return };
        let same = STATIC[first..].iter().take_while(|field| of_name(field));
        match same.into_iter().position(|(_, other)| *other == value && !value.is_empty()) {
            Some(at) => write_integer(out, 0x80, 7, first + at + 1),
            None => {
                write_integer(out, 0, 4, first + 1);
                write_string(out, value);
            }
        }
    }

    /// Appends a field. The name is written in lower case (RFC 9113, 8.2.1).
    pub fn field(&mut self, out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
        match static_index(name) {
            Some(index) => write_integer(out, 0, 4, index),
            None => {
                out.push(0);
                write_integer(out, 0, 7, name.len());
                out.extend(name.iter().map(u8::to_ascii_lowercase));
            }
        }
        write_string(out, value);
    }
}

/// Appends a string as it is.
fn write_string(out: &mut Vec<u8>, string: &[u8]) {
    write_integer(out, 0, 7, string.len());
    out.extend_from_slice(string);
}

/// Where a name, in any case, stands in the static table.
fn static_index(name: &[u8]) -> Option<usize> {
    // Behind the pseudo-fields, names are sorted.
    const FIRST: usize = first_of(b"accept-charset") - 1;
    let lower = name.first()?.to_ascii_lowercase();
    let mut fields = STATIC[FIRST..].iter();
    let found = fields.position(|(other, _)| {
        other.len() == name.len() && other[0] == lower && other.eq_ignore_ascii_case(name)
    });
    found.map(|at| FIRST + at + 1)
}

#[cfg(test)]
mod tests;
