//! What variables tell of the server that a request was passed on to.

use super::{Variables, write_some};

/// The request as it is passed on.
impl Variables<'_> {
    /// `$proxy_host`: the host and the port that `proxy_pass` names.
    pub fn proxy_host(&self, out: &mut Vec<u8>) -> bool {
        write_some(None, out)
    }

    /// `$proxy_port`.
    pub fn proxy_port(&self, out: &mut Vec<u8>) -> bool {
        write_some(None, out)
    }

    /// `$proxy_add_x_forwarded_for`: the request's own, and the client's address behind it.
    pub fn proxy_add_x_forwarded_for(&self, out: &mut Vec<u8>) -> bool {
        write_some(None, out)
    }
}

/// What came of it.
impl Variables<'_> {
    /// `$upstream_addr`: who was asked.
    pub fn upstream_addr(&self, out: &mut Vec<u8>) -> bool {
        write_some(None, out)
    }

    /// `$upstream_status`.
    pub fn upstream_status(&self, out: &mut Vec<u8>) -> bool {
        write_some(None, out)
    }

    /// `$upstream_connect_time`.
    pub fn upstream_connect_time(&self, out: &mut Vec<u8>) -> bool {
        write_some(None, out)
    }

    /// `$upstream_header_time`.
    pub fn upstream_header_time(&self, out: &mut Vec<u8>) -> bool {
        write_some(None, out)
    }

    /// `$upstream_response_time`.
    pub fn upstream_response_time(&self, out: &mut Vec<u8>) -> bool {
        write_some(None, out)
    }

    /// `$upstream_response_length`.
    pub fn upstream_response_length(&self, out: &mut Vec<u8>) -> bool {
        write_some(None, out)
    }

    /// `$upstream_bytes_sent`.
    pub fn upstream_bytes_sent(&self, out: &mut Vec<u8>) -> bool {
        write_some(None, out)
    }

    /// `$upstream_bytes_received`.
    pub fn upstream_bytes_received(&self, out: &mut Vec<u8>) -> bool {
        write_some(None, out)
    }

    /// `$upstream_cache_status`: nothing is cached.
    pub fn upstream_cache_status(&self, out: &mut Vec<u8>) -> bool {
        write_some(None, out)
    }

    /// `$upstream_http_NAME`: a field of the answer, as it came.
    pub fn upstream_field(&self, _name: &[u8], out: &mut Vec<u8>) -> bool {
        write_some(None, out)
    }

    /// `$upstream_trailer_NAME`: a field behind the content of the answer.
    pub fn upstream_trailer(&self, _name: &[u8], out: &mut Vec<u8>) -> bool {
        write_some(None, out)
    }

    /// `$upstream_cookie_NAME`: a cookie that the answer sets.
    pub fn upstream_cookie(&self, _name: &[u8], out: &mut Vec<u8>) -> bool {
        write_some(None, out)
    }
}
