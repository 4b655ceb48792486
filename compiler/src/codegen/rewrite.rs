//! The steps of servers and locations: a slice of `site::Op` each. Their conditions, regexes and
//! values are functions and automata; what is walked is the list.

use proc_macro2::TokenStream;
use quote::quote;
use sitec_runtime::site::{Assigned, Then};

use super::route::Sets;
use super::tokens::{Shared, number, option, variant};
use crate::ir::{Condition, Op, Regex, Return, Rewrite, Test};

/// A `&'static [site::Op]`.
pub(super) fn steps(ops: &[Op], sets: &mut Sets, shared: &mut Shared) -> TokenStream {
    let ops: Vec<_> = ops.iter().map(|op| step(op, sets, shared)).collect();
    quote!(&[#(#ops),*])
}

fn step(op: &Op, sets: &mut Sets, shared: &mut Shared) -> TokenStream {
    match op {
        Op::Set(variable, _, value) => {
            let (variable, text) = (assigned(*variable), shared.text(value));
            quote!(site::Op::Set(#variable, #text))
        }
        Op::If { condition: Condition { negated, test }, skip, location } => {
            let test = match test {
                Test::Truth(value) => {
                    let text = shared.text(value);
                    quote!(Truth(#text))
                }
                Test::Equal(one, other) => {
                    let (one, other) = (shared.text(one), shared.text(other));
                    quote!(Equal(#one, #other))
                }
                Test::Matches(value, asked) => {
                    let (text, asked) = (shared.text(value), regex(asked, sets, shared));
                    quote!(Matches(#text, #asked))
                }
                Test::Path(path, test) => {
                    let (text, test) = (shared.text(path), variant(*test));
                    quote!(Path(#text, site::PathTest::#test))
                }
            };
            let (skip, location) = (number(*skip), option(location.map(number)));
            quote! {
                site::Op::If {
                    condition: site::Condition { negated: #negated, test: site::Test::#test },
                    skip: #skip,
                    location: #location,
                }
            }
        }
        Op::Rewrite(Rewrite { regex: asked, target, args, keep_args, then }) => {
            let (asked, target) = (regex(asked, sets, shared), shared.text(target));
            let args = option(args.as_ref().map(|args| shared.text(args)));
            let then = match then {
                Then::Next => quote!(Next),
                Then::Last => quote!(Last),
                Then::Break => quote!(Break),
                Then::Redirect { status, has_args } => {
                    let status = number(*status);
                    quote!(Redirect { status: #status, has_args: #has_args })
                }
            };
            quote! {
                site::Op::Rewrite(site::Rewrite {
                    regex: #asked,
                    target: #target,
                    args: #args,
                    keep_args: #keep_args,
                    then: site::Then::#then,
                })
            }
        }
        Op::Return(answer) => {
            let answer = computed_return(answer, shared);
            quote!(site::Op::Return(site::Return::#answer))
        }
        Op::Break => quote!(site::Op::Break),
    }
}

/// A `site::Regex`.
pub(super) fn regex(regex: &Regex, sets: &mut Sets, shared: &mut Shared) -> TokenStream {
    let set = sets.name(&[&regex.pattern], shared);
    let captures = regex.captures_used.then(|| shared.pattern(&regex.pattern));
    let captures = option(captures);
    quote!(site::Regex { set: &#set, captures: #captures })
}

/// A `site::Assigned`.
pub(super) fn assigned(variable: Assigned) -> TokenStream {
    match variable {
        Assigned::Args => quote!(site::Assigned::Args),
        Assigned::LimitRate => quote!(site::Assigned::LimitRate),
        Assigned::Slot(slot) => {
            let slot = number(slot);
            quote!(site::Assigned::Slot(#slot))
        }
    }
}

/// A variant of `site::Return` that is worked out for each request.
fn computed_return(answer: &Return, shared: &mut Shared) -> TokenStream {
    match answer {
        Return::Status(code) => {
            let code = number(*code);
            quote!(Status(#code))
        }
        Return::Redirect(code, value) => {
            let (code, text) = (number(*code), shared.text(value));
            quote!(Redirect(#code, #text))
        }
        Return::Text(code, value) => {
            let (code, text) = (number(*code), shared.text(value));
            quote!(Text(#code, #text))
        }
        Return::Close => quote!(Close),
    }
}
