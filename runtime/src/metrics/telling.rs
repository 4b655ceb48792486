//! The content that tells of everything, made while it is sent: a scrape of a site with many locations
//! holds up nobody, and no more than one run of it is in memory.

use std::io;

use super::facts::Facts;
use super::families::FAMILIES;
use super::{json, text};
use crate::output::{Produce, Produced};

/// How it is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// The text format of Prometheus.
    Text,
    /// JSON.
    Json,
}

/// A content that is under way.
#[derive(Debug)]
pub struct Telling {
    facts: Facts,
    form: Form,
    /// Which of [`FAMILIES`] is told next, and which of its rows.
    family: usize,
    row: usize,
    /// Whether nothing of the family was told yet.
    is_at_front: bool,
}

impl Telling {
    /// Tells of these.
    pub fn new(facts: Facts, form: Form) -> Telling {
        Telling { facts, form, family: 0, row: 0, is_at_front: true }
    }
}

impl Produce for Telling {
    fn produce(&mut self, out: &mut Vec<u8>, room: usize) -> io::Result<Produced> {
        let end = out.len() + room;
        let Telling { facts, form, family, row, is_at_front } = self;
        if (*form, *family, *row) == (Form::Json, 0, 0) {
            json::write_front(facts, out);
        }
        while let Some(told) = FAMILIES.get(*family) {
            let count = told.row_count(facts);
            if *row == 0 && count > 0 {
                match form {
                    Form::Text => text::write_front(told, out),
                    Form::Json => json::write_family_front(told, *family == 0, out),
                }
            }
            while *row < count {
                if out.len() >= end && *row > 0 {
                    return Ok(Produced::More);
                }
                told.tell(facts, *row, &mut |sample| {
                    match form {
                        Form::Text => text::write_sample(told.name, &sample, out),
                        Form::Json => json::write_sample(&sample, *is_at_front, out),
                    }
                    *is_at_front = false;
                });
                *row += 1;
            }
            if *form == Form::Json && count > 0 {
                out.push(b']');
            }
            (*family, *row, *is_at_front) = (*family + 1, 0, true);
            if out.len() >= end {
                return Ok(Produced::More);
            }
        }
        if *form == Form::Json {
            json::write_back(out);
        }
        Ok(Produced::End)
    }
}
