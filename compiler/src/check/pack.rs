//! Which locations serve their files from the binary, and which files those are.
//!
//! The files are looked for once the whole site is resolved. What a location without `embed`
//! serves is left out: `location /video/ { embed off; }` stays on the disk, though its folder
//! is in the embedded root.

mod size;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sitec_runtime::http::method::{Method, MethodSet};
use sitec_runtime::site::{DirectoryId, LocationId, ServerId};

use super::draft::Draft;
use super::embed::Embed;
use super::level::Level;
use crate::assets::tree;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::files::{Files, Kind};
use crate::ir::{self, Action, Handler, PackKind, StartPiece};
use crate::places::Places;
use crate::route::Router;
use crate::value::Checked;

impl Draft<'_> {
    /// The pack that a location with these settings is served from, if it is to be.
    pub(super) fn pack(
        &mut self,
        level: &Level,
        settings: &ir::Settings,
        action: &Action,
        methods: MethodSet,
    ) -> Checked<Option<usize>> {
        let (Some(embed), Action::Serve { handler, .. }) = (level.embed, action) else {
            return Ok(None);
        };
        let directory = settings.base.directory;
        if directory == DirectoryId::MAX || !handler.has_files() {
            return Ok(None);
        }
        if let Some(reason) = changing(handler, methods) {
            let message = format!("{reason}, so these files cannot be part of the binary");
            let help = "say `embed on` in the locations whose files only change with the binary";
            let error = || Diagnostic::error("F17", embed.span, message).help(help);
            return if embed.is_own { Err(Box::new(error())) } else { Ok(None) };
        }
        self.must_be_fixed(directory, embed)?;
        let pack = self.reader.tables.packs.add(ir::Pack {
            directory,
            follow: settings.symlinks.follow,
            hidden_files: settings.hidden_files,
            types: settings.types,
            default_type: settings.default_type.clone(),
            etag: settings.etag,
            ranges: settings.max_ranges > 0,
            codings: level.codings.clone(),
            nodes: Vec::new(),
        });
        if pack == self.places.packs.len() {
            self.places.packs.push(embed.span);
        }
        Ok(Some(pack))
    }

    /// That a directory is known, and there.
    fn must_be_fixed(&self, directory: DirectoryId, embed: Embed) -> Checked<()> {
        let message = match &self.reader.tables.directories.items()[usize::from(directory)][..] {
            [StartPiece::Literal(path)] => {
                match self.reader.files.kind(&self.reader.folder.join(path)) {
                    Some(Kind::Directory) => return Ok(()),
                    _ => format!("there is no folder `{path}` whose files could be embedded"),
                }
            }
            _ => "a `param` says where these files are, so they are not known yet".to_owned(),
        };
        let help = "say `embed off` in the locations whose files are not here";
        Err(Box::new(Diagnostic::error("F16", embed.span, message).help(help)))
    }
}

/// Why the files of a location change while the server runs, if they do.
fn changing(handler: &Handler, methods: MethodSet) -> Option<&'static str> {
    match handler {
        Handler::Cgi(_) => Some("scripts are run from the disk"),
        Handler::Status
        | Handler::Metrics
        | Handler::StatusPage
        | Handler::EmptyGif
        | Handler::Proxy(_) => None,
        Handler::Upload(_) => Some("clients store files here"),
        Handler::Dav(_) => Some("clients change files here"),
        Handler::Files => methods.contains(Method::Delete).then_some("clients delete files here"),
    }
}

/// What is needed to look for the files of all packs.
pub(super) struct Packing<'a> {
    pub(super) places: &'a Places,
    pub(super) folder: &'a Path,
    pub(super) files: &'a dyn Files,
}

/// How the paths of requests lead to the files of a pack.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Door {
    /// To all of them.
    All,
    /// To this one and what is beneath it.
    Only(Vec<u8>),
    /// To those whose path behind this front begins with the prefix, and is one of a location
    /// of this server that does not serve them from the disk.
    Routed { server: ServerId, front: Vec<u8>, prefix: Vec<u8> },
}

