//! The expression of an `if`: a value, or two that are compared, or one that a regex matches.

use regex_automata::nfa::thompson::pikevm::{Cache, PikeVM};
use regex_automata::nfa::thompson::{self, Compiler};
use regex_automata::util::primitives::PatternID;
use regex_automata::util::syntax;

use super::Ssi;
use super::value::shown;
use crate::coding::Loom;

/// The most memory of one regex, in bytes.
const REGEX_LEN: usize = 256 * 1024;

impl Ssi {
    /// Whether an expression holds; the error says why it is none.
    pub(super) fn holds(&mut self, expr: &[u8], loom: &mut Loom<'_>) -> Result<bool, String> {
        let is_part = |byte: &u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'$' | b'{' | b'}' | b'_' | b'"' | b'\'')
        };
        let len = expr.iter().take_while(|byte| is_part(byte)).count();
        let (left, rest) = expr.split_at(len);
        let left = self.evaluate(&left.to_ascii_lowercase(), loom)?;
        let wrong = || format!("invalid expression in \"{}\"", shown(expr));
        let (is_negated, right) = match without_blanks(rest) {
            [] => return Ok(!left.is_empty()),
            [b'=', rest @ ..] => (false, rest),
            [b'!', b'=', rest @ ..] => (true, rest),
            _ => return Err(wrong()),
        };
        let right = without_blanks(right);
        let is_same = match right {
            [b'/', pattern @ .., b'/'] => {
                let pattern = self.evaluate(pattern, loom)?;
                matches(&pattern, &left, loom)?
            }
            [b'/', _, ..] => return Err(wrong()),
            right => self.evaluate(right, loom)? == left,
        };
        Ok(is_same != is_negated)
    }
}

fn without_blanks(text: &[u8]) -> &[u8] {
    let len = text.iter().take_while(|byte| **byte == b' ').count();
    &text[len..]
}

/// Whether a regex matches a value. Its groups are variables then: the numbered ones by their numbers.
fn matches(pattern: &[u8], value: &[u8], loom: &mut Loom<'_>) -> Result<bool, String> {
    let text = String::from_utf8_lossy(pattern);
    let wrong = || format!("the regex \"{}\" cannot be read", shown(pattern));
    let syntax = syntax::Config::new().unicode(false).utf8(false);
    let config = thompson::Config::new().utf8(false).nfa_size_limit(Some(REGEX_LEN));
    let nfa = Compiler::new().syntax(syntax).configure(config).build(&text);
    let nfa = nfa.map_err(|_| wrong())?;
    let regex = PikeVM::new_from_nfa(nfa).map_err(|_| wrong())?;
    let (mut cache, mut groups) = (Cache::new(&regex), regex.create_captures());
    regex.captures(&mut cache, value, &mut groups);
    let names: Vec<_> = regex.get_nfa().group_info().pattern_names(PatternID::ZERO).collect();
    let woven = loom.woven();
    woven.forget_groups();
    if groups.is_match() {
        for (number, name) in names.into_iter().enumerate() {
            let found = groups.get_group(number).map_or(&b""[..], |span| &value[span.range()]);
            woven.set_group(number, name, found)?;
        }
    }
    Ok(groups.is_match())
}
