/* Steps through the snapshots of a snippet: previous and next, arrow keys, the line marked in the code.
   Without this script all steps stand one below the other. */
(() => {
  "use strict";

  function button(text, name) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.className = `heapledger-stepper-${name}`;
    return made;
  }

  function rowsOfLine(snippet, line) {
    return [...snippet.querySelectorAll(".heapledger-listing li")].filter((row) => row.dataset.line === line);
  }

  function start(box) {
    const steps = [...box.querySelectorAll(":scope > .heapledger-step")];
    const snippet = box.closest(".heapledger-snippet") || document;
    if (steps.length < 2) {
      return;
    }
    const bar = document.createElement("div");
    bar.className = "heapledger-stepper-bar";
    const previous = button("◀ previous", "previous");
    const next = button("next ▶", "next");
    const place = document.createElement("span");
    place.className = "heapledger-stepper-place";
    place.setAttribute("role", "status");
    place.setAttribute("aria-live", "polite");
    bar.append(previous, place, next);
    box.prepend(bar);
    box.classList.add("heapledger-stepping");
    let now = 0;

    function show(index) {
      now = Math.max(0, Math.min(steps.length - 1, index));
      steps.forEach((step, at) => {
        step.hidden = at !== now;
      });
      previous.setAttribute("aria-disabled", String(now === 0));
      next.setAttribute("aria-disabled", String(now === steps.length - 1));
      const line = steps[now].dataset.line;
      place.textContent = `step ${now + 1} of ${steps.length}, line ${line}`;
      snippet.querySelectorAll(".heapledger-current-line").forEach((row) => {
        row.classList.remove("heapledger-current-line");
        row.removeAttribute("aria-current");
      });
      rowsOfLine(snippet, line).forEach((row) => {
        row.classList.add("heapledger-current-line");
        row.setAttribute("aria-current", "step");
      });
    }

    previous.addEventListener("click", () => show(now - 1));
    next.addEventListener("click", () => show(now + 1));
    box.addEventListener("keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) {
        return;
      }
      const wide = event.target.closest(".heapledger-diagram-scroll");
      if (wide !== null && wide.scrollWidth > wide.clientWidth) {
        return; // the arrows scroll a picture that is wider than its box
      }
      const moves = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: steps.length - 1 };
      if (event.key in moves) {
        event.preventDefault();
        show(moves[event.key]);
      }
    });
    show(0);
  }

  function startAll() {
    document.querySelectorAll(".heapledger-stepper").forEach(start);
  }

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", startAll);
  } else {
    startAll();
  }
})();
