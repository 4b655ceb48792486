// The address decides what is shown; links do not load the page again.
const view = document.getElementById("view");

function show() {
  const note = location.pathname.match(/^\/notes\/(\d+)$/);
  view.textContent = note ? `This is note ${note[1]}.` : "Choose a note.";
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (link && link.origin === location.origin && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    history.pushState(null, "", link.href);
    show();
  }
});
addEventListener("popstate", show);
show();
