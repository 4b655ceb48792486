//! Server processes: started on free ports, watched through what they write, ended with the
//! value that stands for them.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use crate::PATIENCE;
use crate::client::Client;
use crate::response::Response;

/// How often a server is started again because another process took its port first.
const ATTEMPTS: usize = 5;

/// A server that is to be started.
pub struct Launch {
    program: OsString,
    site: &'static str,
    ports: usize,
    /// Words before the program, which run it in the same process in the end.
    front: Vec<OsString>,
    args: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
}

impl Launch {
    /// `site` is a name that `program`, the test server, knows. It gets one port, as `PORT`.
    pub fn new(program: impl Into<OsString>, site: &'static str) -> Launch {
        let (args, variables) = (Vec::new(), Vec::new());
        Launch { program: program.into(), site, ports: 1, front: Vec::new(), args, variables }
    }

    /// So many ports: `PORT`, `PORT_2`, `PORT_3`…
    pub fn ports(mut self, count: usize) -> Launch {
        self.ports = count;
        self
    }

    /// Has these words run bash, if there are any, and that run these commands before it becomes
    /// the server.
    pub fn after(mut self, words: &[&str], commands: &str) -> Launch {
        let script = format!("{commands} && exec -a \"$0\" \"$@\"");
        let bash = ["bash", "-c", &script, self.site];
        self.front = words.iter().chain(&bash).map(Into::into).collect();
        self
    }

    /// One more argument.
    pub fn arg(mut self, arg: impl Into<OsString>) -> Launch {
        self.args.push(arg.into());
        self
    }

    /// Sets a param of the conf.
    pub fn set(self, name: &str, value: &str) -> Launch {
        self.arg("--set").arg(format!("{name}={value}"))
    }

    /// Sets a variable of the environment.
    pub fn variable(mut self, name: &str, value: impl AsRef<OsStr>) -> Launch {
        self.variables.push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// The process, not yet started. The test server takes its site from the name by which
    /// it is called.
    pub fn command(&self, ports: &[u16]) -> Command {
        let mut command = match &self.front[..] {
            [] => {
                let mut command = Command::new(&self.program);
                command.arg0(self.site);
                command
            }
            [first, others @ ..] => {
                let mut command = Command::new(first);
                command.args(others).arg(&self.program);
                command
            }
        };
        command.args(&self.args).stdin(Stdio::null());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        for (i, port) in ports.iter().enumerate() {
            command.arg("--set").arg(format!("{}={port}", port_param(i)));
        }
        command
    }

    /// Runs a process that ends by itself.
    pub fn output(self) -> Output {
        let ports = free_ports(self.ports);
        self.command(&ports).output().expect("the test server runs")
    }

    /// Starts the server and waits until it listens.
    ///
    /// # Panics
    /// Where it does not, with what it wrote.
    pub fn start(self) -> Server {
        let mut said = String::new();
        for _ in 0..ATTEMPTS {
            let ports = free_ports(self.ports);
            let server = Server::spawn(self.command(&ports), ports);
            if server.listens() {
                return server;
            }
            said = server.log();
        }
        panic!("`{}` does not listen; it wrote:\n{said}", self.site)
    }
}

/// The name of the param that holds the port with index `i`.
fn port_param(i: usize) -> String {
    if i == 0 { "PORT".to_owned() } else { format!("PORT_{}", i + 1) }
}

/// Ports that nobody listened on a moment ago.
fn free_ports(count: usize) -> Vec<u16> {
    let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let listeners: Vec<_> = std::iter::repeat_with(bind).take(count).collect();
    listeners.iter().map(|l| l.local_addr().expect("bound").port()).collect()
}

/// What a process has written so far, and whether it can write more.
#[derive(Default)]
struct Written {
    text: Mutex<(String, bool)>,
    more: Condvar,
}

impl Written {
    /// Collects what comes from `stderr` until its end.
    fn collect(&self, stderr: ChildStderr) {
        for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
            let mut text = self.text.lock().unwrap();
            text.0.push_str(&String::from_utf8_lossy(&line));
            text.0.push('\n');
            self.more.notify_all();
        }
        self.text.lock().unwrap().1 = true;
        self.more.notify_all();
    }

