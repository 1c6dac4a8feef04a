// Readers get along without this script: it shows the buttons that copy a snippet's whole program and a claim's
// citation, and opens folds for printing and for links that lead into them.
(() => {
  "use strict";

  const write = async (text) => {
    if (navigator.clipboard && window.isSecureContext) {
      await navigator.clipboard.writeText(text);
      return;
    }
    const area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("readonly", "");
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("the browser refused to copy");
  };

  const prepare = (button) => {
    const program = button.closest(".heapledger-cite-part")?.querySelector("pre")
      || button.closest(".heapledger-snippet")?.querySelector(".heapledger-program pre");
    if (!program) return;
    const label = [...button.childNodes];
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      try {
        await write(program.textContent);
        button.textContent = button.dataset.heapledgerDone;
      } catch {
        const fold = program.closest("details");
        if (fold) fold.open = true;
        window.getSelection().selectAllChildren(program);
      }
      setTimeout(() => { button.replaceChildren(...label); }, 1500);
    });
  };

  // Pages that were built without their address complete citations with the one that they are read at.
  const locate = (fold) => {
    const link = fold.querySelector(".heapledger-cite-link").href;
    for (const text of fold.querySelectorAll("pre")) {
      text.textContent = text.textContent.replaceAll(fold.dataset.heapledgerUrl, link);
    }
    const report = fold.querySelector(".heapledger-report");
    if (report) report.href = report.href.replace(encodeURIComponent(fold.dataset.heapledgerUrl), encodeURIComponent(link));
  };

  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let fold = target && target.closest("details"); fold; fold = fold.parentElement.closest("details")) {
      fold.open = true;
    }
  };

  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("[class*='heapledger-'] details:not([open]):not(.heapledger-cite), details.heapledger-fold:not([open])")];
    for (const fold of opened) fold.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const fold of opened) fold.open = false;
  });
  window.addEventListener("hashchange", reveal);
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".heapledger-copy").forEach(prepare);
    document.querySelectorAll(".heapledger-cite[data-heapledger-url]").forEach(locate);
    reveal();
  });
})();
