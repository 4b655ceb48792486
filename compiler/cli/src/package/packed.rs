//! What formats are made of: a site, its files, and what holds where it runs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sitec_compiler::answer::{Answers, Request};
use sitec_compiler::assets::EPOCH_VARIABLE;
use sitec_compiler::files::Disk;
use sitec_compiler::ir::{self, known_text};
use sitec_compiler::needs::{self, Needs, Written};

use super::contents::{Contents, Prefixes};
use super::naming::{self, Naming, Target};
use super::tree::Node;
use super::{manifest, programs};
use crate::build;
use crate::conf::Checked;

/// What the command line says of a package.
#[derive(Default)]
pub(super) struct Wanted<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) release: Option<&'a str>,
    pub(super) set: &'a [(String, String)],
    pub(super) target: Option<&'a str>,
    pub(super) out: Option<&'a Path>,
}

/// All that is known before anything is built.
pub(super) struct Prepared {
    pub(super) naming: Naming,
    /// The folder to write to.
    pub(super) out: PathBuf,
    pub(super) contents: Contents,
    own_needs: Needs,
    pub(super) open_needs: Needs,
    own_values: Vec<(String, String)>,
    open_values: Vec<(String, String)>,
    pub(super) elsewhere: BTreeSet<String>,
    memory: u64,
    probe: Option<u16>,
}

impl Prepared {
    /// Finds out all about the site of the conf at `file`.
    pub(super) fn new(
        file: &Path,
        checked: &Checked,
        wanted: &Wanted<'_>,
    ) -> Result<Prepared, String> {
        let site = &checked.site;
        let folder = match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let (values, given) = values(site, wanted.set)?;
        let open_values = needs::opened(site, &values, &given);
        let (own_needs, open_needs) =
            (needs::needs(site, &values), needs::needs(site, &open_values));
        let name = wanted.name.map_or_else(|| build::default_name(file), str::to_owned);
        let mut naming = Naming {
            name: naming::name(&name),
            version: String::new(),
            time_s: 0,
            time_by: "",
            target: Target::new(wanted.target)?,
        };
        let prefix = naming.prefix();
        let out = wanted.out.map_or_else(|| naming.default_out(), Path::to_owned);
        let prefixes = Prefixes { here: folder, there: &prefix, out: &out };
        let contents = Contents::gather(&own_needs, prefixes)?;
        let epoch = std::env::var(EPOCH_VARIABLE).ok();
        let files = sources(checked, &contents);
        (naming.time_s, naming.time_by) = naming::time(epoch.as_deref(), folder, &files)?;
        naming.version = match wanted.release {
            Some(version) => version.to_owned(),
            None => naming::version_of(naming.time_s),
        };
        let (own_values, open_values) = (named(site, &values), named(site, &open_values));
        check_values(&own_values)?;
        Ok(Prepared {
            elsewhere: programs::elsewhere(&own_needs, &contents)?,
            memory: manifest::bounds(checked).bounds.memory,
            probe: probe(site, &open_needs, folder),
            own_values,
            open_values,
            out,
            naming,
            contents,
            own_needs,
            open_needs,
        })
    }

    /// The site on a machine with others.
    pub(super) fn own<'a>(&'a self, site: &'a ir::Site, binary: &'a Path) -> Packed<'a> {
        Packed {
            naming: &self.naming,
            site,
            needs: &self.own_needs,
            contents: &self.contents,
            values: &self.own_values,
            binary,
            elsewhere: &self.elsewhere,
            memory: self.memory,
            probe: self.probe,
        }
    }

    /// The site in a container.
    pub(super) fn open<'a>(&'a self, site: &'a ir::Site, binary: &'a Path) -> Packed<'a> {
        Packed { needs: &self.open_needs, values: &self.open_values, ..self.own(site, binary) }
    }
}

/// The files of this machine that go into a package.
fn sources(checked: &Checked, contents: &Contents) -> Vec<PathBuf> {
    let packed = contents.own.entries().chain(contents.absolute.entries());
    let packed = packed.filter_map(|(_, entry)| match &entry.node {
        Node::Copy(from) => Some(from.clone()),
        Node::Folder | Node::Bytes(_) | Node::Link(_) => None,
    });
    let nodes = checked.site.packs.iter().flat_map(|pack| &pack.nodes);
    let embedded = nodes.map(|node| node.source.clone());
    let confs = checked.sources.iter().map(|(_, source)| PathBuf::from(&*source.name));
    packed.chain(embedded).chain(confs).collect()
}

/// The values of params, those that are given among them, and which these are.
fn values(site: &ir::Site, set: &[(String, String)]) -> Result<(Vec<String>, Vec<usize>), String> {
    let mut values = needs::defaults(site);
    let mut given = Vec::new();
    for (name, value) in set {
        let index = site.params.iter().position(|param| param.name == *name);
        let index = index.ok_or_else(|| {
            let names: Vec<_> = site.params.iter().map(|param| &*param.name).collect();
            match names.is_empty() {
                true => format!("`--set {name}`: the conf has no params"),
                false => format!("`--set {name}`: the conf's params are {}", names.join(", ")),
            }
        })?;
        values[index] = value.clone();
        given.push(index);
    }
    Ok((values, given))
}