    /// Waits until `seen` holds of the text, or there can be no more; whether it holds.
    fn wait(&self, seen: impl Fn(&str) -> bool) -> bool {
        let text = self.text.lock().unwrap();
        let unseen = |text: &mut (String, bool)| !text.1 && !seen(&text.0);
        let (text, _) = self.more.wait_timeout_while(text, PATIENCE, unseen).unwrap();
        seen(&text.0)
    }
}

/// A server that runs. Dropped, it is killed.
pub struct Server {
    child: Child,
    ports: Vec<u16>,
    written: Arc<Written>,
}

impl Server {
    /// Starts a process that is told to listen on `ports`.
    pub fn spawn(mut command: Command, ports: Vec<u16>) -> Server {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the test server starts");
        let stderr = child.stderr.take().expect("a pipe");
        let written = Arc::new(Written::default());
        let collected = Arc::clone(&written);
        thread::spawn(move || collected.collect(stderr));
        Server { child, ports, written }
    }

    /// Waits until it says that it listens on all its ports; false if it ends before.
    pub fn listens(&self) -> bool {
        let said = |text: &str| {
            self.ports.iter().all(|port| text.lines().any(|line| names_port(line, *port)))
        };
        self.written.wait(said)
    }

    /// Its first port.
    pub fn port(&self) -> u16 {
        self.ports[0]
    }

    /// The port with index `i`.
    pub fn port_at(&self, i: usize) -> u16 {
        self.ports[i]
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The most memory that it has had at once, in kB. The pages of its program do not count: they come
    /// with what is run for the first time, and the system may take them back.
    pub fn peak_memory_kb(&self) -> u64 {
        self.memory("VmHWM:") - self.memory("RssFile:")
    }

    /// The memory that it has now, in kB, likewise.
    pub fn memory_kb(&self) -> u64 {
        self.memory("VmRSS:") - self.memory("RssFile:")
    }

    fn memory(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()));
        let status = status.expect("/proc");
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
        number.and_then(|number| number.parse().ok()).expect("a number of kB")
    }

    /// Connects to its first port.
    pub fn connect(&self) -> Client {
        Client::connect((Ipv4Addr::LOCALHOST, self.port()))
    }

    /// Connects to the port with index `i`.
    pub fn connect_at(&self, i: usize) -> Client {
        Client::connect((Ipv4Addr::LOCALHOST, self.ports[i]))
    }

    /// GET on a connection of its own.
    pub fn get(&self, path: &str) -> Response {
        self.get_from("localhost", path)
    }

    /// GET with this Host on a connection of its own.
    pub fn get_from(&self, host: &str, path: &str) -> Response {
        self.connect().get(path, host)
    }

    /// What it has written to standard error so far.
    pub fn log(&self) -> String {
        self.written.text.lock().unwrap().0.clone()
    }

    /// Waits until what it has written to standard error contains `text`.
    ///
    /// # Panics
    /// Where that does not come.
    pub fn wait_for(&self, text: &str) {
        self.wait_for_times(1, text);
    }

    /// Waits until what it has written to standard error contains `text` `count` times.
    ///
    /// # Panics
    /// Where that does not come.
    pub fn wait_for_times(&self, count: usize, text: &str) {
        let seen = self.written.wait(|log| log.matches(text).count() >= count);
        assert!(seen, "{text:?} is not {count} times in the log:\n{}", self.log());
    }

    /// Sends it a signal, by name: `TERM`, `USR1`.
    pub fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let status = Command::new("sh").args(["-c", "kill -s $0 $1", name, &pid]).status();
        assert!(status.expect("a shell").success(), "kill -s {name}");
    }

    /// Waits until it ends.
    ///
    /// # Panics
    /// Where it does not.
    pub fn ended(&mut self) -> ExitStatus {
        self.written.wait(|_| false);
        assert!(self.written.text.lock().unwrap().1, "still runs");
        self.child.wait().expect("a child")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a line names an address with this port.
fn names_port(line: &str, port: u16) -> bool {
    let name = format!(":{port}");
    let digit = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    line.match_indices(&name).any(|(at, _)| !digit(&line[at + name.len()..]))
}
