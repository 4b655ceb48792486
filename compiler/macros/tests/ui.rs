//! What rustc shows for a wrong conf: one mistake each in `tests/ui`, with what is shown for it.
//! `TRYBUILD=overwrite cargo test -p sitec-macros --test ui` writes what is shown now.

#[test]
fn wrong_confs_do_not_compile() {
    trybuild::TestCases::new().compile_fail("../../tests/ui/*.rs");
}