impl Packing<'_> {
    /// Looks for the files of all packs.
    pub(super) fn fill(
        &self,
        site: &mut ir::Site,
        dependencies: &mut Vec<PathBuf>,
        diagnostics: &mut Diagnostics,
    ) {
        if let Some(span) = self.places.codings.filter(|_| site.packs.is_empty()) {
            let message = "nothing is embedded, so nothing is compressed";
            let warning = Diagnostic::warning("Z18", span, message);
            diagnostics.push(warning.help("write `embed on` too, or leave the line out"));
        }
        let mut packs = std::mem::take(&mut site.packs);
        for (index, pack) in packs.iter_mut().enumerate() {
            let [StartPiece::Literal(directory)] =
                &site.directories[usize::from(pack.directory)][..]
            else {
                continue;
            };
            let root = self.folder.join(directory);
            let rules = tree::Rules { follow: pack.follow, hidden: pack.hidden_files };
            let found = tree::walk(self.files, &root, rules, dependencies);
            dependencies.push(root);
            match found {
                Ok(nodes) => pack.nodes = self.reached(site, index, nodes),
                Err((path, error)) => {
                    let message = format!("cannot embed `{}`: {error}", path.display());
                    diagnostics.push(Diagnostic::error("F16", self.places.packs[index], message));
                }
            }
        }
        site.packs = packs;
        diagnostics.extend(size::check(&site.packs, &self.places.packs));
    }

    /// The nodes that requests come to. Of the files, those stay on the disk that another location
    /// serves from there.
    fn reached(&self, site: &ir::Site, pack: usize, nodes: Vec<ir::PackNode>) -> Vec<ir::PackNode> {
        let doors = self.doors(site, pack);
        let router = Router::new(site);
        let behind = |door: &Door, path: &[u8]| match door {
            Door::All => Some(PackKind::File),
            Door::Only(front) => {
                let rest = path.strip_prefix(&front[..]);
                rest.filter(|rest| matches!(rest, [] | [b'/', ..])).map(|_| PackKind::File)
            }
            Door::Routed { server, front, prefix } => {
                let uri = [&front[..], b"/", path].concat();
                uri.starts_with(prefix).then(|| {
                    match stays_on_disk(site, router.location(*server, &uri)) {
                        true => PackKind::OnDisk,
                        false => PackKind::File,
                    }
                })
            }
        };
        let reached = nodes.into_iter().filter_map(|node| {
            if node.kind != PackKind::File {
                return Some(node);
            }
            let kinds = doors.iter().filter_map(|door| behind(door, &node.path));
            let kind = kinds.reduce(|a, b| if a == PackKind::File { a } else { b })?;
            Some(ir::PackNode { kind, ..node })
        });
        reached.collect()
    }

    /// How requests come to the files of a pack.
    fn doors(&self, site: &ir::Site, pack: usize) -> BTreeSet<Door> {
        let locations = (0..).zip(&site.locations);
        let doors = locations.filter_map(|(id, location)| {
            let settings = &site.settings[location.settings];
            let tries = matches!(location.action, Action::Serve { try_files: Some(_), .. });
            (settings.pack == Some(pack)).then(|| self.door(&settings.base, id, tries))
        });
        doors.collect()
    }

    /// How requests come to files through one location. What it `tries` may be anywhere.
    fn door(&self, base: &ir::FileBase, id: LocationId, tries: bool) -> Door {
        let place = &self.places.locations[id as usize];
        let is_named = place.written.starts_with('@');
        match base.inner.literal() {
            Some([]) if base.append_path && !is_named => {
                let prefix = &place.prefix;
                let front = prefix.get(..base.replaced_len).unwrap_or_default().to_vec();
                let prefix = if tries { Vec::new() } else { prefix.clone() };
                Door::Routed { server: place.server, front, prefix }
            }
            Some(inner @ [_, ..]) if !tries => Door::Only(inner.to_vec()),
            _ => Door::All,
        }
    }
}

/// Whether a location serves files, and not from the binary.
fn stays_on_disk(site: &ir::Site, id: LocationId) -> bool {
    let location = &site.locations[id as usize];
    let is_packed = site.settings[location.settings].pack.is_some();
    let has_files = match &location.action {
        Action::Serve { handler, .. } => handler.has_files(),
        Action::Return(_) => false,
    };
    has_files && !is_packed
}
