#!/usr/bin/env python3
"""The month that the query names, else this one: /cgi-bin/month.py?2026-11."""

import calendar
import datetime
import os
import re

asked = re.fullmatch(r"(\d{4})-(\d{2})", os.environ["QUERY_STRING"])
year, month = map(int, asked.groups()) if asked else datetime.date.today().timetuple()[:2]
if not (1 <= year <= 9998 and 1 <= month <= 12):
    print("Status: 400 Bad Request\nContent-Type: text/plain\n\nThere is no such month.")
    raise SystemExit

here = os.environ["SCRIPT_NAME"]
first = datetime.date(year, month, 1)
before, after = first - datetime.timedelta(days=1), first + datetime.timedelta(days=31)
print(f"""Content-Type: text/html; charset=utf-8

<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{first:%B %Y}</title>
  <link rel="icon" href="/favicon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/style.css">
</head>
<body>
  <main>
    <h1>{first:%B %Y}</h1>
    <pre>{calendar.month(year, month)}</pre>
    <p><a href="{here}?{before:%Y-%m}">before</a> · <a href="{here}?{after:%Y-%m}">after</a></p>
    <footer><a href="/cgi-bin/guestbook.sh">Back to the guestbook</a></footer>
  </main>
</body>
</html>""")
