//! Compiles the sites whose lookups are measured: the same conf with few and with many of each
//! thing that is looked up.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use sitec_compiler::files::Disk;
use sitec_compiler::{assets, compile, generate};

/// The sites, and how many servers, locations and regexes each has.
const SITES: [(&str, usize); 2] = [("few", 10), ("many", 1000)];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    for (name, count) in SITES {
        let folder = out.join(name);
        fs::create_dir_all(&folder).expect("a folder");
        let conf = folder.join("site.conf");
        fs::write(&conf, site_conf(count)).expect("a conf");
        build(&conf, &folder);
    }
}

/// Server 0 has the locations, server 1 the regexes, and the others are to be told apart.
fn site_conf(count: usize) -> String {
    let mut conf = String::new();
    for server in 0..count {
        let _ = write!(conf, "server {{ listen 127.0.0.1:8080; server_name h{server}.test; ");
        for n in 0..count {
            let _ = match server {
                0 => write!(conf, "location /r{n}/ {{ return 301 /t/{n}; }} "),
                1 => write!(conf, "location ~ ^/x{n}/[a-z]+\\.html$ {{ return 301 /t/{n}; }} "),
                _ => {
                    conf.push_str("return 404; ");
                    break;
                }
            };
        }
        conf.push_str("}\n");
    }
    conf
}

fn build(conf: &Path, folder: &Path) {
    let compilation = compile(&Disk, conf);
    let site = compilation.site.expect("the conf is right");
    let options = assets::Options::new(&Disk, |_| None, &|_, _| {});
    let assets = assets::gather_into(folder, &site, &options).expect("nothing is embedded");
    let generated = generate(&site, &assets);
    let files = generated.blobs.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    for (name, bytes) in files.chain([("site.rs", generated.code.as_bytes())]) {
        fs::write(folder.join(name), bytes).expect("a file");
    }
}
