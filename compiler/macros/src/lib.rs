//! `site!("path.conf")`: the compiler as a macro, for tests and for programs that hold a
//! site. It expands to items, so it stands in a module of its own:
//!
//! ```text
//! mod manual {
//!     sitec_macros::site!("sites/manual.conf");
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     sitec_runtime::main::<manual::Conf>(manual::PREFIX)
//! }
//! ```
//!
//! The crate that calls it must depend on `sitec-runtime`.

mod blobs;

use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::quote;
use sitec_compiler::assets::Options;
use sitec_compiler::diagnostic::{Diagnostics, Severity};
use sitec_compiler::files::Disk;
use sitec_compiler::{Compilation, assets, compile, generate};
use syn::LitStr;

/// Compiles a conf to `pub struct Conf`, which is a `sitec_runtime::site::Site`, and
/// `pub const PREFIX: &str`, the conf's folder.
///
/// A path is relative to the folder of the package's Cargo.toml; one that begins with `./` is
/// relative to the file in which the macro is called. A wrong conf is a compile error that
/// shows the conf. Warnings are not shown: a macro has no means to. A file that `embed` makes
/// part of the program is seen to change, one that is added is not.
#[proc_macro]
pub fn site(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let path = syn::parse_macro_input!(input as LitStr);
    match expand(&conf_path(&path)) {
        Ok(items) => items.into(),
        Err(message) => syn::Error::new(path.span(), message).into_compile_error().into(),
    }
}

/// The absolute path that the literal means.
fn conf_path(literal: &LitStr) -> PathBuf {
    let path = PathBuf::from(literal.value());
    let folder = if path.starts_with(".") {
        let source = literal.span().unwrap().local_file().and_then(|file| file.canonicalize().ok());
        source.and_then(|file| file.parent().map(Path::to_owned))
    } else {
        std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from)
    };
    let joined: PathBuf = folder.unwrap_or_default().join(path).components().collect();
    joined.canonicalize().unwrap_or(joined)
}

/// The items of the conf at `path`, or what is wrong with it.
fn expand(path: &Path) -> Result<TokenStream, String> {
    let compilation = compile(&Disk, &shown(path));
    let Some(site) = &compilation.site else { return Err(message(&compilation)) };
    let mut contents = Vec::new();
    let options = Options::new(&Disk, |name| std::env::var_os(name), &|_, _| {});
    let assets = assets::gather(site, &options, &mut contents);
    let generated = generate(site, &assets.map_err(|failure| failure.to_string())?);
    let code: TokenStream = generated.code.parse().map_err(|error| format!("{error}"))?;
    let mut blobs = generated.blobs;
    blobs.push((assets::FILE_NAME.to_owned(), contents));
    let code = blobs::inline(code, &blobs);
    let prefix = path.parent().unwrap_or(Path::new("/")).display().to_string();
    let nodes = site.packs.iter().flat_map(|pack| &pack.nodes);
    let dependencies = compilation.dependencies.iter().chain(nodes.map(|node| &node.source));
    let tracked = dependencies.filter(|dependency| dependency.is_file());
    let tracked = tracked.filter_map(|file| Some(file.canonicalize().ok()?.to_str()?.to_owned()));
    Ok(quote! {
        #code

        /// The conf's folder, under which the site looks for relative paths.
        pub const PREFIX: &str = #prefix;

        // Makes rustc compile again when one of them changes.
        #(const _: &[u8] = include_bytes!(#tracked);)*
    })
}

/// `path` as messages show it: from the working directory, as rustc shows its own.
fn shown(path: &Path) -> PathBuf {
    let here = std::env::current_dir().ok();
    let beneath = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    beneath.unwrap_or_else(|| path.to_owned())
}

/// The errors alone, without the first `error`, which rustc writes itself.
fn message(compilation: &Compilation) -> String {
    let mut errors = Diagnostics::default();
    for diagnostic in compilation.diagnostics.sorted() {
        if diagnostic.severity == Severity::Error {
            errors.push(diagnostic.clone());
        }
    }
    let rendered = errors.render(&compilation.sources, false);
    let rendered = rendered.trim_end();
    match rendered.strip_prefix("error[").and_then(|rest| rest.split_once("]: ")) {
        Some((code, rest)) => format!("[{code}] {rest}"),
        None => rendered.strip_prefix("error: ").unwrap_or(rendered).to_owned(),
    }
}
