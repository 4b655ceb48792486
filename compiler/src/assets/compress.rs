//! Compressed forms of contents, made once: they are kept by the hash of what they are made of,
//! in a folder that outlives builds.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;
use sitec_runtime::http::accept::Coding;

/// Contents from this length on are compressed by Brotli's last level but two: the last one
/// takes four seconds for each megabyte.
const LARGE_LEN: usize = 256 * 1024;

/// How long a form is kept that no build has asked for.
const KEPT: Duration = Duration::from_secs(90 * 24 * 3600);

/// How exactly it is known when a form was asked for last.
const NOTED: Duration = Duration::from_secs(24 * 3600);

/// Types that gain by being compressed, beside those whose names tell it.
const TEXT_LIKE: &[&str] = &[
    "application/javascript",
    "application/json",
    "application/manifest+json",
    "application/rtf",
    "application/vnd.ms-fontobject",
    "application/wasm",
    "application/x-javascript",
    "application/x-ndjson",
    "application/x-sh",
    "application/xml",
    "font/otf",
    "font/ttf",
    "image/bmp",
    "image/vnd.microsoft.icon",
    "image/x-icon",
    "image/x-ms-bmp",
];

/// Whether files of a media type gain by being compressed.
pub(crate) fn is_compressible(media_type: &[u8]) -> bool {
    let name = media_type.split(|&byte| byte == b';').next().unwrap_or_default();
    let name = String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase();
    name.starts_with("text/")
        || name.ends_with("+xml")
        || name.ends_with("+json")
        || TEXT_LIKE.contains(&&*name)
}

/// Whether a content is smaller when it is compressed: by the fastest of the encoders.
pub(crate) fn gains(content: &[u8]) -> bool {
    compress(Coding::Gzip, content).is_ok_and(|form| form.is_some())
}

/// The compressed form of a content, if it is the smaller one even with the line that names it.
fn compress(coding: Coding, content: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut form = match coding {
        Coding::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(content)?;
            encoder.finish()?
        }
        Coding::Brotli => {
            let mut form = Vec::new();
            let params = BrotliEncoderParams { quality: level(coding, content), ..<_>::default() };
            brotli::BrotliCompress(&mut &*content, &mut form, &params)?;
            form
        }
        Coding::Zstd => zstd::bulk::compress(content, level(coding, content))?,
    };
    form.shrink_to_fit();
    let line_len = "Content-Encoding: \r\n".len() + coding.name().len();
    Ok(Some(form).filter(|form| form.len() + line_len < content.len()))
}

/// The level at which a content is compressed.
fn level(coding: Coding, content: &[u8]) -> i32 {
    match coding {
        Coding::Gzip => 9,
        Coding::Brotli if content.len() >= LARGE_LEN => 9,
        Coding::Brotli => 11,
        Coding::Zstd => 19,
    }
}

/// Forms that were made before, a file each; an empty one stands for a form that is no smaller.
pub(super) struct Store<'a> {
    /// `None`: nothing is kept.
    pub(super) folder: Option<&'a Path>,
}

impl Store<'_> {
    /// The form of a content with this hash, if it is smaller.
    pub(super) fn form(
        &self,
        coding: Coding,
        hash: u128,
        content: &[u8],
    ) -> io::Result<Option<Vec<u8>>> {
        let Some(path) = self.path(coding, hash, content) else { return compress(coding, content) };
        if let Ok(form) = fs::read(&path) {
            note_use(&path);
            return Ok(Some(form).filter(|form| !form.is_empty()));
        }
        let form = compress(coding, content)?;
        // What cannot be kept is made again the next time.
        let _ = write_whole(&path, form.as_deref().unwrap_or_default());
        Ok(form)
    }

    fn path(&self, coding: Coding, hash: u128, content: &[u8]) -> Option<PathBuf> {
        let (name, level) = (coding.name(), level(coding, content));
        Some(self.folder?.join(format!("{hash:032x}.{name}{level}")))
    }

    /// Removes the forms that no build has asked for in a long time.
    pub(super) fn sweep(&self) {
        let entries = self.folder.and_then(|folder| fs::read_dir(folder).ok());
        for entry in entries.into_iter().flatten().flatten() {
            let age = entry.metadata().and_then(|data| data.modified()).map(age);
            if age.is_ok_and(|age| age > KEPT) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn age(time: SystemTime) -> Duration {
    time.elapsed().unwrap_or_default()
}

/// Notes in a file's time that it is still in use.
fn note_use(path: &Path) {
    let Ok(file) = fs::File::open(path) else { return };
    let is_old = file.metadata().and_then(|data| data.modified()).map(age);
    if is_old.is_ok_and(|age| age > NOTED) {
        let _ = file.set_modified(SystemTime::now());
    }
}

/// Writes a file so that no part of it is ever seen.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
    let thread = std::thread::current().id();
    let part = path.with_extension(format!("part-{}-{thread:?}", std::process::id()));
    fs::write(&part, bytes)?;
    fs::rename(&part, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_gains_and_images_do_not() {
        for (media_type, expected) in [
            ("text/html", true),
            ("text/html; charset=utf-8", true),
            ("Application/JSON", true),
            ("image/svg+xml", true),
            ("application/ld+json", true),
            ("application/wasm", true),
            ("image/png", false),
            ("font/woff2", false),
            ("application/zip", false),
            ("application/octet-stream", false),
            ("video/mp4", false),
            ("", false),
        ] {
            assert_eq!(is_compressible(media_type.as_bytes()), expected, "{media_type}");
        }
    }

    #[test]
    fn forms_are_kept_where_they_are_smaller() {
        let folder = std::env::temp_dir().join(format!("sitec-forms-{}", std::process::id()));
        let store = Store { folder: Some(&folder) };
        let long = "the same again and again\n".repeat(40);
        for (number, coding) in [Coding::Gzip, Coding::Brotli, Coding::Zstd].into_iter().enumerate()
        {
            let hash = number as u128;
            let made = store.form(coding, hash, long.as_bytes()).unwrap().unwrap();
            assert!(made.len() < 100, "{coding:?}: {}", made.len());
            assert_eq!(store.form(coding, hash, long.as_bytes()).unwrap(), Some(made.clone()));
            assert_eq!(compress(coding, long.as_bytes()).unwrap(), Some(made), "equal bytes");
            assert_eq!(store.form(coding, hash + 10, b"short").unwrap(), None);
            assert_eq!(store.form(coding, hash + 10, b"short").unwrap(), None);
            // What is kept is found by the hash alone.
            fs::write(store.path(coding, hash, long.as_bytes()).unwrap(), "kept").unwrap();
            assert_eq!(store.form(coding, hash, long.as_bytes()).unwrap().unwrap(), b"kept");
        }
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 6);
        let old = SystemTime::now() - 2 * KEPT;
        let path = store.path(Coding::Gzip, 0, long.as_bytes()).unwrap();
        fs::File::open(&path).unwrap().set_modified(old).unwrap();
        store.sweep();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 5);
        fs::remove_dir_all(&folder).unwrap();
    }
}
