//! Brotli (RFC 7932).

use std::io::{self, BufWriter, Write};

use brotli::CompressorWriter;
use brotli::enc::BrotliEncoderParams;

use crate::output::RUN_LEN;
use crate::site::{Effort, Encode};

/// The hardest level that a request may pay for, and a form that is kept: the next ones cost more
/// memory than they bring, and the last ones a hundred times as long.
const MAX_QUALITY: i32 = 5;
/// The window, as the logarithm of its length. A larger one takes eight times the memory.
const WINDOW_BITS: i32 = 18;
/// Output is made in pieces of this length.
const PIECE_LEN: usize = 4096;

/// An encoder. It is `None` once it is at its end. Its first levels make a block of their own of
/// each piece, so short ones are gathered.
struct Brotli(Option<Box<BufWriter<CompressorWriter<Vec<u8>>>>>);

/// Makes an encoder.
pub fn begin(effort: Effort, len: Option<u64>) -> io::Result<Box<dyn Encode>> {
    let quality = match effort {
        Effort::Level(level) => (level as i32).min(MAX_QUALITY),
        Effort::Kept => MAX_QUALITY,
    };
    let params = BrotliEncoderParams {
        quality,
        lgwin: WINDOW_BITS,
        size_hint: len.map_or(0, |len| len as usize),
        ..BrotliEncoderParams::default()
    };
    let writer = CompressorWriter::with_params(Vec::new(), PIECE_LEN, &params);
    Ok(Box::new(Brotli(Some(Box::new(BufWriter::with_capacity(RUN_LEN, writer))))))
}

impl Brotli {
    fn run(
        &mut self,
        out: &mut Vec<u8>,
        run: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let writer = self.0.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        run(writer)?;
        out.append(writer.get_mut().get_mut());
        Ok(())
    }
}

impl Encode for Brotli {
    fn write(&mut self, piece: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        self.run(out, |writer| writer.write_all(piece))
    }

    fn flush(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        self.run(out, |writer| writer.flush())
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let writer = self.0.take().ok_or(io::ErrorKind::BrokenPipe)?;
        out.append(&mut writer.into_inner()?.into_inner());
        Ok(())
    }

    fn reset(&mut self) -> bool {
        false
    }

    fn piece_len(&self) -> usize {
        RUN_LEN
    }
}

impl std::fmt::Debug for Brotli {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Brotli").finish_non_exhaustive()
    }
}
