//! The compiled sites that `cargo bench -p sitec-bench` looks things up in.

/// Ten of each thing.
pub mod few {
    include!(concat!(env!("OUT_DIR"), "/few/site.rs"));
}

/// A thousand of each thing.
pub mod many {
    include!(concat!(env!("OUT_DIR"), "/many/site.rs"));
}
