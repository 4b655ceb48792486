# Answers with the fields that the query has, with a semicolon between them.
printf '%s\n' "$QUERY_STRING" | sed 's/%20/ /g; s/;/\n/g'
echo
echo text
