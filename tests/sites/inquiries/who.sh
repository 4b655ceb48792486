#!/bin/sh
# Lets in whom a cookie names, and tells who that is.
case "$HTTP_COOKIE" in
    who=nobody) printf 'Status: 403\r\n\r\n' ;;
    who=*) printf 'Status: 200\r\nX-User: %s\r\n\r\nit is %s' "${HTTP_COOKIE#who=}" "$REQUEST_METHOD" ;;
    *) printf 'Status: 401\r\nWWW-Authenticate: Cookie\r\n\r\n' ;;
esac
