//! Processes that may take their time: after a second, a terminal shows that they run.

use std::io::ErrorKind;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What takes less shows nothing.
const SOON: Duration = Duration::from_secs(1);

/// Runs `command` to its end, and calls `say` if that takes long; what it returns lives as
/// long as the process.
pub(crate) fn while_running<T>(
    mut command: Command,
    say: impl FnOnce() -> T,
) -> Result<Output, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            format!("cannot find `{program}`: sitec needs Rust to build a site (https://rustup.rs)")
        }
        _ => format!("cannot run `{program}`: {error}"),
    })?;
    let (ended, end) = mpsc::channel();
    thread::spawn(move || ended.send(child.wait_with_output()));
    let output = end.recv_timeout(SOON).or_else(|_| {
        let _shown = say();
        end.recv()
    });
    let output = output.expect("the thread sends before it ends");
    output.map_err(|error| format!("cannot run `{program}`: {error}"))
}

/// Shows a line that moves, on a terminal, until it is dropped.
pub(crate) fn spin(message: &'static str) -> impl Drop {
    let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
    let spinner = ProgressBar::new_spinner().with_message(message);
    spinner.set_style(style.expect("a template"));
    spinner.enable_steady_tick(Duration::from_millis(100));
    Spinner(spinner)
}

/// A spinner that leaves nothing on the screen.
struct Spinner(ProgressBar);

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A bar that fills, on a terminal, for what takes longer than a second.
pub(crate) struct Bar {
    bar: ProgressBar,
    started: Instant,
}

impl Bar {
    /// A bar that is not yet shown.
    pub(crate) fn new(message: &'static str) -> Bar {
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} ({elapsed})");
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.set_style(style.expect("a template"));
        Bar { bar: bar.with_message(message), started: Instant::now() }
    }

    /// Says how much is done.
    pub(crate) fn set(&self, done: usize, total: usize) {
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
        if self.bar.is_hidden() && self.started.elapsed() > SOON {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
