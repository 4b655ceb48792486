#!/bin/sh
# Says what it was sent.
printf 'Content-Type: text/plain\r\n\r\n%s %s:' "$REQUEST_METHOD" "$CONTENT_LENGTH"
cat
