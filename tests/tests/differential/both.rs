//! The two servers of one conf: nginx, and what sitec makes of it.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sitec_compiler::files::Disk;
use sitec_compiler::{assets, compile, generate};
use sitec_tests::folder::Folder;
use sitec_tests::server::{Launch, Server};

use crate::conf::{Drawn, HTTP};

/// Where Debian has it, which is not in everyone's PATH.
pub const NGINX: &str = "/usr/sbin/nginx";

/// How often nginx is started again because another process took its port first.
const ATTEMPTS: usize = 5;

/// Both servers, with a folder of files that they share.
pub struct Both {
    pub nginx: Nginx,
    pub sitec: Server,
    folder: Folder,
}

impl Both {
    /// Compiles and starts both.
    pub fn new(folder: Folder, servers: &[Drawn], runtime: &Runtime) -> Both {
        let binary = runtime.build(&folder, servers);
        let sitec = Launch::new(binary, "drawn").ports(2).start();
        let nginx = Nginx::start(&folder, servers);
        Both { nginx, sitec, folder }
    }

    /// The lines of both access logs, once both servers have ended.
    pub fn logs(&mut self) -> [Vec<String>; 2] {
        self.sitec.signal("QUIT");
        self.sitec.ended();
        self.nginx.end();
        ["nginx.log", "sitec.log"]
            .map(|name| self.folder.text(name).lines().map(str::to_owned).collect())
    }
}

/// The text of sitec's conf.
fn sitec_conf(folder: &Path, servers: &[Drawn]) -> String {
    let own = "param PORT 8080;\nparam PORT_2 8081;\nworker_processes 1;\nhttp {\n    \
               hidden_files allow;\n    open_file_cache off;\n    compress_private on;\n";
    filled(
        own,
        servers,
        &[
            ("${LOG}", &shown(folder, "sitec.log")),
            ("${KEPT}", &shown(folder, "kept.sitec")),
            ("${WWW}", &shown(folder, "www")),
        ],
    )
}

/// What both confs share, after what one of them begins with, and with these texts replaced.
fn filled(own: &str, servers: &[Drawn], texts: &[(&str, &str)]) -> String {
    let bodies: String = servers.iter().map(|server| server.text.as_str()).collect();
    let mut conf = format!("{own}{HTTP}{bodies}}}\n");
    let back = crate::back::address();
    let texts = texts.iter().map(|(name, text)| (*name, *text));
    for (name, text) in texts.chain([("${BACK}", &back[..])]) {
        conf = conf.replace(name, text);
    }
    conf
}