/// Values of params, as texts and units can have them.
fn check_values(values: &[(String, String)]) -> Result<(), String> {
    match values.iter().find(|(_, value)| value.contains(char::is_control)) {
        Some((name, value)) => Err(format!(
            "`{name}` is \"{}\": a package cannot hold a value with line breaks or the like",
            value.escape_debug()
        )),
        None => Ok(()),
    }
}

fn named(site: &ir::Site, values: &[String]) -> Vec<(String, String)> {
    let names = site.params.iter().map(|param| param.name.clone());
    names.zip(values.iter().cloned()).collect()
}

/// The port at which `/` is known to be answered without an error.
fn probe(site: &ir::Site, needs: &Needs, folder: &Path) -> Option<u16> {
    let port = needs.listens.first().filter(|listen| !listen.tls)?.public_port()?;
    let request = Request::new(site, None, "GET", "/", &[]).ok()?;
    let answer = Answers::new(site, &Disk, folder).to(&request);
    let is_fine = answer.status.is_some_and(|status| (200..400).contains(&status));
    (is_fine && answer.doubts.is_empty()).then_some(port)
}

/// What formats are made of. There are two for each site: as it is on a machine with others, and
/// as it is in a container.
pub(super) struct Packed<'a> {
    pub(super) naming: &'a Naming,
    pub(super) site: &'a ir::Site,
    pub(super) needs: &'a Needs,
    pub(super) contents: &'a Contents,
    /// The values of params, by their names.
    pub(super) values: &'a [(String, String)],
    pub(super) binary: &'a Path,
    /// The programs that scripts need, and no file of the site is.
    pub(super) elsewhere: &'a BTreeSet<String>,
    /// The most memory that it may take with one worker.
    pub(super) memory: u64,
    /// A path that is known to be answered, and the port that it is on.
    pub(super) probe: Option<u16>,
}

impl Packed<'_> {
    /// The ports that others than this machine reach, and whether TLS is spoken there. What speaks
    /// plain HTTP comes first.
    pub(super) fn ports(&self) -> Vec<(u16, bool)> {
        let ports = self.needs.listens.iter();
        let ports = ports.filter_map(|listen| Some((listen.tls, listen.public_port()?)));
        let ports: BTreeSet<_> = ports.collect();
        ports.into_iter().map(|(tls, port)| (port, tls)).collect()
    }

    /// Whether an address that the site listens on has this param in it.
    pub(super) fn is_in_address(&self, param: &str) -> bool {
        let texts = self.site.listens.iter().filter_map(|listen| match &listen.address {
            ir::Address::Param(text) => Some(text),
            ir::Address::Ip(_) | ir::Address::Unix(_) => None,
        });
        texts.flatten().any(|piece| match piece {
            ir::StartPiece::Param(index) => self.site.params[*index].name == param,
            ir::StartPiece::Literal(_) | ir::StartPiece::HostName => false,
        })
    }

    /// Whether it starts programs.
    pub(super) fn starts_programs(&self) -> bool {
        !self.needs.programs.is_empty() || !self.needs.bare_scripts.is_empty()
    }

    /// Whether it connects to others.
    pub(super) fn connects(&self) -> bool {
        !self.needs.connects.is_empty()
            || self.needs.connects_anywhere
            || self.needs.fetches_certificates
    }

    /// The programs that scripts need, and no file of the site is.
    pub(super) fn programs_elsewhere(&self) -> Vec<&str> {
        self.elsewhere.iter().map(|program| &**program).collect()
    }

    /// Whether nothing but the site's own files is needed.
    pub(super) fn is_for_scratch(&self) -> bool {
        self.elsewhere.is_empty()
    }

    /// Whether nothing is lost with the machine.
    pub(super) fn is_stateless(&self) -> bool {
        self.contents.written.iter().all(|(_, written)| *written != Written::State)
    }

    /// The folders under the prefix that it writes to.
    pub(super) fn own_written(&self) -> Vec<(PathBuf, Written)> {
        let prefix = self.naming.prefix();
        let own = self.contents.written.iter().filter(|(folder, _)| folder.starts_with(&prefix));
        own.cloned().collect()
    }

    /// How long requests under way may take when the server is told to leave.
    pub(super) fn shutdown_s(&self) -> Option<u64> {
        self.site.process.shutdown_timeout_ms.map(|time| time.div_ceil(1000))
    }

    /// The most memory that it may take with one worker, in MiB.
    pub(super) fn memory_mib(&self) -> u64 {
        self.memory.div_ceil(1024 * 1024).max(32)
    }

    /// A path that is answered without an error at this port.
    pub(super) fn probe_path(&self, port: u16) -> Option<&str> {
        (self.probe == Some(port)).then_some("/")
    }

    /// The names of the site that a client can ask for: whole ones that are no example.
    pub(super) fn host_names(&self) -> Vec<String> {
        let whole = |server: &ir::Server| {
            let name = known_text(&server.name)?;
            let is_name = name.contains('.') && !name.starts_with(['*', '.', '~', '_']);
            let is_name =
                is_name && !name.ends_with('.') && name.parse::<std::net::IpAddr>().is_err();
            is_name.then(|| name.to_owned())
        };
        let names: BTreeSet<_> = self.site.servers.iter().filter_map(whole).collect();
        names.into_iter().collect()
    }

    /// A path of the site as it is called beside the conf.
    pub(super) fn here<'b>(&self, path: &'b Path) -> &'b Path {
        path.strip_prefix(self.naming.prefix()).unwrap_or(path)
    }
}
