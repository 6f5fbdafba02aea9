// What the pages can do beyond plain HTML; all of it is comfort, nothing is needed to read a sheet.
(() => {
  // A quote cut by another one has several marks: light all of them up, not only the one with the id.
  const light = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    document.querySelectorAll("mark.fs-on").forEach((mark) => mark.classList.remove("fs-on"));
    if (!target?.matches("mark[data-note]")) return;
    document.querySelectorAll(`mark[data-note="${target.dataset.note}"]`).forEach((mark) => mark.classList.add("fs-on"));
  };
  addEventListener("hashchange", light);
  light();

  // Material's search is a dialog without a name.
  const search = document.querySelector(".md-search[role=dialog]");
  search?.setAttribute("aria-label", search.querySelector("input")?.placeholder ?? "Search");

  // An open card closes with Escape, or with a click beside it; focus returns to what opened it.
  const open = () => document.querySelectorAll("details.fs-why[open]");
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    open().forEach((details) => {
      details.open = false;
      if (details.contains(document.activeElement)) details.querySelector("summary").focus();
    });
  });
  addEventListener("click", (event) => {
    open().forEach((details) => { if (!details.contains(event.target)) details.open = false; });
  });

  // The page as of a day: rows say when they stood how (data-on); what was not known or not begun is hidden.
  const form = document.querySelector("form.fs-asof");
  if (!form) return;
  const rows = [...document.querySelectorAll("tr[data-on]")];
  const wordOn = (row, day) => row.dataset.on.split(";").reduce((word, item) => (item.slice(0, 10) <= day ? item.slice(11) : word), "not known");
  const show = (day) => {
    const counts = new Map();
    document.documentElement.classList.toggle("fs-past", Boolean(day));
    for (const row of rows) {
      row.querySelector(".fs-then")?.remove();
      const word = day && wordOn(row, day);
      row.hidden = Boolean(day) && ["not known", "not begun"].includes(word);
      if (!day) continue;
      counts.set(word, (counts.get(word) ?? 0) + 1);
      const tag = Object.assign(document.createElement("span"), { className: "fs-tag fs-then", textContent: word });
      row.cells[0].append(" ", tag);
    }
    const known = [...counts].filter(([word]) => !["not known", "not begun"].includes(word));
    const told = known.map(([word, count]) => `${count} ${word}`).join(", ") || form.dataset.none;
    form.querySelector("p").textContent = day ? form.dataset.told.replace("{day}", day).replace("{counts}", told).replace("{unknown}", counts.get("not known") ?? 0) : "";
    const address = new URL(location);
    if (day) address.searchParams.set("as-of", day); else address.searchParams.delete("as-of");
    history.replaceState(history.state, "", address);
  };
  const input = form.elements["as-of"];
  form.hidden = rows.length === 0;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => show(""));
  input.addEventListener("change", () => show(input.value));
  const asked = new URLSearchParams(location.search).get("as-of");
  if (/^\d{4}-\d\d-\d\d$/.test(asked ?? "")) { input.value = asked; show(input.value); }
})();
