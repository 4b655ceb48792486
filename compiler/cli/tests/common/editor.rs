//! An editor: the client's side of the language server's protocol, over pipes.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::command;

/// The longest that an editor waits for anything.
const PATIENCE: Duration = Duration::from_secs(10);

/// An editor whose folder is `folder`.
pub struct Editor {
    server: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    last_id: i64,
    /// Messages that came while another one was waited for.
    kept: Vec<Value>,
}

impl Editor {
    /// Starts a server, and says nothing yet.
    pub fn silent(folder: &Path) -> Editor {
        let mut command = command(folder, &["lsp"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut server = command.spawn().expect("sitec runs");
        let mut output = BufReader::new(server.stdout.take().expect("a pipe"));
        let (sender, messages) = mpsc::channel();
        thread::spawn(move || {
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let input = server.stdin.take();
        Editor { server, input, messages, last_id: 0, kept: Vec::new() }
    }

    /// Starts a server and greets it. The editor takes snippets.
    pub fn new(folder: &Path) -> Editor {
        let mut editor = Editor::silent(folder);
        let greeting = json!({
            "processId": null,
            "capabilities": { "textDocument": { "completion": {
                "completionItem": { "snippetSupport": true },
            }}},
            "workspaceFolders": [{ "uri": uri(folder, ""), "name": "site" }],
        });
        let told = editor.ask("initialize", greeting);
        assert_eq!(told["serverInfo"]["name"], "sitec");
        editor.tell("initialized", json!({}));
        editor
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("an open pipe");
        input.write_all(bytes).and_then(|()| input.flush()).expect("the server reads");
    }

    fn send_message(&mut self, message: &Value) {
        let text = message.to_string();
        self.send(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    /// Sends a notification.
    pub fn tell(&mut self, method: &str, params: Value) {
        self.send_message(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request, and returns the whole response.
    pub fn ask_for_response(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.send_message(&request);
        self.wait_for(|message| message["id"] == id)
    }

    /// Sends a request, and returns its result.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let mut response = self.ask_for_response(method, params);
        assert!(response.get("error").is_none(), "{method}: {response}");
        response["result"].take()
    }

    /// The first message that fits; the others wait for whoever wants them.
    pub fn wait_for(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.kept.iter().position(&fits) {
            return self.kept.remove(at);
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let message = self.messages.recv_timeout(left);
            let message = message.unwrap_or_else(|_| panic!("nothing fits among {:?}", self.kept));
            if fits(&message) {
                return message;
            }
            self.kept.push(message);
        }
    }

    /// Opens a text.
    pub fn open(&mut self, uri: &str, text: &str) {
        let document = json!({ "uri": uri, "languageId": "sitec", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Changes a text: as a whole, or as `changes` say.
    pub fn change(&mut self, uri: &str, version: i32, changes: Value) {
        let document = json!({ "uri": uri, "version": version });
        let params = json!({ "textDocument": document, "contentChanges": changes });
        self.tell("textDocument/didChange", params);
    }

    /// What is found in a text of this version; none if it is not open.
    pub fn findings(&mut self, uri: &str, version: Option<i32>) -> Vec<Value> {
        let version = version.map_or(Value::Null, Value::from);
        let message = self.wait_for(|message| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri
                && message["params"]["version"] == version
        });
        message["params"]["diagnostics"].as_array().expect("a list").clone()
    }

    /// Ends the server as an editor does.
    pub fn end(mut self) {
        assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        self.tell("exit", Value::Null);
        let (status, errors) = self.wait();
        assert!(status.success() && errors.is_empty(), "{status}: {errors}");
    }

    /// Closes the pipe to the server, and returns how it ends and what it says.
    pub fn hang_up(mut self) -> (ExitStatus, String) {
        self.input = None;
        self.wait()
    }

    fn wait(&mut self) -> (ExitStatus, String) {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.server.try_wait().expect("a child") {
                break status;
            }
            assert!(Instant::now() < deadline, "the server goes on");
            thread::sleep(Duration::from_millis(5));
        };
        let mut errors = String::new();
        let output = self.server.stderr.as_mut().expect("a pipe");
        output.read_to_string(&mut errors).expect("text");
        (status, errors)
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut len = None;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => len = line.strip_prefix("Content-Length: ").map_or(len, |len| len.parse().ok()),
        }
    }
    let mut content = vec![0; len?];
    output.read_exact(&mut content).ok()?;
    Some(serde_json::from_slice(&content).expect("JSON"))
}

/// The URI of a file in a folder, whose path needs no escapes.
pub fn uri(folder: &Path, name: &str) -> String {
    format!("file://{}", folder.join(name).display())
}

/// The place of the first `mark` in a text.
pub fn place(text: &str, mark: &str) -> Value {
    let at = text.find(mark).unwrap_or_else(|| panic!("no {mark} in {text}"));
    let line_start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let line = text[..at].matches('\n').count();
    json!({ "line": line, "character": text[line_start..at].encode_utf16().count() })
}

/// A place of a text for a request.
pub fn at(uri: &str, text: &str, mark: &str) -> Value {
    json!({ "textDocument": { "uri": uri }, "position": place(text, mark) })
}

/// A text after edits.
pub fn edited(text: &str, edits: &Value) -> String {
    let offset = |place: &Value| {
        let line = place["line"].as_u64().expect("a line") as usize;
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let mut left = place["character"].as_u64().expect("a column") as usize;
        let inside = text[start..].chars().take_while(|char| {
            let goes_on = left > 0;
            left = left.saturating_sub(char.len_utf16());
            goes_on
        });
        start + inside.map(char::len_utf8).sum::<usize>()
    };
    let mut edits: Vec<_> = edits.as_array().expect("edits").iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(offset(&edit["range"]["start"])));
    let mut edited = text.to_owned();
    for edit in edits {
        let range = offset(&edit["range"]["start"])..offset(&edit["range"]["end"]);
        edited.replace_range(range, edit["newText"].as_str().expect("a text"));
    }
    edited
}
