// What the theme leaves out for screen readers and keyboards.
for (const caption of document.querySelectorAll('p.caption[role="heading"]:not([aria-level])')) {
  caption.setAttribute("aria-level", "2");
}
for (const [selector, label] of [[".sidebar-drawer", "Site"], [".toc-drawer", "On this page"]]) {
  document.querySelector(selector)?.setAttribute("aria-label", label);
}
for (const code of document.querySelectorAll(".highlight pre")) {
  if (code.scrollWidth > code.clientWidth) {
    code.tabIndex = 0;
  }
}
