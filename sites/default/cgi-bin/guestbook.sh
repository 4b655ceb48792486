#!/bin/sh
# A guestbook: GET shows it, POST writes a line into it. The visitor's name is kept in a cookie.
# Whatever a visitor sends is decoded, cut, and escaped before it is written down.
set -eu
LC_ALL=C
export LC_ALL
book=../guestbook.txt

# The value of field $1 of the form on standard input, fit for HTML and for one line.
field() {
    awk -v wanted="$1" '
        BEGIN {
            RS = "[&\n]"
            for (i = 0; i < 256; i++) byte[sprintf("%02x", i)] = i < 32 ? " " : sprintf("%c", i)
        }
        function decoded(text,    out) {
            gsub(/\+/, " ", text)
            while (match(text, /%[0-9A-Fa-f][0-9A-Fa-f]/)) {
                out = out substr(text, 1, RSTART - 1) byte[tolower(substr(text, RSTART + 1, 2))]
                text = substr(text, RSTART + 3)
            }
            return out text
        }
        index($0, wanted "=") == 1 {
            value = substr(decoded(substr($0, length(wanted) + 2)), 1, 400)
            gsub(/[\001-\037\177]/, " ", value)
            gsub(/&/, "\\&amp;", value)
            gsub(/</, "\\&lt;", value)
            gsub(/>/, "\\&gt;", value)
            gsub(/"/, "\\&quot;", value)
            print value
            exit
        }
    '
}

# The value of cookie $1, still encoded as it was in the form.
cookie() {
    printf '%s' "${HTTP_COOKIE:-}" | tr -d ' ' | tr ';' '\n' | sed -n "s/^$1=//p" | head -n 1
}

if [ "$REQUEST_METHOD" = POST ]; then
    form=$(cat)
    name=$(printf '%s' "$form" | field name)
    text=$(printf '%s' "$form" | field text)
    if [ -n "$name" ] && [ -n "$text" ]; then
        printf '%s\t%s\t%s\n' "$(date -u '+%Y-%m-%d %H:%M')" "$name" "$text" >>"$book"
    fi
    sent=$(printf '%s' "$form" | tr '&' '\n' | sed -n 's/^name=\([A-Za-z0-9%+._~-]*\)$/\1/p')
    printf 'Status: 303 See Other\nLocation: %s\n' "$SCRIPT_NAME"
    printf 'Set-Cookie: name=%s; Path=/cgi-bin/; Max-Age=2592000; HttpOnly; SameSite=Lax\n' "$sent"
    printf 'Set-Cookie: wrote=yes; Path=/cgi-bin/; HttpOnly; SameSite=Lax\n\n'
    exit
fi

name=$(printf 'name=%s' "$(cookie name)" | field name)
thanks=
[ -n "$(cookie wrote)" ] && thanks='<p>Thank you for writing.</p>'
python=
command -v python3 >/dev/null && python='<p><a href="/cgi-bin/month.py">A script in Python</a></p>'

cat <<END
Content-Type: text/html; charset=utf-8
Cache-Control: no-store

<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Guestbook</title>
  <link rel="icon" href="/favicon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/style.css">
</head>
<body>
  <main>
    <h1>Guestbook</h1>
    <p class="lead">This page is made by a shell script, for each request anew.</p>
    $thanks
    <form method="post">
      <p><label>Name<br><input name="name" value="$name" maxlength="60" required></label></p>
      <p><label>Message<br><input name="text" size="50" maxlength="200" required></label></p>
      <p><button>Write</button></p>
    </form>
END
if [ -s "$book" ]; then
    tail -n 50 "$book" | awk -F '\t' '
        { line[NR] = "<dt>" $2 ", " $1 " UTC</dt><dd>" $3 "</dd>" }
        END { print "<dl>"; for (i = NR; i; i--) print line[i]; print "</dl>" }
    '
else
    echo '<p>Nobody has written yet.</p>'
fi
cat <<END
    $python
    <footer><a href="/">Back to the tour</a></footer>
  </main>
</body>
</html>
END
