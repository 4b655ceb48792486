#!/bin/sh
# A folder's index.
printf 'Content-Type: text/plain\n\nindex of %s' "$SCRIPT_NAME"
