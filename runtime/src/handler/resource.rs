//! A file as it is to be sent: from the disk or from the binary, as it is or compressed.

use std::ops::Range;
use std::rc::Rc;

use super::{Request, media_type};
use crate::exchange::compress::{Wanted, wanted};
use crate::files::{Source, StoredFile};
use crate::http::conditional::Validators;
use crate::http::response::Fields;
use crate::media;
use crate::output::Piece;
use crate::pack::{Packed, PackedForm};
use crate::site::Text;

/// Which representation of a resource a file is: that which was chosen of those that lie beside each
/// other, and whether the response says that there are others.
pub(super) type Variant = Wanted;

fn write_variant(variant: Variant, status: u16, fields: &mut Fields) {
    if let Some(coding) = variant.coding.filter(|_| status != 304) {
        for part in ["Content-Encoding: ", coding.name(), "\r\n"] {
            fields.append(part.as_bytes());
        }
    }
    if variant.varies {
        fields.append(b"Vary: Accept-Encoding\r\n");
    }
}

/// A file that is sent.
#[derive(Clone, Debug)]
pub(super) enum Resource {
    /// One whose own lines stand apart from those that the request decides.
    Plain { file: AnyFile, content_type: &'static [u8], etag: bool, variant: Variant },
    /// One of the binary, with all lines ready.
    Packed {
        form: PackedForm,
        modified_s: i64,
        /// The media type in the place of the file's own.
        content_type: Option<&'static [u8]>,
    },
}

/// A file wherever it is.
#[derive(Clone, Debug)]
pub(super) enum AnyFile {
    Stored(Rc<StoredFile>),
    Packed(Packed),
}

impl Resource {
    /// A file in the variant that was chosen of those beside it, if there are any (`gzip_static`);
    /// else one of the binary in the form that the client wants most.
    pub(super) fn new(request: &Request<'_>, file: AnyFile, variant: Option<Variant>) -> Resource {
        let variables = request.variables;
        let settings = variables.settings;
        let media_type = || media_type(settings, variables.path, request.media_type);
        match (file, variant) {
            (AnyFile::Packed(file), None) => {
                let form = file.choose(variables.head.fields());
                // An `alias` may give a path to a file of another extension.
                let base = &settings.base;
                let is_named = base.append_path && matches!(base.inner, Text::Fixed(b""));
                let content_type = (!is_named).then(media_type);
                Resource::Packed { form, modified_s: file.modified_s(), content_type }
            }
            (file, variant) => {
                let (content_type, etag) = (media_type(), settings.etag);
                let variant = variant.unwrap_or_default();
                Resource::Plain { file, content_type, etag, variant }
            }
        }
    }

    /// Its length in bytes.
    pub(super) fn len(&self) -> u64 {
        match self {
            Resource::Plain { file: AnyFile::Stored(file), .. } => file.len,
            Resource::Plain { file: AnyFile::Packed(file), .. } => {
                file.plain().content().len() as u64
            }
            Resource::Packed { form, .. } => form.content().len() as u64,
        }
    }

    /// What tells one state of it from another.
    pub(super) fn validators(&self) -> Validators<'_> {
        match self {
            Resource::Plain { file: AnyFile::Stored(file), etag, .. } => {
                Validators { etag: etag.then(|| file.etag()), modified_s: file.modified_s }
            }
            Resource::Plain { file: AnyFile::Packed(file), .. } => {
                Validators { etag: file.plain().etag(), modified_s: file.modified_s() }
            }
            Resource::Packed { form, modified_s, .. } => {
                Validators { etag: form.etag(), modified_s: *modified_s }
            }
        }
    }

    /// Whether parts of it may be asked for: as in nginx, not of what `gzip_static` sends.
    pub(super) fn has_parts(&self) -> bool {
        !matches!(self, Resource::Plain { variant: Variant { coding: Some(_), .. }, .. })
    }

