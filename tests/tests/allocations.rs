//! Files, redirects and texts of the conf are answered without allocating anything, whether the
//! same is asked again or something else each time. This program is the server too: it counts
//! what it allocates, and says so at its end.

use std::alloc::{GlobalAlloc, Layout, System};
use std::env;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use sitec_tests::server::Launch;

sitec_macros::site!("sites/lean.conf");

/// Set in the environment of the server.
const SERVER: &str = "SITEC_ALLOCATIONS_SERVER";

/// The allocator of std, counted.
struct Counted;

static COUNT: AtomicU64 = AtomicU64::new(0);

#[global_allocator]
static ALLOCATOR: Counted = Counted;

// SAFETY: every call is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: what the caller promises about `layout` holds for the system's allocator too.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from the call above, with the same layout.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, len: usize) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: `pointer` came from one of these calls, with the same layout.
        unsafe { System.realloc(pointer, layout, len) }
    }
}

fn main() -> ExitCode {
    if env::var_os(SERVER).is_some() {
        let ended = sitec_runtime::main::<Conf>(PREFIX);
        eprintln!("allocations: {}", COUNT.load(Ordering::Relaxed));
        return ended;
    }
    let few = allocations(10);
    let many = allocations(2010);
    // What a file is, is looked up anew each second, and many requests take longer.
    let most = few + 200;
    assert!(many <= most, "10 rounds allocate {few} times, 2010 rounds {many} times");
    println!("10 rounds allocate {few} times, 2010 rounds {many} times");
    ExitCode::SUCCESS
}

/// How often a server allocates that is asked everything so many times.
fn allocations(rounds: usize) -> u64 {
    let program = env::current_exe().expect("the path of this program");
    let mut server = Launch::new(program, "lean").variable(SERVER, "1").start();
    let mut client = server.connect();
    for _ in 0..rounds {
        for (path, status) in [
            ("/plain.txt", 200),
            ("/plain.txt", 200),
            ("/none", 404),
            ("/moved", 301),
            ("/said", 200),
        ] {
            assert_eq!(client.get(path, "lean.test").status, status, "{path}");
        }
    }
    drop(client);
    server.signal("TERM");
    server.wait_for("allocations: ");
    server.ended();
    let log = server.log();
    let count = log.lines().find_map(|line| line.strip_prefix("allocations: "));
    count.and_then(|count| count.parse().ok()).expect("a count")
}
