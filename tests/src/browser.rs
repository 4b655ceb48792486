//! A browser that does what a person would do, driven by WebDriver (W3C): headless Chromium by
//! its ChromeDriver.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::PATIENCE;

/// The longest that a browser may take to start, or to answer.
const BROWSER_PATIENCE: Duration = Duration::from_secs(60);

/// What Chromium is told: to show nothing, to run as root, and to ask nobody on the network.
const ARGUMENTS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
];

/// The name that WebDriver has for an element in an answer.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// One window.
pub struct Browser {
    driver: Child,
    stream: BufReader<TcpStream>,
    session: String,
}

/// Something in a page.
pub struct Element(String);

impl Browser {
    /// Opens one; `None` where there is none on this machine.
    ///
    /// # Panics
    /// Where it is there and does not start.
    pub fn open() -> Option<Browser> {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut driver = command.spawn().ok()?;
        let mut lines = BufReader::new(driver.stdout.take().expect("a pipe")).lines();
        let port = lines.find_map(|line| {
            let line = line.expect("text");
            line.split_once("successfully on port ")?.1.trim_end_matches('.').parse::<u16>().ok()
        });
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port.expect("ChromeDriver's port")));
        let stream = stream.expect("ChromeDriver accepts");
        stream.set_read_timeout(Some(BROWSER_PATIENCE)).expect("a limit");
        let mut browser =
            Browser { driver, stream: BufReader::new(stream), session: String::new() };
        let options = json!({
            "goog:chromeOptions": { "args": ARGUMENTS },
            "goog:loggingPrefs": { "browser": "ALL" },
            // Nobody on this machine trusts the authorities of tests.
            "acceptInsecureCerts": true,
        });
        let answer = browser.ask("", &json!({ "capabilities": { "alwaysMatch": options } }));
        browser.session = format!("/{}", answer["sessionId"].as_str().expect("a session"));
        browser.ask("/timeouts", &json!({ "implicit": PATIENCE.as_millis() as u64 }));
        Some(browser)
    }

    /// Goes to an address.
    pub fn go(&mut self, url: &str) {
        self.ask("/url", &json!({ "url": url }));
    }

    /// The first element that a CSS selector fits, once there is one.
    ///
    /// # Panics
    /// Where there is none when patience ends.
    pub fn find(&mut self, selector: &str) -> Element {
        let answer = self.ask("/element", &json!({ "using": "css selector", "value": selector }));
        Element(answer[ELEMENT].as_str().expect("an element").to_owned())
    }

    /// Clicks on what a selector fits.
    pub fn click(&mut self, selector: &str) {
        let Element(id) = self.find(selector);
        self.ask(&format!("/element/{id}/click"), &json!({}));
    }

    /// Types into what a selector fits. Keys that have no character are named as WebDriver does:
    /// `\u{e015}` is the arrow down.
    pub fn type_into(&mut self, selector: &str, text: &str) {
        let Element(id) = self.find(selector);
        self.ask(&format!("/element/{id}/value"), &json!({ "text": text }));
    }

    /// Makes the window as large as that of a phone, or of a desk.
    pub fn resize(&mut self, width: u32, height: u32) {
        self.ask("/window/rect", &json!({ "width": width, "height": height }));
    }

    /// Tells pages which colours are preferred: `dark` or `light`.
    pub fn prefer(&mut self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        let command =
            json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "features": features } });
        self.ask("/goog/cdp/execute", &command);
    }

    /// Waits until an expression of JavaScript is true.
    ///
    /// # Panics
    /// Where it is not when patience ends.
    pub fn wait_until(&mut self, expression: &str) {
        let started = Instant::now();
        while self.evaluate(expression) != "true" {
            assert!(started.elapsed() < PATIENCE, "{expression}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Chooses a file in an input.
    pub fn choose_file(&mut self, selector: &str, path: &Path) {
        let Element(id) = self.find(selector);
        self.ask(&format!("/element/{id}/value"), &json!({ "text": path.to_str() }));
    }

    /// The value of an expression of JavaScript, as text.
    pub fn evaluate(&mut self, expression: &str) -> String {
        let script = json!({ "script": format!("return String({expression})"), "args": [] });
        self.ask("/execute/sync", &script).as_str().unwrap_or_default().to_owned()
    }

    /// The errors in the console since this was last asked.
    pub fn errors(&mut self) -> Vec<String> {
        let entries = self.ask("/se/log", &json!({ "type": "browser" }));
        let entries = entries.as_array().cloned().unwrap_or_default();
        let severe = entries.iter().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Sends a command, and gives its value.
    fn ask(&mut self, command: &str, content: &Value) -> Value {
        let content = content.to_string();
        let (status, mut answer) = self.exchange(command, &content);
        assert_eq!(status, "200", "{command} {content}: {answer}");
        answer["value"].take()
    }

    /// One request and its answer.
    fn exchange(&mut self, command: &str, content: &str) -> (String, Value) {
        let (session, len) = (&self.session, content.len());
        let head = format!(
            "POST /session{session}{command} HTTP/1.1\r\nHost: localhost\r\n\
             Content-Type: application/json\r\nContent-Length: {len}\r\n\r\n"
        );
        let mut lines = Vec::new();
        self.stream.get_ref().write_all((head + content).as_bytes()).expect("it reads");
        while lines.last().is_none_or(|line: &String| !line.trim().is_empty()) {
            let mut line = String::new();
            assert!(self.stream.read_line(&mut line).expect("an answer") > 0, "it has closed");
            lines.push(line.to_ascii_lowercase());
        }
        let len = lines.iter().find_map(|line| line.strip_prefix("content-length:"));
        let mut answer = vec![0; len.and_then(|len| len.trim().parse().ok()).expect("a length")];
        self.stream.read_exact(&mut answer).expect("an answer");
        let status = lines[0].split(' ').nth(1).unwrap_or_default().to_owned();
        (status, serde_json::from_slice(&answer).expect("JSON"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser ends with the session, before this is answered; ChromeDriver does not.
        let request =
            format!("DELETE /session{} HTTP/1.1\r\nHost: localhost\r\n\r\n", self.session);
        let _ = self.stream.get_ref().write_all(request.as_bytes());
        let _ = self.stream.read_line(&mut String::new());
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
