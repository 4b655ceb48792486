// The list of uploads, with a button to delete each. Without this script the form works as well,
// and is answered with the paths of the new files.
"use strict";

const [form, list, note] = ["form", "list", "status"].map((id) => document.getElementById(id));

const addressOf = (name) => "/uploads/" + encodeURIComponent(name);

const REASONS = {
  400: "that name cannot be used",
  409: "a file of that name is there already",
  413: "that is too large",
  507: "the disk is full",
};

function tell(response, done) {
  note.textContent = response.ok ? done : "Not done: " + (REASONS[response.status] ?? response.statusText);
}

function entry({ name, size }) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = addressOf(name);
  link.textContent = name;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Delete";
  button.setAttribute("aria-label", `Delete ${name}`);
  button.addEventListener("click", async () => {
    tell(await fetch(addressOf(name), { method: "DELETE" }), `Deleted ${name}.`);
    show();
  });
  item.append(link, ` ${size.toLocaleString()} bytes `, button);
  return item;
}

async function show() {
  const response = await fetch("/uploads.json/", { cache: "no-store" });
  const files = response.ok ? await response.json() : [];
  list.replaceChildren(...files.filter(({ type }) => type === "file").map(entry));
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  note.textContent = "Uploading…";
  try {
    const response = await fetch(form.action, { method: "POST", body: new FormData(form) });
    tell(response, "Stored.");
    if (response.ok) form.reset();
  } catch {
    note.textContent = "Not done: the server closed the connection.";
  }
  show();
});

show();
