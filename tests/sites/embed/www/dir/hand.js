a.js compressed by hand
