# Answers a request: a head, an empty line, and the content. What a client sends is in variables
# (RFC 3875) and, for POST, in standard input.
name=${PATH_INFO#/}

printf 'Content-Type: text/plain\n\n'
printf 'Hello, %s!\n' "${name:-world}"
printf 'You sent %s bytes by %s.\n' "${CONTENT_LENGTH:-0}" "$REQUEST_METHOD"