fn shown(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

/// Whether both take a conf of this server alone; what one of them says, if not.
pub fn refused(folder: &Folder, server: &Drawn) -> Option<String> {
    let server = std::slice::from_ref(server);
    let conf = folder.write("one.conf", sitec_conf(folder.path(), server));
    let compilation = compile(&Disk, &conf);
    if compilation.site.is_none() {
        return Some(compilation.diagnostics.render(&compilation.sources, false));
    }
    let conf = folder.write("nginx.conf", nginx_conf(folder.path(), server, [1, 2]));
    let output = nginx(folder, &conf).arg("-t").output().expect("nginx runs");
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

/// An nginx of this conf, which writes to the folder alone.
fn nginx(folder: &Folder, conf: &Path) -> Command {
    let mut command = Command::new(NGINX);
    command.arg("-p").arg(folder.path()).arg("-c").arg(conf);
    command.arg("-e").arg(folder.path().join("nginx.error"));
    command
}

/// The runtime that these tests were built with, for rustc.
pub struct Runtime {
    library: PathBuf,
}

impl Runtime {
    /// Asks cargo, which has built it for this very test.
    pub fn find() -> Runtime {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
        cargo.args(["test", "--no-run", "--workspace", "--test", "differential"]);
        cargo.args(["--message-format", "json", "--target-dir"]);
        cargo.arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join(".."));
        let output = cargo.output().expect("cargo runs");
        let said = String::from_utf8_lossy(&output.stdout);
        let messages = said.lines().filter_map(|line| serde_json::from_str(line).ok());
        let mut library = messages.filter_map(|message: serde_json::Value| {
            let is_runtime = message["target"]["name"] == "sitec_runtime";
            let files = message["filenames"].as_array().filter(|_| is_runtime)?;
            files
                .iter()
                .filter_map(|file| file.as_str())
                .find(|file| file.ends_with(".rlib"))
                .map(PathBuf::from)
        });
        let library = library.next_back().unwrap_or_else(|| {
            panic!("cargo tells of no runtime: {}", String::from_utf8_lossy(&output.stderr))
        });
        Runtime { library }
    }

    /// The binary of a conf.
    fn build(&self, folder: &Folder, servers: &[Drawn]) -> PathBuf {
        let conf = folder.write("site.conf", sitec_conf(folder.path(), servers));
        let compilation = compile(&Disk, &conf);
        let Some(site) = &compilation.site else {
            panic!("{}", compilation.diagnostics.render(&compilation.sources, false))
        };
        let mut contents = Vec::new();
        let options = assets::Options::new(&Disk, |_| None, &|_, _| {});
        let assets = assets::gather(site, &options, &mut contents).expect("nothing is embedded");
        let generated = generate(site, &assets);
        for (name, bytes) in &generated.blobs {
            folder.write(name, bytes);
        }
        let main = "fn main() -> std::process::ExitCode { sitec_runtime::main::<Conf>(\".\") }\n";
        let source = folder.write("main.rs", generated.code + main);
        let binary = folder.path().join("drawn");
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        rustc.args(["--edition", "2024", "--cap-lints", "allow", "-C", "debuginfo=0"]);
        rustc.arg("--extern").arg(format!("sitec_runtime={}", self.library.display()));
        let beside = self.library.parent().expect("a library is in a folder");
        for deps in [beside.to_owned(), beside.join("deps")] {
            rustc.arg("-L").arg(format!("dependency={}", deps.display()));
        }
        let output = rustc.arg("-o").arg(&binary).arg(source).output().expect("rustc runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        binary
    }
}

/// An nginx that runs. Dropped, it is killed.
pub struct Nginx {
    child: Child,
    pub ports: [u16; 2],
}

impl Nginx {
    fn start(folder: &Folder, servers: &[Drawn]) -> Nginx {
        for _ in 0..ATTEMPTS {
            let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
            let held = [bind(), bind()];
            let ports = held.each_ref().map(|held| held.local_addr().expect("bound").port());
            let conf = folder.write("nginx.conf", nginx_conf(folder.path(), servers, ports));
            drop(held);
            let mut command = nginx(folder, &conf);
            let child = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn();
            let mut nginx = Nginx { child: child.expect("nginx runs"), ports };
            if nginx.listens() {
                return nginx;
            }
        }
        panic!("nginx does not start: {}", folder.text("nginx.error"))
    }

    /// Waits until it accepts; false if it ends before.
    fn listens(&mut self) -> bool {
        while self.child.try_wait().expect("a child").is_none() {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.ports[1])).is_ok() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }
}

impl Nginx {
    /// Asks it to end in order, and waits.
    fn end(&mut self) {
        let pid = self.child.id().to_string();
        let _ = Command::new("sh").args(["-c", "kill -s QUIT $0", &pid]).status();
        let _ = self.child.wait();
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The text of nginx's conf. It runs as one process in front, and keeps what it writes in the folder.
fn nginx_conf(folder: &Path, servers: &[Drawn], ports: [u16; 2]) -> String {
    let temporary = |name: &str| format!("    {name}_temp_path {};\n", shown(folder, name));
    let temporary: String =
        ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(temporary).concat();
    let own = format!(
        "daemon off;\nmaster_process off;\npid {};\nerror_log {} warn;\nevents {{ }}\nhttp {{\n\
         {temporary}    merge_slashes on;\n",
        shown(folder, "nginx.pid"),
        shown(folder, "nginx.error"),
    );
    let [first, second] = ports.map(|port| port.to_string());
    filled(
        &own,
        servers,
        &[
            ("${PORT}", &first),
            ("${PORT_2}", &second),
            ("${LOG}", &shown(folder, "nginx.log")),
            ("${KEPT}", &shown(folder, "kept.nginx")),
            ("${WWW}", &shown(folder, "www")),
        ],
    )
}
