//! Any bytes as frames: no panic, and no frame that has more than its payload.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sitec_runtime::http2::frame::{Frame, HEADER_LEN, Header};

fuzz_target!(|bytes: &[u8]| {
    let mut rest = bytes;
    while let Some(header) = Header::read(rest) {
        if header.check().is_err_and(|fault| !fault.of_stream) {
            return;
        }
        let Some(payload) = rest.get(HEADER_LEN..HEADER_LEN + header.len) else { return };
        match header.check().and_then(|()| header.frame(payload)) {
            Ok(Frame::Data { content, flow_len, .. }) => {
                assert!(content.len() <= flow_len && flow_len == header.len);
            }
            Ok(Frame::Headers { block, .. } | Frame::Continuation { block, .. }) => {
                assert!(block.len() <= header.len);
            }
            Ok(Frame::WindowUpdate { increment, .. }) => assert!(increment > 0),
            _ => {}
        }
        rest = &rest[HEADER_LEN + header.len..];
    }
});
