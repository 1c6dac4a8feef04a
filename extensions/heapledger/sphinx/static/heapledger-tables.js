// Chooses rows of the measured tables of a page. Without this script the tables stand as they are and the fields are
// not shown. `?find=WORDS` in the address fills the field.
(() => {
  "use strict";

  const plain = (text) => text.toLowerCase().replace(/\s+/g, " ");

  const choose = (form, rows, tables) => {
    const words = plain(form.elements.words.value).split(" ").filter(Boolean);
    const asks = form.elements.asks.value;
    const status = form.elements.status.value;
    let shown = 0;
    for (const { row, text } of rows) {
      const fits = words.every((word) => text.includes(word))
        && (!asks || row.classList.contains(`heapledger-row-${asks}`))
        && (!status || row.classList.contains(`heapledger-row-${status}`));
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    for (const { section, own } of tables) section.hidden = own.every((row) => row.hidden);
    const told = form.querySelector("output");
    told.value = told.dataset.heapledgerRows.replace("%s", shown).replace("%s", rows.length);
  };

  const prepare = (form) => {
    const all = [...document.querySelectorAll(".heapledger-table tbody tr")];
    const rows = all.map((row) => {
      const section = row.closest("section");
      const heading = section ? section.querySelector("h1, h2, h3, h4").textContent : "";
      return { row, text: plain(`${heading} ${row.textContent}`) };
    });
    const sections = new Set(all.map((row) => row.closest("section")).filter((one) => one && !one.contains(form)));
    const tables = [...sections].map((section) => ({
      section, own: all.filter((row) => section.contains(row)),
    }));
    const again = () => choose(form, rows, tables);
    form.hidden = false;
    form.addEventListener("input", again);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      form.reset();
      again();
    });
    form.elements.words.value = new URLSearchParams(location.search).get("find") || "";
    again();
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.closest(".heapledger-table")) target.scrollIntoView();
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".heapledger-filter form").forEach(prepare);
  });
})();
