"use strict";
(() => {
  const table = document.querySelector("#students table");
  const rows = [...table.tBodies[0].rows];
  const field = document.querySelector("#search input");
  const count = document.querySelector("#search output");
  const words = rows.map((row) => row.textContent.normalize("NFC").toLowerCase());

  // A misconception's id is meant whole: M1 does not find M12.
  const ids = new Set(document.querySelector("#search").dataset.ids.toLowerCase().split(" "));
  const has = (text, word) => (ids.has(word) ? text.split(/\s+/).includes(word) : text.includes(word));

  function search() {
    const wanted = field.value.normalize("NFC").toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    rows.forEach((row, place) => {
      row.hidden = !wanted.every((word) => has(words[place], word));
      found += row.hidden ? 0 : 1;
    });
    count.textContent = `${found} of ${rows.length}`;
  }

  const order = new Intl.Collator("en", { numeric: true });

  function sort(heading, place) {
    const up = heading.getAttribute("aria-sort") !== "ascending";
    const value = (row) => row.cells[place].dataset.value ?? row.cells[place].textContent.trim();
    const compare = "number" in heading.dataset ? (a, b) => a - b : order.compare;
    const sorted = rows
      .map((row, before) => ({ row, before, value: value(row) }))
      .sort((a, b) => (up ? 1 : -1) * compare(a.value, b.value) || a.before - b.before);
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", up ? "ascending" : "descending");
    table.tBodies[0].append(...sorted.map((one) => one.row));
  }

  [...table.tHead.rows[0].cells].forEach((heading, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sort(heading, place));
    heading.append(button);
  });
  field.addEventListener("input", search);
  document.querySelectorAll("a[data-find]").forEach((link) => {
    link.addEventListener("click", () => {
      field.value = link.dataset.find;
      search();
    });
  });
  document.querySelector("#search").hidden = false;
  search();
})();
