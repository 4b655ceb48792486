// The search: an index that is fetched once, when somebody is about to search, and asked here.
"use strict";

const MOST = 30;
const AROUND = 60;

const form = document.getElementById("book-search");
const input = form.querySelector("input");
const list = document.getElementById("book-results");
let sections;
let selected = -1;

/** Fetches the index: one entry for each heading, with what is compared in lower case. */
async function load() {
  const response = await fetch(form.dataset.index);
  if (!response.ok) {
    throw new Error(`the index: ${response.status}`);
  }
  const entries = [];
  for (const [title, address, headings] of await response.json()) {
    for (const [heading, anchor, text] of headings) {
      entries.push({
        title,
        heading,
        text,
        address: anchor ? `${address}#${anchor}` : address,
        name: heading.toLowerCase(),
        of: title.toLowerCase(),
        low: text.toLowerCase(),
      });
    }
  }
  return entries;
}

/** The index, fetched the first time. */
function index() {
  sections ??= load().catch((error) => {
    sections = undefined;
    throw error;
  });
  return sections;
}

/** How well an entry fits, 0 if it does not: in its heading best, in its text least. */
function score(entry, words) {
  const whole = words.join(" ");
  let sum = 0;
  for (const word of words) {
    if (entry.name.includes(word)) {
      sum += 20;
    } else if (entry.of.includes(word)) {
      sum += 8;
    } else if (entry.low.includes(word)) {
      sum += 2;
    } else {
      return 0;
    }
  }
  const parts = entry.name.split(/[^a-z0-9_$]+/);
  if (entry.name === whole) {
    sum += 200;
  } else if (parts[0] === whole) {
    // The code of a check.
    sum += 100;
  } else if (parts.some((part) => part.startsWith(whole))) {
    sum += 30;
  }
  if (entry.low.includes(whole)) {
    sum += 3;
  }
  // What is told sooner in the book is told to more people: the sort keeps its order.
  return sum / words.length;
}

/** Adds a text to a node, with the words that were searched for marked. */
function marked(node, text, words) {
  const low = text.toLowerCase();
  let from = 0;
  while (from < text.length) {
    let at = text.length;
    let len = 0;
    for (const word of words) {
      const found = low.indexOf(word, from);
      if (found !== -1 && found < at) {
        at = found;
        len = word.length;
      }
    }
    node.append(text.slice(from, at));
    if (len) {
      const mark = document.createElement("mark");
      mark.textContent = text.slice(at, at + len);
      node.append(mark);
    }
    from = at + len;
  }
}

/** What stands around the first of the words. */
function excerpt(entry, words) {
  const places = words.map((word) => entry.low.indexOf(word)).filter((place) => place !== -1);
  const first = places.length ? Math.min(...places) : 0;
  let from = Math.max(0, first - AROUND);
  if (from) {
    from = entry.text.indexOf(" ", from) + 1;
  }
  const text = entry.text.slice(from, from + 3 * AROUND);
  return (from ? "… " : "") + text + (from + text.length < entry.text.length ? " …" : "");
}

function result(entry, words, number) {
  const link = document.createElement("a");
  link.href = entry.address;
  link.id = `book-result-${number}`;
  link.setAttribute("role", "option");
  link.tabIndex = -1;
  const name = document.createElement("b");
  marked(name, entry.heading, words);
  link.append(name);
  if (entry.title !== entry.heading) {
    const of = document.createElement("span");
    of.className = "of";
    of.textContent = entry.title;
    link.append(" ", of);
  }
  const text = document.createElement("p");
  marked(text, excerpt(entry, words), words);
  link.append(text);
  return link;
}

function show(nodes) {
  list.replaceChildren(...nodes);
  list.hidden = !nodes.length;
  input.setAttribute("aria-expanded", String(!list.hidden));
  select(nodes.length && nodes[0].href ? 0 : -1);
}

function note(text) {
  const node = document.createElement("p");
  node.textContent = text;
  show([node]);
}

function select(number) {
  const links = list.querySelectorAll("a");
  selected = number;
  links.forEach((link, place) => link.setAttribute("aria-selected", String(place === number)));
  if (links[number]) {
    links[number].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", links[number].id);
  } else {
    input.removeAttribute("aria-activedescendant");
  }
}

async function search() {
  const query = input.value;
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) {
    show([]);
    return;
  }
  let entries;
  try {
    entries = await index();
  } catch {
    note("The index could not be fetched.");
    return;
  }
  if (input.value !== query) {
    return;
  }
  const found = entries
    .map((entry) => ({ entry, score: score(entry, words) }))
    .filter(({ score }) => score)
    .sort((one, other) => other.score - one.score)
    .slice(0, MOST);
  if (found.length) {
    show(found.map(({ entry }, number) => result(entry, words, number)));
  } else {
    note(`Nothing is found for “${query.trim()}”.`);
  }
}

input.addEventListener("focus", () => index().catch(() => {}));
input.addEventListener("input", search);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  list.querySelectorAll("a")[selected]?.click();
});

input.addEventListener("keydown", (event) => {
  const links = list.querySelectorAll("a");
  if (event.key === "Escape") {
    input.value = "";
    show([]);
    input.blur();
  } else if (event.key === "ArrowDown" && links.length) {
    select((selected + 1) % links.length);
  } else if (event.key === "ArrowUp" && links.length) {
    select((selected + links.length - 1) % links.length);
  } else {
    return;
  }
  event.preventDefault();
});

// A result on this page does not load another one.
list.addEventListener("click", (event) => {
  if (event.target.closest("a")) {
    show([]);
    input.blur();
  }
});

document.addEventListener("click", (event) => {
  if (!form.contains(event.target)) {
    show([]);
  }
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    input.focus();
  }
});

form.hidden = false;

// A long table of contents shows where its reader is.
const current = document.querySelector("#book-contents a[aria-current='page']");
if (current) {
  const contents = document.getElementById("book-contents");
  contents.scrollTop = current.offsetTop - contents.clientHeight / 2;
}
