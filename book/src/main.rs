//! `cargo run -p sitec-book`: writes the files of `sites/docs`, for `sitec build sites/docs` and
//! its like. `cargo build --features site-docs` does so by itself.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let book = match sitec_book::read(&repository) {
        Ok(book) => book,
        Err(problems) => {
            eprintln!("{}", problems.join("\n"));
            return ExitCode::FAILURE;
        }
    };
    if let Err(error) = book.write(&repository.join(sitec_book::SITE)) {
        eprintln!("cannot write {}: {error}", sitec_book::SITE);
        return ExitCode::FAILURE;
    }
    println!("{} files in {}", book.files().len(), sitec_book::SITE);
    ExitCode::SUCCESS
}
