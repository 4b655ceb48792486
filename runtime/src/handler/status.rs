//! `stub_status`: the counts of the process, in the words of nginx.

use super::{Outcome, Response};
use crate::counts::{AllCounts, Sums};

/// Tells the counts.
pub fn serve(counts: &AllCounts) -> Outcome {
    let content = text(counts.sums()).into_bytes();
    let content_type = b"text/plain";
    Outcome::Response(Response { status: 200, content_type, content, ..Response::default() })
}

fn text(sums: Sums) -> String {
    let Sums { accepted, active, requests, reading, writing, waiting } = sums;
    // Every connection that is accepted is handled.
    format!(
        "Active connections: {active} \nserver accepts handled requests\n \
         {accepted} {accepted} {requests} \n\
         Reading: {reading} Writing: {writing} Waiting: {waiting} \n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_that_of_nginx() {
        let sums =
            Sums { accepted: 9, active: 6, requests: 31, reading: 1, writing: 2, waiting: 3 };
        let expected = "Active connections: 6 \nserver accepts handled requests\n 9 9 31 \n\
                        Reading: 1 Writing: 2 Waiting: 3 \n";
        assert_eq!(text(sums), expected);
    }
}
