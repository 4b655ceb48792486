//! Which programs the scripts of a site need that are no files of the site.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use sitec_compiler::needs::{Needs, What};

use super::contents::Contents;
use super::tree::Node;

/// The most of a file that is looked at.
const FRONT_LEN: u64 = 64 * 1024;

/// The programs, by name or by path.
pub(super) fn elsewhere(needs: &Needs, contents: &Contents) -> Result<BTreeSet<String>, String> {
    let is_own = |program: &str| {
        program.contains('/')
            && needs.paths.iter().any(|it| it.what == What::Program && it.path == program)
            && Path::new(program).is_relative()
    };
    let mut found: BTreeSet<_> =
        needs.programs.iter().filter(|program| !is_own(program)).cloned().collect();
    let own: Vec<_> = needs.programs.iter().filter(|program| is_own(program)).collect();
    for (path, entry) in contents.own.entries() {
        let Node::Copy(from) = &entry.node else { continue };
        let is_script = needs
            .bare_scripts
            .iter()
            .any(|extension| path.as_os_str().as_encoded_bytes().ends_with(extension.as_bytes()));
        if is_script || own.iter().any(|program| path.ends_with(program.trim_start_matches("./"))) {
            let mut front = Vec::new();
            let read = File::open(from).and_then(|it| it.take(FRONT_LEN).read_to_end(&mut front));
            read.map_err(|error| format!("cannot pack `{}`: {error}", from.display()))?;
            found.extend(needed(&front));
        }
    }
    Ok(found)
}

/// What runs a program: what its first line names, or what loads its libraries.
fn needed(front: &[u8]) -> Option<String> {
    if let Some(line) = front.strip_prefix(b"#!") {
        let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        let mut words = line.split_whitespace();
        let program = words.next()?;
        let is_env = Path::new(program).file_name().is_some_and(|name| name == "env");
        let named = words.find(|word| !word.starts_with('-')).filter(|_| is_env);
        return Some(named.unwrap_or(program).to_owned());
    }
    loader(front)
}

/// The dynamic loader that an ELF program of 64 bits asks for (`PT_INTERP`).
fn loader(elf: &[u8]) -> Option<String> {
    const PT_INTERP: u32 = 3;
    let number = |at: usize, len: usize| -> Option<u64> {
        let bytes = elf.get(at..at.checked_add(len)?)?;
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    };
    // 64 bits, little end first.
    if !elf.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let at = |number: u64| usize::try_from(number).ok();
    let (table, entry_len, count) = (at(number(32, 8)?)?, number(54, 2)?, number(56, 2)?);
    for index in 0..count {
        let header = table.checked_add(at(index * entry_len)?)?;
        if number(header, 4)? == u64::from(PT_INTERP) {
            let (from, len) = (at(number(header + 8, 8)?)?, at(number(header + 32, 8)?)?);
            let name = elf.get(from..from.checked_add(len)?)?;
            return Some(String::from_utf8_lossy(name).trim_end_matches('\0').to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_a_program() {
        for (front, expected) in [
            ("#!/bin/sh\necho", Some("/bin/sh")),
            ("#! /usr/bin/env -S python3 -u\n", Some("python3")),
            ("#!/usr/bin/perl -w", Some("/usr/bin/perl")),
            ("#!\n", None),
            ("text", None),
            ("\x7fELF", None),
        ] {
            assert_eq!(needed(front.as_bytes()).as_deref(), expected, "{front}");
        }
        let elf = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let loader = needed(&elf[..elf.len().min(FRONT_LEN as usize)]);
        // Tests are linked with the libraries of the machine.
        assert!(loader.is_some_and(|path| path.contains("ld-")), "of this program");
        // Cut anywhere, it is no harm.
        (0..200.min(elf.len())).for_each(|len| drop(needed(&elf[..len])));
    }
}