    /// Whether all of it is changed or compressed on its way to the client, whatever parts that asks for.
    pub(super) fn is_changed_for(&self, request: &Request<'_>) -> bool {
        let settings = request.variables.settings;
        let is_changed = settings.substitution.is_some()
            || settings.source_charset.is_some()
            || settings.is_composed();
        if settings.compression.is_none() && !is_changed {
            return false;
        }
        let mut fields = Fields::default();
        self.write_type(&mut fields);
        let Some(media_type) = fields.get("Content-Type").map(media::without_parameters) else {
            return false;
        };
        if settings.changes(media_type) {
            return true;
        }
        let Some(compression) = settings.compression else { return false };
        let codes = |coding| settings.codes(coding, media_type);
        let head = request.variables.head;
        let is_coded =
            matches!(self, Resource::Packed { form, .. } if !form.coding_field().is_empty());
        !is_coded && wanted(&compression.plain, codes, head, Some(self.len())).coding.is_some()
    }

    /// The file, where it is on the disk.
    pub(super) fn stored(&self) -> Option<Rc<StoredFile>> {
        match self {
            Resource::Plain { file: AnyFile::Stored(file), .. } => Some(file.clone()),
            Resource::Plain { file: AnyFile::Packed(_), .. } | Resource::Packed { .. } => None,
        }
    }

    /// A part of its content, or all of it.
    pub(super) fn piece(&self, range: Range<u64>) -> Piece {
        let bytes = range.start as usize..range.end as usize;
        match self {
            Resource::Plain { file: AnyFile::Stored(file), .. } => match &file.source {
                Source::Memory(content) => Piece::Memory(content.clone(), bytes),
                Source::File(file) => {
                    let len = range.end - range.start;
                    Piece::File { file: file.clone(), offset: range.start, len }
                }
            },
            Resource::Plain { file: AnyFile::Packed(file), .. } => {
                Piece::Static(&file.plain().content()[bytes])
            }
            Resource::Packed { form, .. } => Piece::Static(&form.content()[bytes]),
        }
    }

    /// Appends its Content-Type line.
    pub(super) fn write_type(&self, fields: &mut Fields) {
        match self {
            Resource::Plain { content_type: b"", .. }
            | Resource::Packed { content_type: Some(b""), .. } => {}
            Resource::Plain { content_type, .. }
            | Resource::Packed { content_type: Some(content_type), .. } => {
                fields.add_checked("Content-Type", content_type);
            }
            Resource::Packed { form, .. } => fields.append(form.type_field()),
        }
    }

    /// Appends Content-Encoding, and Vary where that does not stand with the validators.
    pub(super) fn write_coding(&self, status: u16, fields: &mut Fields) {
        match self {
            Resource::Plain { variant, .. } => write_variant(*variant, status, fields),
            Resource::Packed { .. } if status == 304 => {}
            Resource::Packed { form, .. } => fields.append(form.coding_field()),
        }
    }

    /// Appends all lines of a whole response.
    pub(super) fn write_whole(&self, ranges: bool, fields: &mut Fields) {
        match self {
            Resource::Packed { form, content_type: None, .. } if ranges => {
                fields.append(form.fields());
            }
            Resource::Packed { form, .. } => {
                fields.append(form.coding_field());
                self.write_type(fields);
                fields.append(if ranges { form.ranges_field() } else { b"" });
                fields.append(form.length_field());
                fields.append(form.validator_fields());
            }
            Resource::Plain { file, etag, variant, .. } => {
                write_variant(*variant, 200, fields);
                self.write_type(fields);
                match file {
                    AnyFile::Stored(file) => fields.append(file.fields(ranges, *etag)),
                    AnyFile::Packed(file) => {
                        let form = file.plain();
                        fields.append(if ranges { form.ranges_field() } else { b"" });
                        fields.append(form.length_field());
                        fields.append(form.own_validator_fields());
                    }
                }
            }
        }
    }

    /// Appends the lines that a 304 has too: Last-Modified, ETag, and Vary of what is packed.
    pub(super) fn write_validators(&self, fields: &mut Fields) {
        fields.append(match self {
            Resource::Plain { file: AnyFile::Stored(file), etag, .. } => {
                file.validator_fields(*etag)
            }
            Resource::Plain { file: AnyFile::Packed(file), .. } => {
                file.plain().own_validator_fields()
            }
            Resource::Packed { form, .. } => form.validator_fields(),
        });
    }
}
