// A page opened as a file may not read other pages: search then shows titles without extracts.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// What the theme leaves out for those who hear the page or move by keys.
const complete = () => {
  for (const caption of document.querySelectorAll(".caption[role=heading]")) caption.ariaLevel = "2";
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "Pages of the book");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "Sections of this page");
  // What scrolls sideways must be reachable, so that the arrow keys can scroll it.
  for (const box of document.querySelectorAll(".highlight pre, .table-wrapper, div.math")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
};
document.addEventListener("DOMContentLoaded", complete);
addEventListener("load", complete);
addEventListener("resize", complete);

// In a table a long name of the code may break after a dot, a slash or an underscore.
addEventListener("DOMContentLoaded", () => {
  for (const name of document.querySelectorAll(".content td code .pre")) {
    const parts = name.textContent.split(/(?<=[._/])/);
    name.replaceChildren(...parts.flatMap((part) => [part, document.createElement("wbr")]));
  }
});
