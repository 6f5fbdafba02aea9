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

  // A table narrows to the rows that have every word, and every tag, that is asked for; accents and case aside.
  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const asked = new URLSearchParams(location.search);
  const finders = [...document.querySelectorAll("form.fs-find")].map((form) => {
    const rows = [...form.nextElementSibling.tBodies[0].rows];
    const texts = rows.map((row) => fold([...row.cells].filter((cell) => !cell.querySelector(".fs-why, .fs-row")).map((cell) => cell.textContent).join(" ")));
    const tags = [...form.querySelectorAll("select")];
    const narrow = () => {
      const words = fold(form.elements.find.value).split(/\s+/).filter(Boolean);
      const wanted = tags.map((select) => select.value).filter(Boolean);
      rows.forEach((row, place) => {
        const own = (row.dataset.tags ?? "").split(" ");
        const fits = words.every((word) => texts[place].includes(word)) && wanted.every((tag) => own.includes(tag));
        row.classList.toggle("fs-unfound", !fits);
      });
      const here = rows.filter((row) => !row.hidden);
      const shown = here.filter((row) => !row.classList.contains("fs-unfound"));
      form.querySelector("[role=status]").textContent = words.length || wanted.length
        ? form.dataset.told.replace("{shown}", shown.length).replace("{all}", here.length) : "";
    };
    form.hidden = false;
    form.elements.find.value = asked.get("find") ?? "";
    tags.forEach((select) => { if ([...select.options].some((option) => option.value === asked.get("tag"))) select.value = asked.get("tag"); });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", narrow);
    narrow();
    return narrow;
  });

  // A table sorts by a column, up, down, and as it was; dates by the days they can mean, the unknown always last.
  const interval = (edtf) => {
    const ends = (edtf.match(/\d[\dX]{3}(-\d\d){0,2}/g) ?? []).map((text) => {
      const [year, month = "", day = ""] = text.split("-");
      const half = { 40: ["01", "06"], 41: ["07", "12"] }[month] ?? [month, month];
      return [[year.replaceAll("X", "0"), half[0] || "01", day || "01"], [year.replaceAll("X", "9"), half[1] || "12", day || "31"]].map((part) => part.join("-"));
    });
    return ends.length ? `${ends[0][0]} ${ends.at(-1)[1]}` : "";
  };
  const key = (cell) => {
    const time = cell.querySelector("time:not(.fs-quiet *)");
    return time ? interval(time.dataset.edtf) : cell.querySelector(":scope > .fs-quiet:only-child") ? "" : cell.textContent.trim();
  };
  const { compare } = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base" });
  const sort = (table, place, direction) => {
    const rows = [...table.tBodies[0].rows];
    rows.forEach((row, at) => { row.dataset.at ??= at; });
    const keys = new Map(rows.map((row) => [row, key(row.cells[place])]));
    rows.sort((a, b) => {
      const [one, other] = [keys.get(a), keys.get(b)];
      const order = direction && (one && other ? compare(one, other) * direction : Boolean(other) - Boolean(one));
      return order || a.dataset.at - b.dataset.at;
    });
    table.tBodies[0].append(...rows);
  };
  for (const table of document.querySelectorAll(".fs-table")) {
    if (table.tBodies[0].rows.length < 3) continue;
    const heads = [...table.tHead.rows[0].cells].slice(0, table.querySelector(".fs-why, .fs-row") ? -1 : undefined);
    heads.forEach((head, place) => {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "fs-sort" });
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const next = { ascending: "descending", descending: "none" }[head.getAttribute("aria-sort")] ?? "ascending";
        heads.forEach((other) => other.setAttribute("aria-sort", other === head ? next : "none"));
        sort(table, place, { ascending: 1, descending: -1, none: 0 }[next]);
      });
    });
  }

  // The page as of a day: rows say when they stood how (data-on); what was not known or not begun is hidden.
  const form = document.querySelector("form.fs-asof");
  if (!form) return;
  const rows = [...document.querySelectorAll("tr[data-on]")];
  const wordOn = (row, day) => row.dataset.on.split(";").reduce((word, item) => (item.slice(0, 10) <= day ? item.slice(11) : word), "not known");
  const show = (day) => {
    const counts = new Map();
    document.documentElement.classList.toggle("fs-past", Boolean(day));
    document.querySelectorAll("details.fs-more").forEach((details) => { details.open = Boolean(day); });
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
    finders.forEach((narrow) => narrow());
    const address = new URL(location);
    if (day) address.searchParams.set("as-of", day); else address.searchParams.delete("as-of");
    history.replaceState(history.state, "", address);
  };
  const input = form.elements["as-of"];
  form.hidden = rows.length === 0;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => show(""));
  input.addEventListener("change", () => show(input.value));
  const day = asked.get("as-of");
  if (/^\d{4}-\d\d-\d\d$/.test(day ?? "")) { input.value = day; show(day); }
})();
